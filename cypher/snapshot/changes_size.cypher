// Of how many nodes did writes with these numbers tell, taken together?
// $after  the first number
// $until  the last one
MATCH (c:Change)
WHERE c.watermark >= $after AND c.watermark <= $until
RETURN sum(c.told) AS count
