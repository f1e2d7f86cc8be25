"""Many short texts as one block of bytes, read where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]


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

    def pick(self, places: Ints) -> list[str]:
        """The texts at these places."""
        view = memoryview(self.block)  # type: ignore[arg-type]
        starts, ends = self.offset[places].tolist(), self.offset[places + 1].tolist()
        return [str(view[start:end], "utf-8") for start, end in zip(starts, ends, strict=True)]

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


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts with few different ones: codes into a table; -1 is null."""

    code: Ints
    table: Texts

    def pick(self, places: Ints) -> list[str | None]:
        """The texts at these places."""
        codes = self.code[places]
        used, back = np.unique(codes, return_inverse=True)
        texts: list[str | None] = list(self.table.pick(used[used >= 0]))
        if len(used) and used[0] < 0:
            texts.insert(0, None)
        return list(map(texts.__getitem__, back.tolist()))


class Codes:
    """Gives codes to texts as they come."""

    def __init__(self) -> None:
        self._known: dict[str | None, int] = {None: -1}

    def of(self, column: Iterable[str | None]) -> Ints:
        """The codes of texts, new ones for those not met before."""
        known = self._known
        return np.array([known.setdefault(t, len(known) - 1) for t in column], dtype=np.int32)

    def table(self) -> Texts:
        """The texts by their codes."""
        return Texts.of([text for text in self._known if text is not None])


@dataclass(frozen=True, slots=True)
class Names(Sequence[str]):
    """Ids of nodes by their number: ``texts`` in rising order, and ``more`` that came later."""

    texts: Texts
    more: tuple[str, ...] = ()

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

    def pick(self, places: Ints) -> list[str]:
        """The names at these places."""
        if not self.more:
            return self.texts.pick(places)
        late = places >= len(self.texts)
        found = self.texts.pick(np.where(late, 0, places)) if len(self.texts) else [""] * len(late)
        for at in np.flatnonzero(late).tolist():
            found[at] = self.more[int(places[at]) - len(self.texts)]
        return found

    def find(self, wanted: str) -> int:
        """The number of a name; -1 where it is not known."""
        found = self.texts.find(wanted)
        if found < 0 and wanted in self.more:
            return len(self.texts) + self.more.index(wanted)
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
