"""The graph database: the only user of the driver."""
