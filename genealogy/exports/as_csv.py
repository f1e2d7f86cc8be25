"""CSV that spreadsheets open without harm: nodes and edges in one table.

Column ``record`` says what a row is: ``trace`` (first row: the question and the
counts), ``node`` or ``edge``. Column ``completeness`` stands in every row, so a
part that is filtered or copied still says whether the answer is whole. UTF-8
with a byte-order mark, without which spreadsheets garble Chinese. Text that a
spreadsheet would run as a formula gets an apostrophe; numbers do not.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from genealogy.exports.amounts import AMOUNT_COLUMNS, amount_columns
from genealogy.exports.records import (
    EDGE_FIELDS,
    NODE_FIELDS,
    Record,
    edge_records,
    node_records,
    query_record,
    reached_rows,
)
from genealogy.trace.result import Completeness, Trace

LIST_SEPARATOR = " | "
PROPERTY_PREFIX = "property."

_LEAD = ("record", "completeness", "note")
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n]|[＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def write(trace: Trace, out: BinaryIO) -> None:
    """Write the trace as one CSV table."""
    stream = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    table = csv.writer(stream, lineterminator="\r\n")
    names = columns(trace)
    table.writerow(names)
    position = {name: i for i, name in enumerate(names)}
    blank = ["" for _ in names]
    blank[position["completeness"]] = trace.completeness.state.value
    for row in _rows(trace):
        cells = blank.copy()
        for name, value in row.items():
            if value is not None:
                cells[position[name]] = cell(value)
        table.writerow(cells)
    stream.flush()
    stream.detach()


def columns(trace: Trace) -> list[str]:
    """The columns: those of nodes and edges, then one for each property that occurs."""
    fields = [f for f in dict.fromkeys(NODE_FIELDS + EDGE_FIELDS) if f != "properties"]
    names = {name for row in reached_rows(trace) for name in row.properties}
    if trace.amounts is not None:
        fields += AMOUNT_COLUMNS
    return [*_LEAD, *fields, *(PROPERTY_PREFIX + name for name in sorted(names))]


def cell(value: Any) -> str:
    """A value as the text of one cell; lists are joined."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = LIST_SEPARATOR.join(value)
    return harmless(str(value).replace("\x00", "␀"))


def harmless(text: str) -> str:
    """Text that a spreadsheet shows rather than runs; numbers unchanged."""
    if text[:1].isalnum():
        return text
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _rows(trace: Trace) -> Iterator[Record]:
    yield _trace_row(trace)
    for node in node_records(trace):
        properties, amounts = node.pop("properties"), node.pop("amounts", [])
        for name in ("found_in", "hypothetical", "inferred", "exposed"):
            node.pop(name, None)
        yield {
            "record": "node",
            "note": _note(node),
            **node,
            **amount_columns(amounts),
            **{PROPERTY_PREFIX + name: value for name, value in properties.items()},
        }
    for edge in edge_records(trace):
        yield {"record": "edge", **edge}


def _trace_row(trace: Trace) -> Record:
    return {
        "record": "trace",
        "note": completeness_note(trace.completeness),
        "label": orjson.dumps(query_record(trace.query)).decode(),
        "id": f"nodes: {sum(1 for _ in trace.node_ids())}; edges: {len(trace.edges.edge_id)}",
    }


def completeness_note(completeness: Completeness) -> str:
    """The counts behind the state, and what was not loaded to the end, in one line."""
    counts = (
        f"{completeness.state}; frontiers: {len(completeness.frontiers)}; "
        f"gaps: {len(completeness.gaps)}; masked: {completeness.masked}"
    )
    loads = (f"load not finished: {source}" for source in completeness.unfinished_loads)
    return "; ".join([counts, *loads])


def _note(node: Record) -> str:
    frontier = [f"not followed: {node['frontier']}"] if node["frontier"] else []
    return "; ".join(frontier + [f"gap: {kind}" for kind in node["gaps"]])
