"""From records to typed rows: the header is checked once, every cell by its column."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from genealogy.errors import InvalidIdentifier
from genealogy.model.identifiers import Identifier, item_id, lot_id
from genealogy.model.times import Instant, iso
from loaders.report import Reject
from loaders.tables.dictionary import Column, Table
from loaders.tables.records import Block, Record
from loaders.tables.values import BadValue, Parsed, Parser, all_plain, parse, parser_of

_REMEMBERED = 4_000

#: Why rows cannot be used, by the line on which they start.
Faults = dict[int, list[Reject]]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cells:
    """One column of some rows: as found, as typed (null = empty), and in one spelling.

    Spellings are equal for equal values; that of an empty cell is empty.
    """

    texts: Sequence[str]
    values: Sequence[Any]
    spellings: Sequence[str]

    def at(self, positions: Sequence[int]) -> Cells:
        """The cells at these positions."""
        return Cells(*(_at(positions, part) for part in (self.texts, self.values, self.spellings)))


@dataclass(slots=True)
class Reader:
    """Reads the cells of one column; texts that come again are not parsed again."""

    column: Column
    values: dict[str, Parsed | None] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)
    bad: dict[str, BadValue] = field(default_factory=dict)

    def read(self, texts: Sequence[str]) -> Cells:
        """The cells of a column; those in ``bad`` count as empty."""
        if len(self.values) >= _REMEMBERED:
            self.values, self.spellings, self.bad = {}, {}, {}
        new = set(texts).difference(self.values)
        parser = parser_of(self.column) if all_plain(new) else parse
        for text in new:
            self._learn(text, parser)
        values, spellings = self.values.__getitem__, self.spellings.__getitem__
        return Cells(texts, list(map(values, texts)), list(map(spellings, texts)))

    def _learn(self, text: str, parser: Parser) -> None:
        cleaned = text.strip()
        self.values[text], self.spellings[text] = None, ""
        if cleaned:
            try:
                value = parser(cleaned, self.column)
            except BadValue as bad:
                self.bad[text] = bad
            else:
                self.values[text], self.spellings[text] = value, spelt(value)


@dataclass(frozen=True, slots=True)
class Header:
    """A reader for each column of one file (null = not ours), and the names not known."""

    readers: tuple[Reader | None, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Typed rows of one table, column by column; columns that are empty throughout are absent.

    Columns rather than an object a row: that is several times faster to read and to map.
    """

    table: Table
    file: str
    lines: Sequence[int]
    columns: Mapping[str, Cells]

    def __len__(self) -> int:
        return len(self.lines)

    def __contains__(self, name: str | None) -> bool:
        return name in self.columns

    def references(self, name: str) -> Sequence[Identifier | None]:
        """The nodes that a column of references names."""
        return self._values(name)

    def moments(self, name: str | None) -> Sequence[Instant | None]:
        """The dates and times in a column."""
        return self._values(name)

    def texts(self, name: str) -> Sequence[str | None]:
        """The texts, codes or choices in a column."""
        return self._values(name)

    def values(self, name: str) -> Sequence[Any]:
        """The values in a column of any type; null where it is empty."""
        return self._values(name)

    def spellings(self, name: str) -> Sequence[str]:
        """One spelling for each value of a column, equal for equal values."""
        cells = self.columns.get(name)
        return cells.spellings if cells else [""] * len(self)

    def at(self, positions: Sequence[int]) -> Rows:
        """The rows at these positions."""
        columns = {name: cells.at(positions) for name, cells in self.columns.items()}
        return replace(self, lines=_at(positions, self.lines), columns=columns)

    def without(self, lines: Container[int]) -> Rows:
        """The rows that start on none of these lines."""
        return self.at([i for i, line in enumerate(self.lines) if line not in lines])

    def having(self, name: str, cells: Cells) -> Rows:
        """The rows with one column more, or another in its place."""
        return replace(self, columns={**self.columns, name: cells})

    def _values(self, name: str | None) -> Sequence[Any]:
        cells = self.columns.get(name or "")
        return cells.values if cells else [None] * len(self)


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


def typed_rows(table: Table, file: str, header: Header, block: Block) -> tuple[Rows, Faults]:
    """The rows of a block that can be used, and every reason why the others cannot."""
    faults = {r.line: [_unreadable(file, header, r)] for r in block.broken}
    columns = {}
    for reader, texts in zip(header.readers, zip(*block.rows, strict=True), strict=False):
        if reader is not None and any(texts):
            cells = columns[reader.column.name] = reader.read(texts)
            note(faults, _bad_cells(file, block.lines, reader, cells) if reader.bad else ())
    rows = Rows(table, file, block.lines, columns)
    note(faults, _missing(rows, faults))
    note(faults, _backward_windows(rows))
    named = _named(rows.without(faults) if faults else rows, faults)
    return named, faults


