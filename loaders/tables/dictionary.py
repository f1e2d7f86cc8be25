"""The dictionary of tables as data: every table and column, its type and its meaning.

The loader, ``docs/tables.md`` and the demo generator all read this one declaration
(the tables themselves are declared in ``declared``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from genealogy.model.names import Label


class Type(StrEnum):
    """What a column may hold."""

    TEXT = "text"
    CODE = "code"
    REF = "reference"
    DECIMAL = "decimal"
    FACTOR = "factor"
    UOM = "uom"
    INSTANT = "instant"
    MOMENT = "moment"
    DATE = "date"
    BOOL = "bool"
    CHOICE = "choice"
    CHOICES = "choices"
    COUNTRY = "country"
    GTIN = "gtin"
    GLN = "gln"


#: How each type is written, for the documentation.
SPELLING: dict[Type, str] = {
    Type.TEXT: "any text",
    Type.CODE: "a code, kept exactly as written; never a spreadsheet number",
    Type.REF: "an identifier (see Identifiers)",
    Type.DECIMAL: "digits with `.` as decimal point, no thousand separators; empty = unknown",
    Type.FACTOR: "a decimal above 0",
    Type.UOM: "UN/ECE Recommendation 20 code, such as KGM, GRM, LTR, MTR, H87",
    Type.INSTANT: "ISO 8601 date and time with zone, such as `2026-03-02T08:00:00+08:00`",
    Type.MOMENT: "an instant, or what is known of it: `2026`, `2026-03`, `2026-03-02`, or date and "
    "time without zone (see Times)",
    Type.DATE: "`YYYY-MM-DD`",
    Type.BOOL: "`true` or `false`",
    Type.CHOICE: "one of the values listed",
    Type.CHOICES: "values listed, with `;` between them",
    Type.COUNTRY: "ISO 3166-1 alpha-2 code, such as CN",
    Type.GTIN: "8, 12, 13 or 14 digits with a right check digit",
    Type.GLN: "13 digits with a right check digit",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``refers`` are the kinds of node a reference may name."""

    name: str
    type: Type
    meaning: str
    required: bool = False
    refers: tuple[Label, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One kind of record.

    ``instead`` gives columns that together may stand for the first column.
    ``windows`` are pairs of columns of which the second may not lie before the
    first. ``names`` are the columns that together name what a row speaks of: two
    rows that agree in them speak of the same thing, and a later ``recorded_at``
    corrects. A movement row with a ``record_id`` is named by that instead.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    names: tuple[str, ...]
    movement: bool = False
    instead: tuple[str, ...] = ()
    windows: tuple[tuple[str, str], ...] = ()

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The columns that every row must fill."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column | None:
        """The column of that name, if this table has it."""
        return next((c for c in self.columns if c.name == name), None)


COMMON = (
    Column("source_system", Type.TEXT, "System the record comes from, if not that of the load"),
    Column("recorded_at", Type.INSTANT, "When the source recorded it; a later one corrects"),
    Column("retracted_at", Type.INSTANT, "When the source withdrew the statement"),
)
RECORD_ID = Column(
    "record_id",
    Type.TEXT,
    "Names the movement: told again with the same record_id it is the same movement; "
    "needed only where two different movements would give equal rows",
)


def node_table(
    name: str,
    meaning: str,
    *columns: Column,
    names: tuple[str, ...],
    instead: tuple[str, ...] = (),
    windows: tuple[tuple[str, str], ...] = (),
) -> Table:
    """A table whose rows describe nodes, with the columns that every table has."""
    return Table(name, meaning, (*columns, *COMMON), names, False, instead, windows)


def movement_table(
    name: str,
    meaning: str,
    *columns: Column,
    names: tuple[str, ...],
    windows: tuple[tuple[str, str], ...] = (),
) -> Table:
    """A table whose rows are movements of material, with the columns every table has."""
    return Table(name, meaning, (*columns, RECORD_ID, *COMMON), names, True, (), windows)


def text(name: str, meaning: str, *, required: bool = False) -> Column:
    """A column of free text."""
    return Column(name, Type.TEXT, meaning, required)


def code(name: str, meaning: str) -> Column:
    """A column whose text is a code that spreadsheets like to damage."""
    return Column(name, Type.CODE, meaning)


def reference(name: str, meaning: str, *refers: Label, required: bool = False) -> Column:
    """A column that names a node of one of the given kinds."""
    return Column(name, Type.REF, meaning, required, refers)


def choice(name: str, meaning: str, *choices: str, required: bool = False) -> Column:
    """A column that holds one value of a list."""
    return Column(name, Type.CHOICE, meaning, required, (), choices)


def moment(name: str, meaning: str) -> Column:
    """A column that holds a date and time with zone, or as much of it as is known."""
    return Column(name, Type.MOMENT, meaning)


QUANTITY = (
    Column("quantity", Type.DECIMAL, "How much; empty = unknown, never 0"),
    Column("uom", Type.UOM, "Unit of the quantity"),
)
