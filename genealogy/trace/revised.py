"""A source of flow edges with some left out and others put back, to ask: what if?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from genealogy.model.facts import NodeId
from genealogy.ports import Direction, FlowHistory, FlowRows, FlowSource, Reading
from genealogy.trace.beside import Beside
from genealogy.trace.columns import joined, select
from genealogy.trace.signs import HOLDS

#: Stands in the id of an edge that was put back: the one that took its place has the same id.
_MARK = "\x1fwithdrawn\x1f"


@dataclass(slots=True)
class RevisedFlows(Beside, FlowSource):
    """The edges of another source without those that ``leaves_out`` names, by id.

    Those that ``history`` tells to be withdrawn are put back as far as ``puts_back`` names
    them (null: all), under ids of their own. With ``shut`` nothing is found by looking
    into containers and shipments. Of nodes in ``unplaced`` nobody says where they were kept.
    """

    leaves_out: Collection[str] = ()
    history: FlowHistory | None = None
    puts_back: frozenset[str] | None = None
    shut: bool = False
    unplaced: Collection[NodeId] = ()

    def edges(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading:
        """The revised flow edges leaving (forward) or entering (backward) the frontier."""
        reading = self.source.edges(frontier, direction, known_at=known_at)
        rows = reading.rows
        if self.history is not None:
            rows = joined(rows, self._back(frontier, direction, known_at))
        if not self.leaves_out and not (self.shut and direction == "backward"):
            return replace(reading, rows=rows)
        picks = [
            i
            for i, edge_id in enumerate(rows.edge_id)
            if edge_id not in self.leaves_out
            and not (self.shut and direction == "backward" and rows.type[i] in HOLDS)
        ]
        return replace(reading, rows=select(rows, picks))

    def stays(self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None) -> FlowRows:
        """Where these nodes were kept, but those of which nobody says."""
        told = [node for node in node_ids if node not in self.unplaced]
        return self.source.stays(told, known_at=known_at) if told else FlowRows()

    def _back(
        self, frontier: Sequence[NodeId], direction: Direction, known_at: datetime | None
    ) -> FlowRows:
        assert self.history is not None
        rows = self.history.withdrawn(frontier, direction, known_at=known_at)
        times = zip(rows.edge_id, rows.recorded_at, rows.retracted_at, strict=True)
        rows = replace(rows, edge_id=[f"{i}{_MARK}{told}-{gone}" for i, told, gone in times])
        if self.puts_back is None:
            return rows
        picks = [i for i, edge_id in enumerate(rows.edge_id) if edge_id in self.puts_back]
        return select(rows, picks)


def is_withdrawn(edge_id: str) -> bool:
    """Whether an edge was put back."""
    return _MARK in edge_id


def plain_id(edge_id: str) -> str:
    """The id of an edge as it is recorded."""
    return edge_id.partition(_MARK)[0]
