// Gives known nodes a role they do not have yet.
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
WHERE NOT n:ROLE
SET n:ROLE
RETURN count(n) AS count
