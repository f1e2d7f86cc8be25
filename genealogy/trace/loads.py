"""Loads that have not ended, as gaps of an answer.

What they would still have brought may belong anywhere, so every answer has the gap,
at every record time asked for: rows may claim an earlier one than that of their load.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from genealogy.trace.result import Completeness, Gap, GapKind, Trace


def with_load_gaps(trace: Trace, sources: Iterable[str]) -> Trace:
    """The trace with a gap for each of these sources first, and for no other source."""
    return replace(trace, completeness=lacking_loads(trace.completeness, sources))


def lacking_loads(lacking: Completeness, sources: Iterable[str]) -> Completeness:
    """What an answer lacks, with a gap for each of these sources first, and for no other one."""
    loads = [Gap(GapKind.LOAD_UNFINISHED, None, source) for source in sources]
    rest = [gap for gap in lacking.gaps if gap.source is None]
    return replace(lacking, gaps=(*loads, *rest))
