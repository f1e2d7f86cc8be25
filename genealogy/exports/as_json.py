"""JSON: one document with query, nodes, edges and completeness, one record a line.

Written record by record: the document is never held in memory a second time. At its
end stand the watermark of the data it was made of, where that is known, and its digest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import orjson

from genealogy.exports.digest import digest_of
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
    out.writelines(parts(trace))


def parts(trace: Trace, digest: str | None = None) -> Iterator[bytes]:
    """The document piece by piece; ``digest`` is that of the answer where it is known."""
    yield b'{\n"query": ' + orjson.dumps(query_record(trace.query))
    yield b',\n"nodes": '
    yield from _list(node_records(trace))
    yield b',\n"edges": '
    yield from _list(edge_records(trace))
    yield b',\n"completeness": ' + orjson.dumps(completeness_record(trace.completeness))
    yield b',\n"watermark": ' + orjson.dumps(trace.watermark)
    yield b',\n"digest": ' + orjson.dumps(digest or digest_of(trace))
    yield b"\n}\n"


def _list(records: Iterator[Record]) -> Iterator[bytes]:
    separator = b"[\n"
    for record in records:
        yield separator + orjson.dumps(record)
        separator = b",\n"
    yield b"[]" if separator == b"[\n" else b"\n]"
