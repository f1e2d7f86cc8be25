"""Set operations over traces: common to all, in any, in the first only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from genealogy.errors import InvalidQuery
from genealogy.impact.cases import Case, cases_of
from genealogy.impact.cones import cones
from genealogy.impact.question import ComparisonQuery, Operation
from genealogy.impact.reach import merged
from genealogy.model.facts import NodeId
from genealogy.ports import FlowSource, NodeRow
from genealogy.snapshot.flows import CopiedFlows
from genealogy.trace.details import rows_with_products
from genealogy.trace.result import Completeness
from genealogy.trace.walk import Progress


@dataclass(frozen=True, slots=True)
class Hit:
    """A node of the result: the cases that reach it, and over how many flow edges each.

    ``cases`` are positions in the comparison's cases, rising; ``distances`` go with them.
    """

    node_id: NodeId
    cases: tuple[int, ...]
    distances: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """An answer: hits reached from most cases first, then the nearest, then by id.

    ``parts`` says of each case what its own trace lacks, ``completeness`` what all of them
    do: a truncated part truncates every result made of it. ``rows`` tells of the hits and
    their products. ``watermark``: all writes up to it are in, where that is known; ``latest``
    is when the last movement was recorded, in microseconds since 1970-01-01 UTC.
    """

    query: ComparisonQuery
    cases: tuple[Case, ...]
    hits: Sequence[Hit]
    parts: tuple[Completeness, ...]
    completeness: Completeness
    rows: Mapping[NodeId, NodeRow] = field(repr=False)
    watermark: int | None = None
    latest: int = 0


def compare(
    source: FlowSource,
    query: ComparisonQuery,
    copied: CopiedFlows | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Trace each case and put the traces together as sets.

    The graph is read once for all, or the snapshot ``copied`` walked where it tells the answer;
    ``progress`` is told of every walk, that of all cases at once and then that of each.
    Raises InvalidQuery for fewer than two cases, and what ``cases_of`` and ``trace`` raise.
    """
    cases = cases_of(source, query.cases, query.terms())
    if len(cases) < 2:
        raise InvalidQuery("too_few_cases", count=len(cases))
    traced = cones(source, copied, cases, query.terms(), progress)
    names = list(traced.union.node_ids())
    parts: list[Completeness] = []
    reached: dict[NodeId, list[tuple[int, int]]] = defaultdict(list)
    for number, cone in enumerate(traced.each()):
        parts.append(cone.completeness)
        for node, distance in zip(cone.nodes.tolist(), cone.distance.tolist(), strict=True):
            reached[names[node]].append((number, distance))
    hits = sorted(_hits(reached, query.operation, len(cases)), key=_order)
    rows = rows_with_products(source, [hit.node_id for hit in hits], query.known_at)
    latest = max(traced.union.edges.recorded_at, default=0)
    return Comparison(query, cases, hits, tuple(parts), merged(parts), rows, latest=latest)


def _hits(
    reached: Mapping[NodeId, Sequence[tuple[int, int]]], operation: Operation, count: int
) -> list[Hit]:
    return [
        Hit(node_id, tuple(n for n, _ in found), tuple(distance for _, distance in found))
        for node_id, found in reached.items()
        if _belongs([n for n, _ in found], operation, count)
    ]


def _belongs(numbers: Sequence[int], operation: Operation, count: int) -> bool:
    if operation is Operation.INTERSECTION:
        return len(numbers) == count
    return operation is Operation.UNION or list(numbers) == [0]


def _order(hit: Hit) -> tuple[int, int, NodeId]:
    return -len(hit.cases), sum(hit.distances), hit.node_id
