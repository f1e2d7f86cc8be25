"""Size: a snapshot answers however deep, wide or crooked its graph is, and so it does compiled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from genealogy.snapshot import compiled
from genealogy.snapshot.flows import CopiedFlows
from genealogy.snapshot.reach import Reach, reach
from genealogy.snapshot.trace import trace
from genealogy.trace import walk
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.witness import witness
from tests.bench.layered import Mix, lot_id, snapshot_of
from tests.snapshots import MemoryGraph

DEEP = 50_000


@pytest.fixture(params=["plain", "compiled"])
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Walks run as plain Python, or compiled from the first rounds on."""
    if request.param == "compiled":
        pytest.importorskip("numba")
        monkeypatch.setattr(walk.rounds, "through", compiled.through())
    else:
        monkeypatch.setattr("genealogy.snapshot.trace._faster", lambda _: None)


def flows_of(lots: int, source: Any, target: Any, at: Any) -> CopiedFlows:
    columns = (np.array(list(column), dtype=np.int32) for column in (source, target, at))
    return CopiedFlows(MemoryGraph(), snapshot_of(Mix(lots, *columns)))


def reached(flows: CopiedFlows, query: TraceQuery) -> Reach:
    found = reach(flows, query)
    assert found is not None
    return found


@pytest.mark.parametrize(("way", "seed", "end"), [("forward", 0, DEEP), ("backward", DEEP, 0)])
def test_a_chain_of_50000_levels_is_followed_to_its_end(
    kernel: None, way: Any, seed: int, end: int
) -> None:
    flows = flows_of(DEEP + 1, range(DEEP), range(1, DEEP + 1), range(DEEP))
    query = TraceQuery((lot_id(seed),), way)
    [found] = reached(flows, query).ways
    assert (len(found.nodes), len(found.edges)) == (DEEP + 1, DEEP)
    assert (int(found.nodes[-1]), int(found.distance[-1])) == (end, DEEP)
    told = trace(flows, query)
    assert told is not None
    assert len(witness(told, lot_id(end))) == DEEP


def test_100000_seeds_are_asked_at_once(kernel: None) -> None:
    many = 100_000
    into = [many + i % 10 for i in range(many)]
    flows = flows_of(many + 10, range(many), into, [1] * many)
    query = TraceQuery(tuple(map(lot_id, range(many))), "forward")
    [found] = reached(flows, query).ways
    assert (len(found.nodes), len(found.edges)) == (many + 10, many)
    assert set(found.nodes[many:].tolist()) == set(range(many, many + 10))


def test_a_hub_of_100000_edges_comes_whole(kernel: None) -> None:
    many = 100_000
    flows = flows_of(many + 1, [0] * many, range(1, many + 1), [i % 5 for i in range(many)])
    for way, seed, nodes, edges in (("forward", 0, many + 1, many), ("backward", 7, 2, 1)):
        query = TraceQuery((lot_id(seed),), way)  # type: ignore[arg-type]
        [found] = reached(flows, query).ways
        assert (len(found.nodes), len(found.edges)) == (nodes, edges)


@pytest.mark.parametrize("way", ["forward", "backward", "both"])
@pytest.mark.parametrize("mode", Mode)
def test_a_flow_from_a_lot_to_itself_is_an_edge_and_no_way_on(
    kernel: None, way: Any, mode: Mode
) -> None:
    found = reached(flows_of(2, [0, 0], [0, 0], [1, 2]), TraceQuery((lot_id(0),), way, mode))
    for one in found.ways:
        assert one.nodes.tolist() == [0]
        assert sorted(one.edges.tolist()) == [0, 1]


def test_many_readers_at_once_get_what_each_would_get_alone() -> None:
    random = np.random.default_rng(5)
    ends = random.integers(0, 2_000, (2, 8_000))
    flows = flows_of(2_000, *ends, random.integers(0, 50, 8_000))
    seeds = [lot_id(number) for number in range(0, 400, 10)]

    def ask(seed: Any) -> list[list[int]]:
        found = reached(flows, TraceQuery((seed,), "both")).ways
        return [np.sort(column).tolist() for one in found for column in (one.nodes, one.edges)]

    alone = list(map(ask, seeds))
    with ThreadPoolExecutor(8) as readers:
        assert list(readers.map(ask, seeds)) == alone
