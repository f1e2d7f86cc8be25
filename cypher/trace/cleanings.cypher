// Which cleanings and emptyings of these places are told of?
// $ids  node ids
UNWIND $ids AS id
MATCH (p:Entity {node_id: id})
MATCH (p)<-[:ABOUT]-(q:QualityEvent)
WHERE q.kind IN ['cleaning', 'emptying']
RETURN collect([p.node_id, q.claims]) AS rows
