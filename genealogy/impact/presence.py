"""What was at which place, and from when until when, of all that lies upstream of cases.

Material is in a store by its recorded stays, in a vessel from its load on, and at a place
at the moment of what happened there. It counts for a case until it left towards
that case for the last time: what befell the store later cannot have befallen the case.
A conservative trace leaves times aside, and so when anything left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from genealogy.impact.cones import Cone
from genealogy.impact.lists import Ints, Lists
from genealogy.impact.stretches import Passage
from genealogy.model.facts import NodeId
from genealogy.model.names import LASTING, Flow, Label
from genealogy.model.times import to_micros
from genealogy.ports import FlowRows, FlowSource
from genealogy.trace.clocks import slack_of, widen
from genealogy.trace.columns import as_of
from genealogy.trace.places import learn_above
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.stays import Places
from genealogy.trace.windows import BEGIN, END, windows


class Spot(NamedTuple):
    """Something that may have been at a place from ``opens`` until ``closes`` (microseconds UTC).

    ``BEGIN`` and ``END`` where that is not known.
    """

    place: NodeId
    opens: int
    closes: int


class StretchOfPlace(NamedTuple):
    """A place from one moment until another."""

    place: NodeId
    since: int
    until: int

    def holds(self, spots: Sequence[Spot]) -> bool:
        """Whether any of these spots is one at the place at some moment of the stretch."""
        return any(
            spot.place == self.place and spot.opens <= self.until and spot.closes >= self.since
            for spot in spots
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """The stays of nodes, and how the places told of lie in one another; who of them is a lot."""

    spots: Mapping[NodeId, Sequence[Spot]]
    places: Places
    lots: Container[NodeId]

    @classmethod
    def of(
        cls,
        source: FlowSource,
        material: Mapping[NodeId, str],
        told: Iterable[NodeId],
        asked: TraceQuery,
    ) -> Kept:
        """Where material, with its kinds, was kept by the times of a question.

        What is in a place is in those around it, too. ``told`` are other places to know of.
        """
        carried = _Carried.of(source, [n for n in asked.seeds if n in material], asked)
        spots = carried.spots(list(material))
        found, places = defaultdict[NodeId, list[Spot]](list), Places()
        learn_above(source, places, {*told, *(spot.place for _, spot in spots)})
        for node, spot in spots:
            around = (spot.place, *places.above(spot.place))
            found[node] += (spot._replace(place=place) for place in around)
        lots = {node for node, kind in material.items() if kind == Label.LOT}
        return cls(found, places, lots)


@dataclass(slots=True)
class _Carried:
    """What cases are about, and the units that it was in: from when until when, by unit."""

    source: FlowSource
    asked: TraceQuery
    held: dict[NodeId, set[tuple[NodeId, int, int]]] = field(
        default_factory=lambda: defaultdict(set)
    )

    @classmethod
    def of(cls, source: FlowSource, seeds: Sequence[NodeId], asked: TraceQuery) -> _Carried:
        """The units of these seeds, and those that held such units."""
        found, inside = cls(source, asked), {(seed, seed, BEGIN, END) for seed in seeds}
        while inside:
            into = defaultdict[NodeId, list[tuple[NodeId, int, int]]](list)
            for seed, holder, since, until in inside:
                into[holder].append((seed, since, until))
            inside = set(found._within(into))
            for seed, unit, since, until in inside:
                found.held[unit].add((seed, since, until))
        return found

    def spots(self, material: Sequence[NodeId]) -> list[tuple[NodeId, Spot]]:
        """Where material was kept, and what was in units while it was in them."""
        nodes = list(dict.fromkeys([*material, *self.held]))
        if not nodes:
            return []
        rows = self._ready(self.source.stays(nodes, known_at=self.asked.known_at))
        kept, found = set(material), list[tuple[NodeId, Spot]]()
        for node, place, *times in zip(rows.source, rows.target, *windows(rows, ()), strict=True):
            spot = Spot(place, *times)
            found += [(node, spot)] if node in kept else []
            for seed, since, until in sorted(self.held.get(node, ())):
                if spot.opens <= until and spot.closes >= since:
                    times = [max(spot.opens, since), min(spot.closes, until)]
                    found.append((seed, Spot(place, *times)))
        return found

    def _within(
        self, into: Mapping[NodeId, Sequence[tuple[NodeId, int, int]]]
    ) -> Iterator[tuple[NodeId, NodeId, int, int]]:
        """The units that holders were in, for each seed that was in them then; only new ones."""
        reading = self.source.edges(sorted(into), "forward", known_at=self.asked.known_at)
        rows = self._ready(reading.rows)
        opens, closes = windows(rows, ())
        for i, flow in enumerate(rows.type):
            for seed, since, until in into[rows.source[i]] if flow == Flow.CONTAINED_IN else ():
                times = max(since, opens[i]), min(until, closes[i])
                if times[0] <= times[1] and (seed, *times) not in self.held[rows.target[i]]:
                    yield seed, rows.target[i], *times

    def _ready(self, rows: FlowRows) -> FlowRows:
        if (slack := slack_of(self.asked)) and rows.type:
            rows = widen(rows, slack)
        return as_of(rows, None if self.asked.as_of is None else to_micros(self.asked.as_of))


def leaving(edges: FlowRows) -> Sequence[int]:
    """By when what edges carry had left at the latest; what is packed has left when it was."""
    opens, closes = windows(edges, ())
    ends = zip(edges.type, opens, closes, strict=True)
    return [begin if flow in LASTING else end for flow, begin, end in ends]


def _loads(edges: FlowRows) -> dict[int, Spot]:
    """The edges into vessels. What was loaded stays until it was drawn, as the vessel tells."""
    opens, _ = windows(edges, ())
    loads = (i for i, flow in enumerate(edges.type) if flow == Flow.LOADED_INTO)
    return {i: Spot(edges.target[i], opens[i], END) for i in loads}


def _moves(edges: FlowRows, places: Places) -> Iterator[tuple[int, Spot]]:
    """Where and when edges happened; without those of which either is not known."""
    opens, closes = windows(edges, ())
    for i, place in enumerate(edges.place_id):
        if place is not None and opens[i] > BEGIN:
            until = opens[i] if edges.type[i] in LASTING else closes[i]
            for one in (NodeId(place), *places.above(NodeId(place))):
                yield i, Spot(one, opens[i], until)


class There(NamedTuple):
    """Spots of a cone, by number, and until when what a case got was there."""

    spots: Ints
    until: Ints


@dataclass(frozen=True, slots=True)
class _Ways:
    """The ways on from spots of nodes, by edge: the spot, and the latest moment of leaving it."""

    at_edge: Lists
    spot: Ints
    leaves: Ints

    @classmethod
    def of(cls, rows: FlowRows, names: Mapping[NodeId, range], spots: Sequence[Spot], kept: Kept
           ) -> _Ways:  # fmt: skip
        """The ways of edges from nodes that were kept somewhere."""
        opens, closes = windows(rows, kept.lots)
        told = list[tuple[int, int]]()
        at_edge = list[range]()
        for i, source in enumerate(rows.source):
            begun = len(told)
            for number in names.get(source, ()):
                away = _packed_elsewhere(rows, i, opens[i], spots[number], kept.places)
                told.append((number, opens[i] if away else closes[i]))
            at_edge.append(range(begun, len(told)))
        columns = np.array(told, dtype=np.int64).reshape(-1, 2)
        return cls(Lists.of(at_edge), *columns.T)


def _packed_elsewhere(rows: FlowRows, i: int, opens: int, spot: Spot, places: Places) -> bool:
    """Whether an edge tells that something was packed at another place, after it had lain here.

    What its unit went through counts for the unit. Missing places exclude nothing.
    """
    place = rows.place_id[i]
    if rows.type[i] != Flow.CONTAINED_IN or not place or opens < spot.opens:
        return False
    return not places.related(NodeId(place), spot.place)


@dataclass(slots=True)
class Presence:
    """Where the nodes and edges of a union of traces were when, and which case was at it.

    Spots are those of nodes, and then those of loads into vessels; ``owner`` is the node
    of each, by its place among the nodes. ``moves`` are what happened at places, by edge.
    """

    kept: Kept
    loads: Mapping[int, Spot]
    moves: Sequence[tuple[int, Spot]]
    number: Mapping[NodeId, int]
    place: Ints
    opens: Ints
    closes: Ints
    owner: Ints
    at_node: Lists
    at_load: Lists
    ways: _Ways
    target: Ints
    last: Ints
    left: Ints
    exact: bool
    found: dict[int, list[Passage]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, names: Sequence[NodeId], rows: FlowRows, kept: Kept, mode: Mode) -> Presence:
        """Nothing counted yet; ``names`` are the nodes of the union, in order."""
        loads, moves, spots = _loads(rows), list(_moves(rows, kept.places)), list[Spot]()

        def numbered(told: Sequence[Spot]) -> range:
            spots.extend(told)
            return range(len(spots) - len(told), len(spots))

        of_node = {name: numbered(kept.spots.get(name, ())) for name in names}
        at_node, in_nodes = Lists.of(list(of_node.values())), len(spots)
        edges = range(len(rows.type))
        at_load = Lists.of([numbered([loads[i]] if i in loads else []) for i in edges])
        at = {name: i for i, name in enumerate(names)}
        target = _column([at[name] for name in rows.target])
        owners = np.repeat(np.arange(len(names)), np.diff(at_node.first))
        number: dict[NodeId, int] = {}
        place = [number.setdefault(spot.place, len(number)) for spot in spots]
        for _, spot in moves:
            number.setdefault(spot.place, len(number))
        return cls(
            kept,
            loads,
            moves,
            number,
            _column(place),
            _column([spot.opens for spot in spots]),
            _column([spot.closes for spot in spots]),
            np.concatenate((owners, target[sorted(loads)])),
            at_node,
            at_load,
            _Ways.of(rows, of_node, spots, kept),
            target,
            np.full(len(names), END),
            np.full(in_nodes, BEGIN),
            mode is Mode.EXACT,
        )

    def count(self, case: int, cone: Cone, known_by: int | None) -> None:
        """Count the cone of one case, which was known at the latest by a moment."""
        if len(self.place):
            self._keep(1 << case, self.there(cone, known_by))

    def there(self, cone: Cone, known_by: int | None) -> There:
        """The spots of a cone, as far as they lie before what the case got had left them."""
        at, kept = self.at_node.of_all(cone.nodes)
        _, loads = self.at_load.of_all(cone.edges)
        spots = np.concatenate((kept, loads))
        last = np.full(len(spots), END if known_by is None else known_by)
        if self.exact:
            self.last[cone.nodes] = cone.latest
            # What a case is about may have been there until the end.
            left = np.where(cone.distance[at] == 0, END, self._left(cone)[kept])
            last = np.minimum(last, np.concatenate((left, self.last[self.owner[loads]])))
        until = np.minimum(self.closes[spots], last)
        was = until >= self.opens[spots]
        return There(spots[was], until[was])

    def _left(self, cone: Cone) -> Ints:
        """When the last of what a case got left each spot of a node."""
        at, ways = self.ways.at_edge.of_all(cone.edges)
        leaves = np.minimum(self.ways.leaves[ways], self.last[self.target[cone.edges[at]]])
        self.left[:] = BEGIN
        np.maximum.at(self.left, self.ways.spot[ways], leaves)
        return self.left

    def _keep(self, case: int, there: There) -> None:
        """Keep when a case was at each place, times that meet taken together."""
        place, opens = self.place[there.spots], self.opens[there.spots]
        order = np.lexsort((opens, place))
        columns = (column[order].tolist() for column in (place, opens, there.until))
        for where, since, last in zip(*columns, strict=True):
            known = self.found[where]
            if known and known[-1].cases == case and since <= known[-1].end + 1:
                known[-1] = Passage(known[-1].start, max(last, known[-1].end), case)
            else:
                known.append(Passage(since, last, case))

    def passages(
        self, over: Sequence[int]
    ) -> Iterator[tuple[NodeId, list[Passage], list[Passage]]]:
        """By place when each case was there, and what happened there; ``over`` are cases of edges.

        The times of one case do not meet.
        """
        happened: dict[NodeId, list[Passage]] = defaultdict(list)
        for edge, spot in self.moves:
            happened[spot.place].append(Passage(spot.opens, spot.closes, over[edge]))
        for place, number in self.number.items():
            yield place, self.found[number], happened[place]

    def within(self, stretch: StretchOfPlace, there: There, cone: Cone) -> Ints:
        """The nodes of a cone that were at a place in a stretch of time, by their places."""
        spots = there.spots
        is_there = (
            (self.place[spots] == self.number[stretch.place])
            & (self.opens[spots] <= stretch.until)
            & (there.until >= stretch.since)
        )
        moved = [edge for edge, spot in self.moves if stretch.holds([spot])]
        heads = self.target[np.intersect1d(_column(moved), cone.edges)]
        return np.concatenate((self.owner[spots[is_there]], heads))

    def nodes_at(self, stretch: StretchOfPlace) -> Iterator[NodeId]:
        """The nodes that may have been at a place in a stretch of time."""
        told = self.kept.spots.items()
        return (node_id for node_id, spots in told if stretch.holds(spots))

    def edges_at(self, stretch: StretchOfPlace) -> Iterator[int]:
        """The positions of the edges that may have been at a place in a stretch of time."""
        told = (*self.loads.items(), *self.moves)
        return (edge for edge, spot in told if stretch.holds([spot]))


def _column(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)
