"""Why the window of a store does not reach a node: left before, came after, or never there."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.errors import InvalidQuery
from genealogy.model.facts import Fact, LinkFact, NodeFact, NodeId
from genealogy.model.names import MOVED_AT, Flow, Label, Link
from genealogy.trace.not_there import as_window, why_not_in_window
from genealogy.trace.obstacles import WhyNot
from genealogy.trace.result import TraceQuery, Window, WindowKind
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import SOURCE, Genealogy, day, flow, genealogy
from tests.oracle.expanded import number
from tests.oracle.test_stays import PLACES, companies, ran, some_day

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "60")), deadline=None)
COLD, WARM = "place:cold", "place:warm"

#: The cold store failed from day 4 to day 5.
STORE = genealogy(
    [
        flow(Flow.STORED_AT, "lot:early", COLD, 1, start=1, end=3),
        flow(Flow.STORED_AT, "lot:late", COLD, 6, start=6),
        flow(Flow.STORED_AT, "lot:both", COLD, 0, start=0, end=1),
        flow(Flow.STORED_AT, "lot:both", COLD, 8, start=8),
        flow(Flow.STORED_AT, "lot:there", COLD, 2, start=2, end=7),
        flow(Flow.STORED_AT, "lot:never", WARM, 2, start=2),
        flow(Flow.CONSUMED_BY, "lot:early", "batch:1", 3),
        flow(Flow.PRODUCED, "batch:1", "lot:made", 4),
        flow(Flow.CONSUMED_BY, "lot:there", "batch:soon", 3),
        flow(Flow.CONSUMED_BY, "lot:there", "batch:then", 5),
        flow(Flow.SHIPPED_IN, "lot:never", "shipment:1", 9),
    ],
)
EVENT = NodeFact(
    Label.QUALITY_EVENT,
    NodeId("quality:Q"),
    SOURCE,
    properties={"kind": "storage_excursion", "occurred_at": day(4), "ended_at": day(5)},
)
ABOUT = LinkFact(Link.ABOUT, EVENT.node_id, EVENT.label, NodeId(COLD), Label.PLACE, SOURCE)
FACTS: tuple[Fact, ...] = (*STORE.facts, EVENT, ABOUT)


def ask(node: str, seed: str = "quality:Q", *days: int, way: Any = "forward") -> WhyNot:
    source = MemoryFlows(FACTS)
    times = Window(WindowKind.PLACE, NodeId(seed), *map(day, days))
    query = as_window(source, TraceQuery((NodeId(seed),), way), times)
    return why_not_in_window(source, source, query, NodeId(node))


def told(found: WhyNot) -> list[tuple[str, str | None, int | None]]:
    return [(o.kind.value, o.node_id, number(o.at)) for o in found.obstacles]


@pytest.mark.parametrize("asked", [("quality:Q",), (COLD, 4, 5)])
def test_each_lot_is_told_when_it_was_there_instead(asked: Any) -> None:
    assert told(ask("lot:early", *asked)) == [("left_before", "lot:early", 3)]
    assert told(ask("lot:late", *asked)) == [("came_after", "lot:late", 6)]
    assert told(ask("lot:both", *asked)) == [
        ("left_before", "lot:both", 1),
        ("came_after", "lot:both", 8),
    ]
    assert told(ask("lot:never", *asked)) == [("never_there", "lot:never", None)]


def test_of_what_is_not_stored_the_nearest_that_leads_to_it_is_told() -> None:
    found = ask("lot:made")
    assert told(found) == [("left_before", "lot:early", 3)]
    [obstacle] = found.obstacles
    assert obstacle.place == COLD
    assert found.edges.type[obstacle.came or 0] == Flow.STORED_AT
    assert told(ask("shipment:1")) == [("never_there", "shipment:1", None)]


def test_what_was_there_and_went_on_before_the_window_is_told_with_the_way() -> None:
    found = ask("batch:soon")
    assert told(found) == [("elsewhere", "lot:there", 4)]
    assert [hop.after for hop in found.path] == ["batch:soon"]
    assert ask("batch:then").reached


def test_times_of_what_has_none_are_refused() -> None:
    with pytest.raises(InvalidQuery, match="batch:1"):
        ask("lot:made", "batch:1", 1, 2)
    with pytest.raises(InvalidQuery, match="quality:Q"):
        ask("lot:made", "quality:Q", 1, 2)


@ENOUGH
@given(drawn=companies(), first=some_day, more=st.integers(0, 2), data=st.data())
def test_what_is_told_is_so_and_something_is_always_told(
    drawn: Genealogy, first: int, more: int, data: st.DataObject
) -> None:
    source, place = MemoryFlows(drawn.facts), data.draw(st.sampled_from(PLACES))
    node = data.draw(st.sampled_from(drawn.ids(Label.LOT, Label.BATCH)))
    window = Window(WindowKind.PLACE, NodeId(place), day(first), day(first + more))
    query = TraceQuery((), "forward", windows=(window,))
    try:
        reached = node in set(trace(source, query).node_ids())
    except InvalidQuery:
        return
    found = why_not_in_window(source, source, query, node)
    assert found.reached == reached
    kept = [f for f in drawn.flows if f.type is Flow.STORED_AT and f.target_id == place]
    moved = [f for f in drawn.flows if f.type is not Flow.STORED_AT and f.place_id == place]
    for obstacle in found.obstacles:
        own = [f for f in kept if f.source_id == obstacle.node_id]
        ends = [number(f.valid_to) for f in own]
        days = [
            day
            for f in moved
            if obstacle.node_id in (f.source_id, f.target_id)
            for day in [number(f.occurred_at)]
        ]
        run = ran(drawn, obstacle.node_id or "", place)
        if obstacle.kind == "left_before":
            assert number(obstacle.at) in ends
            assert (number(obstacle.at) or 0) < first
        elif obstacle.kind == "came_after":
            assert (number(obstacle.at) or 0) > first + more
            assert own
        elif obstacle.kind in ("only_before", "only_after"):
            assert number(obstacle.at) in {*days, *(run or ())}
            assert not first <= (number(obstacle.at) or 0) <= first + more
            assert (obstacle.kind == "only_before") == ((number(obstacle.at) or 0) < first)
        elif obstacle.kind == "never_there":
            assert not own
            assert not days
            assert run is None
        elif obstacle.kind == "elsewhere":
            assert own or _meets(run, first, more) or _any_of(days, first, more)
            assert found.path[0].before == obstacle.node_id
            assert found.path[-1].after == node


def _meets(run: tuple[int, int] | None, first: int, more: int) -> bool:
    return run is not None and run[0] <= first + more and run[1] >= first


def _any_of(days: list[int | None], first: int, more: int) -> bool:
    return any(first <= (day or 0) <= first + more for day in days)


#: A batch ran in the cold store on day 1, and lots were used and delivered there before day 4.
MOVES = genealogy(
    [
        replace(flow(Flow.CONSUMED_BY, "lot:used", "batch:ran", 1), place_id=NodeId(COLD)),
        flow(Flow.PRODUCED, "batch:ran", "lot:out", 1),
        flow(Flow.SHIPPED_IN, "item:sent", "shipment:in", 0),
        flow(Flow.DELIVERED_TO, "shipment:in", COLD, 1),
        flow(Flow.SHIPPED_IN, "item:sent", "shipment:on", 2),
        replace(flow(Flow.CONSUMED_BY, "lot:later", "batch:late", 8), place_id=NodeId(COLD)),
        flow(Flow.STORED_AT, "lot:there", COLD, 2, start=2, end=7),
        flow(Flow.STORED_AT, "lot:elsewhere", WARM, 2, start=2, end=7),
    ],
)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("lot:used", ("only_before", "lot:used", 1)),
        ("batch:ran", ("only_before", "batch:ran", 1)),
        ("lot:out", ("only_before", "batch:ran", 1)),
        ("item:sent", ("only_before", "item:sent", 1)),
        ("lot:later", ("only_after", "lot:later", 8)),
        ("lot:elsewhere", ("never_there", "lot:elsewhere", None)),
    ],
)
def test_what_was_there_by_other_records_than_stays_is_never_told_to_have_never_been(
    node: str, expected: tuple[str, str, int | None]
) -> None:
    ran_at = (NodeId("batch:ran"), Label.BATCH, NodeId(COLD), Label.PLACE)
    source = MemoryFlows([*MOVES.facts, LinkFact(Link.AT, *ran_at, SOURCE, MOVED_AT)])
    window = Window(WindowKind.PLACE, NodeId(COLD), day(4), day(5))
    query = TraceQuery((), "forward", windows=(window,))
    found = why_not_in_window(source, source, query, NodeId(node))
    assert told(found) == [expected]
    [obstacle] = found.obstacles
    if obstacle.came is not None:
        assert obstacle.node_id in (
            found.edges.source[obstacle.came],
            found.edges.target[obstacle.came],
            *(f.source_id for f in MOVES.flows if f.type is Flow.SHIPPED_IN),
        )
