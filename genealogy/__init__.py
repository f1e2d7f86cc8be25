"""Lotgraph: lot genealogy and impact analysis on a graph database."""

__version__ = "0.1.0"
