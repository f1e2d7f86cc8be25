"""Traces of random genealogies, held against networkx."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.errors import NotFound
from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.names import LASTING, Flow, Label
from genealogy.trace.columns import select
from genealogy.trace.result import FrontierReason, Mode, Trace, TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.witness import hops
from tests.fakes import MemoryFlows, in_force
from tests.genealogies import DAY_ZERO, LAST_DAY, Genealogy, day, genealogies
from tests.oracle.expanded import DAYS, HOLDS, Expected, expected, moments

WAYS = ("forward", "backward")
MODES = (Mode.EXACT, Mode.CONSERVATIVE)
ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "80")), deadline=None)
Way = Literal["forward", "backward"]

ways = st.sampled_from(WAYS)
modes = st.sampled_from(MODES)
some_days = st.integers(0, LAST_DAY + 1)


@st.composite
def questions(draw: st.DrawFn, *, most: int = 2) -> tuple[Genealogy, tuple[NodeId, ...]]:
    """A genealogy and seeds among the nodes that have flows."""
    drawn = draw(genealogies())
    named = sorted({i for f in drawn.flows for i in (f.source_id, f.target_id)}) or drawn.ids()
    seeds = draw(st.lists(st.sampled_from(named), min_size=1, max_size=most, unique=True))
    return drawn, tuple(seeds)


def now(genealogy: Genealogy) -> list[FlowFact]:
    return [f for f in genealogy.flows if in_force(f, None)]


def found(answer: Trace) -> Expected:
    """What a trace of one direction found, in the oracle's terms."""
    reached = [r for r in answer.reached if r.direction != "seed"]
    return Expected(
        {r.node_id: r.distance for r in reached},
        {r.node_id: _day(r.exposure) for r in reached},
        frozenset(answer.edges.edge_id),
    )


def _day(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - DAY_ZERO) // timedelta(days=1)


def nodes_of(answer: Trace) -> set[NodeId]:
    return set(answer.node_ids())


@ENOUGH
@given(question=questions(), way=ways, mode=modes)
def test_distance_exposure_and_edges_are_those_of_the_time_expanded_graph(
    question: tuple[Genealogy, tuple[NodeId, ...]], way: Way, mode: Mode
) -> None:
    drawn, seeds = question
    answer = trace(MemoryFlows(drawn.facts), TraceQuery(seeds, way, mode))
    assert found(answer) == expected(drawn, now(drawn), seeds, way, exact=mode is Mode.EXACT)


@ENOUGH
@given(drawn=genealogies(containers=False), way=ways, data=st.data())
def test_conservative_without_containers_is_plain_reachability(
    drawn: Genealogy, way: Way, data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(drawn.ids(Label.LOT, Label.ITEM, Label.BATCH)))
    graph = nx.DiGraph()
    graph.add_nodes_from(drawn.ids())
    graph.add_edges_from((f.source_id, f.target_id) for f in now(drawn))
    graph.remove_edges_from([(k, n) for k in drawn.ids(Label.PARTY) for n in list(graph[k])])
    delivered = [f for f in now(drawn) if f.type == Flow.DELIVERED_TO]
    into_places = [(f.source_id, f.target_id) for f in delivered if f.target_label == Label.PLACE]
    suppliers = [(f.source_id, f.target_id) for f in now(drawn) if f.type == Flow.SUPPLIED]
    if way == "forward":
        graph.remove_edges_from(into_places)
        near = nx.descendants(graph, seed) | {seed}
        near |= {target for source, target in into_places if source in near}
    else:
        graph.remove_edges_from([(f.source_id, f.target_id) for f in delivered])
        graph.add_edges_from(suppliers)
        near = nx.ancestors(graph, seed) | {seed}
    answer = trace(MemoryFlows(drawn.facts), TraceQuery((seed,), way, Mode.CONSERVATIVE))
    assert nodes_of(answer) == near


@ENOUGH
@given(drawn=genealogies(), mode=modes)
def test_backward_is_the_inverse_of_forward_for_all_that_holds_nothing(
    drawn: Genealogy, mode: Mode
) -> None:
    flows = MemoryFlows(drawn.facts)
    holders = {f.target_id for f in now(drawn) if f.type in HOLDS}
    supplied = [f for f in now(drawn) if f.type == Flow.SUPPLIED]
    suppliers = {f.source_id for f in supplied if f.target_id in holders}
    every = {n: nodes_of(trace(flows, TraceQuery((n,), "backward", mode))) for n in drawn.ids()}
    for seed in drawn.ids():
        ahead = nodes_of(trace(flows, TraceQuery((seed,), "forward", mode)))
        behind_of = {n for n, behind in every.items() if seed in behind}
        assert ahead >= behind_of
        assert ahead == behind_of or seed in holders | suppliers


