// Which of these nodes are known, and what was said of them?
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
RETURN collect([n.node_id, labels(n), n.claims]) AS rows
