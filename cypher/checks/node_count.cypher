// How many nodes are there?
MATCH (n:Entity)
RETURN count(n) AS count