@ENOUGH
@given(question=questions(), way=ways)
def test_conservative_holds_all_that_exact_holds(
    question: tuple[Genealogy, tuple[NodeId, ...]], way: Way
) -> None:
    drawn, seeds = question
    flows = MemoryFlows(drawn.facts)
    exact = trace(flows, TraceQuery(seeds, way, Mode.EXACT))
    wide = trace(flows, TraceQuery(seeds, way, Mode.CONSERVATIVE))
    assert nodes_of(exact) <= nodes_of(wide)
    assert set(exact.edges.edge_id) <= set(wide.edges.edge_id)


@ENOUGH
@given(question=questions(), way=ways, mode=modes)
def test_every_witness_can_be_replayed_edge_by_edge_in_time(
    question: tuple[Genealogy, tuple[NodeId, ...]], way: Way, mode: Mode
) -> None:
    drawn, seeds = question
    answer = trace(MemoryFlows(drawn.facts), TraceQuery(seeds, way, mode))
    for reached in answer.reached:
        walk = hops(answer, reached.node_id)
        assert len(walk) == reached.distance
        assert [h.edge for h in walk][-1:] == ([] if reached.via is None else [reached.via])
        assert reached.direction == "seed" or walk[0].before in seeds
        assert replayed(drawn, answer, reached.node_id, mode), reached


def replayed(drawn: Genealogy, answer: Trace, node: NodeId, mode: Mode) -> bool:
    """Whether there are days on which the material could go along the witness."""
    walk = hops(answer, node)
    against = [h for h in walk if h.downstream != (answer.query.direction == "forward")]
    ordered = [h for h in walk if h not in against]
    ids = answer.edges.edge_id
    days = {f"{f.type}|{f.source_id}|{f.target_id}|{f.fact_id}": moments(f) for f in drawn.flows}
    held = set(DAYS)
    for hop in against:
        held &= set(days[ids[hop.edge]])
    told = {n.node_id: n for n in drawn.nodes}
    timeless = mode is Mode.CONSERVATIVE or not against
    possible = {t for t in DAYS if timeless or t >= min(held)}
    for before, hop in zip([None, *ordered], ordered, strict=False):
        if before is not None:
            inside = before if answer.query.direction == "forward" else hop
            if answer.edges.type[inside.edge] != Flow.CONTAINED_IN:
                possible = after(told[before.after], possible, answer.query.direction, mode)
        possible &= set(days[ids[hop.edge]])
    return bool(held) and bool(possible)


def after(node: object, days: set[int], direction: str, mode: Mode) -> set[int]:
    """The days on which what came to a node on these days, not contained, can leave it."""
    whole = node.properties.get("mixing") == "whole"  # type: ignore[attr-defined]
    if mode is Mode.CONSERVATIVE or whole:
        return set(DAYS)
    if direction == "forward":
        return {t for t in DAYS if days and t >= min(days)}
    return {t for t in DAYS if days and t <= max(days)}


@ENOUGH
@given(question=questions(), way=ways, mode=modes, depth=st.integers(0, 4))
def test_a_depth_keeps_what_is_nearer_and_tells_whether_there_is_more(
    question: tuple[Genealogy, tuple[NodeId, ...]], way: Way, mode: Mode, depth: int
) -> None:
    drawn, seeds = question
    flows = MemoryFlows(drawn.facts)
    full = {r.node_id: r.distance for r in trace(flows, TraceQuery(seeds, way, mode)).reached}
    cut = trace(flows, TraceQuery(seeds, way, mode, max_depth=depth))
    near = {node: distance for node, distance in full.items() if distance <= depth}
    assert {r.node_id: r.distance for r in cut.reached} == near
    assert bool(cut.completeness.frontiers) == (len(near) < len(full))


@ENOUGH
@given(question=questions(), way=ways, mode=modes, data=st.data())
def test_a_stop_is_as_if_nothing_left_it_and_is_told_when_something_does(
    question: tuple[Genealogy, tuple[NodeId, ...]], way: Way, mode: Mode, data: st.DataObject
) -> None:
    drawn, seeds = question
    stop = data.draw(st.sampled_from(drawn.ids()))
    answer = trace(MemoryFlows(drawn.facts), TraceQuery(seeds, way, mode, stops=(stop,)))
    full = trace(MemoryFlows(drawn.facts), TraceQuery(seeds, way, mode))
    exact = mode is Mode.EXACT
    assert found(answer) == expected(drawn, now(drawn), seeds, way, exact=exact, shut={stop})
    told = [(f.node_id, f.reason) for f in answer.completeness.frontiers]
    assert told in ([], [(stop, FrontierReason.STOP)])
    assert bool(told) or found(answer) == found(full)


