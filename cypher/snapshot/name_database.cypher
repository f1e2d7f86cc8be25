// Gives the database a name of its own, unless it has one.
// $identity  the name
MATCH (s:SchemaVersion {name: 'lotgraph'})
SET s.identity = coalesce(s.identity, $identity)
RETURN count(s) AS count
