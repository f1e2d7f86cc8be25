// Counts one more accepted write, so that readers can tell data versions apart.
// Of which nodes it told is kept, so that a copy of the graph can follow.
// $stamp  tells this write from any other that ever had its number
// $ids    node ids, or null for too many to keep
// $told   how many they are
MATCH (s:SchemaVersion {name: 'lotgraph'})
SET s.watermark = s.watermark + 1, s.stamp = $stamp
CREATE (c:Change {watermark: s.watermark, stamp: $stamp, node_ids: $ids, told: $told})
RETURN count(c) AS count
