"""Lists of numbers, one for each place, as two columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Lists:
    """A list of numbers for each place, one behind the other."""

    first: Ints
    values: Ints

    @classmethod
    def of(cls, lists: Iterable[Sequence[int]]) -> Lists:
        """These lists."""
        known = list(lists)
        first = np.cumsum([0, *map(len, known)])
        return cls(first, np.array([value for one in known for value in one], dtype=np.int64))

    def of_all(self, places: Ints) -> tuple[Ints, Ints]:
        """The values of all these places; of each by which of the places it is."""
        counts = self.first[places + 1] - self.first[places]
        at = np.repeat(np.arange(len(places)), counts)
        begin = np.cumsum(counts) - counts
        within = np.arange(len(at)) - begin[at]
        return at, self.values[self.first[places][at] + within]
