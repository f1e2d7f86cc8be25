"""From the text of a cell to a typed value, refusing what a spreadsheet or a locale has bent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any

from genealogy.errors import InvalidIdentifier
from genealogy.model.identifiers import (
    Identifier,
    canonical,
    has_check_digit,
    with_check_digit,
)
from genealogy.model.times import Instant, parse_instant
from genealogy.model.times import parse_moment as partial_moment
from genealogy.model.units import unit_like, units
from loaders.tables.dictionary import Column, Type

Parsed = str | bool | Decimal | Instant | Identifier | date | tuple[str, ...]
Parser = Callable[[str, Column], Parsed]

GTIN_LENGTHS = (8, 12, 13, 14)

# What a spreadsheet makes of a long number, of a code such as MAR2, and of its own errors.
_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_SHEET_DATE = re.compile(rf"(?:[0-9]{{1,2}}-(?:{_MONTHS})|(?:{_MONTHS})-[0-9]{{2}})", re.IGNORECASE)
_SHEET_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|#+)", re.IGNORECASE)
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_NEGATIVE = re.compile(r"[-−(]\s*[0-9]")
_COMMA = re.compile(r"[0-9]+,[0-9]+")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,'’\s][0-9]{3})+(?:[.,][0-9]+)?")
_DIGITS = re.compile(r"[0-9]+")
_ZONED_OR_TIMED = re.compile(r"[0-9][T ][0-9]{2}:")
_ZONE = re.compile(r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SUSPECT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f#]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class BadValue(ValueError):
    """A cell that cannot be used: a reject code and what its words need."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def parser_of(column: Column) -> Parser:
    """What reads those cells of a column that are plain (see ``all_plain``); raises BadValue."""
    return _PARSERS[column.type]


def all_plain(texts: Iterable[str]) -> bool:
    """Whether no text holds what ``parse`` refuses whatever the column."""
    together = "\t".join(texts)
    return not _SUSPECT.search(together)


def parse(text: str, column: Column) -> Parsed:
    """The typed value of a cell that is not empty; raises BadValue."""
    if _CONTROL.search(text):
        raise BadValue("control_character")
    if column.type is not Type.TEXT and ("\n" in text or "\r" in text):
        raise BadValue("line_break")
    if _SHEET_ERROR.fullmatch(text):
        raise BadValue("spreadsheet_error")
    return _PARSERS[column.type](text, column)


def parse_text(text: str, _: Column) -> str:
    """Free text, as written."""
    return text


def parse_code(text: str, column: Column) -> str:
    """A code as written; refuses the forms into which spreadsheets turn codes."""
    if _SCIENTIFIC.fullmatch(text):
        raise BadValue("spreadsheet_number", type=column.name)
    if _SHEET_DATE.fullmatch(text):
        raise BadValue("spreadsheet_date", type=column.name)
    return text


def parse_reference(text: str, column: Column) -> Identifier:
    """The node a cell names, of one of the kinds the column allows."""
    parse_code(text, column)
    try:
        found = canonical(text, column.refers[0] if len(column.refers) == 1 else None)
    except InvalidIdentifier as error:
        raise BadValue("bad_identifier", why=error) from error
    if found.kind not in column.refers:
        kinds = ", ".join(column.refers)
        raise BadValue("wrong_kind", found=str(found.kind), wanted=kinds)
    return found


def parse_decimal(text: str, _: Column) -> Decimal:
    """A quantity, exact however large; raises BadValue for any notation that can be misread."""
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    raise BadValue(_why_not_decimal(text))


def parse_factor(text: str, column: Column) -> Decimal:
    """A decimal above 0; raises BadValue."""
    if found := parse_decimal(text, column):
        return found
    raise BadValue("factor_zero")


def parse_uom(text: str, _: Column) -> str:
    """A unit code of Recommendation 20; names the code when a symbol such as kg is given."""
    if text in units():
        return text
    near = unit_like(text)
    raise BadValue("unit_symbol" if near else "unknown_unit", near=near or "")


