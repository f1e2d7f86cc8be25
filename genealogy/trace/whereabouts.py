"""Where the lots that a trace comes to were kept, read when it comes to them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from genealogy.model.facts import NodeId
from genealogy.model.names import Label
from genealogy.ports import FlowRows, FlowSource
from genealogy.trace.carried import carried
from genealogy.trace.departures import Departures
from genealogy.trace.places import learn_above
from genealogy.trace.stays import Move, Places, Stay, explained, leaves, reachable, stays_of
from genealogy.trace.windows import BEGIN, END

#: Lots that were moved more often, or in more units, are taken as one, wherever they are.
MOST_STAYS = 200


@dataclass(slots=True)
class Whereabouts:
    """Stays of lots, and how places lie in one another."""

    source: FlowSource
    known_at: datetime | None
    ready: Callable[[FlowRows], FlowRows]
    places: Places = field(default_factory=Places)
    departures: Departures = field(init=False)
    any_kept: bool = False
    _stays: dict[NodeId, list[Stay]] = field(default_factory=dict)
    _carried: dict[NodeId, list[Move] | None] = field(default_factory=dict)
    _moments: dict[NodeId, tuple[list[int], list[int]]] = field(default_factory=dict)
    _reached: dict[tuple[NodeId, NodeId, int], dict[NodeId, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.departures = Departures(self.source)

    def learn(self, nodes: Iterable[NodeId]) -> None:
        """Find out where those of these nodes that are lots were kept."""
        new = [node for node in dict.fromkeys(nodes) if node not in self._stays]
        if not new:
            return
        self._stays.update({node: [] for node in new})
        told = stays_of(self.ready(self.source.stays(new, known_at=self.known_at)))
        kinds = self.source.kinds(list(told)) if told else {}
        for node, stays in told.items():
            if kinds.get(node) == Label.LOT and len(stays) <= MOST_STAYS:
                self._stays[node] = stays
                self.any_kept = True

    def has(self, node: NodeId) -> bool:
        """Whether a node is a lot of which it is known where it was kept."""
        return bool(self._stays.get(node))

    def explains(self, node: NodeId, place: NodeId, by: int) -> bool:
        """Whether a recorded stay tells how a lot came to be at a place by then."""
        self._learn_places(node, place)
        return explained(self._stays[node], place, by, self.places.related)

    def related(self, one: NodeId, other: NodeId) -> bool:
        """Whether two places are one, or one is in the other."""
        self._learn_above({one, other})
        return self.places.related(one, other)

    def within(self, one: NodeId, other: NodeId) -> bool:
        """Whether a place is another, or is in it."""
        self._learn_above({one, other})
        return self.places.within(one, other)

    def leaves(
        self,
        node: NodeId,
        came_to: NodeId,
        since: int,
        place: NodeId | None,
        opens: int,
    ) -> int | None:
        """From when on what came to a place may have been in what happened at another.

        Null if it cannot have been.
        """
        self._learn_places(node, came_to, *([place] if place else []))
        moves = self._moves(node)
        if moves is None:
            return since
        stays, related = self._stays[node], self.places.related
        known = (node, came_to, since)
        if known not in self._reached:
            self._reached[known] = reachable(stays, came_to, since, related, moves)
        return leaves(stays, self._reached[known], since, related, place, opens)

    def comes(
        self, node: NodeId, edge_id: str, place: NodeId, since: int, came_to: NodeId, by: int
    ) -> bool:
        """Whether what was packed at a place by an edge may have come to another by a moment.

        By stays of the lot, or with what it was packed in: other things that it was packed in
        moved without it.
        """
        self._learn_places(node, place, came_to)
        moves = self._moves(node)
        if moves is None:
            return True
        stays, related = self._stays[node], self.places.related
        own = [move for move in moves if edge_id in move.by]
        found = reachable(stays, place, since, related, own)
        start = leaves(stays, found, since, related, came_to, by)
        return start is not None and start <= by

    def alike_since(self, node: NodeId, since: int) -> int:
        """The first moment from which on the same moves are open to a lot as from ``since`` on.

        Only whether something came before the end of a move counts for where it can be; so
        what came between two such ends can be told apart by the times of the edges alone.
        """
        lasts, _ = self._turns(node)
        before = bisect_left(lasts, since)
        return lasts[before - 1] + 1 if before else BEGIN

    def alike_until(self, node: NodeId, since: int, until: int) -> tuple[int, int]:
        """The widest span that a lot comes to by the same moves as to this one."""
        lasts, arrivals = self._turns(node)
        explained, after = bisect_right(lasts, since), bisect_right(arrivals, until)
        return (
            lasts[explained - 1] if explained else BEGIN,
            arrivals[after] - 1 if after < len(arrivals) else END,
        )

    def _turns(self, node: NodeId) -> tuple[list[int], list[int]]:
        """When the moves of a lot had ended, and when they arrived."""
        if node not in self._moments:
            stays, moves = self._stays[node], self._moves(node) or ()
            lasts = {one.last for one in (*stays, *moves)}
            arrivals = {*(stay.first for stay in stays), *(move.arrived for move in moves)}
            self._moments[node] = sorted(lasts), sorted(arrivals)
        return self._moments[node]

    def _moves(self, node: NodeId) -> list[Move] | None:
        """The moves of a lot in units and shipments; null for more than can be followed."""
        if node not in self._carried:
            moves = carried(node, self._edges, self._kept, self.departures.place, MOST_STAYS)
            told = (place for move in moves or () for place in (move.place, move.came_from))
            self._learn_above({place for place in told if place})
            self._carried[node] = moves
        return self._carried[node]

    def _edges(self, nodes: Sequence[NodeId]) -> FlowRows:
        rows = self.ready(self.source.edges(nodes, "forward", known_at=self.known_at).rows)
        self.departures.learn(rows)
        return rows

    def _kept(self, nodes: Sequence[NodeId]) -> FlowRows:
        return self.ready(self.source.stays(nodes, known_at=self.known_at))

    def _learn_places(self, node: NodeId, *places: NodeId) -> None:
        told = [place for stay in self._stays[node] for place in (stay.place, stay.came_from)]
        self._learn_above({place for place in (*told, *places) if place})

    def _learn_above(self, places: set[NodeId]) -> None:
        learn_above(self.source, self.places, places)
