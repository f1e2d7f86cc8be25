// Creates nodes of one kind; on ArcadeDB a label set later would move the record.
// $rows  property maps with node_id
UNWIND $rows AS x
CREATE (n:LABELS)
SET n = x
RETURN count(n) AS count
