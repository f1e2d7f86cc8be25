// Which versions of these facts are stored?
// $rows  [source id, target id, fact id]
UNWIND $rows AS x
MATCH (a:Entity {node_id: x[0]})
MATCH (b:Entity {node_id: x[1]})
MATCH (a)-[r:FLOW]->(b)
WHERE r.fact_id = x[2]
RETURN collect([
  r.fact_id, r.quantity, r.uom, r.base_quantity,
  toString(r.occurred_at), r.occurred_offset, toString(r.valid_from), toString(r.valid_to),
  toString(r.recorded_at), toString(r.retracted_at), r.place_id, r.event_id,
  r.source_system, r.source_record, r.confidence
]) AS rows
