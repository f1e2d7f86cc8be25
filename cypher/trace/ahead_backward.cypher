// Which flow edges enter these nodes and the nearest ones that are reached from them?
// Before any of them is read: what holds for every question, as in standing.cypher.
// $frontier  node ids
// $limit     nodes to reach from each
// $known_at  UTC text, or null for what is not retracted
// $most      edges to return at most: so many may be a part
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
CALL () {
  UNWIND $frontier AS i
  MATCH (s:Entity {node_id: i})
  RETURN collect(s) AS starts
}
CALL (starts) {
  UNWIND starts AS s
  CALL (s) {
    MATCH (s)<-[:PASSAGES*0..40]-(b)
    RETURN DISTINCT b LIMIT $limit
  }
  WITH DISTINCT b
  RETURN collect(b) AS near
}
CALL (near) {
  UNWIND near AS c
  MATCH (c)<-[r:FLOWS]-(a)
  WHERE ($known_at IS NULL AND r.retracted_at IS NULL)
     OR (r.recorded_at <= datetime($known_at)
         AND (r.retracted_at IS NULL OR r.retracted_at > datetime($known_at)))
  WITH a, r, c LIMIT $most
  RETURN [
    collect(a.node_id), collect(c.node_id), collect(type(r)), collect(r.fact_id),
    collect(coalesce(r.occurred_at.epochSeconds * 1000000 + r.occurred_at.microsecond, '')),
    collect(coalesce(r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond, '')),
    collect(coalesce(r.valid_to.epochSeconds * 1000000 + r.valid_to.microsecond, '')),
    collect(r.recorded_at.epochSeconds * 1000000 + r.recorded_at.microsecond),
    collect(coalesce(r.retracted_at.epochSeconds * 1000000 + r.retracted_at.microsecond, '')),
    collect(coalesce(r.quantity, '')), collect(coalesce(r.uom, '')),
    collect(coalesce(r.base_quantity, '')), collect(coalesce(r.occurred_offset, '')),
    collect(coalesce(r.place_id, '')), collect(r.source_system),
    collect(r.source_record), collect(r.confidence)
  ] AS flows,
    collect(DISTINCT CASE WHEN c.mixing = 'whole' THEN c.node_id END) AS whole
}
RETURN flows AS columns, whole AS mixed,
  [n IN near | n.node_id] AS near, [s IN starts | [s.node_id, labels(s)]] AS seeds,
  unfinished AS unfinished, still AS still, unlotted AS unlotted
