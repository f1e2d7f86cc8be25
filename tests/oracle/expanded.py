"""What a trace should find, from a time-expanded graph searched by networkx.

Every node is taken apart into one state a day, with a day before and a day after
all known times for what has no known limit. Time stands still on an edge: it joins
equal days. Nothing here knows of arrivals, labels or rounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import networkx as nx

from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.names import Flow, Label, Link
from tests.fakes import edge_id
from tests.genealogies import DAY_ZERO, LAST_DAY, SOURCE, Genealogy

BEFORE, AFTER = -1, LAST_DAY + 1
DAYS = range(BEFORE, AFTER + 1)
HOLDS = (Flow.CONTAINED_IN, Flow.SHIPPED_IN, Flow.RETURNED_IN)
START = "start"


@dataclass(frozen=True)
class Expected:
    """Distance and exposure (day, null when none is known) by node, and ids of edges."""

    distance: dict[NodeId, int]
    exposure: dict[NodeId, int | None]
    edges: frozenset[str]


def number(moment: object) -> int | None:
    """The day of January 2026 of a datetime, counted from 0."""
    return None if moment is None else (moment - DAY_ZERO).days  # type: ignore[operator]


def moments(fact: FlowFact, slack: Mapping[str, int] = MappingProxyType({})) -> range:
    """The days on which material can pass over a flow, by clocks that may be days off."""
    days, more = _moments(fact), slack.get(fact.source.system, 0)
    return range(max(BEFORE, days.start - more), min(AFTER + 1, days.stop + more))


def _moments(fact: FlowFact) -> range:
    at, start, end = (number(t) for t in (fact.occurred_at, fact.valid_from, fact.valid_to))
    if fact.type == Flow.PART_OF and fact.source_label == Label.LOT:
        known = start if start is not None else at
        return DAYS if known is None else range(known, max(known, known if at is None else at) + 1)
    lasting = fact.type in (Flow.CONTAINED_IN, Flow.PART_OF)
    known = [start, at] if lasting else [at, start]
    first = next((t for t in known if t is not None), BEFORE)
    if end is not None and end >= first:
        return range(first, end + 1)
    return range(first, AFTER + 1) if lasting or at is None else range(at, at + 1)


def expected(
    genealogy: Genealogy,
    flows: Iterable[FlowFact],
    seeds: Iterable[NodeId],
    direction: str,
    *,
    exact: bool,
    shut: Iterable[NodeId] = (),
    slack: Mapping[str, int] = MappingProxyType({}),
    free: Iterable[NodeId] = (),
) -> Expected:
    """The answer to a trace that does not go on from what is in ``shut``.

    At the nodes in ``free`` no time counts, and no stay.
    """
    flows, seeds = list(flows), list(seeds)
    graph = _states(genealogy, exact, slack)
    for node in free:
        states = [(came, t, goes) for came in ("in", "boxed") for t in DAYS for goes in DAYS]
        graph.add_weighted_edges_from(
            ((node, came, t), (node, "out", goes), 0) for came, t, goes in states
        )
    for fact in flows:
        if (fact.source_id if direction == "forward" else fact.target_id) in shut:
            continue
        for t in moments(fact, slack):
            graph.add_edge((fact.source_id, "out", t), (fact.target_id, side(fact), t), weight=1)
    if direction == "forward":
        opened = [f for f in flows if f.target_id not in shut or f.type == Flow.SUPPLIED]
        opened = [f for f in opened if f.type != Flow.SUPPLIED or f.source_id not in shut]
        _hold(graph, genealogy, opened, seeds, exact, slack)
        _enter(graph, [(s, "out", t) for s in seeds for t in DAYS])
        return _answer(graph, seeds, ("in", "boxed", "end", "held"), flows, direction, slack)
    graph = graph.reverse()
    _enter(graph, [(s, came, t) for s in seeds for came in ("in", "boxed", "end") for t in DAYS])
    return _answer(graph, seeds, ("out",), flows, direction, slack)


def side(fact: FlowFact) -> str:
    """How a flow comes to its target: in a container, to an end of all walks, or plainly."""
    return {Flow.CONTAINED_IN: "boxed", Flow.DELIVERED_TO: "end"}.get(fact.type, "in")


def _enter(graph: nx.DiGraph, states: list[tuple[NodeId, str, int]]) -> None:
    graph.add_weighted_edges_from((START, state, 0) for state in states)


def _states(genealogy: Genealogy, exact: bool, slack: Mapping[str, int]) -> nx.DiGraph:
    graph = nx.DiGraph()
    cleaned, more = cleanings(genealogy) if exact else {}, slack.get(SOURCE.system, 0)
    for node in genealogy.nodes:
        emptied = cleaned.get(node.node_id, [])
        for came, goes in _stays(node, exact):
            if any(came < first - more and last + more < goes for first, last in emptied):
                continue
            graph.add_edge((node.node_id, "in", came), (node.node_id, "out", goes), weight=0)
        for t in DAYS:
            graph.add_edge((node.node_id, "boxed", t), (node.node_id, "out", t), weight=0)
    return graph


def cleanings(genealogy: Genealogy) -> dict[NodeId, list[tuple[int, int]]]:
    """The first and last day on which each place may have been cleaned, for each cleaning."""
    told = {n.node_id: n.properties for n in genealogy.nodes}
    found: dict[NodeId, list[tuple[int, int]]] = {}
    for link in genealogy.links:
        if link.type != Link.ABOUT:
            continue
        said = told[link.source_id]
        days = [number(said.get(k)) for k in ("occurred_at", "occurred_at_latest")]
        found.setdefault(link.target_id, []).append((days[0], days[-1] or days[0]))
    return found


def _stays(node: object, exact: bool) -> Iterator[tuple[int, int]]:
    """Pairs of days: what comes in on the first can go out on the second."""
    timeless = not exact or node.properties.get("mixing") == "whole"  # type: ignore[attr-defined]
    for came in DAYS:
        for goes in DAYS:
            if timeless or came <= goes:
                yield came, goes


def _hold(
    graph: nx.DiGraph,
    genealogy: Genealogy,
    flows: list[FlowFact],
    seeds: list[NodeId],
    exact: bool,
    slack: Mapping[str, int],
) -> None:
    """States of being held by a seed: into containers, against the flow."""
    kinds = {n.node_id: n.label for n in genealogy.nodes}
    roots = [s for s in seeds if kinds[s] in (Label.UNIT, Label.ITEM, Label.SHIPMENT)]
    _enter(graph, [(s, "held", t) for s in roots for t in DAYS])
    boxes = (Label.UNIT, Label.ITEM, Label.SHIPMENT)
    for fact in flows:
        if (
            fact.type == Flow.SUPPLIED
            and fact.source_id in seeds
            and kinds[fact.target_id] in boxes
        ):
            for t in DAYS:
                graph.add_edge(START, (fact.target_id, "opened", t), weight=1)
    for fact in flows:
        if fact.type in HOLDS:
            for t in moments(fact, slack):
                outer, inner = (fact.target_id, "held", t), (fact.source_id, "held", t)
                graph.add_edge(outer, inner, weight=1)
                graph.add_edge((fact.target_id, "opened", t), inner, weight=1)
    for node, held, t in [state for state in graph if "held" in state]:
        for later in DAYS:
            if later >= t or not exact:
                graph.add_edge((node, held, t), (node, "out", later), weight=0)


def _answer(
    graph: nx.DiGraph,
    seeds: list[NodeId],
    sides: tuple[str, ...],
    flows: list[FlowFact],
    direction: str,
    slack: Mapping[str, int],
) -> Expected:
    far = nx.single_source_dijkstra_path_length(graph, START)
    far.pop(START)
    hits = [(n, t, d) for (n, where, t), d in far.items() if where in sides and n not in seeds]
    best, unknown = (min, BEFORE) if direction == "forward" else (max, AFTER)
    days = {n: best(t for m, t, _ in hits if m == n) for n, _, _ in hits}
    return Expected(
        {n: min(d for m, _, d in hits if m == n) for n, _, _ in hits},
        {n: None if t == unknown else t for n, t in days.items()},
        frozenset(edge_id(f) for f in flows if _carried(f, graph, far, direction, slack)),
    )


def _carried(
    fact: FlowFact,
    graph: nx.DiGraph,
    far: dict[object, int],
    direction: str,
    slack: Mapping[str, int],
) -> bool:
    for t in moments(fact, slack):
        out, came = (fact.source_id, "out", t), (fact.target_id, side(fact), t)
        outer, inner = (fact.target_id, "held", t), (fact.source_id, "held", t)
        lent = (fact.target_id, "opened", t)
        walked = [(out, came) if direction == "forward" else (came, out), (outer, inner)]
        walked.append((lent, inner))
        if any(tail in far and graph.has_edge(tail, head) for tail, head in walked):
            return True
    return False
