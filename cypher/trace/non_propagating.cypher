// By the material of which products is nothing passed on?
MATCH (p:Product)
WHERE p.non_propagating = true
RETURN collect(p.node_id) AS ids
