// Which nodes have one of these search keys?
// $keys  search keys, each once
UNWIND $keys AS key
MATCH (n:Entity {code_key: key})
RETURN collect([n.node_id, n.code, key]) AS rows
