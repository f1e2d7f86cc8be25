"""Units of measure by UN/ECE Recommendation 20 code, and exact conversion within a dimension.

``units.csv`` holds the common codes of Recommendation 20 and the package codes of
Recommendation 21 (those with X in front), with exact factors to the base unit of
their dimension: kilogram, litre, metre, square metre, piece. Units without a
factor cannot be converted.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit; ``factor`` converts to the base unit of its dimension, null = cannot."""

    code: str
    name: str
    symbol: str
    dimension: str
    factor: Decimal | None


@cache
def units() -> dict[str, Unit]:
    """Every known unit by its code."""
    source = resources.files(__package__).joinpath("units.csv").read_text("utf-8")
    return {row["code"]: _unit(row) for row in csv.DictReader(source.splitlines())}


def unit_like(text: str) -> str | None:
    """The code whose name or symbol is that text, ignoring case; None when there is none."""
    return _codes_by_word().get(text.strip().casefold())


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


def _unit(row: dict[str, str]) -> Unit:
    factor = Decimal(row["factor"]) if row["factor"] else None
    return Unit(row["code"], row["name"], row["symbol"], row["dimension"], factor)


@cache
def _codes_by_word() -> dict[str, str]:
    words = ((word, u.code) for u in units().values() for word in (u.code, u.name, u.symbol))
    return {word.casefold(): code for word, code in words if word}
