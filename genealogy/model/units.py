"""Units of measure by UN/ECE Recommendation 20 code, and exact conversion within a dimension.

``units.csv`` holds the common codes of Recommendation 20 and the package codes of
Recommendation 21 (those with X in front), with exact factors to the base unit of
their dimension: kilogram, litre, metre, square metre, piece. Units without a
factor cannot be converted, unless the product says how much they hold.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any

_FACTOR_PREFIX = "unit_"
BASE_UNIT = "base_uom"
_MATTER = frozenset({"mass", "volume"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit; ``factor`` converts to the base unit of its dimension, null = cannot."""

    code: str
    name: str
    symbol: str
    dimension: str
    factor: Decimal | None


@dataclass(frozen=True, slots=True)
class Measure:
    """An exact amount in a unit."""

    amount: Fraction
    unit: str


@dataclass(frozen=True, slots=True)
class ProductUnits:
    """The base unit of a product (null = not known), and what its other units hold of it."""

    base: str | None = None
    factors: Mapping[str, Fraction] = field(default_factory=dict)

    def measure(self, quantity: Fraction, uom: str) -> Measure:
        """A quantity in the base unit of the product if that can be had, else of its dimension.

        The product's own factors go before the general ones. A unit of another
        dimension is converted by way of any unit for which the product has a factor.
        """
        if self.base is not None:
            if uom in self.factors:
                return Measure(quantity * self.factors[uom], self.base)
            for factor in self._ways(uom):
                return Measure(quantity * factor, self.base)
        return Measure(*_at_home(quantity, uom))

    def put_in(self, measure: Measure, uom: str) -> Fraction | None:
        """A measured amount in another unit, if need be by way of a factor of the product."""
        plain = ratio(measure.unit, uom)
        if plain is not None:
            return measure.amount * plain
        if measure.unit == self.base:
            for other in sorted(self.factors):
                step = ratio(other, uom)
                if step is not None:
                    return measure.amount / self.factors[other] * step
        return None

    def _ways(self, uom: str) -> Iterator[Fraction]:
        plain = ratio(uom, self.base) if self.base else None
        if plain is not None:
            yield plain
        for other in sorted(self.factors):
            step = ratio(uom, other)
            if step is not None:
                yield step * self.factors[other]


def adds_up(uom: str) -> bool:
    """Whether amounts of different products have a sum in a unit, as pieces do not."""
    return uom in units() and units()[uom].dimension in _MATTER


@cache
def units() -> dict[str, Unit]:
    """Every known unit by its code."""
    source = resources.files(__package__).joinpath("units.csv").read_text("utf-8")
    return {row["code"]: _unit(row) for row in csv.DictReader(source.splitlines())}


def unit_like(text: str) -> str | None:
    """The code whose name or symbol is that text, ignoring case; None when there is none."""
    return _codes_by_word().get(text.strip().casefold())


def ratio(uom: str, other: str) -> Fraction | None:
    """How many of another unit one unit is; None for units of different dimensions."""
    if uom == other:
        return Fraction(1)
    one, two = units().get(uom), units().get(other)
    if one is None or two is None or one.dimension != two.dimension:
        return None
    if one.factor is None or two.factor is None:
        return None
    return Fraction(one.factor) / Fraction(two.factor)


def base_quantity(quantity: Decimal | None, uom: str | None) -> Decimal | None:
    """The quantity in the base unit of its dimension, exact; None where it cannot be known.

    It depends on the row alone, never on what other files say of the product, so
    that the order of loading changes nothing.
    """
    unit = units().get(uom or "")
    if quantity is None or unit is None or unit.factor is None:
        return None
    digits = len(quantity.as_tuple().digits) + len(unit.factor.as_tuple().digits)
    return Context(prec=digits + 1).multiply(quantity, unit.factor)


def factor_property(uom: str) -> str:
    """The property of a product that tells how many base units one of this unit is."""
    return f"{_FACTOR_PREFIX}{uom.lower()}"


def product_units(properties: Mapping[str, Any]) -> ProductUnits:
    """The units of a product, from its properties; the base unit may be unknown."""
    known = {name: code for code in units() if (name := factor_property(code)) in properties}
    base = properties.get(BASE_UNIT)
    return ProductUnits(
        str(base) if base else None,
        {code: Fraction(str(properties[name])) for name, code in known.items()},
    )


def _at_home(quantity: Fraction, uom: str) -> tuple[Fraction, str]:
    """In the base unit of its dimension; a unit that cannot be converted stays as it is."""
    unit = units().get(uom)
    if unit is None or unit.factor is None:
        return quantity, uom
    return quantity * Fraction(unit.factor), _bases()[unit.dimension]


@cache
def _bases() -> dict[str, str]:
    """The base unit of each dimension: the first that is listed with the factor 1."""
    found: dict[str, str] = {}
    for unit in units().values():
        if unit.factor == 1:
            found.setdefault(unit.dimension, unit.code)
    return found


def _unit(row: dict[str, str]) -> Unit:
    factor = Decimal(row["factor"]) if row["factor"] else None
    return Unit(row["code"], row["name"], row["symbol"], row["dimension"], factor)


@cache
def _codes_by_word() -> dict[str, str]:
    words = ((word, u.code) for u in units().values() for word in (u.code, u.name, u.symbol))
    return {word.casefold(): code for word, code in words if word}
