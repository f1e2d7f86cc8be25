"""A snapshot as a source of flows, for what a trace prepares before it walks.

Vessels taken apart, stays, ends of event time, clocks that may be off, windows and
hypothetical flows are prepared from flows and from what else the database tells of
nodes. The flows are those of the snapshot; all else is asked of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.facts import NodeId
from genealogy.ports import Direction, FlowSource, Outset, Reading, Standing
from genealogy.snapshot.content import Content
from genealogy.snapshot.graph import rows_of
from genealogy.snapshot.records import flow_rows
from genealogy.trace.beside import Beside
from genealogy.trace.signs import KIND_CODES, MIXED

Ints = npt.NDArray[Any]
_KINDS = {code: kind for kind, code in KIND_CODES.items()}


@dataclass(slots=True)
class CopiedFlows(Beside, FlowSource):
    """The flows of a snapshot; ``source`` is the database that it is a copy of.

    Flows that were known at another time are asked of the database. ``unfinished`` are the
    sources of loads that had not ended before the snapshot was brought up to date: of one that
    ended since, flows may be missing.
    """

    content: Content
    unfinished: Sequence[str] = ()
    _known: dict[NodeId, int] = field(default_factory=dict)

    def edges(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading:
        """All flow edges leaving (forward) or entering (backward) the frontier."""
        if known_at is not None:
            return self.source.edges(frontier, direction, known_at=known_at)
        numbers = np.array(self._numbers(frontier), dtype=np.int64)
        content, is_forward = self.content, direction == "forward"
        side = content.forward if is_forward else content.backward
        places, near = rows_of(side, numbers)
        ends = (near, side.head[places]) if is_forward else (side.head[places], near)
        edges = places if side.edge is None else side.edge[places]
        columns = content.records.columns(edges)
        source, target = content.nodes.named(*ends)
        rows = flow_rows(columns, source, target, side.sign[places])
        mixed = near[(content.nodes.mark[near] & MIXED) != 0]
        return Reading(rows, frontier, set(map(NodeId, content.nodes.ids.pick(np.unique(mixed)))))

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        """Level by level; at another record time as the database likes it."""
        if known_at is not None:
            return self.source.closure(seeds, direction, known_at=known_at)
        return None

    def kinds(self, node_ids: Sequence[NodeId]) -> dict[NodeId, str]:
        """The kind label of those of these nodes that exist."""
        self._numbers(node_ids)
        known = [node for node in node_ids if node in self._known]
        numbers = np.array([self._known[node] for node in known], dtype=np.int64)
        codes = self.content.nodes.kind[numbers].tolist()
        return {node: _KINDS[code] for node, code in zip(known, codes, strict=True)}

    def moving(
        self,
        node_ids: Sequence[NodeId],
        *,
        known_at: datetime | None = None,
        until: int | None = None,
    ) -> set[NodeId]:
        """Those of these nodes that any flow edge leaves which is in force."""
        if known_at is not None or until is not None:
            return self.source.moving(node_ids, known_at=known_at, until=until)
        side = self.content.forward
        numbers = {node: self._known[node] for node in node_ids if self._numbers([node])}
        return {node for node, at in numbers.items() if side.stop[at] > side.begin[at]}

    def standing(
        self, *, known_at: datetime | None = None, outset: Outset | None = None
    ) -> Standing:
        """What holds for every question asked of this snapshot."""
        return replace(self.source.standing(known_at=known_at), unfinished=tuple(self.unfinished))

    def _numbers(self, node_ids: Sequence[NodeId]) -> list[int]:
        """The numbers of those of these nodes that are known."""
        new = [node for node in node_ids if node not in self._known]
        self._known.update(self.content.nodes.number(new))
        return [self._known[node] for node in node_ids if node in self._known]
