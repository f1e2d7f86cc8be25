// Which version of the schema has this database, and how far has its data come?
MATCH (s:SchemaVersion {name: 'lotgraph'})
RETURN s.version AS version, s.watermark AS watermark
