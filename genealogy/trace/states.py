"""The flows of a trace made ready: nodes that are not one thing at all times, taken apart.

What a vessel holds between two cleanings has to do with what it held before only by
way of records; what of a lot lies in one store, with the rest only by way of moves. So
the trace walks states: each a node of its own, whose id is the node's with a mark
behind it. The edges there are those of the node that the state may have, within the
time in which it may have had them. ``unfold`` puts the answer together again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from genealogy.model.facts import NodeId
from genealogy.model.names import LASTING, Flow, Label
from genealogy.ports import Direction, FlowRows, FlowSource, Reading
from genealogy.trace.beside import Beside
from genealogy.trace.clocks import Times, times_at, widen
from genealogy.trace.columns import MARK, append, as_of, joined, select
from genealogy.trace.result import Seed
from genealogy.trace.tanks import Tanks
from genealogy.trace.whereabouts import Whereabouts
from genealogy.trace.windows import BEGIN, END, set_window, windows

_INTO: dict[Direction, Flow] = {"forward": Flow.LOADED_INTO, "backward": Flow.DRAWN_FROM}
_AT_VESSELS = frozenset(_INTO.values())
_PARTS = frozenset({Flow.PART_OF})


def whole(node_id: str) -> NodeId:
    """The node that a state is of; a node itself."""
    return NodeId(node_id.partition(MARK)[0])


#: The place of an edge in its rows, and from when until when it may have passed.
_Passage = tuple[int, int, int]


class Pick(NamedTuple):
    """A copy of the edge at a position: its ends, and when it may have passed."""

    at: int
    source: NodeId
    target: NodeId
    opens: int
    closes: int


class Part(NamedTuple):
    """What a state is of a node: from when until when it counts, where, since which cleaning."""

    since: int = BEGIN
    until: int = END
    place: NodeId | None = None
    tank: int | None = None
    is_seed: bool = False


@dataclass(slots=True)
class States(Beside, FlowSource):
    """A source of flows in one direction, with nodes taken apart if times count.

    ``slack`` tells how many microseconds the clock of a system may be off. ``times`` are
    those of edges that are not walked by what was recorded.
    """

    direction: Direction
    exact: bool = True
    until: int | None = None
    known_at: datetime | None = None
    untouched: frozenset[NodeId] = frozenset()
    slack: Mapping[str, int] = field(default_factory=dict)
    times: dict[str, Times] = field(default_factory=dict)
    parts: dict[NodeId, Part] = field(default_factory=dict)
    tanks: Tanks = field(init=False)
    whereabouts: Whereabouts = field(init=False)
    _rows: dict[tuple[NodeId, Direction], FlowRows] = field(default_factory=dict)
    _passages: dict[tuple[NodeId, Direction], Mapping[int | None, list[_Passage]]] = field(
        default_factory=dict
    )
    _mixed: set[NodeId] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tanks = Tanks(self.source, self.known_at, self.slack, self._read)
        self.whereabouts = Whereabouts(self.source, self.known_at, self._ready)

    def seed(self, number: int, seed: Seed) -> NodeId:
        """The state that a windowed seed is; a stop is itself, for it leads nowhere."""
        if seed.node_id in self.untouched:
            return seed.node_id
        state = NodeId(f"{seed.node_id}{MARK}s{number}")
        since = BEGIN if seed.since is None or not self.exact else seed.since
        until = END if seed.until is None or not self.exact else seed.until
        self.parts[state] = Part(since, until, seed.place if self.exact else None, None, True)
        return state

    def edges(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading:
        """The edges of nodes, and of states those that they may have."""
        states = [node for node in frontier if MARK in node]
        plain = [node for node in frontier if MARK not in node] if states else frontier
        reading = Reading(FlowRows(), [])
        if plain:
            reading = self.source.edges(plain, direction, known_at=known_at)
        rows = self._ready(reading.rows)
        if states:
            rows = joined(rows, self._of_states(states, direction))
            mixed = {*reading.mixed, *(one for one in states if whole(one) in self._mixed)}
            reading = replace(reading, mixed=mixed)
        if direction == self.direction:
            # Else it is what a seed holds: found against the trace, at nodes as they are.
            rows = self._into_states(rows)
        return replace(reading, rows=rows, whole=frontier)

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        """What the source has at once, without the edges of vessels that are taken apart."""
        plain = [seed for seed in seeds if MARK not in seed]
        if not plain:
            return None
        reading = self.source.closure(plain, direction, known_at=known_at)
        if reading is None:
            return None
        rows = self._into_states(self._ready(reading.rows))
        apart = self.tanks.divided() - set(seeds)
        near = rows.source if direction == "forward" else rows.target
        if apart:
            rows = select(rows, [i for i, node in enumerate(near) if node not in apart])
        return replace(reading, rows=rows, whole=set(reading.whole) - apart)

    def kinds(self, node_ids: Sequence[NodeId]) -> dict[NodeId, str]:
        """The kind of those of these nodes, or of what they are states of, that exist."""
        found = self.source.kinds(list(dict.fromkeys(map(whole, node_ids))))
        return {node: found[whole(node)] for node in node_ids if whole(node) in found}

    def _ready(self, rows: FlowRows) -> FlowRows:
        """Edges as of the end of event time, by clocks that may be off."""
        if any(map(self.slack.__contains__, rows.source_system)):
            widened = widen(rows, self.slack)
            for i, edge_id in enumerate(rows.edge_id):
                at, since, until = map(self._past, times_at(rows, i))
                self.times[edge_id] = (at, since, until)
            rows = widened
        return as_of(rows, self.until)

    def _past(self, moment: int | None) -> int | None:
        past = self.until is None or moment is None or moment <= self.until
        return moment if past else None

    def _read(self, node_id: NodeId, way: Direction) -> FlowRows:
        """The edges of one node."""
        self._fetch([node_id], way)
        return self._rows[node_id, way]

    def _fetch(self, nodes: Iterable[NodeId], way: Direction) -> None:
        """Read the edges of several nodes at once."""
        new = [node for node in dict.fromkeys(nodes) if (node, way) not in self._rows]
        if not new:
            return
        reading = self.source.edges(new, way, known_at=self.known_at)
        rows, at = self._ready(reading.rows), defaultdict[NodeId, list[int]](list)
        self._mixed.update(reading.mixed)
        for i, node in enumerate(rows.source if way == "forward" else rows.target):
            at[node].append(i)
        for node in new:
            self._rows[node, way] = select(rows, at[node])

    def _windows(self, rows: FlowRows) -> tuple[list[int], list[int]]:
        sources = {s for s, flow in zip(rows.source, rows.type, strict=True) if flow in _PARTS}
        kinds = self.kinds(list(sources)) if sources else {}
        return windows(rows, {part for part, kind in kinds.items() if kind == Label.LOT})

    # --- Into states --------------------------------------------------------------------

    def _into_states(self, rows: FlowRows) -> FlowRows:
        """The edges, with those that come to nodes taken apart leading to states of them."""
        if not self.exact:
            return rows
        far = rows.target if self.direction == "forward" else rows.source
        self._learn(rows, far)
        if not self.tanks.any_divided and not self.whereabouts.any_kept:
            return rows
        at = [
            i
            for i, node in enumerate(far)
            if node not in self.untouched
            and (
                self.tanks.is_divided(node)
                or (self.whereabouts.has(node) and self._moved_at(rows, i))
            )
        ]
        if not at:
            return rows
        picks = self._arriving(rows, at, far)
        moved = {pick.at for pick in picks}
        rest = select(rows, [i for i in range(len(rows.type)) if i not in moved])
        return joined(rest, self._copies(rows, picks))

    def _learn(self, rows: FlowRows, far: Sequence[NodeId]) -> None:
        into = _INTO[self.direction]
        if into in rows.type:
            tanks = [node for node, flow in zip(far, rows.type, strict=True) if flow == into]
            self.tanks.learn(tanks)
        told = {i for i, place in enumerate(rows.place_id) if place}
        # Forward it is a shipment to which they lead, and that has no whereabouts.
        sent = self.whereabouts.departures.unsaid(rows) if self.direction == "backward" else []
        if told or sent:
            self.whereabouts.learn(far[i] for i in sorted(told.union(sent)))
        kept = [i for i in sent if self.whereabouts.has(far[i])]
        if kept:
            self.whereabouts.departures.learn(select(rows, kept))

    def _arriving(self, rows: FlowRows, at: Sequence[int], far: Sequence[NodeId]) -> list[Pick]:
        picks = list[Pick]()
        opens, closes = self._windows(rows)
        into = _INTO[self.direction]
        for i in at:
            if rows.type[i] == into:
                for number, since, until in self.tanks.passages(rows, i, opens[i], closes[i]):
                    state = self._state(far[i], str(number), Part(tank=number))
                    picks.append(self._to(rows, i, state, since, until))
            elif (part := self._place_of(rows, i, opens[i], closes[i], far[i])) is not None:
                named = f"p{part.since}:{part.until}{part.place}"
                state = self._state(far[i], named, part)
                picks.append(self._to(rows, i, state, opens[i], closes[i]))
        return picks

    def _place_of(
        self, rows: FlowRows, i: int, opens: int, closes: int, node: NodeId
    ) -> Part | None:
        """The part of a lot that came to a place, or (backward) left it; null for all of it."""
        place = self._moved_at(rows, i) or NodeId("")
        if self.direction == "forward":
            kept = self.whereabouts.has(node)
            since = self.whereabouts.alike_since(node, opens) if kept else opens
            return Part(since=since, place=place)
        if not self.whereabouts.explains(node, place, opens):
            return None
        # By when it must have been explained, what left there cannot have been elsewhere.
        return Part(*self.whereabouts.alike_until(node, opens, closes), place)

    def _state(self, node: NodeId, named: str, part: Part) -> NodeId:
        state = NodeId(f"{node}{MARK}{named}")
        self.parts.setdefault(state, part)
        return state

    def _to(self, rows: FlowRows, i: int, state: NodeId, since: int, until: int) -> Pick:
        if self.direction == "forward":
            return Pick(i, rows.source[i], state, since, until)
        return Pick(i, state, rows.target[i], since, until)

    # --- From states --------------------------------------------------------------------

    def _of_states(self, states: Sequence[NodeId], way: Direction) -> FlowRows:
        """The edges that leave (forward) or enter (backward) states."""
        found = FlowRows()
        tanks = defaultdict[NodeId, set[NodeId]](set)
        self._fetch(map(whole, states), way)
        self._learn_departures([whole(state) for state in states if self.parts[state].place], way)
        for state in states:
            part, node = self.parts[state], whole(state)
            if part.tank is None:
                rows = self._read(node, way)
                append(found, self._copies(rows, list(self._leaving(rows, state, way))))
            else:
                tanks[node].add(state)
        for node, some in tanks.items():
            picks = list(self._drawn(node, some, way))
            append(found, self._copies(self._read(node, way), picks))
        return found

    def _learn_departures(self, nodes: Sequence[NodeId], way: Direction) -> None:
        """Find out where lots were kept, and from where what they were loaded into set out."""
        self.whereabouts.learn(nodes)
        kept = [node for node in dict.fromkeys(nodes) if self.whereabouts.has(node)]
        self.whereabouts.departures.learn(*(self._read(node, way) for node in kept))

    def _moved_at(self, rows: FlowRows, i: int) -> NodeId | None:
        return self.whereabouts.departures.place(rows, i)

    def _drawn(self, vessel: NodeId, states: set[NodeId], way: Direction) -> Iterator[Pick]:
        """The edges of states of a vessel."""
        rows, passages = self._read(vessel, way), self._passages_at(vessel, way)
        for state in sorted(states):
            for i, since, until in passages.get(self.parts[state].tank, ()):
                yield _near(rows, i, state, way, since, until)

    def _passages_at(self, vessel: NodeId, way: Direction) -> Mapping[int | None, list[_Passage]]:
        """The passages of a vessel's edges by what they belong to; worked out once."""
        if (vessel, way) not in self._passages:
            rows, found = self._read(vessel, way), defaultdict[int | None, list[_Passage]](list)
            opens, closes = windows(rows, ())
            for i, flow in enumerate(rows.type):
                if flow in _AT_VESSELS:
                    for number, since, until in self.tanks.passages(rows, i, opens[i], closes[i]):
                        found[number].append((i, since, until))
            self._passages[vessel, way] = found
        return self._passages[vessel, way]

    def _leaving(self, rows: FlowRows, state: NodeId, way: Direction) -> Iterator[Pick]:
        """The edges of what is part of a node: within its time, and from where it was."""
        part, node = self.parts[state], whole(state)
        opens, closes = self._windows(rows)
        timeless = node in self._mixed
        for i in range(len(rows.type)):
            for since, until in self._within(rows, i, opens[i], closes[i], state):
                if way != self.direction:
                    # What a seed holds, as long as it counts; a load stays in its shipment.
                    held = until if rows.type[i] in LASTING else END
                    span = max(since, part.since), min(held, part.until)
                elif timeless:
                    span = since, until
                elif way == "forward":
                    start = self._start(rows, i, since, part, node)
                    if start is None:
                        continue
                    span = max(since, start), until
                else:
                    if not self._could_come(rows, i, since, part, node):
                        continue
                    span = since, min(until, part.until)
                if span[0] <= span[1]:
                    yield _near(rows, i, state, way, *span)

    def _within(
        self, rows: FlowRows, i: int, opens: int, closes: int, state: NodeId
    ) -> Iterator[tuple[int, int]]:
        """When an edge may have passed while its vessel, if it has one, held what counts."""
        part = self.parts[state]
        vessel = self.tanks.vessel_of(rows, i) if self.exact else None
        if vessel is not None:
            self.tanks.learn([vessel])
        if vessel is None or not self.tanks.is_divided(vessel):
            yield opens, closes
            return
        for number, since, until in self.tanks.passages(rows, i, opens, closes):
            # A window at a vessel is about what it held then; one at a lot, about the lot.
            timed = part.is_seed and vessel == whole(state)
            if not timed or self.tanks.lasted(vessel, number, part.since, part.until):
                yield since, until

    def _start(self, rows: FlowRows, i: int, opens: int, part: Part, node: NodeId) -> int | None:
        if part.place is None or not self.whereabouts.has(node):
            return part.since
        place = self._moved_at(rows, i)
        packed = part.is_seed and rows.type[i] == Flow.CONTAINED_IN and opens < part.since
        if packed and place and not self.whereabouts.related(place, part.place):
            # What was packed elsewhere by then lay there, unless it came here with its unit.
            edge_id = rows.edge_id[i].partition(MARK)[0]
            packed_in = node, edge_id, place, opens
            return (
                part.since if self.whereabouts.comes(*packed_in, part.place, part.until) else None
            )
        return self.whereabouts.leaves(node, part.place, part.since, place, opens)

    def _could_come(self, rows: FlowRows, i: int, since: int, part: Part, node: NodeId) -> bool:
        """Backward, whether what came over an edge can have been at the part's place in time."""
        place = rows.place_id[i]
        if part.place is None or not place or not self.whereabouts.has(node):
            return True
        start = self.whereabouts.leaves(node, NodeId(place), since, part.place, part.since)
        return start is not None and start <= part.until

    def _copies(self, rows: FlowRows, picks: Sequence[Pick]) -> FlowRows:
        """Edges with the ends and the times of picks, under ids of their own."""
        found = select(rows, [pick.at for pick in picks])
        opens, closes = self._windows(found)
        for i, pick in enumerate(picks):
            edge_id, _, copied = found.edge_id[i].partition(MARK)
            if not copied:
                self.times.setdefault(edge_id, times_at(found, i))
            ends = (end.partition(MARK)[2] for end in (pick.source, pick.target))
            found.edge_id[i] = MARK.join((edge_id, *ends))
            found.source[i], found.target[i] = pick.source, pick.target
            if (opens[i], closes[i]) != (pick.opens, pick.closes):
                set_window(found, i, pick.opens, pick.closes)
        return found


def _near(rows: FlowRows, i: int, state: NodeId, way: Direction, since: int, until: int) -> Pick:
    if way == "forward":
        return Pick(i, state, rows.target[i], since, until)
    return Pick(i, rows.source[i], state, since, until)
