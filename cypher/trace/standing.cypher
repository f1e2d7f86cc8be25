// Which loads have not ended, which products pass nothing on, what stands for unknown lots?
OPTIONAL MATCH (l:Load {state: 'unfinished'})
WITH collect(DISTINCT l.source) AS unfinished
OPTIONAL MATCH (p:Product {non_propagating: true})
WITH unfinished, collect(p.node_id) AS still
OPTIONAL MATCH (u:Unlotted)
RETURN unfinished AS unfinished, still AS still, collect(u.node_id) AS unlotted
