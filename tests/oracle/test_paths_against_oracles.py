"""The best paths held against an enumeration of all walks that could happen."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.names import Flow
from genealogy.model.times import to_micros
from genealogy.ports import Direction
from genealogy.trace.paths import best_paths
from genealogy.trace.result import Mode, Seed, Trace, TraceQuery, Window, WindowKind
from genealogy.trace.run import trace
from genealogy.trace.seeds import Found
from genealogy.trace.witness import hops
from tests.fakes import MemoryFlows, edge_id, in_force
from tests.genealogies import LAST_DAY, Genealogy, chain, day, flow, genealogies, genealogy
from tests.oracle.expanded import BEFORE, DAYS, moments
from tests.oracle.test_stays import companies, shippers

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "60")), deadline=None)
MANY = 12
#: What was found for it is told by each test.
WINDOW = (Window(WindowKind.PLACE, NodeId("place:0")),)


def walks(
    drawn: Genealogy, seed: str, target: str, *, exact: bool, since: int | None = None
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Every walk without a node twice: its length, the day it can arrive first, its edges.

    With ``since`` the seed counts from that day on.
    """
    flows = [f for f in drawn.flows if in_force(f, None)]
    mixed = {n.node_id for n in drawn.nodes if n.properties.get("mixing") == "whole"}

    def go(node: str, day: int, seen: tuple[str, ...], edges: tuple[str, ...]) -> Iterator:
        if node == target and edges:
            yield len(edges), day, edges
            return
        free = (not edges and since is None) or not exact or node in mixed
        for f in flows:
            if f.source_id == node and f.target_id not in seen:
                # Of a flow without any time nothing is known, not even that it came after.
                timeless = not edges and len(moments(f)) == len(DAYS)
                days = [d for d in moments(f) if free or timeless or d >= day]
                if days and (f.type is not Flow.DELIVERED_TO or f.target_id == target):
                    yield from go(f.target_id, days[0], (*seen, f.target_id), (*edges, edge_id(f)))

    yield from go(seed, BEFORE if since is None else since, (seed,), ())


def best_to_any(
    data: st.DataObject, source: MemoryFlows, answer: Trace
) -> tuple[NodeId, list[tuple[str, ...]]] | None:
    """A node that was reached, and the edges of the best paths to it; null where none was."""
    reached = [r.node_id for r in answer.reached if r.direction == "forward"]
    if not reached:
        return None
    target = data.draw(st.sampled_from(reached))
    found = best_paths(source, answer, target, "forward", MANY)
    return target, [tuple(answer.edges.edge_id[hop.edge] for hop in path) for path in found]


@ENOUGH
@given(
    drawn=genealogies(containers=False, size=18),
    mode=st.sampled_from(Mode),
    data=st.data(),
)
def test_the_best_paths_are_the_first_of_all_walks_by_length_and_time(
    drawn: Genealogy, mode: Mode, data: st.DataObject
) -> None:
    lots = [n for n in drawn.ids() if n.startswith(("lot", "batch"))]
    seed = data.draw(st.sampled_from(lots))
    source = MemoryFlows(drawn.facts)
    answer = trace(source, TraceQuery((seed,), "forward", mode))
    told = best_to_any(data, source, answer)
    if told is None:
        return
    target, ids = told
    possible = {w[2]: w[:2] for w in walks(drawn, seed, target, exact=mode is Mode.EXACT)}
    assert len(set(ids)) == len(ids)
    assert set(ids) <= possible.keys()
    assert [len(path) for path in ids] == sorted(n for n, _ in possible.values())[:MANY]
    if mode is Mode.EXACT:
        assert [possible[path] for path in ids] == sorted(possible.values())[:MANY]


@ENOUGH
@given(drawn=genealogies(containers=False, size=14), data=st.data())
def test_the_best_paths_set_out_from_every_seed_also_where_one_leads_to_another(
    drawn: Genealogy, data: st.DataObject
) -> None:
    lots = [n for n in drawn.ids() if n.startswith(("lot", "batch"))]
    asked = data.draw(st.lists(st.sampled_from(lots), min_size=2, max_size=4, unique=True))
    since = {seed: data.draw(st.none() | st.integers(0, 5)) for seed in asked}
    plain = tuple(seed for seed in asked if since[seed] is None)
    windowed = tuple(
        Seed(seed, 0, since=to_micros(begin))
        for seed, told in since.items()
        if (begin := day(told)) is not None
    )
    source = MemoryFlows(drawn.facts)
    answer = trace(source, TraceQuery(plain, "forward", windows=WINDOW), found=Found(windowed))
    told = best_to_any(data, source, answer)
    if told is None:
        return
    target, ids = told
    each = [walks(drawn, seed, target, exact=True, since=since[seed]) for seed in asked]
    possible = {w[2]: w[:2] for some in each for w in some}
    assert len(set(ids)) == len(ids)
    assert set(ids) <= possible.keys()
    assert [possible[path] for path in ids] == sorted(possible.values())[:MANY]


