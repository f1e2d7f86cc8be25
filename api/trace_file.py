"""An answer as a file from which it can be read back whole, a piece of it at a time.

One JSON value a line: first all that is short, then long columns in pieces. So neither
writing nor reading holds the file in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, BinaryIO, TypeVar, cast

import orjson
from pydantic import TypeAdapter

from genealogy.model.facts import NodeId
from genealogy.model.times import iso
from genealogy.ports import FlowRows, NodeRow
from genealogy.trace.result import Amount, ReachedColumns, Steps, Trace

#: Entries of a column on one line.
PIECE = 10_000

_TRACE = TypeAdapter(Trace)
_AMOUNTS = TypeAdapter(dict[NodeId, tuple[Amount, ...]])
Columns = dict[str, list[Any]]
Line = dict[str, Any]
T = TypeVar("T")


class Damaged(Exception):
    """A file is not the one that was written."""


def write(trace: Trace, out: BinaryIO) -> str:
    """Write an answer, and return the SHA-256 of the file in hexadecimal."""
    told = hashlib.sha256()
    for line in _lines(trace):
        written = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        told.update(written)
        out.write(written)
    return told.hexdigest()


def read(source: BinaryIO, digest: str) -> Trace | None:
    """Read an answer back; null when the file has the form of another version.

    Raises Damaged when it has another digest.
    """
    # First, for nothing that was altered should be read as if it were ours.
    if hashlib.file_digest(cast(Any, source), "sha256").hexdigest() != digest:
        raise Damaged()
    source.seek(0)
    try:
        return _read(source)
    except (ValueError, KeyError, TypeError):
        return None


def _lines(trace: Trace) -> Iterator[Line]:
    short = replace(trace, reached=(), edges=FlowRows(), rows={}, steps={}, amounts=None)
    yield {"trace": _TRACE.dump_python(short, mode="json")}
    yield from ({"reached": piece} for piece in _pieces(_columns(ReachedColumns.of(trace.reached))))
    yield from ({"edges": piece} for piece in _pieces(_columns(trace.edges)))
    for way, steps in trace.steps.items():
        walked: Columns = {"edge": steps.edge, "before": steps.before}
        first: Columns = {"node": list(steps.first), "step": list(steps.first.values())}
        yield from ({"steps": piece, "way": way} for piece in _pieces(walked))
        yield from ({"first": piece, "way": way} for piece in _pieces(first))
    for rows in _cut(list(trace.rows.values())):
        yield {"rows": list(map(_told, rows))}
    if trace.amounts is not None:
        for amounts in _cut(list(trace.amounts.items())):
            yield {"amounts": _AMOUNTS.dump_python(dict(amounts), mode="json")}


def _read(source: BinaryIO) -> Trace:
    trace = _TRACE.validate_python(orjson.loads(source.readline())["trace"])
    reached, edges = _columns(ReachedColumns()), _columns(FlowRows())
    steps: dict[Any, Steps] = {}
    rows: dict[NodeId, NodeRow] = {}
    amounts: dict[NodeId, tuple[Amount, ...]] | None = None
    for line in map(orjson.loads, source):
        match line:
            case {"reached": piece}:
                _extend(reached, piece)
            case {"edges": piece}:
                _extend(edges, piece)
            case {"steps": piece, "way": way}:
                told = steps.setdefault(way, Steps())
                _extend({"edge": told.edge, "before": told.before}, piece)
            case {"first": piece, "way": way}:
                steps[way].first.update(zip(piece["node"], piece["step"], strict=True))
            case {"rows": piece}:
                rows.update((row.node_id, row) for row in map(_row, piece))
            case {"amounts": piece}:
                amounts = (amounts or {}) | _AMOUNTS.validate_python(piece)
    return replace(
        trace,
        reached=ReachedColumns(**reached),
        edges=FlowRows(**edges),
        steps=steps,
        rows=rows,
        amounts=amounts,
    )


def _columns(columns: ReachedColumns | FlowRows) -> Columns:
    return {column.name: getattr(columns, column.name) for column in fields(columns)}


def _pieces(columns: Columns) -> Iterator[Columns]:
    for cut in zip(*map(_cut, columns.values()), strict=True):
        yield dict(zip(columns, cut, strict=True))


def _cut(column: Sequence[T]) -> Iterator[Sequence[T]]:
    # At least once, so that what is empty is told too.
    return (column[i : i + PIECE] for i in range(0, max(1, len(column)), PIECE))


def _extend(columns: Columns, piece: Columns) -> None:
    for name, column in columns.items():
        column.extend(piece[name])


def _told(row: NodeRow) -> list[Any]:
    """What is known of a node, without anything that JSON cannot hold."""
    told = {n: iso(v) if isinstance(v, datetime) else v for n, v in row.properties.items()}
    known = (row.node_id, row.kind, row.roles, row.code, row.name, row.identifiers)
    return [*known, told, row.product_id]


def _row(told: Sequence[Any]) -> NodeRow:
    node_id, kind, roles, code, name, identifiers, properties, product_id = told
    known = (NodeId(node_id), kind, tuple(roles), code, name, tuple(identifiers))
    return NodeRow(*known, properties, product_id)
