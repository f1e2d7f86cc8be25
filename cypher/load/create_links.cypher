// Creates links of one type.
// $rows  [source id, target id, part, source system, source record]
UNWIND $rows AS x
MATCH (a:Entity {node_id: x[0]})
MATCH (b:Entity {node_id: x[1]})
CREATE (a)-[r:LINK {part: x[2], source_system: x[3], source_record: x[4]}]->(b)
RETURN count(r) AS count
