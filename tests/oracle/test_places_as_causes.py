"""Places between two times as causes, held against trying every time with every case.

Lots lie in two stores, and batches take of them. Who lay where when is reckoned here
from the drawn days alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hypothesis import event, given, settings
from hypothesis import strategies as st

from genealogy.impact.causes import common_causes
from genealogy.impact.question import CauseQuery
from genealogy.impact.statistics import fisher
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.model.times import to_micros
from tests.fakes import MemoryFlows
from tests.genealogies import DAY_ZERO, Genealogy, flow, genealogy
from tests.snapshots import flows_of

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "60")), deadline=None)
LOTS, BATCHES, LAST = 4, 6, 12
DAY = 86_400_000_000


class Stay(NamedTuple):
    lot: int
    place: int
    first: int
    last: int


class Taken(NamedTuple):
    lot: int
    batch: int
    day: int


@st.composite
def stores(draw: st.DrawFn) -> tuple[list[Stay], list[Taken]]:
    """Each lot comes to one store, and is taken of while it lies there, by some batches."""
    stays = []
    for lot in range(LOTS):
        first = draw(st.integers(0, LAST - 1))
        stays.append(Stay(lot, draw(st.integers(0, 1)), first, draw(st.integers(first, LAST))))
    taken = {
        (lot, batch): Taken(lot, batch, draw(st.integers(stays[lot].first, stays[lot].last)))
        for lot, batch in draw(
            st.lists(st.tuples(st.integers(0, LOTS - 1), st.integers(0, BATCHES - 1)), min_size=4)
        )
    }
    return stays, list(taken.values())


def company(stays: Sequence[Stay], taken: Sequence[Taken]) -> Genealogy:
    kept = [
        flow(Flow.STORED_AT, f"lot:{s.lot}", f"place:{s.place}", s.first, end=s.last) for s in stays
    ]
    used = [
        flow(Flow.CONSUMED_BY, f"lot:{t.lot}", f"batch:{t.batch}", t.day, name=f"{t.lot}{t.batch}")
        for t in taken
    ]
    return genealogy([*kept, *used], more=[f"batch:{i}" for i in range(BATCHES)])


def was_there(
    stays: Sequence[Stay], taken: Sequence[Taken], batch: int, place: int
) -> Iterator[tuple[int, int]]:
    """When what a batch took lay in a store, until it was taken."""
    for one in taken:
        stay = stays[one.lot]
        if one.batch == batch and stay.place == place:
            yield stay.first * DAY, min(stay.last, one.day) * DAY


@ENOUGH
@given(stores(), st.integers(1, BATCHES - 1))
def test_the_time_at_a_place_is_the_best_of_all(
    drawn: tuple[list[Stay], list[Taken]], cut: int
) -> None:
    stays, taken = drawn
    facts = company(stays, taken).facts
    batches = [NodeId(f"batch:{i}") for i in range(BATCHES)]
    query = CauseQuery(tuple(batches[:cut]), tuple(batches[cut:]), listed=1_000)
    found = common_causes(MemoryFlows(facts), query)
    assert common_causes(MemoryFlows(facts), query, flows_of(facts)) == found
    told = {c.ranked.subject.value: c for c in found.candidates
            if c.ranked.subject.kind == "place" and c.ranked.subject.since is not None}  # fmt: skip
    for place in range(2):
        there = [list(was_there(stays, taken, batch, place)) for batch in range(BATCHES)]
        known = sorted({t for spans in there for span in spans for t in span})
        # Nothing changes between two moments at which something came, left, or had just left.
        moments = sorted({t + step for t in known for step in (-1, 0, 1)})
        whole = frozenset(b for b, spans in enumerate(there) if spans)
        sets = {
            hit
            for i, since in enumerate(moments)
            for until in moments[i:]
            if all(_hit(there, t, t) & set(range(cut)) for t in (since, until))
            if (hit := _hit(there, since, until)) != whole
        }
        event("a time" if sets else "no time")
        one = told.get(f"place:{place}")
        if not sets:
            assert one is None
            continue
        assert one is not None
        best = min(_p_value(hit, cut) for hit in sets)
        assert one.ranked.tried == len(sets)
        assert one.ranked.p_value == min(1.0, best * len(sets))
        start = to_micros(DAY_ZERO)
        times = ((one.ranked.subject.since or 0) - start, (one.ranked.subject.until or 0) - start)
        hit = _hit(there, *times)
        assert {*one.ranked.cases, *(good + cut for good in one.ranked.goods)} == hit
        for proof in one.evidence:
            lot = stays[int(proof.node_id.removeprefix("lot:"))]
            [day] = [t.day for t in taken if (t.lot, t.batch) == (lot.lot, proof.case)]
            assert lot.place == place
            assert lot.first * DAY <= times[1]
            assert min(lot.last, day) * DAY >= times[0]


def _hit(there: Sequence[Sequence[tuple[int, int]]], since: int, until: int) -> frozenset[int]:
    return frozenset(
        batch
        for batch, spans in enumerate(there)
        if any(first <= until and last >= since for first, last in spans)
    )


def _p_value(hit: frozenset[int], cut: int) -> float:
    bad = len([batch for batch in hit if batch < cut])
    return fisher(bad, cut, len(hit) - bad, BATCHES - cut)
