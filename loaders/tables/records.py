"""Records of a CSV file with the line on which each starts, and nothing lost to a stray quote.

A quote that is never closed would swallow the rows after it. So when a record
that spans several lines turns out unreadable, or has the wrong number of fields,
only its first line is given up and the others are read again.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

#: A line longer than this is no record of ours; its rest is skipped without being held.
MAX_LINE = 2**20
#: Characters held at once, however long the lines are.
#: With one more line of the longest kind a block stays within 4 MiB of UTF-8 or little above.
_BLOCK_BYTES = 2**21


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line it starts on (1 = first), its fields, or a code of what is wrong."""

    line: int
    fields: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Records that follow each other: rows of cells with their lines, and the unusable ones."""

    lines: Sequence[int]
    rows: Sequence[Sequence[str]]
    broken: Sequence[Record] = ()

    @classmethod
    def of(cls, records: Sequence[Record]) -> Block:
        """The block that these records make."""
        sound = [record for record in records if not record.problem]
        broken = [record for record in records if record.problem]
        return cls([record.line for record in sound], [record.fields for record in sound], broken)


class Records:
    """Iterates the records of a text stream opened with ``newline=""``; header first.

    The header is the first record that is not blank. Blank records are left out.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._line = 1
        self._width = 0
        self._reader = csv.reader(self._lines(), strict=True)

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        while True:
            record = self._read()
            if record.problem or not _is_blank(record.fields):
                return record

    def blocks(self, size: int) -> Iterator[Block]:
        """The records in blocks of about ``size``."""
        while lines := self._ahead(size):
            yield self._plain(lines) or self._one_by_one(lines)

    def _ahead(self, size: int) -> list[str]:
        lines: list[str] = []
        taken = 0
        while len(lines) < size and taken < _BLOCK_BYTES and (line := self._next_line()):
            lines.append(line)
            taken += len(line) if line.isascii() else len(line.encode())
        return lines

    def _plain(self, lines: list[str]) -> Block | None:
        """The lines as a block when each is a whole record and nothing is wrong with any."""
        if max(map(len, lines)) > MAX_LINE:
            return None
        try:
            rows = list(csv.reader(lines, strict=True))
        except csv.Error:
            return None
        fits = len(rows) == len(lines) and set(map(len, rows)) == {self._width}
        if not fits or any(map(_is_blank, rows)):
            return None
        start = self._line
        self._line += len(lines)
        return Block(range(start, self._line), rows)

    def _one_by_one(self, lines: list[str]) -> Block:
        self._again.extendleft(reversed(lines))
        records: list[Record] = []
        while self._again and (record := next(self, None)):
            records.append(record)
        return Block.of(records)

    def _read(self) -> Record:
        start, self._taken = self._line, []
        try:
            fields, problem = tuple(next(self._reader)), None
        except csv.Error:
            fields, problem = (), "broken_quotes"
        return self._checked(start, fields, problem)

    def _checked(self, start: int, fields: tuple[str, ...], problem: str | None) -> Record:
        if self._taken and len(self._taken[0]) > MAX_LINE:
            problem = "line_too_long"
        elif problem is None and fields and self._width and len(fields) != self._width:
            problem = "field_count"
        if problem and len(self._taken) > 1:
            self._again.extendleft(reversed(self._taken[1:]))
            self._reader = csv.reader(self._lines(), strict=True)
            del self._taken[1:]
        self._line = start + len(self._taken)
        self._width = self._width or len(fields)
        return Record(start, fields, problem)

    def _lines(self) -> Iterator[str]:
        while line := self._next_line():
            self._taken.append(line)
            # An over-long line never reaches the parser: it is told by what was taken.
            yield line if len(line) <= MAX_LINE else "\n"

    def _next_line(self) -> str:
        if self._again:
            return self._again.popleft()
        line = self._stream.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            rest = line
            while rest and not rest.endswith(("\n", "\r")):
                rest = self._stream.readline(MAX_LINE)
        return line


def _is_blank(fields: Sequence[str]) -> bool:
    # Most records begin with something.
    return not (fields and fields[0].strip()) and not any(field.strip() for field in fields)
