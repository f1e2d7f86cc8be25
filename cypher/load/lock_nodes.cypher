// Locks nodes until the transaction ends, by giving them the key they have.
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
SET n.node_id = n.node_id
RETURN count(n) AS count
