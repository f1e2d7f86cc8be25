// Which products, parties and places have these words in their name?
// $words  folded text
// $limit  most nodes wanted
MATCH (n:Product|Party|Place)
WHERE n.name_key CONTAINS $words
WITH n ORDER BY n.name_key, n.node_id LIMIT $limit
RETURN collect([n.node_id, labels(n), n.code, n.name, n.identifiers, n.product_id, n.claims]) AS rows
