// What is known of these nodes?
// $ids  node ids
UNWIND $ids AS id
MATCH (n:Entity {node_id: id})
RETURN collect([n.node_id, labels(n), n.code, n.name, n.identifiers, n.product_id, n.claims]) AS rows
