"""Writes ``docs/tables.md`` from the dictionary of tables (``python -m loaders.tables.page``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genealogy.model.identifiers.forms import PREFIXES
from loaders.tables.declared import TABLES
from loaders.tables.dictionary import COMMON, RECORD_ID, SPELLING, Column, Table, Type

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"

_HEAD = """\
# Canonical tables

Made from `loaders/tables/declared.py`; change that and run `python -m loaders.tables.page`.

A folder, a zip or a single CSV file. One table per kind of record; the file is named after
its table: `lots.csv`. UTF-8 with or without byte-order mark, commas, a header row, columns in
any order. Columns that are not known are left out and named in the report. A file that lacks
a required column, or is not UTF-8, is refused as a whole; any other fault rejects one row.
Load with `lotgraph load PATH`.
"""

_RULES = """\
## Identifiers

GS1 keys in any spelling: `(01)09506000134352(10)A1`, EPC URN, Digital Link. Own numbers get
the kind in front: `lot:SUP-017:RM-204:24A0871` (assigner, product, code), `item:PUMP-1:000123`
(product, serial), `batch:WO-1`. A column that takes one kind may leave the prefix out.
Material of which no lot number was recorded, such as a backflushed part, is `unlotted:RM-204` in
the place of a lot: traces take it for any lot of the product that was [on hand](trace.md).

## Times

A moment that is known in part is kept as the window in which it may lie: `2026-03` is the
whole month, a date the whole day. Without a zone it may have been at that time anywhere on
earth, from UTC+14 to UTC−12, so write `2026-03-02+08:00` where the zone is known and the time
is not. A trace takes every moment of the window as possible. Answers show both ends:
`occurred_at` and `valid_to` of a movement, `valid_from` and `occurred_at` of the beginning of
a containment or assembly; of their end the latest moment, `valid_to`, while the earliest is kept
as `ends_from`. A node has the earliest moment in the column's own name, the latest in `…_latest`.

## Which rows speak of the same thing

- A row without `record_id` names its movement by the columns listed under *Named by*. Told
  again, it is the same movement, and with a later `recorded_at` and other values a correction.
- A row with `record_id` names its movement by its two ends and that. A `record_id` stands for
  one row, such as document and line number, not for a whole document.
- The same row twice in one file is counted as a duplicate. Two rows in one file that name
  the same thing, were recorded at the same time and disagree: the second is rejected.
- `retracted_at` withdraws a row; nothing is ever deleted.

## Quantities

Unknown is an empty cell. Quantities are kept exactly as written. The base quantity is the
quantity in kilograms, litres, metres, square metres or pieces, by the row's own unit; it is
unknown for units that cannot be converted, such as boxes. It does not depend on the product's
base unit, so the order of loading changes nothing. Factors of one product (`product_units`)
are applied when a question about quantities is asked: see [quantities](quantities.md).
"""


def tables_page() -> str:
    """The whole page as Markdown."""
    return "\n".join((_HEAD, *_types(), _RULES, *_common(), *_tables()))


def _types() -> Iterator[str]:
    yield "## Types\n"
    yield "| Type | Written as |"
    yield "|---|---|"
    for kind in Type:
        yield f"| {kind} | {SPELLING[kind]} |"
    yield ""


def _common() -> Iterator[str]:
    yield "## Columns of every table\n"
    yield from _columns(COMMON)
    yield "Movement tables also have:\n"
    yield from _columns((RECORD_ID,))


def _tables() -> Iterator[str]:
    shared = {column.name for column in (*COMMON, RECORD_ID)}
    for table in TABLES.values():
        yield f"## {table.name}\n"
        yield f"{table.meaning}. Named by: {', '.join(table.names)}.{_instead(table)}\n"
        yield from _columns(tuple(c for c in table.columns if c.name not in shared))


def _instead(table: Table) -> str:
    parts = ", ".join(table.instead)
    return f" {table.columns[0].name} may be left out when {parts} are given." if parts else ""


def _columns(columns: tuple[Column, ...]) -> Iterator[str]:
    yield "| Column | Type | Required | Meaning |"
    yield "|---|---|---|---|"
    for column in columns:
        required = "yes" if column.required else ""
        yield f"| {column.name} | {column.type} | {required} | {column.meaning}{_allowed(column)} |"
    yield ""


def _allowed(column: Column) -> str:
    if column.choices:
        return f": {', '.join(column.choices)}"
    kinds = ", ".join(f"`{PREFIXES[label]}:`" for label in column.refers)
    return f" ({kinds})" if kinds else ""


if __name__ == "__main__":
    PAGE.write_text(tables_page(), encoding="utf-8")
