"""Room in the columns of a walk: lists that grow with what is read, or arrays that last.

A kernel allocates nothing, so whoever calls it has to see to it beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from genealogy.trace.kernel.state import Column, Run

#: By node, what stands for "nothing yet"; None stands for the latest time.
BY_NODE: dict[str, int | None] = {
    "arrival": None,
    "passing": None,
    "first": -1,
    "distance": -1,
    "pending": -1,
    "settled": 0,
    "span": -1,
    "cursor": -1,
    "shut": 0,
}
BY_LABEL = ("node", "start", "end", "edge", "before", "inward", "frontier", "given", "halted")
_BOXED = ("box_node", "box_start", "box_end", "box_edge", "box_label", "box_ends")
_PLAIN = ("plain_node", "plain_edge", "plain_label")
_SPANS = ("span_start", "span_end", "span_next")
_FOUND = ("found", "near")
_node_columns = attrgetter(*BY_NODE)
_counted_by_node = attrgetter("reached", *_PLAIN)
_edge_columns = attrgetter("kept", *_FOUND)
_TIMES = frozenset({"arrival", "passing", "start", "end", "box_start", "box_end"}) | set(_SPANS[:2])
_BYTES = frozenset({"inward", "shut", "box_ends", "kept"})


def lists() -> Run:
    """Columns without any room, as lists."""
    return Run(*(bytearray() if name in _BYTES else [] for name in Run._fields))


def arrays(nodes: int, edges: int, latest: int) -> Run:
    """Columns for so many nodes and edges, as arrays, with little room for the rest.

    Memory that is not written to is not taken.
    """
    sizes = dict.fromkeys((*BY_NODE, "reached", *_PLAIN), nodes)
    sizes |= dict.fromkeys(("kept", *_FOUND), edges)
    moments = np.int32 if latest <= np.iinfo(np.int32).max else np.int64
    made: dict[str, Column] = {
        name: np.zeros(sizes.get(name, 0), dtype=_kind(name, moments)) for name in Run._fields
    }
    for name, nothing in BY_NODE.items():
        if nothing != 0:
            made[name].fill(latest if nothing is None else nothing)
    return Run(**made)


def _kind(name: str, moments: type) -> type:
    return moments if name in _TIMES else np.uint8 if name in _BYTES else np.int32


def fit_graph(run: Run, nodes: int, edges: int, latest: int) -> None:
    """Make room, in lists, for so many nodes and edges."""
    more = nodes - len(run.first)
    if more > 0:
        for column, nothing in zip(_node_columns(run), BY_NODE.values(), strict=True):
            _lengthen(column, more, latest if nothing is None else nothing)
        for column in _counted_by_node(run):
            _lengthen(column, more, 0)
    more = edges - len(run.kept)
    if more > 0:
        for column in _edge_columns(run):
            _lengthen(column, more, 0)


def with_labels(run: Run, size: int) -> Run:
    """The columns with room for so many labels."""
    return _with(run, BY_LABEL, size) if size > len(run.node) else run


def with_arrivals(run: Run, size: int) -> Run:
    """The columns with room for so many arrivals in pieces."""
    return _with(run, _BOXED, size) if size > len(run.box_node) else run


def with_spans(run: Run, size: int) -> Run:
    """The columns with room for so many intervals."""
    return _with(run, _SPANS, size) if size > len(run.span_start) else run


def _with(run: Run, names: Sequence[str], size: int) -> Run:
    columns = {name: _sized(getattr(run, name), max(16, size)) for name in names}
    return run._replace(**columns)


def _sized(column: Column, size: int) -> Column:
    """The column with at least this size: a list grows, of an array a larger one is made."""
    size = max(size, 2 * len(column))
    if not isinstance(column, np.ndarray):
        _lengthen(column, size - len(column), 0)
        return column
    larger = np.empty(size, dtype=column.dtype)
    larger[: len(column)] = column
    return larger


def _lengthen(column: Any, more: int, value: int) -> None:
    column.extend(bytes(more) if isinstance(column, bytearray) and not value else [value] * more)
