"""The flows of a trace as it walks them, narrowed down to some edges.

What a vessel holds, and where a lot was, is told by all its edges. So edges are left out
after nodes were taken apart (``genealogy.trace.states``), and what is left is as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from genealogy.model.facts import NodeId
from genealogy.ports import Direction, FlowSource, Reading
from genealogy.trace.beside import Beside
from genealogy.trace.columns import MARK, select


@dataclass(slots=True)
class Narrowed(Beside, FlowSource):
    """The edges of another source, and the copies of edges there, that ``only`` names by id."""

    only: Collection[str]

    def edges(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading:
        """Those of the edges leaving (forward) or entering (backward) the frontier."""
        reading = self.source.edges(frontier, direction, known_at=known_at)
        ids = enumerate(reading.rows.edge_id)
        picks = [i for i, edge_id in ids if edge_id.partition(MARK)[0] in self.only]
        return replace(reading, rows=select(reading.rows, picks))
