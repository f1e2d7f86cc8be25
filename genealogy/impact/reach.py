"""The traces of many cases, one after the other over one reading of the graph.

Sets of cases are integers: bit ``i`` is set when case ``i`` belongs to the set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from genealogy.impact.cases import Case, all_at_once
from genealogy.impact.shared import SharedFlows
from genealogy.ports import FlowSource
from genealogy.trace.completeness import in_order
from genealogy.trace.result import Completeness, Trace, TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.walk import Progress


def together(
    source: SharedFlows,
    cases: Sequence[Case],
    terms: TraceQuery,
    progress: Progress | None = None,
) -> Trace:
    """The trace of all cases at once; it reads all that those of the single cases need."""
    return trace(source, all_at_once(cases, terms), progress=progress)


def one_by_one(
    source: FlowSource,
    cases: Sequence[Case],
    terms: TraceQuery,
    progress: Progress | None = None,
) -> Iterator[Trace]:
    """The trace of each case in order; none is kept here, so that many cost no memory."""
    return (trace(source, case.question(terms), progress=progress) for case in cases)


def members(cases: int) -> Iterator[int]:
    """The numbers of the cases in a set, rising."""
    while cases:
        lowest = cases & -cases
        yield lowest.bit_length() - 1
        cases ^= lowest


def merged(parts: Iterable[Completeness]) -> Completeness:
    """What an answer made of several lacks: all that any of them lacks, each once."""
    known = list(parts)
    frontiers = {frontier for part in known for frontier in part.frontiers}
    gaps = {gap for part in known for gap in part.gaps}
    loads = sorted((gap for gap in gaps if gap.source is not None), key=lambda g: g.source or "")
    rest = sorted((gap for gap in gaps if gap.source is None), key=in_order)
    return Completeness(
        tuple(sorted(frontiers, key=lambda f: (f.reason, f.node_id))),
        (*loads, *rest),
        sum(part.masked for part in known),
    )
