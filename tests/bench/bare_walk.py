"""The yardstick of a trace over a snapshot: a walk that knows moments and nothing else.

Rows sorted by time, a pointer for each node to what it has opened, arrays made once and
cleaned after use. It says which nodes are reached when, and which edges were taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[Any]


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _earliest(first, stop, head, at, seed, since, opened, waits, queue, reached):  # type: ignore[no-untyped-def]
    """Earliest arrivals, by a list of nodes to look at again; how many nodes there are."""
    count, todo = 1, 1
    queue[0] = reached[0] = seed
    since[seed], waits[seed] = -(1 << 62), True
    while todo:
        todo -= 1
        node = queue[todo]
        waits[node] = False
        edge, begun = stop[node] - opened[node], since[node]
        while edge > first[node] and at[edge - 1] >= begun:
            edge -= 1
            to = head[edge]
            if at[edge] < since[to]:
                if since[to] == (1 << 62):
                    reached[count] = to
                    count += 1
                since[to] = at[edge]
                if not waits[to]:
                    waits[to] = True
                    queue[todo] = to
                    todo += 1
        opened[node] = stop[node] - edge
    return count


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _taken(first, stop, head, at, reached, count, opened, edges, near, far, moments):  # type: ignore[no-untyped-def]
    """The edges that were opened, with both ends and times; how many."""
    total = 0
    for i in range(count):
        node = reached[i]
        for edge in range(stop[node] - opened[node], stop[node]):
            edges[total], near[total] = edge, node
            far[total], moments[total] = head[edge], at[edge]
            total += 1
    return total


@dataclass
class BareWalk:
    """A graph in rows by time, and columns for one walk at a time."""

    first: Ints
    stop: Ints
    head: Ints
    at: Ints

    def __post_init__(self) -> None:
        nodes, edges = len(self.first), len(self.head)
        self.since = np.full(nodes, 1 << 62)
        self.opened = np.zeros(nodes, dtype=np.int32)
        self.waits = np.zeros(nodes, dtype=np.bool_)
        self.queue, self.reached = (np.empty(nodes, dtype=np.int32) for _ in range(2))
        self.columns = tuple(np.empty(edges, dtype=np.int32) for _ in range(3))
        self.moments = np.empty(edges, dtype=self.at.dtype)

    def walk(self, seed: int, *, in_time: bool = True) -> tuple[Ints, ...]:
        """Nodes with arrivals, and edges with ends and times, each copied out."""
        at = self.at if in_time else np.zeros_like(self.at)
        rows = self.first, self.stop, self.head, at
        count = _earliest(
            *rows, seed, self.since, self.opened, self.waits, self.queue, self.reached
        )
        columns = (*self.columns, self.moments)
        total = _taken(*rows, self.reached, count, self.opened, *columns)
        nodes = self.reached[:count].copy()
        found = nodes, self.since[nodes], *(column[:total].copy() for column in columns)
        self.since[nodes], self.opened[nodes] = 1 << 62, 0
        return found
