// Which facts are stored as flows of one type at these nodes?
// $ids  node ids on the source side
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
MATCH (n)-[r:FLOW]->()
RETURN collect(DISTINCT r.fact_id) AS ids
