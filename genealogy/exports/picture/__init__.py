"""The picture of a genealogy: what to draw, where, and how it looks."""
