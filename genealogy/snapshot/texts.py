"""Many short texts as one block of bytes, read where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, overload

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Ints = npt.NDArray[Any]
_SMALL_TABLE = 64
_FEW = 64
# Names of which it is kept where they are: the same few are looked for again and again.
_MOST_KEPT = 200_000


@dataclass(frozen=True, slots=True)
class Texts(Sequence[str]):
    """Texts in UTF-8, one behind the other; ``offset`` is where each begins, and the end."""

    block: Ints
    offset: Ints

    @classmethod
    def of(cls, texts: Sequence[str]) -> Texts:
        """These texts."""
        joined = "".join(texts)
        # A character of ASCII is a byte; measuring others takes encoding each.
        sizes = map(len, texts) if joined.isascii() else (len(text.encode()) for text in texts)
        offset = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(sizes, dtype=np.int64, count=len(texts)), out=offset[1:])
        return cls(np.frombuffer(joined.encode(), dtype=np.uint8), offset)

    @classmethod
    def joined(cls, parts: Sequence[Texts]) -> Texts:
        """The texts of several, one behind the other."""
        ends = np.cumsum([0, *(part.offset[-1] for part in parts)])
        offsets = [part.offset[:-1] + end for part, end in zip(parts, ends, strict=False)]
        blocks = [part.block for part in parts]
        none = np.empty(0, dtype=np.uint8)
        return cls(np.concatenate([none, *blocks]), np.concatenate([*offsets, ends[-1:]]))

    def __len__(self) -> int:
        return len(self.offset) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return self.pick(np.arange(len(self))[at])
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        at = int(at) % len(self)
        return str(self.block[self.offset[at] : self.offset[at + 1]].tobytes(), "utf-8")

    def picked(self, places: Ints) -> Texts:
        """The texts at these places, as a block of their own."""
        return gathered([(self, None, places)], len(places))

    def pick(self, places: Ints) -> list[str]:
        """The texts at these places."""
        return self.picked(places).listed()

    def listed(self) -> list[str]:
        """All texts."""
        bounds = pairwise(self.offset.tolist())
        body = self.block.tobytes()
        if body.isascii():
            # Then a byte is a character, and reading once does for all.
            text = body.decode()
            return [text[start:end] for start, end in bounds]
        return [str(body[start:end], "utf-8") for start, end in bounds]

    def find(self, wanted: str) -> int:
        """The place of a text among texts in rising order; -1 where it is not there."""
        low = self.place(wanted)
        return low if low < len(self) and self[low] == wanted else -1

    def place(self, wanted: str) -> int:
        """How many of the texts, which are in rising order, come before this one."""
        low, high = 0, len(self)
        key = wanted.encode()
        while low < high:
            middle = (low + high) // 2
            if self.block[self.offset[middle] : self.offset[middle + 1]].tobytes() < key:
                low = middle + 1
            else:
                high = middle
        return low


#: Texts, where they go (null: they are all there are), and which of them.
Picks = tuple[Texts, Ints | None, Ints]


def gathered(picks: Sequence[Picks], count: int) -> Texts:
    """So many texts out of several columns, as one block."""
    sizes = np.zeros(count, dtype=np.int64)
    for texts, goes, places in picks:
        sizes[slice(None) if goes is None else goes] = (
            texts.offset[places + 1] - texts.offset[places]
        )
    offset = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(sizes, out=offset[1:])
    if len(picks) == 1 and picks[0][1] is None:
        return Texts(_cut(picks[0][0], picks[0][2], sizes), offset)
    block = np.empty(offset[-1], dtype=np.uint8)
    for texts, goes, places in picks:
        to = slice(None) if goes is None else goes
        block[_spread(offset[:-1][to], sizes[to])] = _cut(texts, places, sizes[to])
    return Texts(block, offset)


def _cut(texts: Texts, places: Ints, sizes: Ints) -> Ints:
    """The bytes of the texts at these places, which are so long, one behind the other."""
    starts = texts.offset[places]
    size = int(sizes[0]) if len(sizes) else 0
    if len(starts) > _FEW and size and (sizes == size).all():
        # Ids are often of one length: then whole rows are copied instead of bytes.
        rows: Ints = sliding_window_view(texts.block, size)[starts].reshape(-1)
        return rows
    cut: Ints = texts.block[_spread(starts, sizes)]
    return cut


def _spread(starts: Ints, sizes: Ints) -> Ints:
    """The numbers from each start on, as many as its size."""
    ends = np.cumsum(sizes)
    spread: Ints = np.repeat(starts - (ends - sizes), sizes) + np.arange(sizes.sum())
    return spread


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts with few different ones: codes into a table; -1 is null."""

    code: Ints
    table: Texts

    @classmethod
    def joined(cls, parts: Sequence[Coded]) -> Coded:
        """The columns of several, one behind the other; a text may be in the table twice."""
        firsts = np.cumsum([0, *(len(part.table) for part in parts)]).astype(np.int32)
        codes = [
            np.where(part.code < 0, part.code, part.code + first)
            for part, first in zip(parts, firsts, strict=False)
        ]
        none = np.empty(0, dtype=np.int32)
        return cls(np.concatenate([none, *codes]), Texts.joined([part.table for part in parts]))

    def picked(self, places: Ints) -> Coded:
        """The texts at these places, with those alone in the table if there are many others."""
        codes = self.code[places]
        if len(self.table) <= max(len(codes), _SMALL_TABLE):
            return Coded(codes, self.table)
        used, back = np.unique(codes, return_inverse=True)
        nulls = int(np.searchsorted(used, 0))
        return Coded((back - nulls).astype(np.int32), self.table.picked(used[nulls:]))

    def listed(self) -> list[str | None]:
        """All texts; null where there is none."""
        # The last of them is where code -1 points to.
        texts = [*self.table.listed(), None]
        return list(map(texts.__getitem__, self.code.tolist()))


