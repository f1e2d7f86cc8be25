"""Cells: what is read exactly, and what is refused with which reason."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.messages import catalogue
from genealogy.model.identifiers import Identifier, with_check_digit
from genealogy.model.names import Label
from genealogy.model.times import Instant, iso
from loaders.tables.dictionary import Column, Type
from loaders.tables.rows import spelt
from loaders.tables.values import _PARSERS, BadValue, parse


def column(kind: Type, *refers: Label, choices: tuple[str, ...] = ()) -> Column:
    return Column("the_column", kind, "", refers=refers, choices=choices)


def why(text: str, wanted: Column) -> str:
    with pytest.raises(BadValue) as caught:
        parse(text, wanted)
    return caught.value.code


def refusal(text: str, wanted: Column) -> str | None:
    try:
        parse(text, wanted)
    except BadValue as bad:
        return bad.code
    return None


@pytest.mark.parametrize("text", ["0", "12", "0.10", "007", "123456789012345678901234567890.125"])
def test_plain_decimals_are_kept_exactly(text: str) -> None:
    assert parse(text, column(Type.DECIMAL)) == Decimal(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1E5", "scientific_quantity"),
        ("1.5E+12", "scientific_quantity"),
        ("1,5e-3", "scientific_quantity"),
        ("1,5", "decimal_comma"),
        ("1,2345", "decimal_comma"),
        ("1,234", "thousand_separator"),
        ("1,234.5", "thousand_separator"),
        ("1.234,5", "thousand_separator"),
        ("1.234.567", "thousand_separator"),
        ("1 234", "thousand_separator"),
        ("1\u00a0234", "thousand_separator"),
        ("1'234", "thousand_separator"),
        ("-3", "negative_quantity"),
        ("−3", "negative_quantity"),
        ("(3)", "negative_quantity"),
        ("NaN", "not_a_number"),
        ("inf", "not_a_number"),
        ("0x10", "not_a_number"),
        ("１２", "not_a_number"),
        ("5 kg", "not_a_number"),
        (".5", "not_a_number"),
        ("#N/A", "spreadsheet_error"),
        ("#REF!", "spreadsheet_error"),
        ("########", "spreadsheet_error"),
    ],
)
def test_decimals_that_can_be_misread_are_refused(text: str, code: str) -> None:
    assert why(text, column(Type.DECIMAL)) == code


@given(st.decimals(min_value=0, allow_nan=False, allow_infinity=False, places=6))
def test_every_plain_decimal_reads_back(value: Decimal) -> None:
    assert parse(f"{value:f}", column(Type.DECIMAL)) == value


@pytest.mark.parametrize("text", ["1E5", "1.5E+12", "9e3", "4,5E+11"])
def test_codes_in_scientific_notation_are_refused(text: str) -> None:
    assert why(text, column(Type.CODE)) == "spreadsheet_number"


@pytest.mark.parametrize("text", ["2-Mar", "Mar-02", "12-dec"])
def test_codes_that_became_dates_are_refused(text: str) -> None:
    assert why(text, column(Type.CODE)) == "spreadsheet_date"


@pytest.mark.parametrize("text", ["24E0512", "E5", "00012", "24A0871", "LOT 7/b", "胶-1", "3-MARS"])
def test_codes_are_kept_as_written(text: str) -> None:
    assert parse(text, column(Type.CODE)) == text


def test_line_breaks_belong_only_into_free_text() -> None:
    assert parse("two\nlines", column(Type.TEXT)) == "two\nlines"
    assert why("two\nlines", column(Type.CODE)) == "line_break"


def test_control_characters_are_refused_everywhere() -> None:
    assert why("A\x1dB", column(Type.TEXT)) == "control_character"
    assert why("A\x00", column(Type.CODE)) == "control_character"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02T08:00:00+08:00", "2026-03-02T00:00:00Z"),
        ("2026-03-02 08:00Z", "2026-03-02T08:00:00Z"),
        ("2026-03-02T08:00:00.250-05:00", "2026-03-02T13:00:00.250000Z"),
    ],
)
def test_instants_are_read_with_their_zone(text: str, utc: str) -> None:
    found = parse(text, column(Type.INSTANT))
    assert isinstance(found, Instant)
    assert iso(found.at) == utc


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-03-02T08:00:00", "zone_missing"),
        ("2026-03-02 08:00", "zone_missing"),
        ("2026-03-02", "time_missing"),
        ("46083.3333", "bad_instant"),
        ("02/03/2026 08:00", "zone_missing"),
        ("2026-02-30T08:00:00Z", "bad_instant"),
        ("2026-03-02T25:00:00Z", "bad_instant"),
        ("0001-01-01T00:00:00+14:00", "bad_instant"),
        ("soon", "bad_instant"),
    ],
)
def test_instants_without_zone_or_sense_are_refused(text: str, code: str) -> None:
    assert why(text, column(Type.INSTANT)) == code


@pytest.mark.parametrize("text", ["2026", "2026-03", "2026-03-02", "2026-03-02T08:00"])
def test_moments_may_be_known_in_part(text: str) -> None:
    found = parse(text, column(Type.MOMENT))
    assert isinstance(found, Instant)
    assert found.latest is not None
    assert found.at < found.latest
    assert spelt(found) == f"{iso(found.at)}/{iso(found.latest)}"


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-02-30", "26-03-02", "2026-3", "soon", "20260302"]
)
def test_moments_without_sense_are_refused(text: str) -> None:
    assert why(text, column(Type.MOMENT)) == "bad_moment"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-02-30", "no_such_date"),
        ("03/02/2026", "bad_date"),
        ("20260302", "bad_date"),
        ("2026-03-02T00:00:00Z", "date_with_time"),
    ],
)
def test_dates_in_other_forms_are_refused(text: str, code: str) -> None:
    assert why(text, column(Type.DATE)) == code


def test_units_must_be_codes_and_a_symbol_is_told_its_code() -> None:
    assert parse("KGM", column(Type.UOM)) == "KGM"
    with pytest.raises(BadValue) as caught:
        parse("kg", column(Type.UOM))
    assert (caught.value.code, caught.value.params["near"]) == ("unit_symbol", "KGM")
    assert why("QQQ", column(Type.UOM)) == "unknown_unit"


@pytest.mark.parametrize(
    ("text", "padded"),
    [("09506000134352", "09506000134352"), ("9506000134352", "09506000134352")],
)
def test_a_gtin_of_a_legal_length_is_padded(text: str, padded: str) -> None:
    assert parse(text, column(Type.GTIN)) == padded


def test_a_gtin_that_lost_too_many_zeros_is_refused() -> None:
    short = with_check_digit("0000123456789")[4:]
    assert len(short) == 10
    assert why(short, column(Type.GTIN)) == "zeros_lost"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("09506000134353", "check_digit"),
        ("9.506E+12", "spreadsheet_number"),
        ("950600013435X", "not_digits"),
        ("9506000134352123", "wrong_length"),
        ("1", "wrong_length"),
    ],
)
def test_damaged_gtins_are_refused(text: str, code: str) -> None:
    assert why(text, column(Type.GTIN)) == code


def test_a_gln_has_13_digits() -> None:
    assert parse("4012345000009", column(Type.GLN)) == "4012345000009"
    assert why("4012345000008", column(Type.GLN)) == "check_digit"
    assert why("614141073467", column(Type.GLN)) == "zeros_lost"


def test_references_of_one_kind_may_leave_the_prefix_out() -> None:
    found = parse("WO-1", column(Type.REF, Label.BATCH))
    assert isinstance(found, Identifier)
    assert found.node_id == "batch:WO-1"


def test_references_of_several_kinds_need_it() -> None:
    both = column(Type.REF, Label.LOT, Label.ITEM)
    assert why("WO-1", both) == "bad_identifier"
    assert why("batch:WO-1", both) == "wrong_kind"
    assert isinstance(parse("lot:A:B:C", both), Identifier)


def test_a_reference_that_is_a_spreadsheet_number_is_refused_unless_written_in_full() -> None:
    lot = column(Type.REF, Label.LOT)
    assert why("1E5", lot) == "spreadsheet_number"
    assert isinstance(parse("lot:A:B:1E5", lot), Identifier)


def test_choices_flags_and_countries() -> None:
    assert parse("TRUE", column(Type.BOOL)) is True
    assert why("yes", column(Type.BOOL)) == "bad_bool"
    assert parse("b", column(Type.CHOICE, choices=("a", "b"))) == "b"
    assert why("c", column(Type.CHOICE, choices=("a", "b"))) == "unknown_choice"
    assert parse("b; a;", column(Type.CHOICES, choices=("a", "b"))) == ("a", "b")
    assert parse("CN", column(Type.COUNTRY)) == "CN"
    assert why("China", column(Type.COUNTRY)) == "unknown_country"


def test_every_type_has_a_parser() -> None:
    assert set(_PARSERS) == set(Type)


def test_every_reject_and_remark_has_a_way_out_and_the_other_way_round() -> None:
    told = {key.partition(".")[2] for key in catalogue() if key.startswith(("reject.", "remark."))}
    ways = {key.removeprefix("way_out.") for key in catalogue() if key.startswith("way_out.")}
    assert told == ways


@given(st.text(max_size=30), st.sampled_from(sorted(Type)))
def test_any_text_is_read_or_refused(text: str, kind: Type) -> None:
    wanted = column(kind, Label.LOT, Label.ITEM, choices=("a",))
    known = {key.removeprefix("reject.") for key in catalogue() if key.startswith("reject.")}
    assert refusal(text, wanted) in {None, *known}
