// What holds for every question: of which sources has a load begun and not ended, which
// products pass nothing on, and which nodes stand for material of which no lot is known?
OPTIONAL MATCH (l:Load {state: 'unfinished'})
WITH collect(DISTINCT l.source) AS unfinished
OPTIONAL MATCH (p:Product {non_propagating: true})
WITH unfinished, collect(p.node_id) AS still
OPTIONAL MATCH (u:Unlotted)
RETURN unfinished AS unfinished, still AS still, collect(u.node_id) AS unlotted
