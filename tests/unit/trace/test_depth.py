"""A trace cut at a depth says so wherever anything it did not reach lies beyond."""

from __future__ import annotations

import pytest

from genealogy.model.names import Flow
from genealogy.trace.result import Mode, State
from tests.genealogies import flow, genealogy
from tests.unit.trace.following import follow, frontiers, reached

IN, USED, MADE, AS = Flow.CONTAINED_IN, Flow.CONSUMED_BY, Flow.PRODUCED, Flow.RELABELLED_AS

#: A short way that comes late to X, a long one that comes early; only early ones go on to Y.
EARLY_BUT_FAR = genealogy(
    [
        flow(AS, "lot:A", "lot:P", 5),
        flow(AS, "lot:P", "lot:X", 5),
        flow(AS, "lot:A", "lot:a", 1),
        flow(AS, "lot:a", "lot:b", 1),
        flow(AS, "lot:b", "lot:c", 1),
        flow(AS, "lot:c", "lot:X", 1),
        flow(AS, "lot:X", "lot:Y", 2),
    ]
)


@pytest.mark.parametrize(("depth", "told"), [(2, "lot:b"), (3, "lot:c"), (4, "lot:X"), (5, None)])
def test_a_cut_is_told_where_an_earlier_arrival_at_a_reached_node_would_lead_on(
    depth: int, told: str | None
) -> None:
    answer = follow(EARLY_BUT_FAR, "lot:A", max_depth=depth)
    assert frontiers(answer) == ([("max_depth", told)] if told else [])
    assert ("lot:Y" in reached(EARLY_BUT_FAR, "lot:A", max_depth=depth)) == (told is None)


def test_a_cut_at_the_same_place_is_not_told_where_the_long_way_comes_no_earlier() -> None:
    no_earlier = [f for f in EARLY_BUT_FAR.flows if f.target_id != "lot:Y"]
    assert frontiers(follow(genealogy(no_earlier), "lot:A", max_depth=3)) == []


def test_a_cut_is_told_backward_where_a_later_departure_would_lead_on() -> None:
    drawn = genealogy(
        [
            flow(AS, "lot:Y", "lot:X", 4),
            flow(AS, "lot:X", "lot:P", 1),
            flow(AS, "lot:P", "lot:A", 1),
            flow(AS, "lot:X", "lot:c", 5),
            flow(AS, "lot:c", "lot:b", 5),
            flow(AS, "lot:b", "lot:A", 5),
        ]
    )
    assert frontiers(follow(drawn, "lot:A", way="backward", max_depth=2)) == [
        ("max_depth", "lot:c")
    ]


@pytest.mark.parametrize("mode", Mode)
def test_a_cut_is_told_where_another_stay_in_a_reached_container_would_lead_on(mode: Mode) -> None:
    drawn = genealogy(
        [
            flow(IN, "lot:A", "unit:tote", start=1, end=1),
            flow(AS, "lot:A", "lot:B", 3),
            flow(IN, "lot:B", "unit:tote", start=3, end=4),
            flow(Flow.SHIPPED_IN, "unit:tote", "shipment:1", 4),
        ]
    )
    assert frontiers(follow(drawn, "lot:A", mode=mode, max_depth=1)) == [("max_depth", "lot:B")]
    assert "shipment:1" in reached(drawn, "lot:A", mode=mode, max_depth=3)


def test_a_cut_is_told_where_contents_were_there_earlier_than_they_came_another_way() -> None:
    drawn = genealogy(
        [
            flow(IN, "item:X", "unit:case", start=1),
            flow(IN, "unit:case", "unit:pallet", start=1),
            flow(USED, "unit:pallet", "batch:1", 5),
            flow(MADE, "batch:1", "item:X", 5),
            flow(USED, "item:X", "batch:2", 2),
        ]
    )
    answer = follow(drawn, "unit:pallet", "batch:1", max_depth=1)
    assert "item:X" in {r.node_id for r in answer.reached}
    assert frontiers(answer) == [("max_depth", "unit:case")]
    assert "batch:2" in reached(drawn, "unit:pallet", "batch:1")


def test_a_cut_is_told_where_an_earlier_arrival_would_lead_on_at_a_stop_only() -> None:
    answer = follow(EARLY_BUT_FAR, "lot:A", max_depth=3, stops=["lot:X"])
    assert frontiers(answer) == [("max_depth", "lot:c")]
    assert answer.completeness.state is State.TRUNCATED


def test_looking_beyond_a_cut_changes_nothing_of_the_answer() -> None:
    cut = follow(EARLY_BUT_FAR, "lot:A", max_depth=3)
    near = [r for r in follow(EARLY_BUT_FAR, "lot:A").reached if r.distance <= 3]
    assert [(r.node_id, r.distance) for r in cut.reached] == [(r.node_id, r.distance) for r in near]
    assert {r.node_id: r.exposure.day for r in cut.reached if r.exposure}["lot:X"] == 6
    assert len(cut.edges.edge_id) == len(EARLY_BUT_FAR.flows) - 1
