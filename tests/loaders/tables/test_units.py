"""Units: the shipped list is consistent and conversion is exact."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loaders.tables.units import base_quantity, unit_like, units

BASES = {"mass": "KGM", "volume": "LTR", "length": "MTR", "area": "MTK", "count": "H87"}


def test_each_dimension_has_its_base_unit() -> None:
    for dimension, code in BASES.items():
        assert units()[code].dimension == dimension
        assert units()[code].factor == 1


def test_only_convertible_dimensions_have_factors() -> None:
    for unit in units().values():
        assert (unit.factor is not None) == (unit.dimension in BASES)


@pytest.mark.parametrize(
    ("quantity", "uom", "base"),
    [
        ("12500", "GRM", "12.5"),
        ("3", "TNE", "3000"),
        ("250", "MLT", "0.25"),
        ("7", "MMT", "0.007"),
        ("2", "DZN", "24"),
        ("5", "EA", "5"),
        ("1", "LBR", "0.45359237"),
    ],
)
def test_conversion_is_exact(quantity: str, uom: str, base: str) -> None:
    assert base_quantity(Decimal(quantity), uom) == Decimal(base)


def test_huge_quantities_lose_no_digit() -> None:
    huge = Decimal("123456789012345678901234567890123456789.123")
    exact = Decimal("123456789012345678901234567890123456.789123")
    assert base_quantity(huge, "GRM") == exact


@pytest.mark.parametrize(("quantity", "uom"), [(None, "KGM"), ("1", None), ("1", "XBX")])
def test_what_cannot_be_converted_is_unknown(quantity: str | None, uom: str | None) -> None:
    assert base_quantity(Decimal(quantity) if quantity else None, uom) is None


def test_symbols_and_names_lead_to_codes() -> None:
    assert unit_like("Kg") == "KGM"
    assert unit_like("litre") == "LTR"
    assert unit_like("kgm") == "KGM"
    assert unit_like("bushel of wishes") is None
