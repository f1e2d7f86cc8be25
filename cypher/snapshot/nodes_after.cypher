// Which nodes come after this id, in order?
// $after  node id, or an empty text for the first ones
// $size   nodes to return at most
MATCH (n:Entity)
WHERE n.node_id > $after
WITH n ORDER BY n.node_id LIMIT $size
RETURN [
  collect(n.node_id), collect(labels(n)), collect(coalesce(n.mixing, ''))
] AS columns
