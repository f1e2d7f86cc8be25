// Which nodes come after this id, as an index over ids yields them?
// ArcadeDB sorts all that follow for each page, unless it is left to its index; who asks
// has to see for himself that they come in order.
// $after  node id, or an empty text for the first ones
// $size   nodes to return at most
MATCH (n:Entity)
WHERE n.node_id > $after
WITH n LIMIT $size
RETURN [
  collect(n.node_id), collect(labels(n)), collect(coalesce(n.mixing, ''))
] AS columns
