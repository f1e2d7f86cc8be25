// From which of these nodes has anything moved on, as known at a record time?
// $ids       node ids
// $known_at  UTC text, or null for what is not retracted
// $until     UTC text of the last moment of interest, or null
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
MATCH (n)-[r:FLOWS]->()
WHERE (($known_at IS NULL AND r.retracted_at IS NULL)
    OR (r.recorded_at <= datetime($known_at)
        AND (r.retracted_at IS NULL OR r.retracted_at > datetime($known_at))))
  AND ($until IS NULL
    OR (r.occurred_at IS NULL AND r.valid_from IS NULL)
    OR r.occurred_at <= datetime($until) OR r.valid_from <= datetime($until))
WITH DISTINCT n
RETURN collect(n.node_id) AS ids
