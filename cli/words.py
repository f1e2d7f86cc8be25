"""Counts with the noun they count, in the right number."""

from __future__ import annotations

from genealogy.messages import text


def counted(noun: str, count: int) -> str:
    """A count and its noun; the nouns stand in the catalogue under ``count``."""
    return text(f"count.{noun}", count=count)
