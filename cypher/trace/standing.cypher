// Which loads have not ended, which products pass nothing on, what stands for unknown lots?
CALL () {
  MATCH (l:Load {state: 'unfinished'})
  RETURN collect(DISTINCT l.source) AS unfinished
}
CALL () {
  MATCH (p:Product {non_propagating: true})
  RETURN collect(p.node_id) AS still
}
CALL () {
  MATCH (u:Unlotted)
  RETURN collect(u.node_id) AS unlotted
}
RETURN unfinished AS unfinished, still AS still, unlotted AS unlotted
