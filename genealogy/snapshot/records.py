"""What the walk does not need of edges and nodes, but the answer tells: mapped when asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.ports import FlowRows
from genealogy.snapshot.texts import Coded, Codes, Texts, gathered
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
#: Stands for a time that is not known.
NO_TIME = np.iinfo(np.int64).min
_FLOWS = [str(flow) for flow in Flow]


def times(column: Sequence[int | None]) -> Ints:
    """Times as an array; what is not known as the least number."""
    if None in column:
        column = [NO_TIME if moment is None else moment for moment in column]
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

    @classmethod
    def joined(cls, parts: Sequence[Records]) -> Records:
        """The records of several, one behind the other."""
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts]) for name in TIMES
        }
        columns |= {name: Coded.joined([getattr(part, name) for part in parts]) for name in CODED}
        return cls(Texts.joined([part.edge_id for part in parts]), **columns)

    def __len__(self) -> int:
        return len(self.edge_id)


@dataclass(frozen=True, slots=True)
class Layers:
    """Records of a snapshot, and of edges that were put behind them since."""

    parts: tuple[Records, ...]

    @property
    def base(self) -> Records:
        """The records that were there when the snapshot was made."""
        return self.parts[0]

    def with_part(self, more: Records) -> Layers:
        """These and more, in few parts however many times there come more."""
        *before, last = self.parts
        while before and len(last) <= 2 * len(more):
            more = Records.joined([last, more])
            *before, last = before
        return Layers((*before, last, more))

    def edge_ids(self, edges: Ints) -> Texts:
        """The ids of some edges."""
        found = [(part.edge_id, goes, places) for part, goes, places in self._in_parts(edges)]
        return gathered(found, len(edges))

    def moments(self, name: str, edges: Ints) -> Ints:
        """One of the ``TIMES`` of some edges; NO_TIME where it is not known."""
        found = np.empty(len(edges), dtype=np.int64)
        for part, goes, places in self._in_parts(edges):
            found[slice(None) if goes is None else goes] = getattr(part, name)[places]
        return found

    def coded(self, name: str, edges: Ints) -> Coded:
        """One of the ``CODED`` columns of some edges."""
        parts = list(self._in_parts(edges))
        found = [getattr(part, name).picked(places) for part, _, places in parts]
        if len(parts) == 1 and parts[0][1] is None:
            only: Coded = found[0]
            return only
        joined, code = Coded.joined(found), np.empty(len(edges), dtype=np.int32)
        code[np.concatenate([goes for _, goes, _ in parts])] = joined.code
        return Coded(code, joined.table)

    def columns(self, edges: Ints) -> dict[str, list[Any]]:
        """The columns of some edges, by name."""
        found: dict[str, list[Any]] = {"edge_id": self.edge_ids(edges).listed()}
        for name in TIMES:
            found[name] = listed(self.moments(name, edges))
        for name in CODED:
            found[name] = self.coded(name, edges).listed()
        return found

    def _in_parts(self, edges: Ints) -> Iterator[tuple[Records, Ints | None, Ints]]:
        """In which part edges are: the part, which of these edges, and their places in it."""
        if len(self.parts) == 1 or not len(edges) or edges.max() < len(self.base):
            yield self.base, None, edges
            return
        ends = np.cumsum([len(part) for part in self.parts])
        layer = np.searchsorted(ends, edges, side="right")
        for number in np.unique(layer).tolist():
            goes = np.flatnonzero(layer == number)
            part = self.parts[number]
            yield part, goes, edges[goes] - (ends[number] - len(part))


def listed(moments: Ints) -> list[int | None]:
    """Times as a list; null where they are not known."""
    unknown = moments == NO_TIME
    if unknown.all():
        return [None] * len(moments)
    found: list[int | None] = moments.tolist()
    for at in np.flatnonzero(unknown).tolist():
        found[at] = None
    return found


class RecordsBuilder:
    """Takes in the columns of edges page by page, in the order of their numbers."""

    def __init__(self) -> None:
        self._ids: list[Texts] = []
        self._times: dict[str, list[Ints]] = {name: [] for name in TIMES}
        self._codes: dict[str, list[Ints]] = {name: [] for name in CODED}
        self._tables = {name: Codes() for name in CODED}

    def add(self, rows: FlowRows, order: Ints) -> None:
        """Put edges behind those that are there, in this order."""
        self._ids.append(Texts.of(rows.edge_id).picked(order))
        for name in TIMES:
            self._times[name].append(times(getattr(rows, name))[order])
        for name in CODED:
            self._codes[name].append(self._tables[name].of(getattr(rows, name))[order])

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
