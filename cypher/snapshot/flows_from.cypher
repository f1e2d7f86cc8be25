// Which flow edges that are not retracted leave these nodes?
// $frontier  node ids
// $most      edges to return at most: so many may be a part
UNWIND $frontier AS i
MATCH (a:Entity {node_id: i})
MATCH (a)-[r:FLOWS]->(c)
WHERE r.retracted_at IS NULL
WITH a, r, c LIMIT $most
RETURN [
  collect(a.node_id), collect(c.node_id), collect(type(r)), collect(r.fact_id),
  collect(coalesce(r.occurred_at.epochSeconds * 1000000 + r.occurred_at.microsecond, '')),
  collect(coalesce(r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond, '')),
  collect(coalesce(r.valid_to.epochSeconds * 1000000 + r.valid_to.microsecond, '')),
  collect(r.recorded_at.epochSeconds * 1000000 + r.recorded_at.microsecond),
  collect(''),
  collect(coalesce(r.quantity, '')), collect(coalesce(r.uom, '')),
  collect(coalesce(r.base_quantity, '')), collect(coalesce(r.occurred_offset, '')),
  collect(coalesce(r.place_id, '')), collect(r.source_system),
  collect(r.source_record), collect(r.confidence)
] AS columns
