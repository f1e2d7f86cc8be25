// Which of these nodes are known?
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
RETURN collect(n.node_id) AS ids
