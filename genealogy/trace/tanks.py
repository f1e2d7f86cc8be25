"""The vessels that a trace comes to, each taken apart once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, VesselPolicy
from genealogy.ports import Cleaning, Direction, FlowRows, FlowSource, Vessel
from genealogy.trace.columns import MARK
from genealogy.trace.vessels import Division, Move, Passage, Span, full_mix, in_order
from genealogy.trace.windows import windows

#: Reads the edges of one node in a direction.
Reader = Callable[[NodeId, Direction], FlowRows]


@dataclass(slots=True)
class Tanks:
    """Vessels by how they are taken apart; ``mixed_anyway`` despite the order they promise.

    ``cleaned`` tells between which moments each cleaning was over, by clocks that may be off.
    """

    source: FlowSource
    known_at: datetime | None
    slack: Mapping[str, int]
    read: Reader
    mixed_anyway: set[NodeId] = field(default_factory=set)
    cleaned: dict[NodeId, list[Span]] = field(default_factory=dict)
    any_divided: bool = False
    _known: dict[NodeId, Division | None] = field(default_factory=dict)

    def learn(self, vessels: Iterable[NodeId]) -> None:
        """Find out how vessels are taken apart, if they are."""
        new = [vessel for vessel in dict.fromkeys(vessels) if vessel not in self._known]
        told = self.source.vessels(new, known_at=self.known_at) if new else {}
        for vessel in new:
            division = self._division(vessel, told.get(vessel, Vessel()))
            self._known[vessel] = division
            self.any_divided |= division is not None

    def division(self, vessel: NodeId) -> Division | None:
        """How a vessel is taken apart; null where it is not, or is no vessel."""
        return self._known.get(vessel)

    def is_divided(self, node: NodeId) -> bool:
        """Whether a node is a vessel that is taken apart."""
        return self._known.get(node) is not None

    def divided(self) -> set[NodeId]:
        """The vessels that are taken apart."""
        return {vessel for vessel, division in self._known.items() if division}

    def vessel_of(self, rows: FlowRows, i: int) -> NodeId | None:
        """The vessel that an edge loads or draws from."""
        ends = {Flow.LOADED_INTO: rows.target, Flow.DRAWN_FROM: rows.source}
        flow = Flow(rows.type[i])
        return ends[flow][i] if flow in ends else None

    def passages(self, rows: FlowRows, i: int, opens: int, closes: int) -> Sequence[Passage]:
        """The states that a load may have gone into, or a draw be from, and when."""
        vessel = self.vessel_of(rows, i)
        division = None if vessel is None else self._known[vessel]
        if division is None:
            return [(0, opens, closes)]
        # The edge may be the copy that a state of a lot or batch has of it.
        edge_id = rows.edge_id[i].partition(MARK)[0]
        move = Move(edge_id, opens, closes, rows.quantity[i], rows.uom[i])
        return division.loaded(move) if rows.type[i] == Flow.LOADED_INTO else division.drawn(move)

    def lasted(self, vessel: NodeId, number: int, since: int, until: int) -> bool:
        """Whether a state may have been in its vessel between two moments."""
        division = self._known[vessel]
        return division is None or division.lasted(number, since, until)

    def _division(self, vessel_id: NodeId, vessel: Vessel) -> Division | None:
        cleaned = [self._span(cleaning) for cleaning in vessel.cleaned]
        self.cleaned[vessel_id] = cleaned
        if vessel.policy is not VesselPolicy.FULL_MIX:
            loads = self._moves(vessel_id, "backward", Flow.LOADED_INTO)
            draws = self._moves(vessel_id, "forward", Flow.DRAWN_FROM)
            found = in_order(vessel.policy, loads, draws, cleaned)
            if found is not None:
                return found
            self.mixed_anyway.add(vessel_id)
        return full_mix(cleaned) if cleaned else None

    def _span(self, cleaning: Cleaning) -> Span:
        slack = max((self.slack.get(system, 0) for system in cleaning.systems), default=0)
        return cleaning.earliest - slack, cleaning.latest + slack

    def _moves(self, vessel: NodeId, way: Direction, wanted: Flow) -> list[Move]:
        rows = self.read(vessel, way)
        opens, closes = windows(rows, ())
        told = zip(rows.edge_id, opens, closes, rows.quantity, rows.uom, strict=True)
        return [Move(*move) for move, flow in zip(told, rows.type, strict=True) if flow == wanted]
