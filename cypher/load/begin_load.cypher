// Records that a load begins.
// $load_id  id of the load
// $source  what is loaded
// $begun_at  the present as ISO 8601 text
MERGE (l:Load {load_id: $load_id})
SET l.source = $source, l.state = 'unfinished', l.begun_at = datetime($begun_at)
RETURN count(l) AS count
