// Which nodes have a search key that ends so?
// $tail   end of the key, reversed
// $limit  most nodes wanted
MATCH (n:Entity)
WHERE n.code_tail STARTS WITH $tail
WITH n ORDER BY n.code_tail, n.node_id LIMIT $limit
RETURN collect([n.node_id, labels(n), n.code, n.name, n.identifiers, n.product_id, n.claims]) AS rows