def spelt(value: Parsed) -> str:
    """One spelling of a value, equal for equal values however they were written."""
    if isinstance(value, Instant):
        return iso(value.at) if value.latest is None else f"{iso(value.at)}/{iso(value.latest)}"
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


def _unreadable(file: str, header: Header, record: Record) -> Reject:
    params = {"found": len(record.fields), "wanted": len(header.readers)}
    return Reject(file, record.line, None, None, record.problem or "", params)


def note(faults: Faults, reasons: Iterable[Reject]) -> None:
    """Add reasons to those that there are already, by line."""
    for reason in reasons:
        faults.setdefault(reason.line or 0, []).append(reason)


def _bad_cells(file: str, lines: Sequence[int], reader: Reader, cells: Cells) -> Iterator[Reject]:
    for line, text in zip(lines, cells.texts, strict=True):
        bad = reader.bad.get(text)
        if bad is not None:
            name = reader.column.name
            yield Reject(file, line, name, text.strip(), bad.code, bad.params)


def _missing(rows: Rows, faults: Faults) -> list[Reject]:
    found = []
    for name in rows.table.required:
        found += _empty(rows, name, range(len(rows)))
    instead = rows.table.instead
    if instead:
        unnamed = _where(rows.spellings(rows.table.columns[0].name), "")
        for name in instead:
            found += _empty(rows, name, unnamed)
    told = {(r.line, r.field) for reasons in faults.values() for r in reasons} if found else set()
    return [r for r in found if told.isdisjoint(_places(rows.table, r))] if told else found


def _places(table: Table, reason: Reject) -> Iterator[tuple[int | None, str | None]]:
    """Where an empty cell may have been told of: in its column, or in the one it stands in for."""
    yield reason.line, reason.field
    if reason.field in table.instead:
        yield reason.line, table.columns[0].name


def _empty(rows: Rows, name: str, among: Sequence[int]) -> list[Reject]:
    spellings = rows.spellings(name)
    if "" not in spellings:
        return []
    lines = [rows.lines[i] for i in among if not spellings[i]]
    return [Reject(rows.file, line, name, None, "empty_value") for line in lines]


def _backward_windows(rows: Rows) -> Iterator[Reject]:
    for first, last in rows.table.windows:
        if first in rows and last in rows:
            windows = zip(rows.lines, rows.moments(first), rows.moments(last), strict=True)
            for line, start, end in windows:
                if start and end and (end.latest or end.at) < start.at:
                    params = {"first": first, "start": iso(start.at, start.offset or None)}
                    told = iso(end.latest or end.at, end.offset or None)
                    yield Reject(rows.file, line, last, told, "ends_before_start", params)


def _named(rows: Rows, faults: Faults) -> Rows:
    """The rows with the identifier in the first column, built where the parts were given."""
    own = rows.table.columns[0].name
    unnamed = _where(rows.spellings(own), "") if rows.table.instead else []
    if not unnamed:
        return rows
    found = list(rows.references(own))
    for i in unnamed:
        try:
            found[i] = _from_parts(rows, i)
        except Unusable as trouble:
            note(faults, trouble.reasons)
    ids = [node.node_id if node else "" for node in found]
    named = rows.having(own, Cells(ids, found, ids))
    return named.without(faults) if "" in ids else named


def _from_parts(rows: Rows, position: int) -> Identifier:
    fields = rows.table.instead
    parts = [_as_written(rows.columns[name], position) for name in fields]
    try:
        return lot_id(*parts) if len(parts) == 3 else item_id(*parts)
    except InvalidIdentifier as error:
        told = " / ".join(parts)
        line, names = rows.lines[position], ", ".join(fields)
        why = {"why": error}
        raise Unusable(Reject(rows.file, line, names, told, "bad_identifier", why)) from error


def _as_written(cells: Cells, position: int) -> str:
    value = cells.values[position]
    return value.spelling if isinstance(value, Identifier) else cells.spellings[position]


def _where(values: Sequence[str], wanted: str) -> list[int]:
    return [i for i, value in enumerate(values) if value == wanted] if wanted in values else []


def _at(positions: Sequence[int], values: Sequence[T]) -> list[T]:
    return [values[i] for i in positions]
