// Which nodes stand for material of which no lot is known?
MATCH (u:Unlotted)
RETURN collect(u.node_id) AS ids
