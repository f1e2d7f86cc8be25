"""The yardstick of common cause: for each lot, of how many cases it is upstream, in bits.

Sixty-four cases go through the graph at once, a bit each. Where few lots are upstream of
any of them these are looked for first and put in order, otherwise all lots are swept. It
takes for granted that numbers rise in the direction of the material, so needs no order of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from tests.bench.bare_walk import _bounds
from tests.bench.layered import Mix

Ints = npt.NDArray[Any]
MOST_CASES = 64
#: From this part of all lots on, sweeping all is faster than looking for those that count.
WIDE = 0.2


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _upstream(first, tail, cases, bits, found, most):  # type: ignore[no-untyped-def]
    """Lots upstream of any case, as far as there are no more than so many; how many."""
    count = 0
    for case in cases:
        if not bits[case]:
            found[count] = case
            count += 1
        bits[case] = 1
    done = 0
    while done < count and count < most:
        lot = found[done]
        done += 1
        for edge in range(first[lot], first[lot + 1]):
            before = tail[edge]
            if not bits[before]:
                bits[before] = 1
                found[count] = before
                count += 1
    return count, done


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _swept(first, tail, lots, bits):  # type: ignore[no-untyped-def]
    """Hand the bits of each lot on to those before it, the last ones first."""
    for i in range(len(lots) - 1, -1, -1):
        lot = lots[i]
        mask = bits[lot]
        if mask:
            for edge in range(first[lot], first[lot + 1]):
                bits[tail[edge]] |= mask


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _counted(lots, bits, counts):  # type: ignore[no-untyped-def]
    """The number of bits of each lot; how many lots have any."""
    total = 0
    for lot in lots:
        mask, count = bits[lot], 0
        while mask:
            mask &= mask - np.uint64(1)
            count += 1
        if count:
            counts[total] = count
            total += 1
    return total


@dataclass
class BareCauses:
    """A graph in rows against the direction of the material."""

    first: Ints
    tail: Ints

    @classmethod
    def over(cls, graph: Mix) -> BareCauses:
        """The rows of a graph."""
        order = np.argsort(graph.target, kind="stable")
        return cls(_bounds(graph.target, graph.lots), graph.source[order])

    def __post_init__(self) -> None:
        lots = len(self.first) - 1
        self._all = np.arange(lots, dtype=np.int32)
        self._bits = np.zeros(lots, dtype=np.uint64)
        self._found = np.empty(lots, dtype=np.int32)
        self._counts = np.empty(lots, dtype=np.int32)

    def counts(self, cases: Ints) -> tuple[Ints, Ints]:
        """The lots upstream of any of these cases, themselves included, and of how many each."""
        assert len(cases) <= MOST_CASES
        most = int(WIDE * len(self._all))
        bits = self._bits
        count, done = _upstream(self.first, self.tail, cases, bits, self._found, most)
        lots = np.sort(self._found[:count]) if done == count else self._all
        bits[self._found[:count]] = 0
        for number, case in enumerate(cases.tolist()):
            bits[case] |= np.uint64(1 << number)
        _swept(self.first, self.tail, lots, bits)
        total = _counted(lots, bits, self._counts)
        if len(lots) == len(self._all):
            lots = np.flatnonzero(bits).astype(np.int32)
        bits[lots] = 0
        return lots, self._counts[:total].copy()