@ENOUGH
@given(question=questions(), way=ways, mode=modes, until=some_days)
def test_as_of_a_day_only_what_had_happened_by_then_counts(
    question: tuple[Genealogy, tuple[NodeId, ...]], way: Way, mode: Mode, until: int
) -> None:
    drawn, seeds = question
    query = TraceQuery(seeds, way, mode, as_of=day(until))
    past = list(happened(now(drawn), until))
    answer = trace(MemoryFlows(drawn.facts), query)
    assert found(answer) == expected(drawn, past, seeds, way, exact=mode is Mode.EXACT)


def happened(flows: Iterable[FlowFact], until: int) -> Iterator[FlowFact]:
    """Flows that had begun, without the ends and receipts that were still to come."""
    limit = day(until)
    for f in flows:
        times = {k: getattr(f, k) for k in ("occurred_at", "valid_from", "valid_to")}
        began = [t for k, t in times.items() if t is not None and k != "valid_to"]
        if not began or min(began) <= limit:
            past = {k: None if t is not None and t > limit else t for k, t in times.items()}
            if past["occurred_at"] and f.type not in LASTING and times["valid_to"]:
                # It passed at some moment until then: by now, or not at all.
                past["valid_to"] = min(times["valid_to"], limit)
            yield replace(f, **past)


@ENOUGH
@given(question=questions(), way=ways, mode=modes, known=some_days)
def test_known_at_a_day_only_what_was_recorded_by_then_counts(
    question: tuple[Genealogy, tuple[NodeId, ...]], way: Way, mode: Mode, known: int
) -> None:
    drawn, seeds = question
    query = TraceQuery(seeds, way, mode, known_at=day(known))
    flows = [f for f in drawn.flows if in_force(f, day(known))]
    source = MemoryFlows(drawn.facts)
    if max(source.first_recorded(seeds).values(), default=day(0)) > day(known):
        with pytest.raises(NotFound):
            trace(source, query)
        return
    answer = trace(source, query)
    assert found(answer) == expected(drawn, flows, seeds, way, exact=mode is Mode.EXACT)


def shown(answer: Trace) -> object:
    """An answer with its edges in the order in which they are shown, and every witness."""
    place = {edge: i for i, edge in enumerate(answer.edge_order())}
    return (
        [replace(r, via=None if r.via is None else place[r.via]) for r in answer.reached],
        select(answer.edges, answer.edge_order()),
        answer.completeness,
        [replace(h, edge=place[h.edge]) for r in answer.reached for h in hops(answer, r.node_id)],
    )


@ENOUGH
@given(question=questions(), way=st.sampled_from((*WAYS, "both")), mode=modes, data=st.data())
def test_a_closure_whole_or_in_parts_and_any_order_of_facts_change_nothing(
    question: tuple[Genealogy, tuple[NodeId, ...]], way: Way, mode: Mode, data: st.DataObject
) -> None:
    drawn, seeds = question
    query = TraceQuery(seeds, way, mode)
    picked = data.draw(st.sets(st.sampled_from(drawn.ids())))
    shuffled = data.draw(st.permutations(drawn.facts))
    by_levels = trace(MemoryFlows(drawn.facts), query)
    at_once = trace(MemoryFlows(shuffled, expanded=lambda nodes: nodes), query)
    in_parts = trace(MemoryFlows(shuffled, expanded=picked.intersection), query)
    for other in (at_once, in_parts):
        assert shown(other) == shown(by_levels)


@ENOUGH
@given(question=questions(), mode=modes)
def test_both_directions_are_the_two_put_together(
    question: tuple[Genealogy, tuple[NodeId, ...]], mode: Mode
) -> None:
    drawn, seeds = question
    flows = MemoryFlows(drawn.facts)
    both = trace(flows, TraceQuery(seeds, "both", mode))
    parts = [trace(flows, TraceQuery(seeds, way, mode)) for way in WAYS]
    told = {(r.node_id, r.direction, r.distance, r.exposure) for p in parts for r in p.reached}
    assert {(r.node_id, r.direction, r.distance, r.exposure) for r in both.reached} == told
    assert len(both.reached) == len(told)
    assert set(both.edges.edge_id) == {e for p in parts for e in p.edges.edge_id}
    assert len(set(both.edges.edge_id)) == len(both.edges.edge_id)
