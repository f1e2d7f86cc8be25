"""Damage that the server would pass over in silence, looked for before each start.

Without a readable schema it opens a database full of data as an empty one, and
saves the empty schema over it; without its dictionary it shows nodes that have
lost their properties. An answer from either would look whole.
"""

from __future__ import annotations

import json
from pathlib import Path

from genealogy.errors import StoreError
from genealogy.store.server.folder import Folder

SCHEMAS = ("schema.json", "schema.prev.json")


def refuse_damage(folder: Folder) -> None:
    """Raise StoreError (``embedded_damaged``) naming the first file that would be passed over."""
    file = damaged(folder)
    if file is not None:
        raise StoreError("embedded_damaged", file=file)


def damaged(folder: Folder) -> Path | None:
    """The first file that the server would pass over; null when all databases are whole."""
    filled = (d for d in sorted(folder.databases.iterdir()) if any(d.glob("*.bucket")))
    found = (_unreadable_schema(database) or _cut_dictionary(database) for database in filled)
    return next(filter(None, found), None)


def _unreadable_schema(database: Path) -> Path | None:
    # The server itself falls back on the previous schema.
    return None if any(_is_object(database / name) for name in SCHEMAS) else database / SCHEMAS[0]


def _is_object(file: Path) -> bool:
    try:
        return isinstance(json.loads(file.read_bytes()), dict)
    except (FileNotFoundError, ValueError):
        return False


def _cut_dictionary(database: Path) -> Path | None:
    files = sorted(database.glob("dictionary.*.dict"))
    if not files:
        return database / "dictionary"
    return next((file for file in files if file.stat().st_size < _page_size(file)), None)


def _page_size(file: Path) -> int:
    # Names are made like dictionary.<id>.<page size>.<version>.dict.
    return int(file.name.split(".")[2])
