"""All that a snapshot holds, whether it was read from files or has just been made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from genealogy.model.facts import NodeId
from genealogy.ports import DataState
from genealogy.snapshot.graph import Scale, Side
from genealogy.snapshot.records import Layers
from genealogy.snapshot.texts import Names, Texts
from genealogy.trace import room
from genealogy.trace.kernel.state import FOUND, OTHERS, REACHED, STOPS, Column, Run

Ints = npt.NDArray[Any]
T = TypeVar("T")
_KEPT_RUNS = 4
# One place is written in the time in which so many are that lie side by side.
_MANY = 16


@dataclass(frozen=True, slots=True)
class Nodes:
    """What is known of nodes, by number: ids in rising order, kinds, marks, products they name.

    ``rank`` orders them as their ids do. ``product`` is -1 where the id names none.
    """

    ids: Names
    rank: Ints
    mark: Ints
    kind: Ints
    product: Ints
    products: Texts

    def __len__(self) -> int:
        return len(self.mark)

    def number(self, node_ids: Collection[NodeId]) -> dict[NodeId, int]:
        """The numbers of those of these nodes that are known."""
        found = ((node_id, self.ids.find(node_id)) for node_id in node_ids)
        return {node_id: number for node_id, number in found if number >= 0}

    def named(self, *columns: Ints) -> list[list[NodeId]]:
        """The ids of the nodes in columns, each text made once however often it stands there."""
        met = self._met(columns)
        at = np.empty(len(self), dtype=np.int32)
        at[met] = np.arange(len(met), dtype=np.int32)
        names = np.array(self.ids.pick(met), dtype=object)
        return [names[at[column]].tolist() for column in columns]

    def _met(self, columns: Sequence[Ints]) -> Ints:
        """The nodes in columns, each once."""
        if sum(map(len, columns)) * _MANY < len(self):
            return np.unique(np.concatenate(columns))
        there = np.zeros(len(self), dtype=bool)
        for column in columns:
            there[column] = True
        return np.flatnonzero(there)


@dataclass(frozen=True, slots=True)
class Content:
    """A flow graph in both directions, as the database held it in ``state``.

    ``still`` are the products that pass nothing on, or of which some has no lot number.
    ``open_records`` gets the columns that answers alone need, when first asked for.
    """

    nodes: Nodes
    forward: Side
    backward: Side
    open_records: Callable[[], Layers]
    scale: Scale
    state: DataState
    still: frozenset[NodeId] = frozenset()
    _met: dict[str, int] = field(default_factory=dict, repr=False)
    _spare: list[Run] = field(default_factory=list, repr=False)
    _made: dict[str, Any] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=Lock, repr=False)

    def made(self, name: str, make: Callable[[], T]) -> T:
        """What is worked out of the columns when it is first asked for, and then kept."""
        if name not in self._made:
            # Twice at worst: both times the same.
            self._made[name] = make()
        found: T = self._made[name]
        return found

    @property
    def watermark(self) -> int:
        """How many writes the database had accepted."""
        return self.state.watermark

    @property
    def marks(self) -> int:
        """All bits that any node has in its mark."""
        return self._all("marks", self.nodes.mark)

    @property
    def signs(self) -> int:
        """All bits that any edge has in its sign."""
        return self._all("signs", self.forward.sign)

    @property
    def kinds(self) -> int:
        """Which kinds of node there are, as bits by their codes."""
        if "kinds" not in self._met:
            self._met["kinds"] = sum(1 << code for code in np.unique(self.nodes.kind).tolist())
        return self._met["kinds"]

    def _all(self, name: str, column: Ints) -> int:
        if name not in self._met:
            self._met[name] = int(np.bitwise_or.reduce(column)) if len(column) else 0
        return self._met[name]

    @property
    def records(self) -> Layers:
        """The columns of edges that answers alone need."""
        return self.open_records()

    @contextmanager
    def columns(self) -> Iterator[Lent]:
        """Columns for one walk; they are cleaned and used again, since making them takes time."""
        with self._lock:
            run = self._spare.pop() if self._spare else None
        if run is None:
            edges = max(len(self.forward.head), len(self.backward.head))
            run = room.arrays(len(self.nodes), edges, self.scale.latest)
        lent = Lent(run, np.zeros(32, dtype=np.int64))
        yield lent
        # Not after a failure: what it left in the columns is not known.
        clean(lent.run, lent.tally, self.scale.latest)
        with self._lock:
            if len(self._spare) < _KEPT_RUNS:
                self._spare.append(lent.run)


@dataclass(slots=True)
class Lent:
    """Columns of a walk, and its counts."""

    run: Run
    tally: Column


def clean(run: Run, tally: Column, latest: int) -> None:
    """Take out of the columns what a walk wrote, so that they are as new."""
    nodes = _few(run.reached[: tally[REACHED]], len(run.first))
    run.arrival[nodes] = latest
    run.first[nodes] = -1
    run.settled[nodes] = 0
    if tally[OTHERS]:
        run.passing[nodes] = latest
        run.span[nodes] = -1
        run.cursor[nodes] = -1
    if tally[STOPS]:
        run.shut.fill(0)
    run.kept[_few(run.found[: tally[FOUND]], len(run.kept))] = 0


def _few(places: Ints, count: int) -> Any:
    """Places to clean, or all there are where that is faster."""
    return slice(None) if len(places) > count // _MANY else places.astype(np.int64)
