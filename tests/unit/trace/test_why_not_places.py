"""What was kept elsewhere is told as that, and not as something about times."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.names import Flow, Label
from genealogy.trace.obstacles import ObstacleKind, WhyNot
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.why_not import why_not
from tests.fakes import MemoryFlows
from tests.genealogies import Genealogy, flow, genealogy
from tests.oracle.test_stays import DAYS, companies, graph_of, reached_from, sent_from, shippers

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "80")), deadline=None)
PLANT, OTHER, WORKS = "place:P2", "place:P1", "place:W"


def at(place: str, fact: FlowFact) -> FlowFact:
    return replace(fact, place_id=NodeId(place))


def kept(place: str, came: int, came_from: str) -> FlowFact:
    """What of the lot came to a place from another."""
    return at(came_from, flow(Flow.STORED_AT, "lot:L", place, came, start=came))


def two_plants(*more: FlowFact, used: int = 5) -> Genealogy:
    """One lot made in two plants: the works got theirs from the other one."""
    return genealogy(
        [
            at(OTHER, flow(Flow.PRODUCED, "batch:B1", "lot:L", 1)),
            at(PLANT, flow(Flow.PRODUCED, "batch:B2", "lot:L", 1)),
            kept(OTHER, 1, OTHER),
            kept(PLANT, 1, PLANT),
            kept(WORKS, 3, OTHER),
            at(WORKS, flow(Flow.CONSUMED_BY, "lot:L", "batch:B3", used)),
            *more,
        ]
    )


def ask(drawn: Genealogy, seed: str, node: str, way: Any = "forward", **more: Any) -> WhyNot:
    source = MemoryFlows(drawn.facts)
    return why_not(source, source, TraceQuery((NodeId(seed),), way, **more), NodeId(node))


@pytest.mark.parametrize(
    ("seed", "node", "way"),
    [("batch:B2", "batch:B3", "forward"), ("batch:B3", "batch:B2", "backward")],
)
def test_a_lot_that_stayed_at_another_place_is_told_so_and_not_as_a_matter_of_time(
    seed: str, node: str, way: str
) -> None:
    found = ask(two_plants(), seed, node, way)
    [obstacle] = found.obstacles
    assert (obstacle.kind, obstacle.node_id) == (ObstacleKind.PLACE, "lot:L")
    assert (obstacle.place, obstacle.at) == (WORKS, None)
    assert found.edges.type[obstacle.came or 0] == Flow.PRODUCED
    assert found.edges.type[obstacle.left or 0] == Flow.CONSUMED_BY
    assert ask(two_plants(), "batch:B1", "batch:B3").reached
    assert ask(two_plants(), seed, node, way, mode=Mode.CONSERVATIVE).reached


def test_a_lot_that_was_shipped_from_another_place_is_told_so_by_where_its_shipment_was_sent() -> (
    None
):
    drawn = two_plants(flow(Flow.SHIPPED_IN, "lot:L", "shipment:S", 5))
    drawn = replace(drawn, links=(*drawn.links, sent_from("shipment:S", WORKS)))
    [obstacle] = ask(drawn, "batch:B2", "shipment:S").obstacles
    assert (obstacle.kind, obstacle.place) == (ObstacleKind.PLACE, WORKS)
    assert ask(drawn, "batch:B1", "shipment:S").reached


def test_a_lot_that_was_used_before_it_was_made_is_a_matter_of_time_wherever_it_was() -> None:
    [obstacle] = ask(two_plants(used=0), "batch:B2", "batch:B3").obstacles
    assert (obstacle.kind, obstacle.place) == (ObstacleKind.TIME, None)


def test_a_lot_that_came_to_the_place_later_only_is_told_by_the_place() -> None:
    drawn = two_plants(kept(WORKS, 6, PLANT))
    [obstacle] = ask(drawn, "batch:B2", "batch:B3").obstacles
    assert obstacle.kind is ObstacleKind.PLACE
    assert ask(two_plants(kept(WORKS, 4, PLANT)), "batch:B2", "batch:B3").reached


@ENOUGH
@given(drawn=companies() | shippers(), data=st.data())
def test_a_place_or_a_time_is_told_exactly_where_that_is_in_the_way(
    drawn: Genealogy, data: st.DataObject
) -> None:
    batches = st.sampled_from(drawn.ids(Label.BATCH))
    seed, node = data.draw(batches), data.draw(batches)
    found = ask(drawn, seed, node)
    nowhere = replace(drawn, flows=tuple(f for f in drawn.flows if f.type != Flow.STORED_AT))
    assert found.reached == (node in {seed, *ahead(drawn, seed)})
    kinds = {obstacle.kind for obstacle in found.obstacles}
    lots = [o.node_id for o in found.obstacles if o.kind is ObstacleKind.PLACE]
    if kinds == {ObstacleKind.PLACE}:
        told = [f for f in drawn.flows if f.type != Flow.STORED_AT or f.source_id not in lots]
        assert node in ahead(replace(drawn, flows=tuple(told)), seed)
    if kinds == {ObstacleKind.TIME}:
        assert node not in ahead(nowhere, seed)


def ahead(drawn: Genealogy, seed: str) -> set[str]:
    """What the oracle of places reaches from a batch."""
    return reached_from(graph_of(drawn), [(seed, t) for t in DAYS])
