// Gives stored versions of facts the values that now hold, looked up at their target.
// OPTIONAL, or Neo4j may look through all nodes for each row while its statistics are young.
// $rows  [target id, 16 edge values], the version named by fact id and record time
UNWIND $rows AS x
MATCH (n:Entity {node_id: x[0]})
OPTIONAL MATCH (n)<-[r:FLOW]-()
WHERE r.fact_id = x[1] AND r.recorded_at = datetime(x[10])
SET r.quantity = x[2], r.uom = x[3], r.base_quantity = x[4],
    r.occurred_at = datetime(x[5]), r.occurred_offset = x[6],
    r.valid_from = datetime(x[7]), r.valid_to = datetime(x[8]),
    r.ends_from = datetime(x[9]), r.retracted_at = datetime(x[11]),
    r.place_id = x[12], r.event_id = x[13],
    r.source_system = x[14], r.source_record = x[15], r.confidence = x[16]
RETURN count(r) AS count
