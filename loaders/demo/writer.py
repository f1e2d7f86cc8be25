"""Writes canonical tables row by row, with the columns that the dictionary declares."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from loaders.tables.declared import TABLES


class TableWriter:
    """One open CSV file a table; nothing but the current row is held."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._writers: dict[str, Any] = {}
        self._columns = {name: [c.name for c in t.columns] for name, t in TABLES.items()}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, columns in self._columns.items():
            stream = self._stack.enter_context(self._open(name))
            self._writers[name] = csv.writer(stream, lineterminator="\n")
            self._writers[name].writerow(columns)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def row(self, table: str, **cells: object) -> None:
        """Append one row; cells not given are empty."""
        columns = self._columns[table]
        values = [cells.pop(name, "") for name in columns]
        if cells:
            raise KeyError(f"{table} has no columns {sorted(cells)}")
        self._writers[table].writerow(values)

    def _open(self, name: str) -> IO[str]:
        return (self._folder / f"{name}.csv").open("w", encoding="utf-8", newline="")
