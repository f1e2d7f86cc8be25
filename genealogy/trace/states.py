"""The flows of a trace made ready: nodes that are not one thing at all times, taken apart.

What a vessel holds between two cleanings has to do with what it held before only
by way of records. So the trace walks states: each a node of its own, whose id is the
node's with a mark behind it. The edges there are those of the node that the state may
have, within the time it may have had them. ``unfold`` puts the answer together again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Link, VesselPolicy
from genealogy.ports import (
    Cleaning,
    Direction,
    FlowRows,
    FlowSource,
    LinkRow,
    NodeRow,
    Reading,
    Vessel,
)
from genealogy.trace.clocks import Times, times_at, widen
from genealogy.trace.columns import as_of, joined, select
from genealogy.trace.vessels import Division, Move, Passage, full_mix, in_order
from genealogy.trace.windows import BEGIN, END, windows

#: Stands between the id of a node or edge and what tells a state or copy of it from others.
MARK = "\x1f"
_INTO: dict[Direction, Flow] = {"forward": Flow.LOADED_INTO, "backward": Flow.DRAWN_FROM}
_BACK: dict[Direction, Direction] = {"forward": "backward", "backward": "forward"}


def whole(node_id: str) -> NodeId:
    """The node that a state is of; a node itself."""
    return NodeId(node_id.partition(MARK)[0])


def state(node_id: NodeId, number: int) -> NodeId:
    """The id of a state of a node."""
    return NodeId(f"{node_id}{MARK}{number}")


class Pick(NamedTuple):
    """A copy of the edge at a position: its ends, and when it may have passed."""

    at: int
    source: NodeId
    target: NodeId
    opens: int
    closes: int


@dataclass(slots=True)
class States(FlowSource):
    """A source of flows in one direction, with the vessels taken apart if times count.

    ``times`` are those of edges whose copies have others. ``mixed_anyway`` are vessels of
    which the records do not tell the order that their policy promises.
    """

    source: FlowSource
    direction: Direction
    exact: bool = True
    until: int | None = None
    known_at: datetime | None = None
    untouched: frozenset[NodeId] = frozenset()
    slack: Mapping[str, int] = field(default_factory=dict)
    times: dict[str, Times] = field(default_factory=dict)
    mixed_anyway: set[NodeId] = field(default_factory=set)
    _divided: dict[NodeId, Division | None] = field(default_factory=dict)
    _picks: dict[NodeId, dict[NodeId, list[Pick]]] = field(default_factory=dict)
    _rows: dict[NodeId, FlowRows] = field(default_factory=dict)

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
        if direction != self.direction:
            # What a seed holds: found against the trace, at nodes as they are.
            return replace(reading, rows=rows)
        if states:
            rows = joined(rows, self._of_states(states))
        return replace(reading, rows=self._into_states(rows), whole=frontier)

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        """What the source has at once, without the edges of nodes that are taken apart."""
        reading = self.source.closure(seeds, direction, known_at=known_at)
        if reading is None:
            return None
        rows = self._into_states(self._ready(reading.rows))
        apart = {node for node, division in self._divided.items() if division} - set(seeds)
        near = rows.source if direction == "forward" else rows.target
        rows = select(rows, [i for i, node in enumerate(near) if node not in apart])
        return replace(reading, rows=rows, whole=set(reading.whole) - apart)

    def kinds(self, node_ids: Sequence[NodeId]) -> dict[NodeId, str]:
        """The kind of those of these nodes, or of what they are states of, that exist."""
        found = self.source.kinds(list(dict.fromkeys(map(whole, node_ids))))
        return {node: found[whole(node)] for node in node_ids if whole(node) in found}

    def nodes(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> list[NodeRow]:
        """The nodes with these ids that exist."""
        return self.source.nodes(node_ids, known_at=known_at)

    def links(self, node_ids: Sequence[NodeId], link: Link) -> list[LinkRow]:
        """The links of one type that leave these nodes."""
        return self.source.links(node_ids, link)

    def moving(
        self,
        node_ids: Sequence[NodeId],
        *,
        known_at: datetime | None = None,
        until: int | None = None,
    ) -> set[NodeId]:
        """Those of these nodes from which anything moved on."""
        return self.source.moving(node_ids, known_at=known_at, until=until)

    def first_recorded(self, node_ids: Sequence[NodeId]) -> dict[NodeId, datetime]:
        """When each of these nodes was first recorded."""
        return self.source.first_recorded(node_ids)

    def vessels(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> dict[NodeId, Vessel]:
        """How these places are used as vessels."""
        return self.source.vessels(node_ids, known_at=known_at)

    def unfinished_loads(self) -> list[str]:
        """The sources of all loads that have begun and not ended."""
        return self.source.unfinished_loads()

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

    def _into_states(self, rows: FlowRows) -> FlowRows:
        """The edges, with those into vessels that are taken apart leading to their states."""
        into = _INTO[self.direction]
        if into not in rows.type or not self.exact:
            return rows
        far = rows.target if self.direction == "forward" else rows.source
        at = [i for i, flow in enumerate(rows.type) if flow == into]
        self._divide(dict.fromkeys(far[i] for i in at))
        at = [i for i in at if self._divided[far[i]]]
        if not at:
            return rows
        moved = set(at)
        rest = select(rows, [i for i in range(len(rows.type)) if i not in moved])
        opens, closes = windows(rows, ())
        picks = [
            Pick(i, *self._ends(rows, i, number), since, until)
            for i in at
            for number, since, until in self._passages(rows, i, opens[i], closes[i], far[i])
        ]
        return joined(rest, self._copies(rows, picks))

    def _ends(self, rows: FlowRows, i: int, number: int) -> tuple[NodeId, NodeId]:
        if self.direction == "forward":
            return rows.source[i], state(rows.target[i], number)
        return state(rows.source[i], number), rows.target[i]

    def _passages(
        self, rows: FlowRows, i: int, opens: int, closes: int, vessel: NodeId
    ) -> Sequence[Passage]:
        division = self._divided[vessel]
        assert division is not None
        move = Move(rows.edge_id[i], opens, closes, rows.quantity[i], rows.uom[i])
        return division.loaded(move) if rows.type[i] == Flow.LOADED_INTO else division.drawn(move)

    def _of_states(self, states: Iterable[NodeId]) -> FlowRows:
        """The edges that leave states, in the direction of the trace."""
        found = FlowRows()
        by_vessel = defaultdict[NodeId, list[NodeId]](list)
        for one in states:
            by_vessel[whole(one)].append(one)
        for vessel, some in by_vessel.items():
            if vessel not in self._picks:
                self._open(vessel)
            picks = [pick for one in some for pick in self._picks[vessel].get(one, ())]
            found = joined(found, self._copies(self._rows[vessel], picks))
        return found

    def _open(self, vessel: NodeId) -> None:
        """Read the edges of a vessel, and find out which each of its states may have."""
        rows = self._read([vessel], self.direction)
        opens, closes = windows(rows, ())
        picks = defaultdict[NodeId, list[Pick]](list)
        for i in range(len(rows.type)):
            if rows.type[i] not in (Flow.LOADED_INTO, Flow.DRAWN_FROM):
                continue
            for number, since, until in self._passages(rows, i, opens[i], closes[i], vessel):
                near = state(vessel, number)
                ends = (
                    (near, rows.target[i])
                    if self.direction == "forward"
                    else (rows.source[i], near)
                )
                picks[near].append(Pick(i, *ends, since, until))
        self._rows[vessel], self._picks[vessel] = rows, picks

    def _copies(self, rows: FlowRows, picks: Sequence[Pick]) -> FlowRows:
        """Edges with the ends and the times of picks, under ids of their own."""
        found = select(rows, [pick.at for pick in picks])
        for i, pick in enumerate(picks):
            edge_id, _, copied = found.edge_id[i].partition(MARK)
            if not copied:
                self.times.setdefault(edge_id, times_at(found, i))
            named = f"{pick.source.partition(MARK)[2]}{MARK}{pick.target.partition(MARK)[2]}"
            found.edge_id[i] = f"{edge_id}{MARK}{named}"
            found.source[i], found.target[i] = pick.source, pick.target
            _pass(found, i, pick.opens, pick.closes)
        return found

    def _divide(self, vessels: Iterable[NodeId]) -> None:
        """Learn how vessels are taken apart, if they are."""
        new = [vessel for vessel in vessels if vessel not in self._divided]
        told = self.source.vessels(new, known_at=self.known_at) if new else {}
        for vessel in new:
            self._divided[vessel] = self._division(vessel, told.get(vessel, Vessel()))

    def _division(self, vessel_id: NodeId, vessel: Vessel) -> Division | None:
        if vessel_id in self.untouched:
            return None
        cleaned = [self._span(cleaning) for cleaning in vessel.cleaned]
        if vessel.policy is not VesselPolicy.FULL_MIX:
            loads, draws = self._moves(vessel_id, "backward"), self._moves(vessel_id, "forward")
            found = in_order(vessel.policy, loads, draws, cleaned)
            if found is not None:
                return found
            self.mixed_anyway.add(vessel_id)
        return full_mix(cleaned) if cleaned else None

    def _span(self, cleaning: Cleaning) -> tuple[int, int]:
        slack = max((self.slack.get(system, 0) for system in cleaning.systems), default=0)
        return cleaning.earliest - slack, cleaning.latest + slack

    def _moves(self, vessel: NodeId, way: Direction) -> list[Move]:
        """The loads (backward) or draws (forward) of a vessel."""
        rows = self._read([vessel], way)
        opens, closes = windows(rows, ())
        return [
            Move(*move)
            for move, flow in zip(
                zip(rows.edge_id, opens, closes, rows.quantity, rows.uom, strict=True),
                rows.type,
                strict=True,
            )
            if flow == _INTO[_BACK[way]]
        ]

    def _read(self, nodes: Sequence[NodeId], way: Direction) -> FlowRows:
        return self._ready(self.source.edges(nodes, way, known_at=self.known_at).rows)


def _pass(rows: FlowRows, i: int, opens: int, closes: int) -> None:
    """Let an edge pass from when until when; of one without any time nothing is known still."""
    if rows.occurred_at[i] is rows.valid_from[i] is rows.valid_to[i] is None:
        return
    since = None if opens == BEGIN else opens
    ends = closes != END
    rows.occurred_at[i], rows.valid_from[i] = (since, None) if ends else (None, since)
    rows.valid_to[i] = closes if ends else None
