"""JSON lines: one record a line, each naming what it is in ``record``.

The first line holds the question and the completeness; the last, ``end``, the
counts and the completeness again. A file without ``end`` was cut short.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import orjson

from genealogy.exports.records import (
    Record,
    completeness_record,
    edge_records,
    node_records,
    query_record,
)
from genealogy.trace.result import Trace


def write(trace: Trace, out: BinaryIO) -> None:
    """Write the trace as one JSON record a line."""
    completeness = completeness_record(trace.completeness)
    _line(out, "trace", {"query": query_record(trace.query), "completeness": completeness})
    nodes = _lines(out, "node", node_records(trace))
    edges = _lines(out, "edge", edge_records(trace))
    _line(out, "end", {"nodes": nodes, "edges": edges, "completeness": completeness})


def _lines(out: BinaryIO, record: str, records: Iterator[Record]) -> int:
    count = 0
    for fields in records:
        _line(out, record, fields)
        count += 1
    return count


def _line(out: BinaryIO, record: str, fields: Record) -> None:
    out.write(orjson.dumps({"record": record, **fields}, option=orjson.OPT_APPEND_NEWLINE))
