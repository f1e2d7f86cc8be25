"""Lots in several stores, held against a graph of lots by place and day."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import FlowFact, LinkFact, NodeId
from genealogy.model.names import MOVED_AT, Flow, Label, Link
from genealogy.trace.result import Mode, TraceQuery, Window, WindowKind
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import SOURCE, Genealogy, day, flow, genealogy
from tests.oracle.expanded import number
from tests.oracle.test_trace_against_oracles import nodes_of

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "80")), deadline=None)
DAYS = range(8)
PLACES = ("place:0", "place:1", "place:2")
OTHER = "place:elsewhere"
#: The first two stores are in a site, at which things may be as well, nobody says where there.
SITE = "place:site"
IN_SITE = PLACES[:2]
EVERYWHERE = (*PLACES, SITE, OTHER)
SHIPS = (Flow.SHIPPED_IN, Flow.RETURNED_IN)
Way = Literal["forward", "backward"]

some_day = st.integers(0, 6)
places = st.sampled_from((*PLACES, SITE))
some_place = st.none() | places
some_places = st.sets(places, min_size=1, max_size=1) | st.sets(places, max_size=2)
lots, batches = st.sampled_from(["lot:0", "lot:1"]), st.sampled_from(["batch:0", "batch:1"])


@st.composite
def movements(draw: st.DrawFn) -> FlowFact:
    """A lot consumed or produced on a day, at a place that may be known."""
    lot, batch, at = draw(lots), draw(batches), draw(some_day)
    ends = draw(st.sampled_from([(Flow.CONSUMED_BY, lot, batch), (Flow.PRODUCED, batch, lot)]))
    return replace(flow(*ends, at), place_id=draw(some_place))


@st.composite
def stays(draw: st.DrawFn) -> FlowFact:
    """A lot that came to a place on one of some days, from a place that may be known."""
    first, more = draw(some_day), draw(st.sampled_from([0, 0, 1]))
    left = draw(st.none() | st.integers(first + more, 7))
    told = flow(
        Flow.STORED_AT,
        draw(lots),
        draw(places),
        first + more,
        start=first,
        end=left,
    )
    return replace(told, place_id=draw(some_place))


@st.composite
def companies(draw: st.DrawFn) -> Genealogy:
    flows = [
        *draw(st.lists(movements(), min_size=2, max_size=8)),
        *draw(st.lists(stays(), max_size=5)),
    ]
    named = [replace(f, fact_id=str(i)) for i, f in enumerate(flows)]
    drawn = genealogy(named, more=[*PLACES, SITE, "lot:0", "lot:1", "batch:0", "batch:1"])
    ran = {(batch_of(f), f.place_id) for f in named if f.type != Flow.STORED_AT and f.place_id}
    ends = ((batch, Label.BATCH, NodeId(place), Label.PLACE) for batch, place in sorted(ran))
    links = (LinkFact(Link.AT, *e, SOURCE, MOVED_AT) for e in ends)
    return replace(drawn, links=(*links, *in_site()))


def batch_of(moved: FlowFact) -> NodeId:
    return moved.source_id if moved.type == Flow.PRODUCED else moved.target_id


def ran(drawn: Genealogy, batch: str, place: str) -> tuple[int, int] | None:
    """The first and last day of a batch of which a movement was at a place."""
    moved = [f for f in drawn.flows if f.type != Flow.STORED_AT and batch_of(f) == batch]
    days = [number(f.occurred_at) or 0 for f in moved]
    return (min(days), max(days)) if place in {f.place_id for f in moved} else None


@st.composite
def shippers(draw: st.DrawFn) -> Genealogy:
    """Companies that send lots from place to place, in one shipment or two."""
    made, came, goal = draw(st.permutations(PLACES))
    out = replace(flow(Flow.PRODUCED, "batch:0", "lot:0", draw(some_day)), place_id=made)
    used = replace(flow(Flow.CONSUMED_BY, "lot:0", "batch:1", draw(some_day)), place_id=goal)
    # What is at the goal was brought there from elsewhere, as far as stays tell.
    brought = replace(flow(Flow.STORED_AT, "lot:0", goal, 0, start=0), place_id=came)
    elsewhere = replace(flow(Flow.STORED_AT, "lot:0", came, 0, start=0), place_id=came)
    more = [out, used, brought, elsewhere, *draw(st.lists(movements() | stays(), max_size=3))]
    sent = list[LinkFact]()
    for shipment in ("shipment:0", "shipment:1"):
        for lot in draw(st.sets(lots, max_size=2)):
            loaded = flow(draw(st.sampled_from(SHIPS)), lot, shipment, draw(some_day))
            more.append(replace(loaded, place_id=draw(st.none() | some_place)))
        if more[-1].target_id == shipment:
            sent += (sent_from(shipment, place) for place in draw(some_places))
        more.append(flow(Flow.DELIVERED_TO, shipment, draw(places), draw(some_day)))
    named = [replace(f, fact_id=str(i)) for i, f in enumerate(more)]
    drawn = genealogy(named, more=[*PLACES, SITE, "lot:0", "lot:1", "batch:0", "batch:1"])
    return replace(drawn, links=(*sent, *in_site()))


def in_site() -> Iterable[LinkFact]:
    for place in IN_SITE:
        ends = (NodeId(place), Label.PLACE, NodeId(SITE), Label.PLACE)
        yield LinkFact(Link.AT, *ends, SOURCE, "parent")


def around(place: str) -> set[str]:
    """The places where something can be that is said to be at a place."""
    return {place, *(IN_SITE if place == SITE else [SITE] if place in IN_SITE else [])}


def sent_from(shipment: str, place: str) -> LinkFact:
    ends = (NodeId(shipment), Label.SHIPMENT, NodeId(place), Label.PLACE)
    return LinkFact(Link.AT, *ends, SOURCE, "from")


def moved_at(drawn: Genealogy, f: FlowFact) -> str | None:
    """Where something moved; what was loaded nobody says where, whence its shipment was sent."""
    sent = {link.target_id for link in drawn.links if link.source_id == f.target_id}
    if f.place_id or f.type not in SHIPS or len(sent) != 1:
        return f.place_id
    return sent.pop()


def kept(drawn: Genealogy, lot: str) -> list[FlowFact]:
    return [f for f in drawn.flows if f.type == Flow.STORED_AT and f.source_id == lot]


def came(stay: FlowFact) -> range:
    return range(number(stay.valid_from) or 0, (number(stay.occurred_at) or 0) + 1)


def at(lot: str, place: str, day_: int) -> tuple[str, str, int]:
    return (lot, place, day_)


def origins(drawn: Genealogy, lot: str, place: str | None, by: int) -> Iterable[str]:
    """The places from which what is at a place by a day may have been taken."""
    if place is None:
        return EVERYWHERE
    told = (f for f in kept(drawn, lot) if f.target_id in around(place))
    return around(place) if any(max(came(f)) <= by for f in told) else EVERYWHERE


def graph_of(drawn: Genealogy) -> nx.DiGraph:
    graph = nx.DiGraph()
    for lot in ("lot:0", "lot:1"):
        for place in EVERYWHERE:
            graph.add_edges_from((at(lot, place, t), at(lot, place, t + 1)) for t in DAYS)
        for stay in kept(drawn, lot):
            begin = min(came(stay))
            for place in origins(drawn, lot, stay.place_id, begin):
                ends = [(at(lot, place, t), at(lot, stay.target_id, t)) for t in came(stay)]
                graph.add_edges_from(ends)
    for one in ("batch:0", "batch:1", "shipment:0", "shipment:1"):
        graph.add_edges_from(((one, t), (one, t + 1)) for t in DAYS)
    for f in drawn.flows:
        graph.add_edges_from(moved(drawn, f))
    return graph


def moved(drawn: Genealogy, f: FlowFact) -> Iterable[tuple[object, object]]:
    t = number(f.occurred_at) or 0
    if f.type == Flow.PRODUCED:
        known = [f.place_id] if f.place_id else EVERYWHERE
        return [((f.source_id, t), at(f.target_id, place, t)) for place in known]
    if f.type in (Flow.CONSUMED_BY, *SHIPS):
        sources = origins(drawn, f.source_id, moved_at(drawn, f), t)
        goals: list[object] = [(f.target_id, t), *arrivals(drawn, f, t)]
        return [(at(f.source_id, place, t), goal) for place in sources for goal in goals]
    if f.type == Flow.DELIVERED_TO:
        return [((f.source_id, t), (f.target_id, t))]
    return []


def arrivals(drawn: Genealogy, loaded: FlowFact, since: int) -> Iterable[tuple[str, str, int]]:
    """Where and when a lot is that was loaded into a shipment."""
    for f in drawn.flows:
        if f.type == Flow.DELIVERED_TO and f.source_id == loaded.target_id:
            until = number(f.occurred_at) or 0
            if until >= since:
                yield at(loaded.source_id, f.target_id, until)


def reached_from(graph: nx.DiGraph, starts: Iterable[object]) -> set[str]:
    known = [start for start in starts if start in graph]
    found = {node for start in known for node in nx.descendants(graph, start)} | set(known)
    return {node[0] for node in found}


@ENOUGH
@given(drawn=companies(), first=some_day, more=st.integers(0, 3), place=st.sampled_from(PLACES))
def test_a_window_at_a_place_taints_only_what_was_there_then(
    drawn: Genealogy, first: int, more: int, place: str
) -> None:
    window = Window(WindowKind.PLACE, NodeId(place), day(first), day(first + more))
    starts = []
    for stay in drawn.flows:
        if stay.type == Flow.STORED_AT and stay.target_id == place:
            until = number(stay.valid_to)
            last = first + more if until is None else min(first + more, until)
            begin = max(first, min(came(stay)))
            if begin <= last:
                starts.append(at(stay.source_id, place, begin))
    for used in drawn.flows:
        on = number(used.occurred_at) or 0
        meanwhile = first <= on <= first + more
        if used.type == Flow.CONSUMED_BY and used.place_id == place and meanwhile:
            starts.append(at(used.source_id, place, on))
    batches = [(b, ran(drawn, b, place)) for b in ("batch:0", "batch:1")]
    there = [(b, run) for b, run in batches if run and run[0] <= first + more and run[1] >= first]
    query = TraceQuery((NodeId("batch:0"),), "forward", windows=(window,))
    expected = reached_from(graph_of(drawn), starts)
    expected |= reached_from(graph_of(drawn), [(b, max(first, run[0])) for b, run in there])
    expected |= reached_from(graph_of(drawn), [("batch:0", 0)]) | {"batch:0"}
    answer = trace(MemoryFlows(drawn.facts), query)
    assert nodes_of(answer) == expected
    assert {(s.node_id, s.place) for s in answer.seeds} == {
        *((s[0], place) for s in starts),
        *((b, None) for b, _ in there),
    }
    wide = trace(MemoryFlows(drawn.facts), replace(query, mode=Mode.CONSERVATIVE))
    assert nodes_of(answer) <= nodes_of(wide)


@ENOUGH
@given(drawn=companies() | shippers())
def test_lots_in_several_stores_are_found_both_ways(drawn: Genealogy) -> None:
    flows, graph = MemoryFlows(drawn.facts), graph_of(drawn)
    ids = drawn.ids(Label.BATCH)
    behind = {n: nodes_of(trace(flows, TraceQuery((n,), "backward"))) for n in ids}
    for seed in ids:
        ahead = nodes_of(trace(flows, TraceQuery((seed,), "forward")))
        assert ahead == reached_from(graph, [(seed, t) for t in DAYS]) | {seed}
        assert ahead & set(ids) == {n for n in ids if seed in behind[n]}


def test_a_lot_in_two_stores_leaves_each_with_what_was_sent_from_there() -> None:
    cold, shelf, ware = PLACES
    flows = [
        flow(Flow.STORED_AT, "lot:0", cold, 1, start=1),
        replace(flow(Flow.STORED_AT, "lot:0", shelf, 2, start=2), place_id=NodeId(cold)),
        flow(Flow.STORED_AT, "lot:0", ware, 2, start=2),
        flow(Flow.SHIPPED_IN, "lot:0", "shipment:0", 5),
        flow(Flow.SHIPPED_IN, "lot:0", "shipment:1", 5),
    ]
    drawn = genealogy(flows, more=[*PLACES])
    sent = (sent_from("shipment:0", shelf), sent_from("shipment:1", ware))
    source = MemoryFlows(replace(drawn, links=sent).facts)

    def reached(place: str) -> set[str]:
        window = Window(WindowKind.PLACE, NodeId(place), day(3), day(4))
        return nodes_of(trace(source, TraceQuery((), "forward", windows=(window,)))) - {"lot:0"}

    assert reached(cold) == set()
    assert reached(shelf) == {"shipment:0"}
    assert reached(ware) == {"shipment:1"}


@ENOUGH
@given(drawn=companies(), data=st.data())
def test_an_answer_never_shrinks_when_less_is_known_of_stays(
    drawn: Genealogy, data: st.DataObject
) -> None:
    query = TraceQuery((data.draw(st.sampled_from(drawn.ids(Label.BATCH))),), "forward")
    known = nodes_of(trace(MemoryFlows(drawn.facts), query))
    told = [f for f in drawn.flows if f.type == Flow.STORED_AT]
    dropped = data.draw(st.sets(st.sampled_from(told))) if told else set()
    fewer = replace(drawn, flows=tuple(f for f in drawn.flows if f not in dropped))
    assert known <= nodes_of(trace(MemoryFlows(fewer.facts), query))
