"""What the walk does not need of edges and nodes, but the answer tells: mapped when asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.ports import FlowRows
from genealogy.snapshot.texts import Coded, Codes, Texts
from genealogy.trace.signs import FLOW_BITS

Ints = npt.NDArray[Any]
TIMES = ("occurred_at", "valid_from", "valid_to", "recorded_at")
CODED = (
    "quantity",
    "uom",
    "base_quantity",
    "occurred_offset",
    "place_id",
    "source_system",
    "source_record",
    "confidence",
)
_NO_TIME = np.iinfo(np.int64).min
_FLOWS = [str(flow) for flow in Flow]


def times(column: Sequence[int | None]) -> Ints:
    """Times as an array; what is not known as the least number."""
    if None in column:
        column = [_NO_TIME if moment is None else moment for moment in column]
    return np.array(column, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Records:
    """The columns of edges by their number, besides their ends and flows."""

    edge_id: Texts
    occurred_at: Ints
    valid_from: Ints
    valid_to: Ints
    recorded_at: Ints
    quantity: Coded
    uom: Coded
    base_quantity: Coded
    occurred_offset: Coded
    place_id: Coded
    source_system: Coded
    source_record: Coded
    confidence: Coded

    def columns(self, edges: Ints) -> dict[str, list[Any]]:
        """The columns of some edges, by name."""
        found: dict[str, list[Any]] = {"edge_id": self.edge_id.pick(edges)}
        for name in TIMES:
            values = getattr(self, name)[edges]
            known = (values != _NO_TIME).tolist()
            pairs = zip(values.tolist(), known, strict=True)
            found[name] = [value if there else None for value, there in pairs]
        for name in CODED:
            found[name] = getattr(self, name).pick(edges)
        return found


@dataclass(frozen=True, slots=True)
class Layers:
    """Records of a snapshot, and of edges that were put behind them since."""

    parts: tuple[Records, ...]

    @property
    def base(self) -> Records:
        """The records that were there when the snapshot was made."""
        return self.parts[0]

    def columns(self, edges: Ints) -> dict[str, list[Any]]:
        """The columns of some edges, by name."""
        ends = np.cumsum([len(part.edge_id) for part in self.parts])
        layer = np.searchsorted(ends, edges, side="right")
        if not layer.any():
            return self.parts[0].columns(edges)
        found: dict[str, list[Any]] = {
            name: [None] * len(edges) for name in ("edge_id", *TIMES, *CODED)
        }
        for number in np.unique(layer).tolist():
            places = np.flatnonzero(layer == number)
            first = ends[number] - len(self.parts[number].edge_id)
            for name, values in self.parts[number].columns(edges[places] - first).items():
                for place, value in zip(places.tolist(), values, strict=True):
                    found[name][place] = value
        return found


class RecordsBuilder:
    """Takes in the columns of edges page by page, in the order of their numbers."""

    def __init__(self) -> None:
        self._ids: list[Texts] = []
        self._times: dict[str, list[Ints]] = {name: [] for name in TIMES}
        self._codes: dict[str, list[Ints]] = {name: [] for name in CODED}
        self._tables = {name: Codes() for name in CODED}

    def add(self, rows: FlowRows) -> None:
        """Put edges behind those that are there."""
        self._ids.append(Texts.of(rows.edge_id))
        for name in TIMES:
            self._times[name].append(times(getattr(rows, name)))
        for name in CODED:
            self._codes[name].append(self._tables[name].of(getattr(rows, name)))

    def done(self) -> Records:
        """All columns."""
        moments: dict[str, Any] = {n: _joined(parts, np.int64) for n, parts in self._times.items()}
        coded: dict[str, Any] = {
            name: Coded(_joined(parts, np.int32), self._tables[name].table())
            for name, parts in self._codes.items()
        }
        return Records(Texts.joined(self._ids), **moments, **coded)


def _joined(parts: list[Ints], dtype: type) -> Ints:
    return np.concatenate([np.empty(0, dtype=dtype), *parts])


def flow_rows(
    columns: dict[str, Any], source: list[NodeId], target: list[NodeId], sign: Ints
) -> FlowRows:
    """Edges as an answer tells them; all that a snapshot holds is in force."""
    types = list(map(_FLOWS.__getitem__, (sign & FLOW_BITS).tolist()))
    retracted: list[int | None] = [None] * len(source)
    return FlowRows(source, target, types, retracted_at=retracted, **columns)
