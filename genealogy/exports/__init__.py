"""Export formats: a registry and one module a format."""
