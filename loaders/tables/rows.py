"""From records to typed rows: the header is checked once, every cell by its column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from genealogy.errors import InvalidIdentifier
from genealogy.model.identifiers import Identifier, item_id, lot_id
from genealogy.model.times import Instant, iso
from loaders.report import Reject
from loaders.tables.dictionary import Column, Table
from loaders.tables.records import Record
from loaders.tables.values import BadValue, Parsed, parse

_REMEMBERED = 4_000


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the cells of one column; texts that come again are not parsed again."""

    column: Column
    known: dict[str, tuple[Parsed, str]] = field(default_factory=dict)

    def read(self, text: str) -> tuple[Parsed, str]:
        """The value of a cell and its one spelling; raises BadValue."""
        found = self.known.get(text)
        if found is None:
            value = parse(text, self.column)
            found = (value, spelt(value))
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            self.known[text] = found
        return found


@dataclass(frozen=True, slots=True)
class Header:
    """A reader for each column of one file (null = not ours), and the names not known."""

    readers: tuple[Reader | None, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One typed row; empty cells are absent from ``values``.

    ``spellings`` holds one spelling for each value, equal for equal values.
    """

    table: Table
    file: str
    line: int
    values: Mapping[str, Parsed]
    spellings: Mapping[str, str]

    def reference(self, name: str) -> Identifier | None:
        """The node that column names."""
        value = self.values.get(name)
        return value if isinstance(value, Identifier) else None

    def moment(self, name: str | None) -> Instant | None:
        """The date and time in that column."""
        value = self.values.get(name or "")
        return value if isinstance(value, Instant) else None

    def decimal(self, name: str) -> Decimal | None:
        """The quantity in that column."""
        value = self.values.get(name)
        return value if isinstance(value, Decimal) else None

    def text(self, name: str) -> str | None:
        """The text, code or choice in that column."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def flag(self, name: str) -> bool:
        """Whether that column says true; empty is false."""
        return self.values.get(name) is True

    def words(self, name: str) -> tuple[str, ...]:
        """The values of a list column."""
        value = self.values.get(name)
        return value if isinstance(value, tuple) else ()


class Unusable(Exception):
    """A record, or a header, that cannot be used, with every reason."""

    def __init__(self, *reasons: Reject) -> None:
        super().__init__(reasons)
        self.reasons = reasons


def read_header(table: Table, file: str, record: Record) -> Header:
    """The columns that a header names; raises Unusable with every missing or double name."""
    names = [name.strip().casefold() for name in record.fields]
    reason = _header_trouble(table, names, record)
    if reason is not None:
        code, field, params = reason
        raise Unusable(Reject(file, record.line, field, None, code, params))
    columns = [table.column(name) for name in names]
    unknown = tuple(n for n, c in zip(names, columns, strict=True) if c is None and n)
    return Header(tuple(Reader(c) if c else None for c in columns), unknown)


def typed_row(table: Table, file: str, header: Header, record: Record) -> Row:
    """One typed row; raises Unusable with every reason why the record cannot be used."""
    if record.problem:
        params = {"found": len(record.fields), "wanted": len(header.readers)}
        raise Unusable(Reject(file, record.line, None, None, record.problem, params))
    row, reasons = _parsed(table, file, header, record)
    named = {reason.field for reason in reasons}
    reasons += [r for r in _missing(row) if r.field not in named] + _backward_windows(row)
    if reasons:
        raise Unusable(*reasons)
    return _named(row)


def with_value(row: Row, name: str, value: Parsed) -> Row:
    """The row with one value more."""
    values = {**row.values, name: value}
    return replace(row, values=values, spellings={**row.spellings, name: spelt(value)})


def spelt(value: Parsed) -> str:
    """One spelling of a value, equal for equal values however they were written."""
    if isinstance(value, Instant):
        return iso(value.at)
    if isinstance(value, Identifier):
        return value.node_id
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return ";".join(value) if isinstance(value, tuple) else str(value)


def plain(value: Decimal) -> str:
    """A decimal without exponent and without zeros that say nothing: 1.50 is 1.5."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _header_trouble(
    table: Table, names: list[str], record: Record
) -> tuple[str, str | None, dict[str, object]] | None:
    if record.problem:
        return record.problem, None, {"found": 0, "wanted": len(table.columns)}
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        return "wrong_separator", None, {"found": "; " if ";" in names[0] else "tab"}
    double = sorted({n for n in names if n and names.count(n) > 1})
    if double:
        return "double_columns", ", ".join(double), {"columns": ", ".join(double)}
    missing = _missing_columns(table, set(names))
    if missing:
        return "missing_columns", ", ".join(missing), {"columns": ", ".join(missing)}
    return None


def _missing_columns(table: Table, names: set[str]) -> list[str]:
    missing = [c.name for c in table.columns if c.required and c.name not in names]
    if table.instead and table.columns[0].name not in names and not names.issuperset(table.instead):
        missing += [name for name in table.instead if name not in names]
    return missing


def _parsed(table: Table, file: str, header: Header, record: Record) -> tuple[Row, list[Reject]]:
    values: dict[str, Parsed] = {}
    spellings: dict[str, str] = {}
    reasons: list[Reject] = []
    for reader, cell in zip(header.readers, record.fields, strict=True):
        text = cell.strip()
        if reader is None or not text:
            continue
        name = reader.column.name
        try:
            values[name], spellings[name] = reader.read(text)
        except BadValue as bad:
            reasons.append(Reject(file, record.line, name, text, bad.code, bad.params))
    return Row(table, file, record.line, values, spellings), reasons


def _missing(row: Row) -> list[Reject]:
    empty = [name for name in row.table.required if name not in row.values]
    instead = row.table.instead
    if instead and row.table.columns[0].name not in row.values:
        empty += [name for name in instead if name not in row.values]
    return [_reject(row, name, None, "empty_value") for name in empty]


def _backward_windows(row: Row) -> list[Reject]:
    reasons = []
    for first, last in row.table.windows:
        start, end = row.moment(first), row.moment(last)
        if start and end and end.at < start.at:
            params = {"first": first, "start": iso(start.at, start.offset)}
            reasons.append(_reject(row, last, iso(end.at, end.offset), "ends_before_start", params))
    return reasons


def _named(row: Row) -> Row:
    """The row with the identifier in its first column, built where the parts were given."""
    table = row.table
    if not table.instead or table.columns[0].name in row.values:
        return row
    parts = [_as_written(row.values[name]) for name in table.instead]
    try:
        found = lot_id(*parts) if len(parts) == 3 else item_id(*parts)
    except InvalidIdentifier as error:
        fields = ", ".join(table.instead)
        reason = _reject(row, fields, " / ".join(parts), "bad_identifier", {"why": error})
        raise Unusable(reason) from error
    return with_value(row, table.columns[0].name, found)


def _as_written(value: Parsed) -> str:
    return value.spelling if isinstance(value, Identifier) else spelt(value)


def _reject(
    row: Row, field: str, value: str | None, code: str, params: Mapping[str, object] | None = None
) -> Reject:
    return Reject(row.file, row.line, field, value, code, params or {})
