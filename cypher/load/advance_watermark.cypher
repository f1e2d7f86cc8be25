// Counts one more accepted write, so that readers can tell data versions apart.
// Of which nodes it told is kept, so that a copy of the graph can follow.
// $ids  node ids, or null for too many to keep
MATCH (s:SchemaVersion {name: 'lotgraph'})
SET s.watermark = s.watermark + 1
CREATE (c:Change {watermark: s.watermark, node_ids: $ids})
RETURN count(c) AS count
