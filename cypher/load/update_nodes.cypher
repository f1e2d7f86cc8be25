// Gives known nodes the values that now hold.
// $rows  property maps with node_id
UNWIND $rows AS x
MATCH (n:Entity {node_id: x.node_id})
SET n = x
RETURN count(n) AS count
