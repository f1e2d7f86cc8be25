"""Arrow streams: the records of the JSON document as columns."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from genealogy.exports import as_arrow
from genealogy.exports.as_arrow import Part
from genealogy.exports.records import edge_records, node_records
from genealogy.model.names import RECORDED, Flow
from genealogy.trace.result import Trace
from tests.api.test_archive import rich
from tests.unit.exports import samples

PARTS: tuple[Part, ...] = ("nodes", "edges")


def unsure() -> Trace:
    """A trace with nodes that are reached by flows alone that nobody recorded."""
    trace = samples.small()
    one, *_, another = trace.node_ids()
    return replace(trace, hypothetical=frozenset({one}), inferred=frozenset({another}))


TRACES = {"small": samples.small, "lonely": samples.lonely, "rich": rich, "unsure": unsure}


def table(trace: Trace, part: Part) -> pa.Table:
    return pa.ipc.open_stream(b"".join(as_arrow.parts(trace, part, "d1"))).read_all()


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def as_row(record: dict[str, Any]) -> dict[str, Any]:
    """A node's record as the row it should be: no field may be left out."""
    assert record.keys() <= set(as_arrow._NODES)
    row = {name: record.get(name) for name in as_arrow._NODES}
    for name in ("amounts", "exposed", "found_in", "properties"):
        row[name] = json.dumps(row[name]) if row[name] is not None else None
    for name in ("first_exposure", "last_contribution"):
        row[name] = moment(row[name])
    return {**row, **{flag: flag in record for flag in ("hypothetical", "inferred")}}


def same(row: dict[str, Any], record: dict[str, Any]) -> bool:
    told = {n: row[n] for n in ("amounts", "exposed", "found_in", "properties") if row[n]}
    return {**row, **{n: json.dumps(json.loads(text)) for n, text in told.items()}} == record


@pytest.mark.parametrize("batch", [1, 4, 1 << 12])
@pytest.mark.parametrize("name", TRACES)
def test_the_rows_are_the_nodes_of_the_document(
    name: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_arrow, "BATCH", batch)
    trace = TRACES[name]()
    rows, records = table(trace, "nodes").to_pylist(), list(node_records(trace))
    assert len(rows) == len(records)
    assert all(same(row, as_row(record)) for row, record in zip(rows, records, strict=True))


@pytest.mark.parametrize("batch", [1, 4, 1 << 12])
@pytest.mark.parametrize("name", TRACES)
def test_the_rows_are_the_movements_of_the_document(
    name: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_arrow, "BATCH", batch)
    trace = TRACES[name]()
    rows, records = table(trace, "edges").to_pylist(), list(edge_records(trace))
    for row in rows:
        # The source's own offset is a column here, and part of the time there.
        assert row.pop("occurred_offset", "") in (None, "+08:00")
    for record in records:
        for time in as_arrow._TIMES:
            record[time] = moment(record[time])
    assert rows == records


def test_what_was_added_to_the_records_was_never_recorded() -> None:
    trace = samples.small()
    trace.edges.type[0] = next(flow for flow in Flow if flow not in RECORDED)
    found = table(trace, "edges").to_pylist()
    assert [row["recorded_at"] is None for row in found][:2] == [True, False]


@pytest.mark.parametrize("part", PARTS)
def test_the_stream_tells_what_it_answers_and_of_which_data(part: Part) -> None:
    metadata = table(replace(samples.small(), watermark=7), part).schema.metadata
    told = json.loads(metadata[b"lotgraph"])
    assert (told["watermark"], told["digest"]) == (7, "d1")
    assert told["completeness"]["state"] == "truncated"
    assert told["query"]["seeds"] == ["party:SUP-017"]


@pytest.mark.parametrize("part", PARTS)
def test_a_stream_that_was_cut_cannot_be_read_as_a_whole(
    part: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_arrow, "BATCH", 4)
    whole = b"".join(as_arrow.parts(samples.small(), part, "d1"))
    with pytest.raises((pa.ArrowInvalid, OSError)):
        pa.ipc.open_stream(whole[: len(whole) * 2 // 3]).read_all()


@pytest.mark.parametrize("part", PARTS)
def test_a_stream_is_made_a_batch_at_a_time(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_arrow, "BATCH", 16)
    sizes = [len(piece) for piece in as_arrow.parts(samples.wide(300), part, "d1")]
    assert max(sizes) < sum(sizes) / 10


def test_letting_go_of_a_stream_halfway_does_no_harm() -> None:
    pieces = as_arrow.parts(samples.wide(12), "edges", "d1")
    assert next(pieces)
    pieces.close()
    with pytest.raises(StopIteration):
        next(pieces)
