// Which facts are stored as flows of one type at these nodes?
// OPTIONAL, or Neo4j may look through all nodes for each id while its statistics are young.
// $ids  node ids on the source side
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
OPTIONAL MATCH (n)-[r:FLOW]->()
RETURN collect(DISTINCT r.fact_id) AS ids
