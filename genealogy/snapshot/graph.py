"""The flow graph as compressed sparse rows, in both directions.

Nodes are numbers, edges are numbers by their place in the forward rows. Times count a
unit from an origin, as whole numbers of four bytes where that holds them all: a second
or a minute is enough for most records. Backward is forward in a mirror, so its windows
are stored mirrored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.names import Flow
from genealogy.trace.signs import FLOW_BITS, FLOW_CODES, INTO_BOX, LASTING
from genealogy.trace.windows import BEGIN, END

Ints = npt.NDArray[Any]
_DELIVERED = FLOW_CODES[Flow.DELIVERED_TO]
_UNITS = (60_000_000, 1_000_000, 1_000, 1)
_SMALL = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True)
class Scale:
    """How times are stored: ``origin`` and ``unit`` are microseconds, ``latest`` no known limit."""

    unit: int
    origin: int
    latest: int

    @property
    def dtype(self) -> type:
        """The type of stored times."""
        return np.int32 if self.latest == _SMALL else np.int64

    def stored(self, micros: Ints) -> Ints:
        """Times as stored."""
        scaled = (micros - self.origin) // self.unit
        scaled = np.where(micros == BEGIN, -self.latest, scaled)
        return np.where(micros == END, self.latest, scaled).astype(self.dtype)

    def holds(self, micros: Ints) -> bool:
        """Whether times can be stored without loss."""
        return bool(np.array_equal(self.micros(self.stored(micros)), micros))

    def micros(self, stored: Ints) -> Ints:
        """Stored times in microseconds since 1970-01-01 UTC."""
        wide = stored.astype(np.int64)
        micros = wide * self.unit + self.origin
        micros[wide == -self.latest] = BEGIN
        micros[wide == self.latest] = END
        return micros


ANY_TIME = Scale(1, 0, END)


def scale_of(*columns: Ints) -> Scale:
    """The scale that takes the least memory for these times (microseconds) without loss."""
    known = np.concatenate([c[(c != BEGIN) & (c != END)] for c in columns])
    if not len(known):
        return Scale(1, 0, _SMALL)
    origin = int(known.min())
    since = known - origin
    for unit in _UNITS:
        if int(since.max()) // unit < _SMALL and not (since % unit).any():
            return Scale(unit, origin, _SMALL)
    return ANY_TIME


@dataclass(frozen=True, slots=True)
class Side:
    """One direction: rows by node, then columns by place in it; ``edge`` is the edge's number.

    Where all edges are moments, ``opens`` and ``closes`` are one column.

    ``door`` are nodes to which things were delivered (backward), in order, and ``step``
    where those edges begin, which lie before the others of the row.
    """

    begin: Ints
    split: Ints
    stop: Ints
    head: Ints
    opens: Ints
    closes: Ints
    sign: Ints
    edge: Ints | None
    door: Ints
    step: Ints


def is_sound(side: Side, nodes: int) -> bool:
    """Whether all rows lie among the edges, and all edges lead to nodes.

    Compiled code takes that for granted, and would read anywhere in memory.
    """
    edges = len(side.head)
    by_edge = (side.opens, side.closes, side.sign, *(() if side.edge is None else (side.edge,)))
    by_node = (side.begin, side.split, side.stop)
    return (
        all(len(column) == edges for column in by_edge)
        and all(len(column) == nodes for column in by_node)
        and all(_below(column, edges + 1) for column in (*by_node, side.step))
        and all(_below(column, nodes) for column in (side.head, side.door))
        and (side.edge is None or _below(side.edge, edges))
    )


def _below(column: Ints, limit: int) -> bool:
    return not len(column) or bool(column.min() >= 0 and column.max() < limit)


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges to arrange: numbers of nodes, sign without place, and window as stored."""

    source: Ints
    target: Ints
    sign: Ints
    opens: Ints
    closes: Ints

    @classmethod
    def joined(cls, parts: Sequence[Edges]) -> Edges:
        """The edges of several, one behind the other."""
        none = np.empty(0, dtype=np.int32)
        nothing = cls(none, none, none.astype(np.uint8), none, none)
        return cls(
            *(
                np.concatenate([getattr(part, column.name) for part in (nothing, *parts)])
                for column in fields(cls)
            )
        )

    def picked(self, order: Ints) -> Edges:
        """The edges at these places, in this order."""
        columns = (self.source, self.target, self.sign, self.opens, self.closes)
        return Edges(*(column[order] for column in columns))


