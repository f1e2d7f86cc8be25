// Records the schema version that was applied.
// $version  number of the version
MERGE (s:SchemaVersion {name: 'lotgraph'})
ON CREATE SET s.watermark = 0
SET s.version = $version
RETURN count(s) AS count
