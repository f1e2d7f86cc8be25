// Which links of one type enter these nodes?
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
MATCH (n)<-[r:LINK]-(m:Entity)
RETURN m.node_id AS source, n.node_id AS target, r.part AS part
