// Gives stored versions of facts the values that now hold.
// $rows  [source id, target id, 15 edge values], the version named by fact id and record time
UNWIND $rows AS x
MATCH (a:Entity {node_id: x[0]})
MATCH (b:Entity {node_id: x[1]})
MATCH (a)-[r:FLOW]->(b)
WHERE r.fact_id = x[2] AND r.recorded_at = datetime(x[10])
SET r.quantity = x[3], r.uom = x[4], r.base_quantity = x[5],
    r.occurred_at = datetime(x[6]), r.occurred_offset = x[7],
    r.valid_from = datetime(x[8]), r.valid_to = datetime(x[9]),
    r.retracted_at = datetime(x[11]), r.place_id = x[12], r.event_id = x[13],
    r.source_system = x[14], r.source_record = x[15], r.confidence = x[16]
RETURN count(r) AS count
