"""A lot that got from store to store in a unit or a shipment, of which no stay tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from genealogy.model.facts import FlowFact, LinkFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label, Link
from genealogy.trace import whereabouts
from genealogy.trace.result import TraceQuery, Window, WindowKind
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import SOURCE, day, flow, genealogy, kind_of

A, B, GOAL, ELSEWHERE = "place:A", "place:B", "place:goal", "place:elsewhere"
LOT, UNIT, PALLET = "lot:0", "unit:box", "unit:pallet"
SITE = NodeId("place:site")
IN_SITE = LinkFact(Link.AT, NodeId(GOAL), Label.PLACE, SITE, Label.PLACE, SOURCE, "parent")
MADE_AT_A, MADE_AT_B, USED = NodeId("batch:A"), NodeId("batch:B"), "batch:used"


def at(place: str, fact: FlowFact) -> FlowFact:
    return replace(fact, place_id=place)


def stay(node: str, place: str, since: int, came_from: str, until: int | None = None) -> FlowFact:
    told = flow(Flow.STORED_AT, node, place, since, start=since, end=until)
    return replace(told, place_id=came_from)


#: Some of a lot is made at A, some at B; used at the goal, where stays tell of other arrivals.
MADE = [
    at(A, flow(Flow.PRODUCED, MADE_AT_A, LOT, 1)),
    at(B, flow(Flow.PRODUCED, MADE_AT_B, LOT, 1)),
    stay(LOT, A, 0, ELSEWHERE),
    stay(LOT, B, 0, ELSEWHERE),
    stay(LOT, GOAL, 0, ELSEWHERE),
    at(GOAL, flow(Flow.CONSUMED_BY, LOT, USED, 6)),
]


def packed(inner: str, outer: str, since: int, until: int | None, place: str) -> FlowFact:
    return at(place, flow(Flow.CONTAINED_IN, inner, outer, None, start=since, end=until))


def reached(more: list[FlowFact], seed: NodeId, *links: LinkFact) -> bool:
    facts = genealogy([replace(f, fact_id=str(i)) for i, f in enumerate([*MADE, *more])]).facts
    flows = MemoryFlows([*facts, *links])
    ahead = USED in set(trace(flows, TraceQuery((seed,), "forward")).node_ids())
    behind = trace(flows, TraceQuery((NodeId(USED),), "backward"))
    assert ahead == (seed in set(behind.node_ids()))
    return ahead


BY = {
    "nothing": ([], False),
    "return": (
        [
            at(A, flow(Flow.RETURNED_IN, LOT, "shipment:1", 2)),
            flow(Flow.DELIVERED_TO, "shipment:1", GOAL, 4),
        ],
        True,
    ),
    "shipment": (
        [
            at(A, flow(Flow.SHIPPED_IN, LOT, "shipment:1", 2)),
            flow(Flow.DELIVERED_TO, "shipment:1", GOAL, 4),
        ],
        True,
    ),
    "shipment that arrived too late": (
        [
            at(A, flow(Flow.SHIPPED_IN, LOT, "shipment:1", 2)),
            flow(Flow.DELIVERED_TO, "shipment:1", GOAL, 7),
        ],
        False,
    ),
    "shipment that left too early": (
        [
            at(A, flow(Flow.SHIPPED_IN, LOT, "shipment:1", 0)),
            flow(Flow.DELIVERED_TO, "shipment:1", GOAL, 4),
        ],
        False,
    ),
    "unit": ([packed(LOT, UNIT, 2, 5, A), stay(UNIT, GOAL, 4, A)], True),
    "unit that was emptied before": ([packed(LOT, UNIT, 2, 3, A), stay(UNIT, GOAL, 4, A)], False),
    "unit on a pallet by two stays": (
        [
            packed(LOT, UNIT, 2, None, A),
            packed(UNIT, PALLET, 2, None, A),
            stay(PALLET, ELSEWHERE, 3, A),
            stay(PALLET, GOAL, 4, ELSEWHERE),
        ],
        True,
    ),
    "unit in a shipment": (
        [
            packed(LOT, UNIT, 2, None, A),
            at(A, flow(Flow.SHIPPED_IN, UNIT, "shipment:1", 3)),
            flow(Flow.DELIVERED_TO, "shipment:1", GOAL, 4),
        ],
        True,
    ),
}


@pytest.mark.parametrize("how", BY)
def test_what_was_moved_with_something_is_where_that_is(how: str) -> None:
    more, arrives = BY[how]
    assert reached(more, MADE_AT_A) is arrives
    assert not reached(more, MADE_AT_B)


@pytest.mark.parametrize("how", [Flow.SHIPPED_IN, Flow.RETURNED_IN])
def test_what_comes_to_a_site_may_be_in_any_store_of_it(how: Flow) -> None:
    more = [at(A, flow(how, LOT, "shipment:1", 2)), flow(Flow.DELIVERED_TO, "shipment:1", SITE, 4)]
    assert reached(more, MADE_AT_A, IN_SITE)


def test_a_lot_in_too_many_units_is_taken_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    units = [packed(LOT, f"unit:{i}", 2, None, A) for i in range(4)]
    assert not reached(units, MADE_AT_B)
    monkeypatch.setattr(whereabouts, "MOST_STAYS", 3)
    assert reached(units, MADE_AT_B)


TRUCK = [
    flow(Flow.SHIPPED_IN, LOT, "shipment:truck", 1),
    flow(Flow.SHIPPED_IN, UNIT, "shipment:truck", 1),
    flow(Flow.SHIPPED_IN, "lot:later", "shipment:truck", 5),
    flow(Flow.CONTAINED_IN, "lot:inside", UNIT, None, start=0, end=6),
    flow(Flow.DELIVERED_TO, "shipment:truck", GOAL, 6),
    flow(Flow.CONSUMED_BY, LOT, "batch:after", 8),
    flow(Flow.CONSUMED_BY, "lot:inside", "batch:after", 8),
    flow(Flow.CONSUMED_BY, LOT, "batch:before", 2),
]


@pytest.mark.parametrize(("about", "days"), [("shipment:truck", (2, 3)), (GOAL, (6, 7))])
def test_what_was_on_a_truck_is_of_concern_with_it(about: str, days: tuple[int, int]) -> None:
    drawn = genealogy([replace(f, fact_id=str(i)) for i, f in enumerate(TRUCK)])
    told = {"kind": "storage_excursion", "occurred_at": day(days[0]), "ended_at": day(days[1])}
    event = NodeFact(Label.QUALITY_EVENT, NodeId("quality:1"), SOURCE, properties=told)
    ends = (NodeId("quality:1"), Label.QUALITY_EVENT, NodeId(about), kind_of(about))
    flows = MemoryFlows([*drawn.facts, event, LinkFact(Link.ABOUT, *ends, SOURCE)])
    window = Window(WindowKind.EVENT, NodeId("quality:1"))
    found = set(trace(flows, TraceQuery((), "forward", windows=(window,))).node_ids())
    assert {LOT, UNIT, "lot:inside", "batch:after"} <= found
    assert ("lot:later" in found) is (about == GOAL)
    assert ("batch:before" in found) is (about != GOAL)


def test_what_came_to_a_store_in_a_unit_was_there_as_the_unit_was() -> None:
    facts = [
        packed(LOT, UNIT, 1, None, A),
        stay(LOT, A, 0, ELSEWHERE, until=3),
        stay(LOT, B, 3, A),
        at(B, flow(Flow.SHIPPED_IN, UNIT, "shipment:out", 6)),
    ]
    drawn = genealogy([replace(f, fact_id=str(i)) for i, f in enumerate(facts)])

    def found(place: str, since: int, until: int) -> set[str]:
        window = Window(WindowKind.PLACE, NodeId(place), day(since), day(until))
        return set(
            trace(MemoryFlows(drawn.facts), TraceQuery((), "forward", windows=(window,))).node_ids()
        )

    assert {UNIT, "shipment:out"} <= found(B, 4, 5)
    assert {UNIT, "shipment:out"} <= found(A, 1, 2)
    assert found(A, 1, 2) - {LOT} == found(B, 4, 5) - {LOT}


@pytest.mark.parametrize("how", [Flow.SHIPPED_IN, Flow.RETURNED_IN])
def test_a_unit_that_came_back_to_a_site_brings_no_other_one_along(how: Flow) -> None:
    packings = [
        stay(LOT, GOAL, 0, ELSEWHERE),
        packed(LOT, "unit:back", 1, None, A),
        packed(LOT, "unit:gone", 1, None, A),
        at(A, flow(how, "unit:back", "shipment:1", 2)),
        flow(Flow.DELIVERED_TO, "shipment:1", SITE, 4),
    ]
    facts = genealogy([replace(f, fact_id=str(i)) for i, f in enumerate(packings)]).facts
    window = Window(WindowKind.PLACE, NodeId(GOAL), day(5), day(6))
    query = TraceQuery((), "forward", windows=(window,))
    found = set(trace(MemoryFlows([*facts, IN_SITE]), query).node_ids())
    assert "unit:back" in found
    assert "unit:gone" not in found