def parse_time(text: str, _: Column) -> Instant:
    """A date and time with zone; raises BadValue."""
    try:
        return parse_instant(text)
    except ValueError as error:
        raise BadValue(_why_not_instant(text)) from error


def parse_moment(text: str, _: Column) -> Instant:
    """A date and time with zone, or as much of it as is known; raises BadValue."""
    try:
        return partial_moment(text)
    except ValueError as error:
        raise BadValue("bad_moment") from error


def parse_date(text: str, _: Column) -> date:
    """A calendar date written YYYY-MM-DD."""
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise BadValue("no_such_date") from error
    raise BadValue("date_with_time" if "T" in text else "bad_date")


def parse_bool(text: str, _: Column) -> bool:
    """``true`` or ``false``, in any case."""
    word = text.casefold()
    if word not in ("true", "false"):
        raise BadValue("bad_bool")
    return word == "true"


def parse_choice(text: str, column: Column) -> str:
    """One value of the column's list."""
    if text not in column.choices:
        raise BadValue("unknown_choice", choices=", ".join(column.choices))
    return text


def parse_choices(text: str, column: Column) -> tuple[str, ...]:
    """Values of the column's list with semicolons between them, in the list's order."""
    words = {word.strip() for word in text.split(";") if word.strip()}
    for word in sorted(words):
        parse_choice(word, column)
    return tuple(word for word in column.choices if word in words)


def parse_country(text: str, _: Column) -> str:
    """An ISO 3166-1 alpha-2 code."""
    if text not in _countries():
        raise BadValue("unknown_country")
    return text


def parse_gtin(text: str, column: Column) -> str:
    """A GTIN padded to 14 digits; refuses one that has lost leading zeros."""
    digits = _gs1_digits(text, column, GTIN_LENGTHS)
    return digits.zfill(14)


def parse_gln(text: str, column: Column) -> str:
    """A 13-digit GLN with a right check digit."""
    return _gs1_digits(text, column, (13,))


def _gs1_digits(text: str, column: Column, lengths: tuple[int, ...]) -> str:
    parse_code(text, column)
    if not _DIGITS.fullmatch(text):
        raise BadValue("not_digits")
    right = has_check_digit(text)
    if len(text) not in lengths:
        lost = right and len(text) < max(lengths)
        wanted = ", ".join(str(length) for length in lengths)
        raise BadValue("zeros_lost" if lost else "wrong_length", wanted=wanted, length=len(text))
    if not right:
        raise BadValue("check_digit", wanted=with_check_digit(text[:-1])[-1])
    return text


def _why_not_instant(text: str) -> str:
    if _DATE.fullmatch(text):
        return "time_missing"
    zoneless = _ZONED_OR_TIMED.search(text) and not _ZONE.search(text)
    return "zone_missing" if zoneless else "bad_instant"


def _why_not_decimal(text: str) -> str:
    if _SCIENTIFIC.fullmatch(text):
        return "scientific_quantity"
    if _NEGATIVE.match(text):
        return "negative_quantity"
    if _GROUPED.fullmatch(text):
        return "thousand_separator"
    return "decimal_comma" if _COMMA.fullmatch(text) else "not_a_number"


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    source = resources.files(__package__).joinpath("countries.txt").read_text("utf-8")
    return frozenset(line for line in source.split() if len(line) == 2)


_PARSERS: dict[Type, Parser] = {
    Type.TEXT: parse_text,
    Type.CODE: parse_code,
    Type.REF: parse_reference,
    Type.DECIMAL: parse_decimal,
    Type.FACTOR: parse_factor,
    Type.UOM: parse_uom,
    Type.INSTANT: parse_time,
    Type.MOMENT: parse_moment,
    Type.DATE: parse_date,
    Type.BOOL: parse_bool,
    Type.CHOICE: parse_choice,
    Type.CHOICES: parse_choices,
    Type.COUNTRY: parse_country,
    Type.GTIN: parse_gtin,
    Type.GLN: parse_gln,
}
