"""Size: work follows the answer, however deep or wide it is."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest

from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.names import Flow
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.witness import witness
from tests.fakes import MemoryFlows
from tests.genealogies import chain, flow, genealogy


def work(facts: Iterable[FlowFact], seed: str, **limits: object) -> int:
    """How many lines of the tracing code run until a forward trace ends."""
    source, lines = MemoryFlows(facts), 0

    def look(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return look if frame.f_globals["__name__"].startswith("genealogy.trace.") else None

    before = sys.gettrace()
    sys.settrace(look)
    try:
        trace(source, TraceQuery((NodeId(seed),), "forward", **limits))
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("way", ["forward", "backward"])
def test_a_chain_of_50000_levels_is_followed_to_its_end(way: str) -> None:
    drawn = chain(50_000)
    seed = "lot:000000" if way == "forward" else "lot:050000"
    answer = trace(MemoryFlows(drawn.facts), TraceQuery((NodeId(seed),), way))
    last = answer.reached[-1]
    assert (last.distance, len(answer.edges.edge_id)) == (50_000, 50_000)
    assert len(witness(answer, last.node_id)) == 50_000


def test_four_times_the_depth_takes_four_times_the_work() -> None:
    short, long = (work(chain(n).facts, "lot:000000") for n in (500, 2000))
    assert 3.9 * short < long < 4.1 * short


def test_a_hub_improved_again_and_again_does_not_walk_its_edges_again() -> None:
    """Arrivals that get earlier level by level, at a lot with many outputs all later."""
    steps = 400
    late = [flow(Flow.RELABELLED_AS, "lot:0000", "lot:hub", steps + 1)]
    line = [flow(Flow.RELABELLED_AS, f"lot:{i:04}", f"lot:{i + 1:04}") for i in range(steps)]
    into = [flow(Flow.RELABELLED_AS, f"lot:{i:04}", "lot:hub", steps - i) for i in range(1, steps)]
    out = [flow(Flow.CONSUMED_BY, "lot:hub", f"batch:{i}", steps + 2) for i in range(4000)]
    drawn = genealogy([*late, *line, *into, *out])
    exact = work(drawn.facts, "lot:0000")
    assert exact < 2 * work(drawn.facts, "lot:0000", mode=Mode.CONSERVATIVE)


def test_a_tote_used_a_thousand_times_tells_its_uses_apart() -> None:
    uses = [
        fact
        for i in range(1000)
        for fact in (
            flow(Flow.CONTAINED_IN, f"item:{i % 2}", "unit:T", start=3 * i, end=3 * i + 1),
            flow(Flow.SHIPPED_IN, "unit:T", f"shipment:{i}", 3 * i + 1),
        )
    ]
    query = TraceQuery((NodeId("item:1"),), "forward")
    answer = trace(MemoryFlows(genealogy(uses).facts), query)
    shipped = {r.node_id for r in answer.reached if r.node_id.startswith("shipment")}
    assert shipped == {f"shipment:{i}" for i in range(1, 1000, 2)}


@pytest.mark.parametrize("way", ["forward", "backward"])
def test_a_hub_of_100000_edges_comes_whole(way: str) -> None:
    spokes = [flow(Flow.RELABELLED_AS, "lot:hub", f"lot:{i:06}", i % 5) for i in range(100_000)]
    if way == "backward":
        spokes = [replace(f, source_id=f.target_id, target_id=f.source_id) for f in spokes]
    answer = trace(MemoryFlows(genealogy(spokes).facts), TraceQuery((NodeId("lot:hub"),), way))
    assert len(answer.reached) == 100_001
    assert len(answer.edges.edge_id) == 100_000


@pytest.mark.parametrize("way", ["forward", "backward", "both"])
@pytest.mark.parametrize("mode", Mode)
def test_a_flow_from_a_lot_to_itself_is_an_edge_and_no_way_on(way: str, mode: Mode) -> None:
    drawn = genealogy([flow(Flow.RELABELLED_AS, "lot:A", "lot:A", 1)])
    answer = trace(MemoryFlows(drawn.facts), TraceQuery((NodeId("lot:A"),), way, mode))
    assert ([r.node_id for r in answer.reached], len(answer.edges.edge_id)) == (["lot:A"], 1)


def test_100000_seeds_are_asked_at_once() -> None:
    drawn = genealogy(
        flow(Flow.CONSUMED_BY, f"lot:{i:06}", f"batch:{i % 10}", 1) for i in range(100_000)
    )
    seeds = tuple(NodeId(f"lot:{i:06}") for i in range(100_000))
    answer = trace(MemoryFlows(drawn.facts), TraceQuery(seeds, "forward"))
    assert len(answer.reached) == 100_010
    assert len(answer.edges.edge_id) == 100_000
