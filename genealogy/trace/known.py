"""Whether the seeds of a trace were known, and had begun, at the times it asks for.

A seed that nobody had recorded yet, or to which nothing had happened, would be
answered by itself alone, and that looks like a lot that touched nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from genealogy.errors import NotFound
from genealogy.model.facts import NodeId
from genealogy.model.times import iso, to_micros
from genealogy.ports import Direction, FlowSource
from genealogy.trace.columns import as_of
from genealogy.trace.result import Gap, GapKind, Trace, TraceQuery

_BOTH: tuple[Direction, ...] = ("forward", "backward")


def refuse_not_known_then(source: FlowSource, query: TraceQuery) -> None:
    """Raise NotFound (``not_known_then``) for a seed that was first recorded after ``known_at``."""
    if query.known_at is None:
        return
    first = source.first_recorded(list(dict.fromkeys(query.seeds)))
    for seed in query.seeds:
        if seed in first and first[seed] > query.known_at:
            raise NotFound(
                "not_known_then", text=seed, known_at=iso(query.known_at), first=iso(first[seed])
            )


def with_not_begun(source: FlowSource, trace: Trace) -> Trace:
    """The trace with a gap for each seed to which all that happened came after ``as_of``."""
    query = trace.query
    if query.as_of is None:
        return trace
    carried = {*trace.edges.source, *trace.edges.target}
    bare = [seed for seed in dict.fromkeys(query.seeds) if seed not in carried]
    gaps = {*trace.completeness.gaps, *_not_begun(source, query, bare)}
    ordered = tuple(sorted(gaps, key=lambda gap: (gap.kind, gap.node_id)))
    return replace(trace, completeness=replace(trace.completeness, gaps=ordered))


def _not_begun(source: FlowSource, query: TraceQuery, bare: list[NodeId]) -> Iterator[Gap]:
    until = None if query.as_of is None else to_micros(query.as_of)
    ever: set[NodeId] = set()
    by_then: set[NodeId] = set()
    for direction in _BOTH if bare else ():
        rows = source.edges(bare, direction, known_at=query.known_at).rows
        past = as_of(rows, until)
        ever.update(rows.source, rows.target)
        by_then.update(past.source, past.target)
    return (Gap(GapKind.NOT_BEGUN, seed) for seed in bare if seed in ever - by_then)
