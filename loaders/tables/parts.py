"""The parts that lots play by the movements of a load, known before the lots are written.

A lot with all its labels is written once; one that gets its part later, or its
properties after its part, is written twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.facts import NodeId
from genealogy.model.names import Label, Role
from loaders.tables.movements import MOVEMENTS
from loaders.tables.rows import Rows

#: Tables whose rows give lots a part: the column that names the lot, and the part.
GIVING: dict[str, tuple[str, Role]] = {
    table: (movement.target, movement.target_role)
    for table, movement in MOVEMENTS.items()
    if movement.target_role in (Role.SUPPLIER_LOT, Role.PRODUCT_LOT)
}

Array = npt.NDArray[Any]


@dataclass(slots=True)
class Parts:
    """Which lots play which part: eight bytes a lot, hashes that hold for this process."""

    _lots: dict[Role, Array] = field(default_factory=dict)

    def learn(self, table: str, accepted: Iterable[Rows]) -> None:
        """Take note of the lots in the rows of one of the tables that give parts."""
        column, role = GIVING[table]
        found = [_hashes(_lot_ids(rows, column)) for rows in accepted]
        self._lots[role] = np.unique(np.concatenate([self._lots.get(role, _hashes([])), *found]))

    def of(self, lots: Sequence[NodeId]) -> list[tuple[Role, ...]]:
        """The parts of each lot."""
        hashes = _hashes(lots)
        plays = [(role, np.isin(hashes, known).tolist()) for role, known in self._lots.items()]
        return [tuple(role for role, each in plays if each[i]) for i in range(len(lots))]


def _lot_ids(rows: Rows, column: str) -> list[NodeId]:
    nodes = rows.references(column)
    return [node.node_id for node in nodes if node is not None and node.kind is Label.LOT]


def _hashes(ids: Sequence[NodeId]) -> Array:
    return np.fromiter(map(hash, ids), np.int64, len(ids))
