// Records that loads have ended.
// $ids  ids of the loads
// $finished_at  the present as ISO 8601 text
UNWIND $ids AS id
MATCH (l:Load {load_id: id})
WHERE l.state = 'unfinished'
SET l.state = 'finished', l.finished_at = datetime($finished_at)
RETURN count(l) AS count
