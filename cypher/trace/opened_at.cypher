// Which stays at these places, ended before a moment, may be of something that was opened there?
// $ids       node ids
// $before    UTC text of the moment
// $slack     seconds by which times may be off
// $known_at  UTC text, or null for what is not retracted
UNWIND $ids AS id
MATCH (c:Entity {node_id: id})
MATCH (c)<-[r:STORED_AT]-(a:Entity)
WHERE (($known_at IS NULL AND r.retracted_at IS NULL)
    OR (r.recorded_at <= datetime($known_at)
        AND (r.retracted_at IS NULL OR r.retracted_at > datetime($known_at))))
  AND r.valid_to < datetime($before)
  AND EXISTS {
    MATCH (a)<-[k:CONTAINED_IN|PART_OF]-(b:Entity)
    WHERE coalesce(k.ends_from, k.valid_to).epochSeconds <= r.valid_to.epochSeconds + $slack
       OR EXISTS { MATCH (b)<-[:CONTAINED_IN|PART_OF]-(:Entity) }
  }
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
