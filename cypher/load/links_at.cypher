// Which links of one type leave these nodes?
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
MATCH (n)-[r:LINK]->(m:Entity)
RETURN collect([n.node_id, m.node_id, r.part]) AS rows
