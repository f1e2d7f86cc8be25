"""The best paths held against an enumeration of all walks that could happen."""

from __future__ import annotations

import os
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.names import Flow
from genealogy.trace.paths import best_paths
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.witness import hops
from tests.fakes import MemoryFlows, edge_id, in_force
from tests.genealogies import Genealogy, genealogies
from tests.oracle.expanded import BEFORE, moments
from tests.oracle.test_stays import companies, shippers

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "60")), deadline=None)
MANY = 12


def walks(
    drawn: Genealogy, seed: str, target: str, *, exact: bool
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Every walk without a node twice: its length, the day it can arrive first, its edges."""
    flows = [f for f in drawn.flows if in_force(f, None)]
    mixed = {n.node_id for n in drawn.nodes if n.properties.get("mixing") == "whole"}

    def go(node: str, day: int, seen: tuple[str, ...], edges: tuple[str, ...]) -> Iterator:
        if node == target and edges:
            yield len(edges), day, edges
            return
        free = not edges or not exact or node in mixed
        for f in flows:
            if f.source_id == node and f.target_id not in seen:
                days = [d for d in moments(f) if free or d >= day]
                if days and (f.type is not Flow.DELIVERED_TO or f.target_id == target):
                    yield from go(f.target_id, days[0], (*seen, f.target_id), (*edges, edge_id(f)))

    yield from go(seed, BEFORE, (seed,), ())


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
    reached = [r.node_id for r in answer.reached if r.direction == "forward"]
    if not reached:
        return
    target = data.draw(st.sampled_from(reached))
    found = best_paths(source, answer, target, "forward", MANY)
    ids = [tuple(answer.edges.edge_id[hop.edge] for hop in path) for path in found]
    possible = {w[2]: w[:2] for w in walks(drawn, seed, target, exact=mode is Mode.EXACT)}
    assert len(set(ids)) == len(ids)
    assert set(ids) <= possible.keys()
    assert [len(path) for path in ids] == sorted(n for n, _ in possible.values())[:MANY]
    if mode is Mode.EXACT:
        assert [possible[path] for path in ids] == sorted(possible.values())[:MANY]


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


def _only(flows: tuple[FlowFact, ...], ids: set[str]) -> list[FlowFact]:
    return [f for f in flows if edge_id(f) in ids]


def test_a_cycle_adds_no_paths() -> None:
    from tests.genealogies import flow, genealogy

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
