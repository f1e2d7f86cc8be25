"""JSON: one document with query, nodes, edges and completeness, one record a line.

Written record by record: the document is never held in memory a second time.
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
    """Write the trace as one JSON document."""
    out.write(b'{\n"query": ' + orjson.dumps(query_record(trace.query)))
    out.write(b',\n"nodes": ')
    _write_list(node_records(trace), out)
    out.write(b',\n"edges": ')
    _write_list(edge_records(trace), out)
    out.write(b',\n"completeness": ' + orjson.dumps(completeness_record(trace.completeness)))
    out.write(b"\n}\n")


def _write_list(records: Iterator[Record], out: BinaryIO) -> None:
    separator = b"[\n"
    for record in records:
        out.write(separator + orjson.dumps(record))
        separator = b",\n"
    out.write(b"[]" if separator == b"[\n" else b"\n]")
