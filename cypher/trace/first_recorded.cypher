// When was each of these nodes first recorded, by its claims and by the flows at it?
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
OPTIONAL MATCH (n)-[r:FLOWS]-()
WITH n, min(r.recorded_at.epochSeconds * 1000000 + r.recorded_at.microsecond) AS first
RETURN collect([n.node_id, n.claims, first]) AS rows
