"""The yardstick of a trace over a snapshot: a compiled walk that knows moments and nothing else.

Rows sorted by time, a pointer for each node to what it has opened, arrays made once and
cleaned after use. It says which lots are reached when, and which edges were taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from tests.bench.layered import Mix

Ints = npt.NDArray[Any]
ALWAYS, NEVER = -(2**31), 2**31 - 1


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _earliest(first, head, at, seed, since, opened, waits, queue, reached):  # type: ignore[no-untyped-def]
    """Earliest arrivals, by a list of lots to look at again; how many lots there are."""
    count, todo = 1, 1
    queue[0] = reached[0] = seed
    since[seed], waits[seed] = ALWAYS, True
    while todo:
        todo -= 1
        lot = queue[todo]
        waits[lot] = False
        edge, begun = first[lot + 1] - opened[lot], since[lot]
        while edge > first[lot] and at[edge - 1] >= begun:
            edge -= 1
            to = head[edge]
            if at[edge] < since[to]:
                if since[to] == NEVER:
                    reached[count] = to
                    count += 1
                since[to] = at[edge]
                if not waits[to]:
                    waits[to] = True
                    queue[todo] = to
                    todo += 1
        opened[lot] = first[lot + 1] - edge
    return count


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _plain(first, head, seed, since, opened, reached):  # type: ignore[no-untyped-def]
    """All lots within reach, whatever the times; how many there are."""
    count, done = 1, 0
    reached[0], since[seed] = seed, ALWAYS
    while done < count:
        lot = reached[done]
        done += 1
        opened[lot] = first[lot + 1] - first[lot]
        for edge in range(first[lot], first[lot + 1]):
            to = head[edge]
            if since[to] == NEVER:
                since[to] = ALWAYS
                reached[count] = to
                count += 1
    return count


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _taken(first, head, at, reached, count, opened, near, far, moments):  # type: ignore[no-untyped-def]
    """The edges that were opened, with both ends and times; how many."""
    total = 0
    for i in range(count):
        lot = reached[i]
        for edge in range(first[lot + 1] - opened[lot], first[lot + 1]):
            near[total], far[total], moments[total] = lot, head[edge], at[edge]
            total += 1
    return total


class Walked(NamedTuple):
    """Lots with the time of their first arrival, and edges with both ends and times."""

    lots: Ints
    since: Ints
    source: Ints
    target: Ints
    at: Ints


@dataclass
class BareWalk:
    """A graph in rows by time, and columns for one walk at a time."""

    first: Ints
    head: Ints
    at: Ints

    @classmethod
    def over(cls, graph: Mix) -> BareWalk:
        """The rows of a graph, in the direction of the material."""
        order = np.lexsort((graph.at, graph.source))
        return cls(_bounds(graph.source, graph.lots), graph.target[order], graph.at[order])

    def __post_init__(self) -> None:
        lots, edges = len(self.first) - 1, len(self.head)
        self._since = np.full(lots, NEVER, dtype=np.int32)
        self._opened = np.zeros(lots, dtype=np.int32)
        self._waits = np.zeros(lots, dtype=np.bool_)
        self._queue, self._reached = (np.empty(lots, dtype=np.int32) for _ in range(2))
        self._columns = tuple(np.empty(edges, dtype=np.int32) for _ in range(3))

    def in_time(self, seed: int) -> Walked:
        """What material of a lot comes to, each time it leaves a lot at or after it came."""
        state = self._since, self._opened, self._waits, self._queue, self._reached
        return self._told(_earliest(self.first, self.head, self.at, seed, *state))

    def whenever(self, seed: int) -> Walked:
        """What lies within reach of a lot."""
        state = self._since, self._opened, self._reached
        return self._told(_plain(self.first, self.head, seed, *state))

    def _told(self, count: int) -> Walked:
        rows = self.first, self.head, self.at
        total = _taken(*rows, self._reached, count, self._opened, *self._columns)
        lots = self._reached[:count].copy()
        columns = (column[:total].copy() for column in self._columns)
        found = Walked(lots, self._since[lots], *columns)
        self._since[lots], self._opened[lots] = NEVER, 0
        return found


def _bounds(near: Ints, lots: int) -> Ints:
    counts = np.bincount(near, minlength=lots)
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
