// Gives known nodes the values that now hold.
// $rows  [property map with node_id, map of times as UTC text]
UNWIND $rows AS x
MATCH (n:Entity {node_id: x[0].node_id})
SET n = x[0]
SET n.produced_at = datetime(x[1].produced_at),
    n.serialised_at = datetime(x[1].serialised_at),
    n.started_at = datetime(x[1].started_at),
    n.ended_at = datetime(x[1].ended_at),
    n.dispatched_at = datetime(x[1].dispatched_at),
    n.received_at = datetime(x[1].received_at),
    n.occurred_at = datetime(x[1].occurred_at),
    n.reported_at = datetime(x[1].reported_at),
    n.recorded_at = datetime(x[1].recorded_at),
    n.voided_at = datetime(x[1].voided_at)
RETURN count(n) AS count
