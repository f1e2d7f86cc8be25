// Of which nodes did writes after a watermark tell? No list: of too many to keep.
// $after  watermark
MATCH (c:Change)
WHERE c.watermark > $after
RETURN collect([c.watermark, c.node_ids]) AS rows
