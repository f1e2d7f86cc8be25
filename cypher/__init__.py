"""Cypher queries, one statement a file."""