class Codes:
    """Gives codes to texts as they come; the same one to the same text while many are alike."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._known: dict[str | None, int] = {None: -1}
        self._alike = True

    def of(self, column: Sequence[str | None]) -> Ints:
        """The codes of texts, new ones for those not met before."""
        if len(column) and column.count(column[0]) == len(column):
            return np.full(len(column), self._code(column[0]), dtype=np.int32)
        if self._alike:
            new = set(column) - self._known.keys()
            self._alike = 2 * len(new) <= max(len(column), _SMALL_TABLE)
            if self._alike:
                for text in new:
                    self._code(text)
                found = map(self._known.__getitem__, column)
                return np.fromiter(found, dtype=np.int32, count=len(column))
        # Numbers of records and the like: to look for each would be for nothing.
        first = len(self._texts)
        self._texts += ["" if text is None else text for text in column]
        codes = np.arange(first, len(self._texts), dtype=np.int32)
        codes[[at for at, text in enumerate(column) if text is None]] = -1
        return codes

    def _code(self, text: str | None) -> int:
        code = self._known.get(text)
        if text is None or code is not None:
            return -1 if code is None else code
        self._known[text] = len(self._texts)
        self._texts.append(text)
        return self._known[text]

    def table(self) -> Texts:
        """The texts by their codes."""
        return Texts.of(self._texts)


@dataclass(frozen=True, slots=True)
class Names(Sequence[str]):
    """Ids of nodes by their number: ``texts`` in rising order, and ``more`` that came later."""

    texts: Texts
    more: tuple[str, ...] = ()
    _known: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = {name: number for number, name in enumerate(self.more, len(self.texts))}
        object.__setattr__(self, "_known", known)

    @property
    def base(self) -> Texts:
        """The names that were there when the snapshot was made."""
        return self.texts

    def __len__(self) -> int:
        return len(self.texts) + len(self.more)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return self.pick(np.arange(len(self))[at])
        return self.more[at - len(self.texts)] if at >= len(self.texts) else self.texts[at]

    def picked(self, places: Ints) -> Texts:
        """The names at these places, as a block of their own."""
        base = len(self.texts)
        late: Ints = np.flatnonzero(places >= base)
        if not len(late):
            return self.texts.picked(places)
        early = np.flatnonzero(places < base)
        later = Texts.of([self.more[at - base] for at in places[late].tolist()])
        picks = [(self.texts, early, places[early]), (later, late, np.arange(len(late)))]
        return gathered(picks, len(places))

    def pick(self, places: Ints) -> list[str]:
        """The names at these places."""
        return self.picked(places).listed()

    def find(self, wanted: str) -> int:
        """The number of a name; -1 where it is not known."""
        found = self._known.get(wanted)
        if found is None:
            found = self.texts.find(wanted)
            if len(self._known) < _MOST_KEPT + len(self.more):
                self._known[wanted] = found
        return found

    def rank(self) -> Ints:
        """For each name how many come before it."""
        later = sorted(range(len(self.more)), key=self.more.__getitem__)
        before = [self.texts.place(self.more[at]) for at in later]
        rank = np.arange(len(self), dtype=np.int32)
        rank[: len(self.texts)] += np.searchsorted(
            before, np.arange(len(self.texts)), side="right"
        ).astype(np.int32)
        for place, (at, known) in enumerate(zip(later, before, strict=True)):
            rank[len(self.texts) + at] = known + place
        return rank
