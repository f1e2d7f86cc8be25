// Which nodes have one of these search keys?
// $keys   search keys
// $limit  most nodes wanted
MATCH (n:Entity)
WHERE n.code_key IN $keys
WITH n ORDER BY n.node_id LIMIT $limit
RETURN collect([n.node_id, labels(n), n.code, n.name, n.identifiers, n.product_id, n.claims]) AS rows