def forward_order(edges: Edges) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The order of edges in forward rows; and which equal the one before but for their ids."""
    keys = (edges.target, edges.closes, edges.opens, edges.source)
    order = np.lexsort(keys)
    same = np.ones(max(0, len(order) - 1), dtype=bool)
    for key in keys:
        ordered = key[order]
        same &= ordered[1:] == ordered[:-1]
    return order, np.concatenate(([False], same)) if len(order) else same


def forward_side(edges: Edges, nodes: int) -> Side:
    """The forward rows of edges that are in forward order."""
    bounds = _bounds(edges.source, nodes)
    sign = _with_lasting(edges.sign, edges.opens, edges.closes, edges.source)
    none = np.empty(0, dtype=np.int32)
    begin, stop = bounds[:-1], bounds[1:]
    opens, closes = alike(edges.opens, edges.closes)
    return Side(begin, stop, stop, edges.target, opens, closes, sign, None, none, none)


def backward_side(edges: Edges, nodes: int) -> Side:
    """The backward rows of edges that are in forward order."""
    code = edges.sign & FLOW_BITS
    into_box = np.isin(code, [FLOW_CODES[flow] for flow in INTO_BOX])
    part = np.where(code == _DELIVERED, 0, 1).astype(np.int8) + into_box
    order = np.lexsort((-edges.opens, -edges.closes, part, edges.target))
    target, part = edges.target[order], part[order]
    opens, closes = alike(-edges.closes[order], -edges.opens[order])
    bounds = _bounds(target, nodes)
    delivered = np.bincount(target[part == 0], minlength=nodes).astype(np.int32)
    boxed = np.bincount(target[part == 2], minlength=nodes).astype(np.int32)
    door = np.flatnonzero(delivered).astype(np.int32)
    sign = _with_lasting(edges.sign[order], opens, closes, target.astype(np.int64) * 3 + part)
    return Side(
        begin=bounds[:-1] + delivered,
        split=bounds[1:] - boxed,
        stop=bounds[1:],
        head=edges.source[order],
        opens=opens,
        closes=closes,
        sign=sign,
        edge=order.astype(np.int32),
        door=door,
        step=bounds[:-1][door],
    )


def alike(opens: Ints, closes: Ints) -> tuple[Ints, Ints]:
    """Two columns, as one where they say the same."""
    return (opens, opens) if np.array_equal(opens, closes) else (opens, closes)


def rows_of(side: Side, nodes: Ints) -> tuple[Ints, Ints]:
    """The places of all edges of nodes, deliveries too, and the node of each."""
    begin = begins_of(side, nodes)
    counts = side.stop[nodes] - begin
    near = np.repeat(nodes, counts)
    ends = np.cumsum(counts)
    places = np.arange(len(near)) + np.repeat(begin - (ends - counts), counts)
    return places, near


def begins_of(side: Side, nodes: Ints) -> Ints:
    """Where the rows of nodes begin, deliveries included."""
    begin = side.begin[nodes].astype(np.int64)
    if len(side.door):
        at = np.minimum(np.searchsorted(side.door, nodes), len(side.door) - 1)
        found = side.door[at] == nodes
        begin[found] = side.step[at[found]]
    return begin


def _bounds(near: Ints, nodes: int) -> Ints:
    """Where the row of each node begins, and where the last one ends."""
    counts = np.bincount(near, minlength=nodes)
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)


def _with_lasting(sign: Ints, opens: Ints, closes: Ints, part: Ints) -> Ints:
    """Signs that tell where, from the beginning of its part of a row, an edge lasts."""
    lasts = opens != closes
    if not lasts.any():
        return sign
    places = np.arange(len(sign))
    latest = np.maximum.accumulate(np.where(lasts, places, -1))
    starts = np.concatenate(([True], part[1:] != part[:-1]))
    begun = np.maximum.accumulate(np.where(starts, places, 0))
    return np.where(latest >= begun, sign | LASTING, sign).astype(np.uint8)
