// Creates flows of one type, grouped by source so that it is looked up once.
// $rows  [source id, [[other id, 16 edge values], ...]]
UNWIND $rows AS x
MATCH (a:Entity {node_id: x[0]})
UNWIND x[1] AS y
MATCH (b:Entity {node_id: y[0]})
CREATE (a)-[r:FLOW {
  fact_id: y[1], quantity: y[2], uom: y[3], base_quantity: y[4],
  occurred_at: datetime(y[5]), occurred_offset: y[6],
  valid_from: datetime(y[7]), valid_to: datetime(y[8]),
  ends_from: datetime(y[9]),
  recorded_at: datetime(y[10]), retracted_at: datetime(y[11]),
  place_id: y[12], event_id: y[13], source_system: y[14], source_record: y[15],
  confidence: y[16]
}]->(b)
RETURN count(r) AS count
