// What was kept at these places between two moments, as known at a record time?
// $ids       node ids
// $since     UTC text of the first moment of interest, or null
// $until     UTC text of the last moment of interest, or null
// $known_at  UTC text, or null for what is not retracted
UNWIND $ids AS id
MATCH (c:Entity {node_id: id})
MATCH (c)<-[r:STORED_AT]-(a:Entity)
WHERE (($known_at IS NULL AND r.retracted_at IS NULL)
    OR (r.recorded_at <= datetime($known_at)
        AND (r.retracted_at IS NULL OR r.retracted_at > datetime($known_at))))
  AND ($since IS NULL OR r.valid_to IS NULL OR r.valid_to >= datetime($since)
    OR r.valid_to < r.valid_from)
  AND ($until IS NULL OR r.valid_from IS NULL OR r.valid_from <= datetime($until))
RETURN [
  a.node_id, c.node_id, type(r), r.fact_id,
  r.occurred_at.epochSeconds * 1000000 + r.occurred_at.microsecond,
  r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond,
  r.valid_to.epochSeconds * 1000000 + r.valid_to.microsecond,
  r.recorded_at.epochSeconds * 1000000 + r.recorded_at.microsecond,
  r.retracted_at.epochSeconds * 1000000 + r.retracted_at.microsecond,
  r.quantity, r.uom,
  r.base_quantity, r.occurred_offset,
  r.place_id, r.source_system,
  r.source_record, r.confidence
] AS values
