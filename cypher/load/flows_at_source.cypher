// Which facts are stored as flows of one type at these nodes, which nobody else may change now?
// $ids  node ids on the source side
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
SET n.lock = null
WITH n
MATCH (n)-[r:FLOW]->()
RETURN collect(DISTINCT r.fact_id) AS ids
