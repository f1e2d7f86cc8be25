// Which nodes have a search key that begins so?
// $prefix  beginning of the key
// $limit   most nodes wanted
MATCH (n:Entity)
WHERE n.code_key STARTS WITH $prefix
WITH n ORDER BY n.code_key, n.node_id LIMIT $limit
RETURN collect([n.node_id, labels(n), n.code, n.name, n.identifiers, n.product_id, n.claims]) AS rows
