"""One reading of the graph for many traces: each node's edges are read once.

A trace of all seeds together, made first, reads a level of every one of them in one
query; the traces of the single seeds then find all they ask for in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from genealogy.model.facts import NodeId
from genealogy.ports import (
    Direction,
    FlowRows,
    FlowSource,
    Outset,
    Reading,
    Standing,
    Vessel,
)
from genealogy.trace.beside import Beside
from genealogy.trace.columns import append, select

V = TypeVar("V")


@dataclass(slots=True)
class _Shelf:
    """The edges read in one direction at one record time, by the node they leave or enter."""

    direction: Direction
    rows: FlowRows = field(default_factory=FlowRows)
    at: dict[NodeId, list[int]] = field(default_factory=dict)
    mixed: set[NodeId] = field(default_factory=set)

    def take(self, reading: Reading) -> None:
        """Keep what is whole in a reading."""
        new = {node_id for node_id in reading.whole if node_id not in self.at}
        tails = reading.rows.source if self.direction == "forward" else reading.rows.target
        picks = [i for i, tail in enumerate(tails) if tail in new]
        self.at.update((node_id, []) for node_id in new)
        for position, i in enumerate(picks, len(self.rows.edge_id)):
            self.at[tails[i]].append(position)
        append(self.rows, select(reading.rows, picks))
        self.mixed.update(new.intersection(reading.mixed))


@dataclass(slots=True)
class SharedFlows(Beside, FlowSource):
    """A source of flow edges that asks the one behind it for each node once.

    It answers from what it has read, so it is for the traces of one question and not
    to be kept.
    """

    _shelves: dict[tuple[Direction, datetime | None], _Shelf] = field(default_factory=dict)
    _kinds: dict[NodeId, str | None] = field(default_factory=dict)
    _first: dict[NodeId, datetime | None] = field(default_factory=dict)
    _standing: dict[datetime | None, Standing] = field(default_factory=dict)
    _vessels: dict[Hashable, dict[NodeId, Vessel | None]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _moving: dict[Hashable, dict[NodeId, bool | None]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def edges(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading:
        """All flow edges leaving (forward) or entering (backward) the frontier."""
        shelf = self._shelf(direction, known_at)
        if missing := [node_id for node_id in frontier if node_id not in shelf.at]:
            shelf.take(self.source.edges(missing, direction, known_at=known_at))
        picks = [i for node_id in frontier for i in shelf.at[node_id]]
        return Reading(select(shelf.rows, picks), frontier, shelf.mixed.intersection(frontier))

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        """Null: a trace goes level by level, over what was read ahead here."""
        shelf = self._shelf(direction, known_at)
        if missing := [seed for seed in seeds if seed not in shelf.at]:
            found = self.source.closure(missing, direction, known_at=known_at)
            if found is not None:
                shelf.take(found)
                self._kinds.update(found.kinds)
        return None

    def kinds(self, node_ids: Sequence[NodeId]) -> dict[NodeId, str]:
        """The kind label of those of these nodes that exist."""
        return _remembered(self._kinds, node_ids, self.source.kinds)

    def moving(
        self,
        node_ids: Sequence[NodeId],
        *,
        known_at: datetime | None = None,
        until: int | None = None,
    ) -> set[NodeId]:
        """Those of these nodes that any flow edge leaves which is in force."""

        def read(missing: Sequence[NodeId]) -> dict[NodeId, bool]:
            found = self.source.moving(missing, known_at=known_at, until=until)
            return dict.fromkeys(found, True)

        return set(_remembered(self._moving[known_at, until], node_ids, read))

    def first_recorded(self, node_ids: Sequence[NodeId]) -> dict[NodeId, datetime]:
        """When each of these nodes was first recorded (UTC)."""
        return _remembered(self._first, node_ids, self.source.first_recorded)

    def vessels(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> dict[NodeId, Vessel]:
        """How these places are used as vessels."""
        known = self._vessels[known_at]
        return _remembered(
            known, node_ids, lambda missing: self.source.vessels(missing, known_at=known_at)
        )

    def standing(
        self, *, known_at: datetime | None = None, outset: Outset | None = None
    ) -> Standing:
        """What held for every question when this was first asked."""
        if known_at not in self._standing:
            self._standing[known_at] = self.source.standing(known_at=known_at)
        return self._standing[known_at]

    def _shelf(self, direction: Direction, known_at: datetime | None) -> _Shelf:
        return self._shelves.setdefault((direction, known_at), _Shelf(direction))


def _remembered(
    known: dict[NodeId, V | None],
    node_ids: Iterable[NodeId],
    read: Callable[[Sequence[NodeId]], dict[NodeId, V]],
) -> dict[NodeId, V]:
    """What is known of these nodes, the rest read first; null stands for nothing there."""
    wanted = list(node_ids)
    if missing := [node_id for node_id in wanted if node_id not in known]:
        found = read(missing)
        known.update((node_id, found.get(node_id)) for node_id in missing)
    return {node_id: value for node_id in wanted if (value := known[node_id]) is not None}
