// Gives known nodes the values that now hold; a node never loses a property.
// $rows  property maps with node_id, times as UTC text
UNWIND $rows AS x
MATCH (n:Entity {node_id: x.node_id})
SET n += {PROPERTIES}
RETURN count(n) AS count
