// Which of these nodes are known? They stay locked until the transaction ends: a label that
// they have is given to them again, which takes the lock and writes nothing.
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
SET n:Entity
RETURN collect(n.node_id) AS ids
