"""JSON lines: one record a line, each naming what it is in ``record``.

The first line holds the question, the completeness and the watermark of the data; the
last, ``end``, the counts, the completeness again, and the digest of the answer, which is
that of the JSON document. A file without ``end`` was cut short.
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
    """Write the trace as one JSON record a line."""
    out.writelines(parts(trace))


def parts(trace: Trace, digest: str | None = None) -> Iterator[bytes]:
    """The lines one by one; ``digest`` is that of the answer where it is known."""
    completeness = completeness_record(trace.completeness)
    asked = {"query": query_record(trace.query), "completeness": completeness}
    yield _line("trace", {**asked, "watermark": trace.watermark})
    nodes = edges = 0
    for nodes, record in enumerate(node_records(trace), 1):  # noqa: B007
        yield _line("node", record)
    for edges, record in enumerate(edge_records(trace), 1):  # noqa: B007
        yield _line("edge", record)
    counts = {"nodes": nodes, "edges": edges, "completeness": completeness}
    yield _line("end", {**counts, "digest": digest or digest_of(trace)})


def _line(record: str, fields: Record) -> bytes:
    return orjson.dumps({"record": record, **fields}, option=orjson.OPT_APPEND_NEWLINE)
