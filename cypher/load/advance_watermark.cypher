// Counts one more accepted write, so that readers can tell data versions apart.
MATCH (s:SchemaVersion {name: 'lotgraph'})
SET s.watermark = s.watermark + 1
RETURN count(s) AS count
