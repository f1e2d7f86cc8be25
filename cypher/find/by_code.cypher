// Which nodes have this search key, those that are spelt exactly so first?
// $key    search key
// $code   the code as typed
// $limit  most nodes wanted
MATCH (n:Entity)
WHERE n.code_key = $key
WITH n ORDER BY n.code <> $code, n.node_id LIMIT $limit
RETURN collect([n.node_id, labels(n), n.code, n.name, n.identifiers, n.product_id, n.claims]) AS rows
