"""Rows: headers that fit or say what is missing, and every fault of a row told at once."""

from __future__ import annotations

import pytest

from genealogy.model.identifiers import Identifier
from loaders.report import Reject
from loaders.tables.declared import TABLES
from loaders.tables.records import Block, Record
from loaders.tables.rows import Faults, Rows, Unusable, read_header, typed_rows


def rows_of(table: str, **cells: str) -> tuple[Rows, Faults]:
    header = read_header(TABLES[table], "f.csv", Record(1, tuple(cells)))
    return typed_rows(TABLES[table], "f.csv", header, Block([2], [tuple(cells.values())]))


def row_of(table: str, **cells: str) -> Rows:
    rows, faults = rows_of(table, **cells)
    assert not faults
    assert list(rows.lines) == [2]
    return rows


def reasons(table: str, **cells: str) -> list[tuple[str | None, str]]:
    rows, faults = rows_of(table, **cells)
    assert len(rows) == 0
    return [(reason.field, reason.code) for reason in faults[2]]


def header_reason(table: str, *names: str) -> Reject:
    with pytest.raises(Unusable) as caught:
        read_header(TABLES[table], "f.csv", Record(1, names))
    return caught.value.reasons[0]


def test_all_missing_columns_are_named_at_once() -> None:
    reason = header_reason("products", "name")
    assert reason.code == "missing_columns"
    assert reason.field == "product_id, base_uom"
    assert "product_id, base_uom" in reason.reason("en")


def test_parts_may_stand_for_the_identifier() -> None:
    assert header_reason("lots", "product_id").field == "assigner_id, lot_code"
    read_header(TABLES["lots"], "f", Record(1, ("assigner_id", "product_id", "lot_code")))
    read_header(TABLES["lots"], "f", Record(1, ("lot_id",)))


def test_double_columns_are_refused() -> None:
    assert header_reason("units", "unit_id", "Unit_ID").code == "double_columns"


@pytest.mark.parametrize("line", ["unit_id;unit_type", "unit_id\tunit_type"])
def test_other_separators_are_named(line: str) -> None:
    assert header_reason("units", line).code == "wrong_separator"


def test_headers_may_vary_in_case_order_and_blanks() -> None:
    header = read_header(TABLES["units"], "f", Record(1, (" UNIT_TYPE", "Unit_id ", "colour", "")))
    assert [r and r.column.name for r in header.readers] == ["unit_type", "unit_id", None, None]
    assert header.unknown == ("colour",)


def test_every_fault_of_a_row_is_told() -> None:
    found = reasons(
        "consumption", batch_id="", input_id="WO", quantity="-1", uom="kg", occurred_at="x"
    )
    assert found == [
        ("input_id", "bad_identifier"),
        ("quantity", "negative_quantity"),
        ("uom", "unit_symbol"),
        ("occurred_at", "bad_moment"),
        ("batch_id", "empty_value"),
    ]


def test_a_required_cell_of_blanks_is_empty() -> None:
    assert reasons("units", unit_id="  ", unit_type="case") == [("unit_id", "empty_value")]


@pytest.mark.parametrize(
    ("table", "first", "last", "rest"),
    [
        ("containment", "packed_at", "unpacked_at", {"child_id": "lot:A:B:C", "unit_id": "U"}),
        ("assembly", "installed_at", "removed_at", {"part_id": "lot:A:B:C", "host_id": "P:1"}),
        ("batches", "started_at", "ended_at", {"batch_id": "B", "process": "p"}),
        ("shipments", "dispatched_at", "received_at", {"shipment_id": "S", "to_id": "party:P"}),
        (
            "quality_events",
            "occurred_at",
            "ended_at",
            {"event_id": "Q", "kind": "complaint", "about_id": "lot:A:B:C"},
        ),
        (
            "vessel_moves",
            "occurred_at",
            "ended_at",
            {"vessel_id": "T", "direction": "load", "other_id": "lot:A:B:C"},
        ),
    ],
)
def test_windows_that_end_before_they_start_are_refused(
    table: str, first: str, last: str, rest: dict[str, str]
) -> None:
    late, early = "2026-03-02T08:00:00+08:00", "2026-03-01T23:59:59Z"
    times = {first: late, last: early}
    assert reasons(table, **rest, **times) == [(last, "ends_before_start")]
    row_of(table, **rest, **{first: late, last: late})


def test_a_lot_is_named_by_its_parts() -> None:
    found = row_of("lots", assigner_id="SUP:1", product_id="RM", lot_code="0012:a")
    [lot] = found.references("lot_id")
    assert isinstance(lot, Identifier)
    assert lot.node_id == "lot:SUP%3A1:RM:0012:a"


def test_a_lot_of_a_gtin_gets_the_gs1_form() -> None:
    found = row_of("lots", assigner_id="S1", product_id="9506000134352", lot_code="A1")
    [lot] = found.references("lot_id")
    assert lot is not None
    assert lot.node_id == "(01)09506000134352(10)A1"


def test_an_item_is_named_by_product_and_serial() -> None:
    [found] = row_of("items", product_id="PUMP", serial="007").references("item_id")
    assert found is not None
    assert found.node_id == "item:PUMP:007"


def test_missing_parts_are_named() -> None:
    assert reasons("lots", lot_id="", assigner_id="A", product_id="", lot_code="C") == [
        ("product_id", "empty_value")
    ]


def test_lot_codes_that_a_spreadsheet_bent_are_refused() -> None:
    cells = {"assigner_id": "A", "product_id": "B"}
    assert reasons("lots", **cells, lot_code="1E5") == [("lot_code", "spreadsheet_number")]


def test_kinds_that_do_not_belong_into_a_column_are_refused() -> None:
    cells = {"batch_id": "B", "input_id": "unit:U"}
    assert reasons("consumption", **cells) == [("input_id", "wrong_kind")]


def test_a_wrong_identifier_is_the_only_reason_although_its_parts_are_not_given() -> None:
    wrong = "(01)09506000134353(10)B7"
    assert reasons("lots", lot_id=wrong) == [("lot_id", "bad_identifier")]
    assert ("assigner_id", "empty_value") in reasons("lots", lot_id="", lot_code="L")
