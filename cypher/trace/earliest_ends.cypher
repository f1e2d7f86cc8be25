// From when on may what held or kept these nodes have ended, where that is known in part?
// $ids       node ids
// $known_at  UTC text, or null for what is not retracted
UNWIND $ids AS id
MATCH (a:Entity {node_id: id})
MATCH (a)-[r:CONTAINED_IN|PART_OF|STORED_AT]->(:Entity)
WHERE r.ends_from IS NOT NULL AND (($known_at IS NULL AND r.retracted_at IS NULL)
    OR (r.recorded_at <= datetime($known_at)
        AND (r.retracted_at IS NULL OR r.retracted_at > datetime($known_at))))
RETURN collect([r.fact_id, r.ends_from.epochSeconds * 1000000 + r.ends_from.microsecond]) AS rows
