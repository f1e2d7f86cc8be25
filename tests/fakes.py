"""Fakes for ports, made from the same facts that loaders hand to the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, NodeId
from genealogy.model.identifiers import is_unlotted
from genealogy.model.names import LASTING, Flow, Link, Mixing
from genealogy.model.times import to_micros
from genealogy.ports import (
    Cleaning,
    Direction,
    FlowRows,
    LinkRow,
    NodeRow,
    Outset,
    Reading,
    Standing,
    Vessel,
)
from genealogy.trace.columns import as_of, select
from genealogy.trace.vessels import cleaned_within, policy_of
from genealogy.trace.windows import BEGIN, END, windows

LOADED_AT = datetime(2026, 1, 1, tzinfo=UTC)

#: Given the nodes that can be reached, those whose edges a closure holds.
Expanded = Callable[[list[NodeId]], Iterable[NodeId]]


class MemoryFlows:
    """A FlowSource over facts in memory; counts how often it is asked.

    Without ``expanded`` it answers level by level; with it, ``closure`` returns all
    edges that can be reached and claims to be whole for the nodes it picks.
    """

    def __init__(self, facts: Iterable[Fact], *, expanded: Expanded | None = None) -> None:
        self.calls: list[tuple[str, tuple[NodeId, ...]]] = []
        self.unfinished: list[str] = []
        self._expanded = expanded
        self._facts: list[NodeFact | FlowFact] = []
        self._links: list[LinkFact] = []
        self._nodes: dict[NodeId, NodeRow] = {}
        self._flows: dict[Direction, dict[NodeId, list[FlowFact]]] = {
            "forward": defaultdict(list),
            "backward": defaultdict(list),
        }
        self._mixed: set[NodeId] = set()
        self._stays: dict[NodeId, list[FlowFact]] = defaultdict(list)
        self._about: dict[NodeId, list[NodeId]] = defaultdict(list)
        for fact in facts:
            if isinstance(fact, LinkFact):
                self._links.append(fact)
                if fact.type is Link.ABOUT:
                    self._about[fact.target_id].append(fact.source_id)
            else:
                self._facts.append(fact)
            if isinstance(fact, NodeFact):
                self._nodes[fact.node_id] = _node_row(fact)
                if fact.properties.get("mixing") == Mixing.WHOLE:
                    self._mixed.add(fact.node_id)
            elif isinstance(fact, FlowFact) and fact.type is Flow.STORED_AT:
                self._stays[fact.source_id].append(fact)
            elif isinstance(fact, FlowFact):
                self._flows["forward"][fact.source_id].append(fact)
                self._flows["backward"][fact.target_id].append(fact)

    def edges(
        self,
        frontier: Sequence[NodeId],
        direction: Direction,
        *,
        known_at: datetime | None = None,
    ) -> Reading:
        self.calls.append((f"edges {direction}", tuple(frontier)))
        assert len(set(frontier)) == len(frontier)
        return self._reading(self._around(frontier, direction, known_at), frontier)

    def withdrawn(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> FlowRows:
        table = self._flows[direction]
        return _rows([f for n in frontier for f in table.get(n, ()) if _gone(f, known_at)])

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        self.calls.append((f"closure {direction}", tuple(seeds)))
        if self._expanded is None:
            return None
        seen = dict.fromkeys(seeds)
        pending = list(seeds)
        while pending:
            found = self._around([pending.pop()], direction, known_at)
            heads = [f.target_id if direction == "forward" else f.source_id for f in found]
            pending += [head for head in dict.fromkeys(heads) if head not in seen]
            seen |= dict.fromkeys(heads)
        whole = set(self._expanded(sorted(seen)))
        flows = [
            fact
            for node in seen
            for fact in self._around([node], direction, known_at)[None if node in whole else 1 :]
        ]
        kinds = {node: row.kind for node in whole if (row := self._nodes.get(node))}
        return replace(self._reading(flows, whole), kinds=kinds)

    def kinds(self, node_ids: Sequence[NodeId]) -> dict[NodeId, str]:
        self.calls.append(("kinds", tuple(node_ids)))
        return {n: self._nodes[n].kind for n in node_ids if n in self._nodes}

    def nodes(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> list[NodeRow]:
        self.calls.append(("nodes", tuple(node_ids)))
        return [self._nodes[n] for n in node_ids if n in self._nodes]

    def links(self, node_ids: Sequence[NodeId], link: Link) -> list[LinkRow]:
        self.calls.append((f"links {link}", tuple(node_ids)))
        asked = set(node_ids)
        return [
            LinkRow(f.source_id, f.target_id, f.part)
            for f in self._links
            if f.type is link and f.source_id in asked
        ]

    def moving(
        self,
        node_ids: Sequence[NodeId],
        *,
        known_at: datetime | None = None,
        until: int | None = None,
    ) -> set[NodeId]:
        self.calls.append(("moving", tuple(node_ids)))
        return set(as_of(_rows(self._around(node_ids, "forward", known_at)), until).source)

    def first_recorded(self, node_ids: Sequence[NodeId]) -> dict[NodeId, datetime]:
        found: dict[NodeId, list[datetime]] = defaultdict(list)
        for fact in self._facts:
            for node_id in fact_nodes(fact):
                found[node_id].append(fact.recorded_at or LOADED_AT)
        return {n: min(found[n]) for n in node_ids if n in found}

    def links_to(self, node_ids: Sequence[NodeId], link: Link) -> list[LinkRow]:
        return [
            LinkRow(f.source_id, f.target_id, f.part)
            for f in self._links
            if f.type is link and f.target_id in node_ids
        ]

    def stays(self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None) -> FlowRows:
        self.calls.append(("stays", tuple(node_ids)))
        return _rows([f for n in node_ids for f in self._stays[n] if in_force(f, known_at)])

    def stays_at(
        self,
        place_ids: Sequence[NodeId],
        since: int | None = None,
        until: int | None = None,
        *,
        known_at: datetime | None = None,
    ) -> FlowRows:
        found = [f for of_node in self._stays.values() for f in of_node]
        there = [f for f in found if f.target_id in place_ids and in_force(f, known_at)]
        rows = _rows(there)
        opens, closes = windows(rows, ())
        picks = [
            i
            for i in range(len(there))
            if (since is None or closes[i] >= since) and (until is None or opens[i] <= until)
        ]
        return select(rows, picks)

    def opened_at(
        self,
        place_ids: Sequence[NodeId],
        before: int,
        slack: int = 0,
        *,
        known_at: datetime | None = None,
    ) -> FlowRows:
        self.calls.append(("opened_at", tuple(place_ids)))
        rows = self.stays_at(place_ids, known_at=known_at)
        opened = self._opened(set(rows.source))
        picks = [
            i
            for i, end in enumerate(rows.valid_to)
            if end is not None and end < before and opened.get(rows.source[i], END) <= end + slack
        ]
        return select(rows, picks)

    def _opened(self, holders: Iterable[NodeId]) -> dict[NodeId, int]:
        """When something first came out of things, or out of what was in them at any time."""
        packed = (Flow.CONTAINED_IN, Flow.PART_OF)
        table = self._flows["backward"]
        inside = {n: [f for f in table.get(n, ()) if f.type in packed] for n in holders}
        return {
            holder: min(
                BEGIN
                if any(one.type in packed for one in table.get(fact.source_id, ()))
                else to_micros(end)
                if (end := fact.ends_from or fact.valid_to)
                else END
                for fact in facts
            )
            for holder, facts in inside.items()
            if facts
        }

    def earliest_ends(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> dict[str, int]:
        table = self._flows["forward"]
        held = [f for n in node_ids for f in (*table.get(n, ()), *self._stays[n])]
        told = (f for f in held if f.type in LASTING and in_force(f, known_at))
        return {edge_id(f): to_micros(f.ends_from) for f in told if f.ends_from}

    def vessels(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> dict[NodeId, Vessel]:
        self.calls.append(("vessels", tuple(node_ids)))
        found = {}
        for node_id in node_ids:
            events = self._about[node_id]
            known = self.first_recorded(events)
            events = [e for e in events if known_at is None or known[e] <= known_at]
            spans = (cleaned_within(self._nodes[e].properties, known_at) for e in events)
            cleaned = tuple(Cleaning(*span, ("tests",)) for span in spans if span)
            if node_id in self._nodes:
                found[node_id] = Vessel(policy_of(self._nodes[node_id]), cleaned)
        return found

    def standing(
        self, *, known_at: datetime | None = None, outset: Outset | None = None
    ) -> Standing:
        still = (n for n, row in self._nodes.items() if row.properties.get("non_propagating"))
        unlotted = frozenset(filter(is_unlotted, self._nodes))
        told = Standing(tuple(sorted(set(self.unfinished))), frozenset(still), unlotted)
        if outset is None:
            return told
        near = self.closure(*outset, known_at=known_at)
        return replace(told, outset=outset, near=near)

    @contextmanager
    def loading(self, source: str) -> Iterator[None]:
        self.unfinished.append(source)
        yield
        self.unfinished = [other for other in self.unfinished if other != source]

    def _reading(self, flows: Sequence[FlowFact], whole: Collection[NodeId]) -> Reading:
        return Reading(_rows(flows), whole, self._mixed.intersection(whole))

    def _around(
        self, node_ids: Iterable[NodeId], direction: Direction, known_at: datetime | None
    ) -> list[FlowFact]:
        table = self._flows[direction]
        return [f for n in node_ids for f in table.get(n, ()) if in_force(f, known_at)]


def fact_nodes(fact: NodeFact | FlowFact) -> tuple[NodeId, ...]:
    """The nodes that a fact tells of; one that claims nothing is not kept."""
    if isinstance(fact, FlowFact):
        return (fact.source_id, fact.target_id)
    return (fact.node_id,) if fact.properties or fact.identifiers else ()


def in_force(fact: FlowFact, known_at: datetime | None) -> bool:
    """Whether a fact was recorded, and not retracted, by then (null: now)."""
    if known_at is None:
        return fact.retracted_at is None
    recorded = fact.recorded_at or LOADED_AT
    return recorded <= known_at and (fact.retracted_at is None or fact.retracted_at > known_at)


def _gone(fact: FlowFact, known_at: datetime | None) -> bool:
    if known_at is None or fact.retracted_at is None:
        return fact.retracted_at is not None
    return (fact.recorded_at or LOADED_AT) <= known_at and fact.retracted_at <= known_at


def edge_id(fact: FlowFact) -> str:
    """An id that tells one edge from every other."""
    return f"{fact.type}|{fact.source_id}|{fact.target_id}|{fact.fact_id}"


def _node_row(fact: NodeFact) -> NodeRow:
    code = fact.node_id.rpartition(":")[2]
    return NodeRow(
        fact.node_id, fact.label, fact.roles, code, None, (fact.node_id,), dict(fact.properties)
    )


def _rows(facts: Sequence[FlowFact]) -> FlowRows:
    return FlowRows(
        source=[f.source_id for f in facts],
        target=[f.target_id for f in facts],
        type=[str(f.type) for f in facts],
        edge_id=[edge_id(f) for f in facts],
        occurred_at=[_micros(f.occurred_at) for f in facts],
        valid_from=[_micros(f.valid_from) for f in facts],
        valid_to=[_micros(f.valid_to) for f in facts],
        recorded_at=[to_micros(f.recorded_at or LOADED_AT) for f in facts],
        retracted_at=[_micros(f.retracted_at) for f in facts],
        quantity=[_text(f.quantity) for f in facts],
        uom=[f.uom for f in facts],
        base_quantity=[_text(f.base_quantity) for f in facts],
        occurred_offset=[f.occurred_offset for f in facts],
        place_id=[f.place_id for f in facts],
        source_system=[f.source.system for f in facts],
        source_record=[f.source.record for f in facts],
        confidence=[str(f.confidence) for f in facts],
    )


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
