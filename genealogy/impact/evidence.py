"""The proof of each candidate: a path from each case, how much passed there, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np

from genealogy.impact.attributes import TIMED, Attribute, of_edges
from genealogy.impact.cases import Case
from genealogy.impact.cones import cone_of
from genealogy.impact.presence import StretchOfPlace, leaving
from genealogy.impact.ranking import Ranked, Subject
from genealogy.impact.tally import Tally
from genealogy.model.facts import NodeId
from genealogy.model.times import to_micros
from genealogy.model.units import ProductUnits, base_quantity
from genealogy.ports import FlowRows
from genealogy.trace.result import Reached, ReachedColumns, Trace
from genealogy.trace.witness import hops


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a candidate is upstream of a case: one shortest way from the case to it.

    ``node_id`` is the nearest node that is, or has, the candidate. ``path`` has a node and
    the edge that led there for each step, the edge as a position in the answer's edges.
    ``contributed`` is when something left it towards the case for the last time, in
    microseconds since 1970-01-01 UTC; null where no time is known.
    """

    case: int
    node_id: NodeId
    distance: int
    contributed: int | None
    path: tuple[tuple[NodeId, int], ...]


@dataclass(frozen=True, slots=True)
class Volume:
    """How much left a candidate towards bad cases, and towards good ones only, by unit.

    Units are kilogram, litre, metre, square metre and piece; others as they were recorded.
    Edges without a quantity are counted in ``unknown``. ``share`` is the part that went to
    bad cases, where all is known and in one unit.
    """

    to_cases: Mapping[str, Decimal]
    to_goods: Mapping[str, Decimal]
    unknown: int

    @property
    def share(self) -> Decimal | None:
        """The part that went to bad cases; null where it cannot be told."""
        units = self.to_cases.keys() | self.to_goods.keys()
        if self.unknown or len(units) != 1:
            return None
        bad, good = (sum(part.values(), Decimal()) for part in (self.to_cases, self.to_goods))
        return bad / (bad + good) if bad + good else None


@dataclass(frozen=True, slots=True)
class Timing:
    """Whether a candidate came before its cases.

    ``known`` of its cases tell when it contributed last; of these it did so for ``late``
    ones only, or also, after the case was reported. ``first`` and ``last`` are the
    earliest and latest of these moments, in microseconds since 1970-01-01 UTC.
    """

    known: int
    late: int
    first: int | None
    last: int | None


