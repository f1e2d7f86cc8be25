"""The thirteen deliveries with which FoodChain-Lab tests its tracing, as a genealogy.

A delivery is a lot. Where one delivery feeds another, it is consumed by a batch of
its own at its arrival, and the batch produces the other at its departure. Cross
contamination at a station, or among deliveries, is one batch for all of them: by
time it is FoodChain-Lab's temporal setting, conservative mode the other one.
A station is the sender or receiver of its deliveries.

Fits this trace: forward and backward of a delivery, both kinds of contamination,
the killed station (stops at its batches), merged stations (several seeds), and the
delivery without a day. Does not fit: a killed delivery lets FoodChain-Lab trace
backward from it and hides it from others' backward traces, where a stop is reached
and told, and holds in every direction. Scores and weights are not part of a trace.
"""

from __future__ import annotations

import pytest

from genealogy.model.facts import FlowFact
from genealogy.model.names import Flow
from tests.genealogies import Genealogy, flow, genealogy
from tests.unit.trace.following import follow, frontiers, loosely, reached

#: Delivery: sender, receiver, departure, arrival (days of January, null: no day known).
DELIVERIES: dict[str, tuple[str, str, int | None, int | None]] = {
    "F1P1_1": ("farm1", "producer1", 1, 1),
    "F1P1_2": ("farm1", "producer1", 1, 3),
    "F2P1_1": ("farm2", "producer1", 1, 1),
    "F2P2_1": ("farm2", "producer2", 5, 5),
    "F3P2_1": ("farm3", "producer2", 5, 5),
    "P1T1_1": ("producer1", "trader1", 2, 2),
    "P1T1_2": ("producer1", "trader1", 4, 4),
    "P2T1_1": ("producer2", "trader1", 6, 6),
    "P2T1_2": ("producer2", "trader1", 6, 6),
    "T1M1_1": ("trader1", "market1", 5, 5),
    "T1M2_1": ("trader1", "market2", None, None),
    "T1M2_2": ("trader1", "market2", 7, 7),
    "T1M3_1": ("trader1", "market3", 7, 7),
}
FEEDS = {
    "F1P1_1": ["P1T1_1"],
    "F1P1_2": ["P1T1_2"],
    "F2P1_1": ["P1T1_1"],
    "F2P2_1": ["P2T1_1"],
    "F3P2_1": ["P2T1_1", "P2T1_2"],
    "P1T1_1": ["T1M1_1"],
    "P1T1_2": ["T1M2_1"],
    "P2T1_1": ["T1M2_2"],
    "P2T1_2": ["T1M3_1"],
}


def passing(delivery: str, fed: str, batch: str) -> list[FlowFact]:
    """One delivery feeds another by way of a batch."""
    return [
        flow(Flow.CONSUMED_BY, f"lot:{delivery}", batch, DELIVERIES[delivery][3]),
        flow(Flow.PRODUCED, batch, f"lot:{fed}", DELIVERIES[fed][2]),
    ]


def network(*mixed: str) -> Genealogy:
    """All deliveries; those of ``mixed`` all reach whatever one of them feeds."""
    flows = [
        fact
        for delivery, feeds in FEEDS.items()
        for fed in feeds
        for fact in passing(delivery, fed, f"batch:{delivery}>{fed}")
    ]
    shared = [
        fact
        for delivery in mixed
        for fed in FEEDS[delivery]
        for fact in passing(delivery, fed, "batch:shared")
    ]
    return genealogy(dict.fromkeys([*flows, *shared]))


def deliveries(found: set[str]) -> set[str]:
    return {node.removeprefix("lot:") for node in found if node.startswith("lot:")}


def received_by(found: set[str]) -> set[str]:
    return {DELIVERIES[delivery][1] for delivery in deliveries(found)}


PRODUCER_1 = ("F1P1_1", "F1P1_2", "F2P1_1")
TWO_DELIVERIES = ("P1T1_1", "P2T1_2")


