// Gives known nodes the roles they lack, all at once: on ArcadeDB each change moves the record.
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
SET n:ROLES
RETURN count(n) AS count
