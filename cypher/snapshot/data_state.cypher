// Which database is this, and how far has its data come?
MATCH (s:SchemaVersion {name: 'lotgraph'})
RETURN s.identity AS identity, s.watermark AS watermark, s.stamp AS stamp
