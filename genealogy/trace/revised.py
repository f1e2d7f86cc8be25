"""A source of flow edges with some left out and others put back, to ask: what if?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Link
from genealogy.ports import (
    Direction,
    FlowHistory,
    FlowRows,
    FlowSource,
    LinkRow,
    NodeRow,
    Reading,
    Vessel,
)
from genealogy.trace.columns import joined, select

#: Flows by which something comes into what holds it.
HOLDS = frozenset({Flow.CONTAINED_IN, Flow.SHIPPED_IN, Flow.RETURNED_IN})
#: Stands in the id of an edge that was put back: the one that took its place has the same id.
_MARK = "\x1fwithdrawn\x1f"


@dataclass(frozen=True, slots=True)
class RevisedFlows:
    """The edges of another source without those that ``leaves_out`` names, by id.

    Those that ``history`` tells to be withdrawn are put back as far as ``puts_back`` names
    them (null: all), under ids of their own. With ``shut`` nothing is found by looking
    into containers and shipments.
    """

    source: FlowSource
    leaves_out: Collection[str] = ()
    history: FlowHistory | None = None
    puts_back: frozenset[str] | None = None
    shut: bool = False

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

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        """Null: the trace goes level by level."""
        return None

    def kinds(self, node_ids: Sequence[NodeId]) -> dict[NodeId, str]:
        """The kind label of those of these nodes that exist."""
        return self.source.kinds(node_ids)

    def nodes(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> list[NodeRow]:
        """The nodes with these ids that exist, as they were known."""
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
        """Those of these nodes from which anything moved on, by the records as they are."""
        return self.source.moving(node_ids, known_at=known_at, until=until)

    def first_recorded(self, node_ids: Sequence[NodeId]) -> dict[NodeId, datetime]:
        """When each of these nodes was first recorded (UTC)."""
        return self.source.first_recorded(node_ids)

    def vessels(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> dict[NodeId, Vessel]:
        """How these places are used as vessels."""
        return self.source.vessels(node_ids, known_at=known_at)

    def unfinished_loads(self) -> list[str]:
        """The sources of the loads that have not ended."""
        return self.source.unfinished_loads()

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
