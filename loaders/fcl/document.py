"""Reads an FCL-Web JSON file into rows of its three tables, each with its path in the file.

Two forms are known: tables of ``{"id": column, "value": value}`` under ``data`` (version 1),
and plain objects at the top (before version 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from genealogy.errors import UnreadableFile
from genealogy.messages import text

TABLES = ("stations", "deliveries", "deliveryRelations")
#: The tables of the older form, and what their members are called in the newer one.
_OLDER = {
    "stations": {"id": "ID", "name": "Name", "type": "type of business"},
    "deliveries": {"id": "ID", "source": "from", "target": "to", "name": "Name"},
    "deliveriesRelations": {"source": "from", "target": "to"},
}
#: Columns of relations as the desktop program names them.
_NEXT = {"ID": "from", "Next": "to"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its cells by column, and where it stands."""

    path: str
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A file: the rows of its tables; marks of a tracing, and settings of the view, if any."""

    stations: Sequence[Row]
    deliveries: Sequence[Row]
    relations: Sequence[Row]
    tracing: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] | None = None


def read_document(path: Path) -> Document:
    """The tables of a file. Raises UnreadableFile for what is no file of FoodChain-Lab."""
    try:
        whole = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        reason = text("unreadable.fcl_json", why=error.msg, line=error.lineno)
        raise UnreadableFile(file=str(path), reason=reason) from error
    except OSError as error:
        raise UnreadableFile(file=str(path), reason=error.strerror or str(error)) from error
    return document_of(whole, str(path))


def document_of(whole: Any, name: str) -> Document:
    """The tables of a parsed file. Raises UnreadableFile for what is no file of FoodChain-Lab."""
    try:
        return _document(whole)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = text("unreadable.fcl_tables", names=", ".join(TABLES))
        raise UnreadableFile(file=name, reason=reason) from error


def _document(whole: Any) -> Document:
    if "data" not in whole:
        return _older(whole)
    tables = (list(_table(whole["data"][name], f"data.{name}.data")) for name in TABLES)
    stations, deliveries, relations = tables
    told = [Row(r.path, _renamed(r.cells, _NEXT)) for r in relations]
    marks, view = (
        found if isinstance(found := whole.get(name), dict) else None
        for name in ("tracing", "settings")
    )
    return Document(stations, deliveries, told, marks, view)


def _table(table: Any, path: str) -> Iterator[Row]:
    for i, cells in enumerate(table["data"]):
        found: dict[str, Any] = {}
        for cell in cells:
            found[str(cell["id"])] = cell["value"]
        yield Row(f"{path}[{i}]", found)


def _older(whole: Any) -> Document:
    stations, deliveries, relations = (
        [Row(f"{member}[{i}]", _renamed(one, columns)) for i, one in enumerate(whole[member])]
        for member, columns in _OLDER.items()
    )
    return Document(stations, deliveries, relations)


def _renamed(cells: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(column, column): value for column, value in cells.items()}