@pytest.mark.parametrize(
    ("delivery", "forward", "backward"),
    [
        ("F1P1_1", {"P1T1_1", "T1M1_1"}, set()),
        ("F1P1_2", {"P1T1_2", "T1M2_1"}, set()),
        ("F3P2_1", {"P2T1_1", "P2T1_2", "T1M2_2", "T1M3_1"}, set()),
        ("P2T1_1", {"T1M2_2"}, {"F2P2_1", "F3P2_1"}),
        ("T1M1_1", set(), {"P1T1_1", "F1P1_1", "F2P1_1"}),
        ("T1M2_1", set(), {"P1T1_2", "F1P1_2"}),
        ("T1M3_1", set(), {"P2T1_2", "F3P2_1"}),
    ],
)
def test_deliveries_are_traced_both_ways(
    delivery: str, forward: set[str], backward: set[str]
) -> None:
    for search in (reached, loosely):
        assert deliveries(search(network(), f"lot:{delivery}")) == forward
        assert deliveries(search(network(), f"lot:{delivery}", way="backward")) == backward


def test_contamination_at_a_station_reaches_what_left_it_later() -> None:
    drawn = network(*PRODUCER_1)
    assert "lot:P1T1_2" in reached(drawn, "lot:F1P1_1")
    assert "lot:P1T1_1" not in reached(drawn, "lot:F1P1_2")
    assert "lot:F1P1_2" not in reached(drawn, "lot:P1T1_1", way="backward")


def test_without_regard_to_time_contamination_reaches_all_that_left_the_station() -> None:
    drawn = network(*PRODUCER_1)
    assert "lot:P1T1_2" in loosely(drawn, "lot:F1P1_1")
    assert "lot:P1T1_1" in loosely(drawn, "lot:F1P1_2")


def test_contamination_among_deliveries_respects_time_only_in_exact_mode() -> None:
    drawn = network(*TWO_DELIVERIES)
    assert "lot:T1M3_1" in reached(drawn, "lot:P1T1_1")
    assert "lot:T1M1_1" not in reached(drawn, "lot:P2T1_2")
    assert "lot:T1M1_1" in loosely(drawn, "lot:P2T1_2")


def test_a_killed_station_lets_nothing_through() -> None:
    killed = [n for n in network().ids() if n.startswith(("batch:F2P2", "batch:F3P2"))]
    for delivery in ("F2P2_1", "F3P2_1"):
        assert deliveries(reached(network(), f"lot:{delivery}", stops=killed)) == set()
    for delivery in ("P2T1_1", "P2T1_2"):
        behind = reached(network(), f"lot:{delivery}", way="backward", stops=killed)
        assert deliveries(behind) == set()


def test_a_killed_delivery_is_reached_and_goes_no_further() -> None:
    stopped = follow(network(), "lot:P2T1_2", stops=["lot:P2T1_2"])
    assert [r.node_id for r in stopped.reached] == ["lot:P2T1_2"]
    assert frontiers(stopped) == [("stop", "lot:P2T1_2")]
    ahead = deliveries(reached(network(), "lot:F3P2_1", stops=["lot:P2T1_2"]))
    assert ahead == {"P2T1_1", "P2T1_2", "T1M2_2"}


def test_merged_farms_reach_what_both_reach() -> None:
    farms = [f"lot:{d}" for d, (sender, *_) in DELIVERIES.items() if sender in ("farm1", "farm2")]
    answer = follow(network(), *farms)
    stations = received_by({r.node_id for r in answer.reached})
    assert stations == {"producer1", "producer2", "trader1", "market1", "market2"}


def test_a_delivery_without_a_day_is_possible_at_any_time() -> None:
    drawn = network("P1T1_1", "P1T1_2", "P2T1_1")
    assert "lot:T1M2_1" in reached(drawn, "lot:P2T1_1")