@dataclass(slots=True)
class Weighing:
    """What is known of the candidates told, filled trace by trace."""

    tally: Tally
    edges: FlowRows
    node: Mapping[NodeId, int]
    position: Mapping[str, int]
    at_node: Mapping[NodeId, Sequence[int]]
    at_edge: Mapping[str, Sequence[int]]
    own: Sequence[Sequence[int]]
    subjects: Sequence[Subject]
    cases: Sequence[frozenset[int]]
    late: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    found: dict[int, list[Evidence]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, tally: Tally, told: Sequence[Ranked], union: Trace) -> Weighing:
        """Ready to weigh these candidates."""
        names, edges = union.node_ids(), union.edges
        subjects = [one.subject for one in told]
        members = _Members(tally, subjects, [_hit(tally, one) for one in told])
        cases = [frozenset(one.cases) for one in told]
        node = {node_id: i for i, node_id in enumerate(names)}
        position = {edge_id: i for i, edge_id in enumerate(edges.edge_id)}
        at_node, at_edge = members.nodes(), members.edges(edges)
        own = members.leaving(edges, at_node)
        return cls(tally, edges, node, position, at_node, at_edge, own, subjects, cases)

    def weigh(self, number: int, case: Case, trace: Trace) -> None:
        """Take in the trace of one bad case."""
        nearest = {**self._nearest(trace), **self._at_places(trace, case)}
        for candidate, reached in nearest.items():
            # A supplier about whom a case is supplied nothing to it.
            if number not in self.cases[candidate]:
                continue
            at = None if reached.exposure is None else to_micros(reached.exposure)
            if at is not None and case.known_by is not None and at > case.known_by:
                self.late[candidate] += 1
            path = tuple(
                (hop.after, self.position[trace.edges.edge_id[hop.edge]])
                for hop in hops(trace, reached.node_id, "backward")
            )
            proof = Evidence(number, reached.node_id, reached.distance, at, path)
            self.found[candidate].append(proof)

    def _nearest(self, trace: Trace) -> dict[int, Reached]:
        """The nearest node of each candidate in a trace."""
        nearest: dict[int, Reached] = {}
        columns = trace.reached
        named = columns.node_id if isinstance(columns, ReachedColumns) else trace.node_ids()
        place = {node_id: at for at, node_id in enumerate(named)}
        for node_id, at in place.items():
            for candidate in self.at_node.get(node_id, ()):
                if candidate not in nearest:
                    nearest[candidate] = columns[at]
        for edge_id, target in zip(trace.edges.edge_id, trace.edges.target, strict=True):
            for candidate in self.at_edge.get(edge_id, ()):
                one = columns[place[target]]
                known = nearest.setdefault(candidate, one)
                if (one.distance, one.node_id) < (known.distance, known.node_id):
                    nearest[candidate] = one
        return nearest

    def _at_places(self, trace: Trace, case: Case) -> dict[int, Reached]:
        """The nearest node of each candidate that is a place between two times."""
        stretches = {i: found for i, one in enumerate(self.subjects) if (found := _stretch_of(one))}
        if not stretches:
            return {}
        presence, cone = self.tally.presence, cone_of(trace, self.node, self.position)
        there, nearest = presence.there(cone, case.known_by), dict[int, Reached]()
        place = np.full(len(self.node), -1)
        place[cone.nodes] = np.arange(len(cone.nodes))
        for i, stretch in stretches.items():
            if len(at := place[presence.within(stretch, there, cone)]):
                reached = (trace.reached[one] for one in sorted(set(at.tolist())))
                nearest[i] = min(reached, key=lambda one: (one.distance, one.node_id))
        return nearest

    def evidence(self, candidate: int) -> tuple[Evidence, ...]:
        """The proof for each bad case of a candidate."""
        return tuple(self.found[candidate])

    def timing(self, candidate: int) -> Timing:
        """When a candidate contributed to its cases."""
        times = [e.contributed for e in self.found[candidate] if e.contributed is not None]
        first, last = min(times, default=None), max(times, default=None)
        return Timing(len(times), self.late[candidate], first, last)

    def volume(self, candidate: int) -> Volume:
        """How much left a candidate, and where to."""
        sums: tuple[dict[str, Decimal], dict[str, Decimal]] = ({}, {})
        unknown = 0
        for i in self.own[candidate]:
            quantity, uom = self.edges.quantity[i], self.edges.uom[i]
            if quantity is None:
                unknown += 1
                continue
            into = sums[not self.tally.over[self.edges.edge_id[i]] & self.tally.bad]
            unit, amount = _comparable(Decimal(quantity), uom or "")
            into[unit] = into.get(unit, Decimal()) + amount
        return Volume(*sums, unknown)


def _comparable(quantity: Decimal, uom: str) -> tuple[str, Decimal]:
    """A quantity in the base unit of its dimension; as it was recorded where there is none."""
    amount = base_quantity(quantity, uom)
    if amount is None:
        return uom, quantity
    return ProductUnits().measure(Fraction(quantity), uom).unit, amount


