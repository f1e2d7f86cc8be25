"""Units: the shipped list is consistent and conversion is exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from genealogy.model.units import (
    Measure,
    ProductUnits,
    base_quantity,
    factor_property,
    product_units,
    unit_like,
    units,
)

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


SACKED = ProductUnits("KGM", {"XSA": Fraction(25), "LTR": Fraction(92, 100)})


@pytest.mark.parametrize(
    ("quantity", "uom", "amount", "unit"),
    [
        ("3", "XSA", "75", "KGM"),
        ("500", "GRM", "0.5", "KGM"),
        ("500", "MLT", "0.46", "KGM"),
        ("2", "XBX", "2", "XBX"),
        ("2", "DZN", "24", "H87"),
    ],
)
def test_a_quantity_is_measured_in_the_base_unit_of_its_product_where_that_can_be_had(
    quantity: str, uom: str, amount: str, unit: str
) -> None:
    assert SACKED.measure(Fraction(quantity), uom) == Measure(Fraction(amount), unit)


def test_without_base_unit_a_quantity_is_measured_in_the_base_unit_of_its_dimension() -> None:
    assert ProductUnits().measure(Fraction(3), "TNE") == Measure(Fraction(3000), "KGM")
    assert ProductUnits().measure(Fraction(3), "XBX") == Measure(Fraction(3), "XBX")


def test_the_factor_of_a_product_goes_before_the_general_one() -> None:
    short = ProductUnits("H87", {"DZN": Fraction(10)})
    assert short.measure(Fraction(2), "DZN") == Measure(Fraction(20), "H87")


def test_the_units_of_a_product_are_read_from_its_properties() -> None:
    told = {"base_uom": "H87", factor_property("XCT"): "24", factor_property("KGM"): "0.5"}
    assert product_units(told) == ProductUnits("H87", {"XCT": Fraction(24), "KGM": Fraction(1, 2)})
    assert product_units({}) == ProductUnits()
