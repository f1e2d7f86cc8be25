// Of which nodes did writes with these numbers tell? No list: of too many to keep.
// $after  the first number
// $until  the last one
MATCH (c:Change)
WHERE c.watermark >= $after AND c.watermark <= $until
RETURN collect([c.watermark, c.stamp, c.node_ids]) AS rows
