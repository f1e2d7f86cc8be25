// Of what kinds are these nodes?
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
RETURN collect([n.node_id, labels(n)]) AS rows
