// What is kept of these events?
// $ids  node ids of events
UNWIND $ids AS id
MATCH (e:TraceEvent {node_id: id})
RETURN collect([e.node_id, e.claims]) AS rows
