"""What a load has said before: equal rows are duplicates, others under one name contradict.

Twenty bytes a row, in sorted arrays that are merged as they grow, so that
tables of many million rows need no more than their names cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from loaders.tables.rows import Row

_RECENT = 16_384
_SILENT = frozenset({"source_system", "record_id", "recorded_at", "retracted_at"})

Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Run:
    """Names in order, and beside each its content and line."""

    names: Column
    contents: Column
    lines: Column

    def find(self, name: int) -> tuple[int, int] | None:
        at = int(np.searchsorted(self.names, np.uint64(name)))
        if at < len(self.names) and int(self.names[at]) == name:
            return int(self.contents[at]), int(self.lines[at])
        return None


@dataclass(slots=True)
class Seen:
    """The rows of one file met so far, by name (64-bit digests)."""

    _recent: dict[int, tuple[int, int]] = field(default_factory=dict)
    _runs: list[_Run] = field(default_factory=list)

    def earlier(self, row: Row) -> tuple[int, bool] | None:
        """The line that spoke of the same before, and whether it said the same; None if new."""
        name, content = digest(name_of(row)), digest(content_of(row))
        found = self._find(name)
        if found is not None:
            return found[1], found[0] == content
        self._recent[name] = (content, row.line)
        if len(self._recent) >= _RECENT:
            self._settle()
        return None

    def _find(self, name: int) -> tuple[int, int] | None:
        found = self._recent.get(name)
        runs = iter(self._runs)
        while found is None and (run := next(runs, None)) is not None:
            found = run.find(name)
        return found

    def _settle(self) -> None:
        rows = sorted((name, *rest) for name, rest in self._recent.items())
        names, contents, lines = zip(*rows, strict=True)
        self._recent = {}
        run = _Run(
            np.array(names, dtype=np.uint64),
            np.array(contents, dtype=np.uint64),
            np.array(lines, dtype=np.uint32),
        )
        # Merging runs of like size keeps their number logarithmic.
        while self._runs and len(self._runs[-1].names) <= len(run.names):
            run = _merged(self._runs.pop(), run)
        self._runs.append(run)


def name_of(row: Row) -> str:
    """What names the statement a row makes: what it speaks of, and when it was recorded."""
    record_id = row.text("record_id") if row.table.movement else None
    names = ("record_id",) if record_id else row.table.names
    return _spelt(row, (*names, "source_system", "recorded_at", "retracted_at"))


def content_of(row: Row) -> str:
    """What a row says, apart from who recorded it when."""
    return _spelt(row, (c.name for c in row.table.columns if c.name not in _SILENT))


def digest(text: str) -> int:
    """A 64-bit digest of a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _spelt(row: Row, names: Iterable[str]) -> str:
    # A separator that no cell can hold keeps neighbours apart.
    return "\x1f".join([row.spellings.get(name, "") for name in names])


def _merged(one: _Run, other: _Run) -> _Run:
    names = np.concatenate((one.names, other.names))
    order = np.argsort(names, kind="stable")
    contents = np.concatenate((one.contents, other.contents))[order]
    return _Run(names[order], contents, np.concatenate((one.lines, other.lines))[order])