@dataclass(frozen=True, slots=True)
class _Members:
    """Which nodes and edges belong to which of the candidates told, by their positions.

    ``hits`` are the cases of each candidate, as bits.
    """

    tally: Tally
    subjects: Sequence[Subject]
    hits: Sequence[int]

    def nodes(self) -> dict[NodeId, list[int]]:
        """The candidates that each node is or has."""
        by_attribute = self._by_attribute()
        found: dict[NodeId, list[int]] = defaultdict(list)
        for node_id in self.tally.nodes:
            for attribute in self.tally.of_node(node_id):
                for i in by_attribute.get(attribute, ()):
                    if _within(self.subjects[i], self.tally.traits.spans.get(node_id)):
                        found[node_id].append(i)
        for i, subject in enumerate(self.subjects):
            if subject.kind == "supplier" and subject.since is None:
                found[NodeId(subject.value)].append(i)
        return found

    def edges(self, edges: FlowRows) -> dict[str, list[int]]:
        """The candidates that each edge has by itself: its place; a supplier's stretch."""
        found: dict[str, list[int]] = defaultdict(list)
        for edge, candidate in self._stated(edges):
            if self.subjects[candidate].kind != "supplier" or self.subjects[candidate].since:
                found[edges.edge_id[edge]].append(candidate)
        return found

    def leaving(self, edges: FlowRows, at_node: Mapping[NodeId, Sequence[int]]) -> list[list[int]]:
        """The edges that leave each candidate, or that it has by itself."""
        found: list[set[int]] = [set() for _ in self.subjects]
        for edge, source in enumerate(edges.source):
            for candidate in at_node.get(source, ()):
                if self.subjects[candidate].kind != "supplier":
                    found[candidate].add(edge)
        for edge, candidate in (*self._stated(edges), *self._meanwhile(edges)):
            found[candidate].add(edge)
        left = leaving(edges)
        for candidate, stretch in self._stretches_of_places():
            found[candidate].update(self._leaving_place(edges, left, stretch))
        return [sorted(own) for own in found]

    def _meanwhile(self, edges: FlowRows) -> Iterator[tuple[int, int]]:
        """What left nodes in a stretch of time towards its cases, also such as began before it."""
        by_attribute = self._by_attribute()
        for edge, (source, at) in enumerate(zip(edges.source, edges.occurred_at, strict=True)):
            if at is None:
                continue
            over = self.tally.over[edges.edge_id[edge]]
            for attribute in self.tally.traits.attributes.get(source, ()):
                for i in by_attribute.get(attribute, ()):
                    is_timed = attribute.kind in TIMED and self.subjects[i].since is not None
                    if is_timed and over & self.hits[i] and _within(self.subjects[i], (at, at)):
                        yield edge, i

    def _leaving_place(
        self, edges: FlowRows, left: Sequence[int], stretch: StretchOfPlace
    ) -> Iterator[int]:
        """The edges at a place in a stretch of time, and those by which something left it since."""
        presence = self.tally.presence
        yield from presence.edges_at(stretch)
        there = set(presence.nodes_at(stretch))
        for edge, source in enumerate(edges.source):
            if source in there and left[edge] >= stretch.since:
                yield edge

    def _stated(self, edges: FlowRows) -> Iterator[tuple[int, int]]:
        by_attribute = self._by_attribute()
        for edge, attribute in of_edges(edges, self.tally.traits.kept.places):
            at = edges.occurred_at[edge]
            for i in by_attribute.get(attribute, ()):
                if _within(self.subjects[i], None if at is None else (at, at)):
                    yield edge, i

    def _by_attribute(self) -> dict[Attribute, list[int]]:
        found: dict[Attribute, list[int]] = defaultdict(list)
        for i, subject in enumerate(self.subjects):
            if _stretch_of(subject) is None:
                found[subject.attribute].append(i)
        return found

    def _stretches_of_places(self) -> Iterator[tuple[int, StretchOfPlace]]:
        """The candidates that are a place between two times."""
        for i, subject in enumerate(self.subjects):
            if stretch := _stretch_of(subject):
                yield i, stretch


def _stretch_of(subject: Subject) -> StretchOfPlace | None:
    """The place and times of a candidate that is a place between two times; null for another."""
    if subject.kind != "place" or subject.since is None or subject.until is None:
        return None
    return StretchOfPlace(NodeId(subject.value), subject.since, subject.until)


def _hit(tally: Tally, one: Ranked) -> int:
    """The cases of a candidate as bits, the bad ones lowest."""
    goods = (tally.bad.bit_length() + good for good in one.goods)
    return sum(1 << case for case in (*one.cases, *goods))


def _within(subject: Subject, span: tuple[int, int] | None) -> bool:
    """Whether something active in a span belongs to a candidate with a stretch of time."""
    if subject.since is None or subject.until is None:
        return True
    return span is not None and subject.since <= span[0] and span[1] <= subject.until
