// Which events are about these nodes?
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
MATCH (n)<-[:ABOUT]-(e:TraceEvent)
WITH DISTINCT e
RETURN collect([e.node_id, e.claims]) AS rows
