"""Whether the seeds of a trace were known, and had begun, at the times it asks for.

A seed that nobody had recorded yet, or to which nothing had happened, would be
answered by itself alone, and that looks like a lot that touched nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from genealogy.errors import InvalidQuery, NotFound
from genealogy.model.facts import NodeId
from genealogy.model.names import FLOW_ENDS, Label
from genealogy.model.times import iso, to_micros
from genealogy.ports import Direction, FlowSource
from genealogy.trace.columns import as_of
from genealogy.trace.completeness import in_order
from genealogy.trace.result import Completeness, Gap, GapKind, Trace, TraceQuery

_ENDS = frozenset({Label.PARTY, Label.PLACE})
#: Kinds of node that material passes through.
MOVING = frozenset[Label]().union(*(kind for ends in FLOW_ENDS.values() for kind in ends))
_FEW = 8
_BOTH: tuple[Direction, ...] = ("forward", "backward")


def refuse_still(kinds: Mapping[NodeId, str], seeds: Iterable[NodeId]) -> None:
    """Raise InvalidQuery (``still_seed``) for a seed of a kind that no flow begins or ends at.

    A product or a complaint would be answered by itself alone, as if its lots had
    gone nowhere.
    """
    for seed in seeds:
        if kinds[seed] not in MOVING:
            raise InvalidQuery("still_seed", text=seed, kind=kinds[seed])


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


def with_seed_gaps(source: FlowSource, trace: Trace) -> Trace:
    """The trace with a gap for each seed that is answered by itself and should not pass for whole.

    That is one to which all that happened came after ``as_of``, and a Party or Place
    at which no flow begins or ends: what passed there is recorded otherwise, if at all.
    """
    bare = _without(trace.query.seeds, trace.edges.source, trace.edges.target)
    lacking = lacking_flows(source, trace.query, trace.completeness, bare)
    return replace(trace, completeness=lacking)


def _without(seeds: Iterable[NodeId], *columns: list[NodeId]) -> list[NodeId]:
    """The seeds that are in none of these columns."""
    left = list(dict.fromkeys(seeds))
    for column in columns:
        # Most seeds stand at the beginning, so for few the whole column is rarely looked at.
        known = column if len(left) < _FEW else set(column)
        left = [seed for seed in left if seed not in known]
    return left


def lacking_flows(
    source: FlowSource, query: TraceQuery, lacking: Completeness, bare: list[NodeId]
) -> Completeness:
    """What an answer lacks, with gaps for those seeds to which no flow led and from which none."""
    if not bare:
        return lacking
    ends = {n for n, kind in source.kinds(bare).items() if kind in _ENDS}
    found = {*lacking.gaps, *_seed_gaps(source, query, bare, ends)}
    return replace(lacking, gaps=tuple(sorted(found, key=in_order)))


def _seed_gaps(
    source: FlowSource, query: TraceQuery, bare: list[NodeId], ends: set[NodeId]
) -> Iterator[Gap]:
    until = None if query.as_of is None else to_micros(query.as_of)
    asked = [seed for seed in bare if until is not None or seed in ends]
    ever: set[NodeId] = set()
    by_then: set[NodeId] = set()
    for direction in _BOTH if asked else ():
        rows = source.edges(asked, direction, known_at=query.known_at).rows
        past = as_of(rows, until)
        ever.update(rows.source, rows.target)
        by_then.update(past.source, past.target)
    for seed in asked:
        if seed in ever - by_then:
            yield Gap(GapKind.NOT_BEGUN, seed)
        elif seed in ends and seed not in ever:
            yield Gap(GapKind.WITHOUT_FLOWS, seed)