def test_a_seed_before_another_has_paths_of_its_own() -> None:
    drawn = genealogy(
        [
            flow(Flow.RELABELLED_AS, "lot:Z", "lot:Y", 1),
            flow(Flow.RELABELLED_AS, "lot:Y", "lot:O", 2),
            flow(Flow.RELABELLED_AS, "lot:O", "lot:C", 3),
        ]
    )
    source = MemoryFlows(drawn.facts)
    answer = trace(source, TraceQuery((NodeId("lot:Y"), NodeId("lot:Z")), "forward"))
    found = best_paths(source, answer, NodeId("lot:C"), "forward", 9)
    assert [path[0].before for path in found] == ["lot:Y", "lot:Z"]


TANK = NodeId("place:tank")
_lots = st.sampled_from(["lot:0", "lot:1", "lot:2", "lot:3"])


@st.composite
def in_turn(draw: st.DrawFn) -> tuple[Genealogy, dict[str, set[str]]]:
    """Lots that go through a vessel in turn or beside it, and the loads that each draw holds."""
    policy = draw(st.sampled_from(["fifo", "lifo"]))
    drops: deque[str] = deque()
    flows, held = list[FlowFact](), dict[str, set[str]]()
    for at in range(draw(st.integers(2, LAST_DAY + 1))):
        lot, amount = draw(_lots), draw(st.integers(1, 3))
        if draw(st.booleans()) or not drops:
            moved = flow(Flow.LOADED_INTO, lot, TANK, at)
        else:
            moved, amount = flow(Flow.DRAWN_FROM, TANK, lot, at), min(amount, len(drops))
        moved = replace(moved, quantity=Decimal(amount), uom="KGM", fact_id=f"t{at}")
        if moved.type is Flow.LOADED_INTO:
            drops.extend([edge_id(moved)] * amount)
        else:
            take = drops.popleft if policy == "fifo" else drops.pop
            held[edge_id(moved)] = {take() for _ in range(amount)}
        flows.append(moved)
    for at in range(draw(st.integers(0, 6))):
        one, other = draw(_lots), draw(_lots)
        beside = flow(Flow.RELABELLED_AS, one, other, draw(st.integers(0, LAST_DAY)))
        flows.append(replace(beside, fact_id=f"r{at}"))
    drawn = genealogy(flows, properties={TANK: {"vessel_policy": policy}})
    return drawn, held


@ENOUGH
@given(told=in_turn(), way=st.sampled_from(["forward", "backward"]), data=st.data())
def test_the_best_paths_through_a_vessel_in_turn_are_all_walks_that_its_order_allows(
    told: tuple[Genealogy, dict[str, set[str]]], way: Direction, data: st.DataObject
) -> None:
    drawn, held = told
    ids = [n for n in drawn.ids() if n != TANK]
    seeds = tuple(data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=2, unique=True)))
    source = MemoryFlows(drawn.facts)
    answer = trace(source, TraceQuery(seeds, way))
    reached = [r.node_id for r in answer.reached if r.direction == way and r.node_id != TANK]
    if not reached:
        return
    target = data.draw(st.sampled_from(reached))
    found = best_paths(source, answer, target, way, MANY)
    paths = [tuple(answer.edges.edge_id[hop.edge] for hop in path) for path in found]
    possible = set()
    for seed in seeds:
        ends = (seed, target) if way == "forward" else (target, seed)
        for _, _, edges in walks(drawn, *ends, exact=True):
            turns = [(a, b) for a, b in pairwise(edges) if b in held]
            if all(load in held[out] for load, out in turns):
                possible.add(edges if way == "forward" else edges[::-1])
    # The witness is a shortest walk, which may go round by the vessel.
    simple = [p for p in paths if p in possible]
    assert len(set(paths)) == len(paths)
    assert paths[1:] == simple[len(simple) - len(paths) + 1 :]
    assert [len(p) for p in simple] == sorted(map(len, possible))[: MANY - (paths != simple)]


