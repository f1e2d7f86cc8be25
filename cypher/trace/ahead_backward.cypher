// Which flow edges enter these nodes and the nearest ones that are reached from them?
// $frontier  node ids
// $limit     nodes to reach from each
// $known_at  UTC text, or null for what is not retracted
UNWIND $frontier AS i
MATCH (s:Entity {node_id: i})
CALL (s) {
  MATCH (s)<-[:FLOWS*0..40]-(b)
  RETURN DISTINCT b LIMIT $limit
}
WITH DISTINCT b AS c
OPTIONAL MATCH (c)<-[r:FLOWS]-(a)
WHERE ($known_at IS NULL AND r.retracted_at IS NULL)
   OR (r.recorded_at <= datetime($known_at)
       AND (r.retracted_at IS NULL OR r.retracted_at > datetime($known_at)))
RETURN collect([
  a.node_id, c.node_id, type(r), r.fact_id,
  r.occurred_at.epochSeconds * 1000000 + r.occurred_at.microsecond,
  r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond,
  r.valid_to.epochSeconds * 1000000 + r.valid_to.microsecond,
  r.recorded_at.epochSeconds * 1000000 + r.recorded_at.microsecond,
  r.retracted_at.epochSeconds * 1000000 + r.retracted_at.microsecond,
  r.quantity, r.uom, r.base_quantity, r.occurred_offset, r.place_id,
  r.source_system, r.source_record, r.confidence
]) AS rows
