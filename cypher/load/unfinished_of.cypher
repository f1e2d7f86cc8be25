// Which loads of a source have not ended?
// $source  what was loaded
MATCH (l:Load {state: 'unfinished'})
WHERE l.source = $source
RETURN collect(l.load_id) AS ids