def test_a_path_that_comes_by_a_vessel_in_turn_hides_no_others() -> None:
    flows = [
        flow(Flow.LOADED_INTO, "lot:A", TANK, 1),
        flow(Flow.DRAWN_FROM, TANK, "lot:C", 2),
        flow(Flow.RELABELLED_AS, "lot:A", "lot:B1", 1),
        flow(Flow.RELABELLED_AS, "lot:B1", "lot:C", 3),
        flow(Flow.RELABELLED_AS, "lot:A", "lot:B2", 1),
        flow(Flow.RELABELLED_AS, "lot:B2", "lot:C", 3),
        flow(Flow.RELABELLED_AS, "lot:C", "lot:D", 4),
    ]
    flows = [replace(f, quantity=Decimal(5), uom="KGM") for f in flows]
    drawn = genealogy(flows, properties={TANK: {"vessel_policy": "fifo"}})
    source = MemoryFlows(drawn.facts)
    for seed, target, way in (("lot:A", "lot:D", "forward"), ("lot:D", "lot:A", "backward")):
        answer = trace(source, TraceQuery((NodeId(seed),), way))  # type: ignore[arg-type]
        found = best_paths(source, answer, NodeId(target), way, 9)  # type: ignore[arg-type]
        assert [len(path) for path in found] == [3, 3, 3]
        assert {path[0].after for path in found} | {path[1].after for path in found} >= {TANK}


@ENOUGH
@given(drawn=genealogies(), way=st.sampled_from(["forward", "backward"]), data=st.data())
def test_paths_with_containers_are_distinct_and_each_could_happen(
    drawn: Genealogy, way: str, data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(drawn.ids()))
    source = MemoryFlows(drawn.facts)
    answer = trace(source, TraceQuery((seed,), way))  # type: ignore[arg-type]
    reached = [r.node_id for r in answer.reached if r.direction == way]
    if not reached:
        return
    target = data.draw(st.sampled_from(reached))
    found = best_paths(source, answer, target, way, 5)  # type: ignore[arg-type]
    assert found[0] == hops(answer, target, way)  # type: ignore[arg-type]
    assert [len(p) for p in found] == sorted(len(p) for p in found)
    assert len({tuple(h.edge for h in p) for p in found}) == len(found)
    for path in found:
        on_it = {answer.edges.edge_id[hop.edge] for hop in path}
        alone = MemoryFlows([*drawn.nodes, *_only(drawn.flows, on_it)])
        again = trace(alone, TraceQuery((path[0].before,), way))  # type: ignore[arg-type]
        assert target in set(again.node_ids())


@ENOUGH
@given(
    drawn=genealogies() | companies() | shippers(),
    way=st.sampled_from(["forward", "backward"]),
    data=st.data(),
)
def test_the_witness_ends_with_the_edge_by_which_a_node_is_told_to_be_reached(
    drawn: Genealogy, way: str, data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(drawn.ids()))
    answer = trace(MemoryFlows(drawn.facts), TraceQuery((seed,), way))  # type: ignore[arg-type]
    for reached in answer.reached:
        if reached.direction == way:
            path = hops(answer, reached.node_id, way)  # type: ignore[arg-type]
            assert len(path) == reached.distance
            assert path[0].before == seed
            assert [(path[-1].edge, path[-1].after)] == [(reached.via, reached.node_id)]


def test_a_long_way_without_forks_is_searched_but_once() -> None:
    source = MemoryFlows(chain(3_000).facts, expanded=lambda nodes: nodes)
    answer = trace(source, TraceQuery((NodeId("lot:000000"),), "forward"))
    source.calls.clear()
    [path] = best_paths(source, answer, NodeId("lot:002500"), "forward", 3)
    assert len(path) == 2_500
    # It is walked once more, for when it arrives; and nothing is searched beside it.
    assert sum(call == "edges forward" for call, _ in source.calls) <= 2_501


def _only(flows: tuple[FlowFact, ...], ids: set[str]) -> list[FlowFact]:
    return [f for f in flows if edge_id(f) in ids]


def test_a_cycle_adds_no_paths() -> None:
    drawn = genealogy(
        [
            flow(Flow.RELABELLED_AS, "lot:A", "lot:B", 1),
            flow(Flow.RELABELLED_AS, "lot:B", "lot:A", 2),
            flow(Flow.RELABELLED_AS, "lot:B", "lot:C", 3),
            flow(Flow.RELABELLED_AS, "lot:A", "lot:C", 4),
        ]
    )
    source = MemoryFlows(drawn.facts)
    answer = trace(source, TraceQuery((NodeId("lot:A"),), "forward"))
    found = best_paths(source, answer, NodeId("lot:C"), "forward", 9)
    assert [[hop.after for hop in path] for path in found] == [["lot:C"], ["lot:B", "lot:C"]]
