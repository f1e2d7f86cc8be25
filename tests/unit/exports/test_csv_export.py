"""CSV: what survives a spreadsheet."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.exports.as_csv import cell, harmless
from genealogy.exports.registry import EXPORTS
from genealogy.trace.result import Trace
from tests.unit.exports import samples


def table(trace: Trace) -> list[dict[str, str]]:
    out = io.BytesIO()
    EXPORTS["csv"].write(trace, out)
    return list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))


def test_a_byte_order_mark_comes_first() -> None:
    out = io.BytesIO()
    EXPORTS["csv"].write(samples.small(), out)
    assert out.getvalue().startswith(b"\xef\xbb\xbfrecord,completeness,")


def test_every_row_says_whether_the_answer_is_whole() -> None:
    assert {row["completeness"] for row in table(samples.small())} == {"truncated"}


def test_the_first_row_counts_nodes_edges_and_what_is_lacking() -> None:
    first = table(samples.small())[0]
    assert first["record"] == "trace"
    assert first["id"] == "nodes: 11; edges: 11"
    assert first["note"] == "truncated; frontiers: 1; gaps: 1; masked: 0"


def test_rows_note_where_the_trace_did_not_go_on() -> None:
    notes = {row["id"]: row["note"] for row in table(samples.small())}
    assert notes["party:C-017"] == "not followed: stop"
    assert notes["shipment:DN-78"] == "gap: shipped_without_receipt"


def test_a_name_that_is_a_formula_is_shown_not_run() -> None:
    names = {row["id"]: row["name"] for row in table(samples.small())}
    assert names["party:C-020"].startswith("'=HYPERLINK")


def test_negative_quantities_stay_numbers() -> None:
    assert table(samples.small())[15]["quantity"] == "-30.5"


def test_properties_have_columns_of_their_own() -> None:
    rows = {row["id"]: row for row in table(samples.small())}
    assert rows["party:SUP-017"]["property.name_zh"] == "华鑫高分子"
    assert rows["batch:WO-2201"]["property.quantity"] == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+8613", "+8613"),
        ("+86 13", "'+86 13"),
        ("-5.20", "-5.20"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("\r=1", "'\r=1"),
        ("-1e5", "-1e5"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_only_text_that_would_run_gets_an_apostrophe(value: str, text: str) -> None:
    assert harmless(value) == text


def test_cells_spell_values_plainly() -> None:
    assert [cell(v) for v in (True, False, 3, ["a", "b"])] == [
        "true",
        "false",
        "3",
        "a | b",
    ]


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_no_cell_can_begin_a_formula(text: str) -> None:
    shown = cell(text)
    assert shown[:1] not in {"=", "@", "\t", "\r"}
    if shown[:1] in {"+", "-"}:
        float(shown)


def test_an_analyst_reads_it_as_a_data_frame() -> None:
    trace, out = samples.small(), io.BytesIO()
    EXPORTS["csv"].write(trace, out)
    frame = pd.read_csv(io.BytesIO(out.getvalue()), encoding="utf-8-sig")
    counts = frame["record"].value_counts()
    assert counts["node"] == len(list(trace.node_ids()))
    assert counts["edge"] == len(trace.edges.edge_id)
    moved = frame[frame["record"] == "edge"]
    assert moved["quantity"].sum() == pytest.approx(
        sum(map(float, filter(None, trace.edges.quantity)))
    )
    assert set(moved["source"]) | set(moved["target"]) == set(
        frame[frame["record"] == "node"]["id"]
    )
