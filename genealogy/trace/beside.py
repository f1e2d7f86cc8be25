"""A source of flows that stands before another, and passes on what it does not change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from genealogy.model.facts import NodeId
from genealogy.model.names import Link
from genealogy.ports import (
    Direction,
    FlowRows,
    FlowSource,
    LinkRow,
    NodeRow,
    Outset,
    Reading,
    Standing,
    Vessel,
)


@dataclass(slots=True)
class Beside:
    """What a source of flows tells beside its edges, passed on from the one behind it.

    It has nothing at once unless it says so itself: what it changes is found by its edges.
    """

    source: FlowSource

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        """Null: a trace goes level by level."""
        return None

    def kinds(self, node_ids: Sequence[NodeId]) -> dict[NodeId, str]:
        """The kind label of those of these nodes that exist."""
        return self.source.kinds(node_ids)

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

    def links_to(self, node_ids: Sequence[NodeId], link: Link) -> list[LinkRow]:
        """The links of one type that enter these nodes."""
        return self.source.links_to(node_ids, link)

    def stays(self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None) -> FlowRows:
        """Where these nodes were kept."""
        return self.source.stays(node_ids, known_at=known_at)

    def stays_at(
        self,
        place_ids: Sequence[NodeId],
        since: int | None = None,
        until: int | None = None,
        *,
        known_at: datetime | None = None,
    ) -> FlowRows:
        """What was kept at these places between two moments."""
        return self.source.stays_at(place_ids, since, until, known_at=known_at)

    def opened_at(
        self,
        place_ids: Sequence[NodeId],
        before: int,
        slack: int = 0,
        *,
        known_at: datetime | None = None,
    ) -> FlowRows:
        """What may have been opened at these places before a moment."""
        return self.source.opened_at(place_ids, before, slack, known_at=known_at)

    def earliest_ends(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> dict[str, int]:
        """From when on what lasted of these nodes may have ended."""
        return self.source.earliest_ends(node_ids, known_at=known_at)

    def vessels(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> dict[NodeId, Vessel]:
        """How these places are used as vessels."""
        return self.source.vessels(node_ids, known_at=known_at)

    def standing(
        self, *, known_at: datetime | None = None, outset: Outset | None = None
    ) -> Standing:
        """What holds for every question asked of the data now."""
        return self.source.standing(known_at=known_at, outset=outset)


@dataclass(slots=True)
class Pinned(Beside, FlowSource):
    """A source as one question sees it: what stands for all of its steps is asked once."""

    held: Standing

    def edges(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading:
        """All flow edges leaving (forward) or entering (backward) the frontier."""
        return self.source.edges(frontier, direction, known_at=known_at)

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        """What the source has at once, or told when the question was asked.

        That is given away once, since who asks may change it.
        """
        if self.held.outset == (tuple(seeds), direction):
            near, self.held = self.held.near, replace(self.held, outset=None, near=None)
            return near
        return self.source.closure(seeds, direction, known_at=known_at)

    def standing(
        self, *, known_at: datetime | None = None, outset: Outset | None = None
    ) -> Standing:
        """What was told when the question was asked; ``known_at`` is that of the question."""
        return self.held
