// How many flow edges are there, retracted ones included?
MATCH (:Entity)-[r:FLOWS]->(:Entity)
RETURN count(r) AS count
