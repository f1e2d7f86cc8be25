"""Loaders: read, map, check and write one kind of source each."""
