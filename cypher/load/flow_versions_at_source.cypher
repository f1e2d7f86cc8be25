// Which versions of these facts are stored, looked up at their source?
// OPTIONAL, or Neo4j may look through all nodes for each row while its statistics are young.
// $rows  [source id, fact ids]
UNWIND $rows AS x
MATCH (n:Entity {node_id: x[0]})
OPTIONAL MATCH (n)-[r:FLOW]->()
WITH x, r
WHERE r.fact_id IN x[1]
RETURN collect([
  r.fact_id, r.quantity, r.uom, r.base_quantity,
  toString(r.occurred_at), r.occurred_offset, toString(r.valid_from), toString(r.valid_to),
  toString(r.ends_from), toString(r.recorded_at), toString(r.retracted_at), r.place_id, r.event_id,
  r.source_system, r.source_record, r.confidence
]) AS rows
