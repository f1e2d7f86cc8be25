// Of which sources has a load begun and not ended?
MATCH (l:Load {state: 'unfinished'})
RETURN collect(DISTINCT l.source) AS ids
