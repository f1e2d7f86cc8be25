"""What a load has said before: equal rows are duplicates, others under one name contradict.

Twenty bytes a row, in sorted arrays that are merged as they grow, so that
tables of many million rows need no more than their names cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from loaders.tables.rows import Rows

_SILENT = frozenset({"source_system", "record_id", "recorded_at", "retracted_at"})
_TOLD = ("source_system", "recorded_at", "retracted_at")

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Run:
    """Names in order, and beside each the content and line of the row that said it first."""

    names: Array
    contents: Array
    lines: Array

    def at(self, which: Array) -> _Run:
        """The entries at these positions, or where the mask is true."""
        return _Run(self.names[which], self.contents[which], self.lines[which])

    def find(self, names: Array) -> tuple[Array, Array]:
        """Which of these names are here, and the positions of those."""
        at = np.searchsorted(self.names, names)
        at[at == len(self.names)] = 0
        here = self.names[at] == names
        return here, at[here]


@dataclass(slots=True)
class Seen:
    """The rows of one file met so far, by 64-bit hashes that hold for this process."""

    _runs: list[_Run] = field(default_factory=list)

    def earlier(self, rows: Rows) -> dict[int, tuple[int, bool]]:
        """The rows, by line, that speak of what an earlier row spoke of.

        With each: the line of that row, and whether it said the same.
        """
        if not len(rows):
            return {}
        told = _run(_hashes(names_of(rows)), _hashes(contents_of(rows)), rows.lines)
        is_first = np.append(True, told.names[1:] != told.names[:-1])
        firsts = told.at(is_first)
        self._look_up(firsts)
        origin = firsts.at(np.cumsum(is_first) - 1)
        again = origin.lines != told.lines
        same = origin.contents[again] == told.contents[again]
        lines = zip(origin.lines[again].tolist(), same.tolist(), strict=True)
        return dict(zip(told.lines[again].tolist(), lines, strict=True))

    def _look_up(self, firsts: _Run) -> None:
        """Put known rows in the place of those of their name, and keep the others."""
        new = np.ones(len(firsts.names), dtype=bool)
        for run in self._runs:
            here, at = run.find(firsts.names)
            firsts.contents[here], firsts.lines[here] = run.contents[at], run.lines[at]
            new &= ~here
        self._keep(firsts.at(new))

    def _keep(self, run: _Run) -> None:
        # Merging runs of like size keeps their number logarithmic.
        while self._runs and len(self._runs[-1].names) <= len(run.names):
            older = self._runs.pop()
            run = _run(
                np.concatenate((older.names, run.names)),
                np.concatenate((older.contents, run.contents)),
                np.concatenate((older.lines, run.lines)),
            )
        if len(run.names):
            self._runs.append(run)


def names_of(rows: Rows) -> list[tuple[str, ...]]:
    """What names the statement of each row: what it speaks of, and when it was recorded."""
    names = _spelt(rows, (*rows.table.names, *_TOLD))
    if not rows.table.movement or "record_id" not in rows:
        return names
    records = _spelt(rows, ("record_id", *_TOLD))
    return [record if record[0] else name for record, name in zip(records, names, strict=True)]


def contents_of(rows: Rows) -> list[tuple[str, ...]]:
    """What each row says, apart from who recorded it when."""
    return _spelt(rows, [c.name for c in rows.table.columns if c.name not in _SILENT])


def _spelt(rows: Rows, names: Iterable[str]) -> list[tuple[str, ...]]:
    return list(zip(*map(rows.spellings, names), strict=True))


def _hashes(keys: list[tuple[str, ...]]) -> Array:
    return np.fromiter(map(hash, keys), np.int64, len(keys))


def _run(names: Array, contents: Array, lines: Array | Sequence[int]) -> _Run:
    """The run of these rows; among rows of one name the earlier line comes first."""
    order = np.argsort(names, kind="stable")
    return _Run(names, contents, np.asarray(lines, dtype=np.uint32)).at(order)
