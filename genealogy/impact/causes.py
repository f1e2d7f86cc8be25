"""Common cause: what bad cases share upstream and good ones do not.

Every node upstream of any case is a candidate, and every attribute of such nodes
(``genealogy.impact.attributes``); with good cases also stretches of time. They are ranked
by a one-sided Fisher exact test of the bad cases against the good ones. Without good cases
nothing can be tested: then only coverage and distance rank, and p values are null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from genealogy.errors import InvalidQuery
from genealogy.impact.cases import Case, cases_of
from genealogy.impact.cones import cones
from genealogy.impact.evidence import Evidence, Timing, Volume, Weighing
from genealogy.impact.question import CauseQuery
from genealogy.impact.ranking import Ranked, rank
from genealogy.impact.reach import merged
from genealogy.impact.tally import Tally
from genealogy.model.facts import NodeId
from genealogy.ports import FlowRows, FlowSource, NodeRow
from genealogy.snapshot.flows import CopiedFlows
from genealogy.trace.details import rows_with_products
from genealogy.trace.result import Completeness
from genealogy.trace.walk import Progress


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible cause, how well it explains the cases, and the proof of each."""

    ranked: Ranked
    volume: Volume
    timing: Timing
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class CommonCauses:
    """An answer: candidates in order of rank, the first ``query.listed`` of ``found``.

    ``found`` are upstream of a bad case, ``tested`` of any; the correction is over those.
    ``edges`` are the columns of all flow edges upstream of any case; evidence refers to
    them by position. ``parts`` says of each case, the bad ones first, what its trace lacks.
    ``watermark``: all writes up to it are in, where that is known.
    """

    query: CauseQuery
    cases: tuple[Case, ...]
    goods: tuple[Case, ...]
    candidates: Sequence[Candidate]
    found: int
    tested: int
    parts: tuple[Completeness, ...]
    completeness: Completeness
    edges: FlowRows = field(repr=False)
    rows: Mapping[NodeId, NodeRow] = field(repr=False)
    watermark: int | None = None

    @property
    def latest(self) -> int:
        """When the last movement was recorded, in microseconds since 1970-01-01 UTC."""
        return max(self.edges.recorded_at, default=0)


def common_causes(
    source: FlowSource,
    query: CauseQuery,
    copied: CopiedFlows | None = None,
    progress: Progress | None = None,
) -> CommonCauses:
    """Trace every case backward and rank what lies upstream.

    The snapshot ``copied`` is walked where it tells the answer; ``progress`` is told of every
    walk, that of all cases at once and then that of each. Raises InvalidQuery without
    cases, and for a node that is both bad and good; and what ``cases_of`` and ``trace`` raise.
    """
    cases = cases_of(source, query.cases, query.terms())
    goods = cases_of(source, query.goods, query.terms())
    _check(cases, goods)
    everyone = (*cases, *goods)
    traced = cones(source, copied, everyone, query.terms(), progress)
    union = traced.union
    nodes = rows_with_products(source, list(union.node_ids()), query.known_at)
    tally = Tally.of(traced.flows, union, nodes, len(cases))
    parts = list(tally.count(union, traced.each(), everyone))
    told, hits, tested = rank(tally, len(cases), len(goods), query.listed)
    weighing = Weighing.of(tally, told, union)
    for number, found in enumerate(traced.traces(cases)):
        weighing.weigh(number, cases[number], found)
    return CommonCauses(
        query,
        cases,
        goods,
        [
            Candidate(one, weighing.volume(i), weighing.timing(i), weighing.evidence(i))
            for i, one in enumerate(told)
        ],
        hits,
        tested,
        tuple(parts),
        merged(parts),
        union.edges,
        _named(source, nodes, told, query.known_at),
    )


def _check(cases: Sequence[Case], goods: Sequence[Case]) -> None:
    if not cases:
        raise InvalidQuery("no_cases")
    bad = {seed for case in cases for seed in case.seeds}
    for case in goods:
        for seed in case.seeds:
            if seed in bad:
                raise InvalidQuery("bad_and_good", text=seed)


def _named(
    source: FlowSource,
    nodes: Mapping[NodeId, NodeRow],
    listed: Sequence[Ranked],
    known_at: datetime | None,
) -> dict[NodeId, NodeRow]:
    """The nodes told of, with those that are values of attributes, such as lines."""
    values = {NodeId(one.subject.value) for one in listed}
    missing = sorted(values - nodes.keys())
    more = source.nodes(missing, known_at=known_at) if missing else []
    return {**nodes, **{row.node_id: row for row in more}}
