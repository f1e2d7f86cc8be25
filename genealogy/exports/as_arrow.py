"""Arrow IPC streams: the nodes or the movements of an answer as one table of columns each.

For programs that read whole answers: columns are copied rather than spelt out and read
again. Needs pyarrow (extra ``arrow``). Fields are those of the JSON records; what is not a
plain value there (amounts, properties …) is a text in JSON here. The metadata of the
schema tell the question, the completeness, the watermark and the digest of the answer.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import orjson

from genealogy.exports.records import Record, completeness_record, node_records, query_record
from genealogy.model.names import RECORDED
from genealogy.trace.result import Trace

if TYPE_CHECKING:
    import pyarrow as pa

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
#: Rows in one batch of a stream: more are no faster, and what is made of them is in memory.
BATCH = 1 << 12

Part = Literal["nodes", "edges"]

_TIMES = ("occurred_at", "valid_from", "valid_to", "recorded_at", "retracted_at")
#: Fields of a movement, and the columns of the trace that they are.
_EDGES = {
    "id": "edge_id",
    "type": "type",
    "source": "source",
    "target": "target",
    "quantity": "quantity",
    "uom": "uom",
    "base_quantity": "base_quantity",
    **{name: name for name in _TIMES},
    "occurred_offset": "occurred_offset",
    "place_id": "place_id",
    "source_system": "source_system",
    "source_record": "source_record",
    "confidence": "confidence",
}
_NODE_LISTS = ("roles", "identifiers", "via", "gaps")
_NODE_TIMES = ("first_exposure", "last_contribution")
_NODE_FLAGS = ("hypothetical", "inferred")
_NODE_JSON = ("amounts", "exposed", "found_in", "properties")
_NODES = (
    *("id", "kind", "roles", "identifiers", "code", "name", "product_name", "label"),
    *("direction", "distance", "first_exposure", "last_contribution", "via", "frontier"),
    *("gaps", "hypothetical", "inferred", "amounts", "exposed", "found_in", "properties"),
)


def is_to_be_had() -> bool:
    """Whether pyarrow is installed."""
    return find_spec("pyarrow") is not None


def parts(trace: Trace, part: Part, digest: str) -> Generator[bytes, None, None]:
    """The nodes or the movements of an answer as an Arrow IPC stream, batch by batch.

    In the order of the JSON document. Raises ImportError without pyarrow.
    """
    import pyarrow as pa

    schema = _schema(part).with_metadata(_metadata(trace, digest))
    batches = _nodes(trace, schema) if part == "nodes" else _edges(trace, schema)
    sink = _Sink()
    with pa.ipc.new_stream(pa.PythonFile(sink, "w"), schema) as stream:
        for batch in batches:
            stream.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


class _Sink:
    """A stream that hands out what was written to it since it was last asked."""

    closed = False

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, piece: bytes) -> int:
        self._written += piece
        return len(piece)

    def taken(self) -> bytes:
        written, self._written = bytes(self._written), bytearray()
        return written

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""


def _metadata(trace: Trace, digest: str) -> dict[str, str]:
    told = {
        "query": query_record(trace.query),
        "completeness": completeness_record(trace.completeness),
        "watermark": trace.watermark,
        "digest": digest,
    }
    return {"lotgraph": orjson.dumps(told).decode()}


def _schema(part: Part) -> pa.Schema:
    import pyarrow as pa

    moment, texts = pa.timestamp("us", tz="UTC"), pa.list_(pa.string())
    if part == "edges":
        return pa.schema([(name, moment if name in _TIMES else pa.string()) for name in _EDGES])
    kinds = {
        **dict.fromkeys(_NODE_LISTS, texts),
        **dict.fromkeys(_NODE_TIMES, moment),
        "distance": pa.int32(),
        **dict.fromkeys(_NODE_FLAGS, pa.bool_()),
    }
    return pa.schema([(name, kinds.get(name, pa.string())) for name in _NODES])


def _edges(trace: Trace, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    order = trace.edge_order()
    for start in range(0, len(order), BATCH):
        picks = order[start : start + BATCH]
        columns = {name: _picked(trace, name, picks) for name in _EDGES}
        yield pa.record_batch(
            [pa.array(columns[field.name], field.type) for field in schema], schema=schema
        )


def _picked(trace: Trace, name: str, picks: Sequence[int]) -> list[Any]:
    """A field of the edges at these places, as it stands in their records."""
    column = getattr(trace.edges, _EDGES[name])
    if name != "recorded_at":
        return [column[i] for i in picks]
    flows = trace.edges.type
    return [column[i] if flows[i] in RECORDED else None for i in picks]


def _nodes(trace: Trace, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    records = node_records(trace)
    while columns := _columns(islice(records, BATCH)):
        yield pa.record_batch([_column(field, columns) for field in schema], schema=schema)


def _columns(records: Iterable[Record]) -> dict[str, list[Any]]:
    """The fields of nodes as columns; empty where there are none.

    Records are let go one by one: the more there are, the more often Python looks for cycles.
    """
    columns: dict[str, list[Any]] = {}
    for record in records:
        for name in _NODES:
            columns.setdefault(name, []).append(_told(record, name))
    return columns


def _told(record: Record, name: str) -> Any:
    if name not in _NODE_JSON:
        return record.get(name)
    return orjson.dumps(record[name]).decode() if name in record else None


def _column(field: pa.Field, columns: Mapping[str, list[Any]]) -> pa.Array:
    import pyarrow as pa

    if field.name in _NODE_TIMES:
        return pa.array(columns[field.name], pa.string()).cast(field.type)
    if field.name in _NODE_FLAGS:
        return pa.array([told is not None for told in columns[field.name]])
    return pa.array(columns[field.name], field.type)
