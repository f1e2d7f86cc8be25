"""Of which cases each node is upstream: many traces at once, where none need be told by itself.

So this is less than what ``genealogy.impact.causes`` tells, which walks case by case for the
distances, edges, last contributions and completeness of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.snapshot import compiled, sweep
from genealogy.snapshot.book import SnapshotBook
from genealogy.snapshot.content import Content
from genealogy.trace.kernel.state import Ways
from genealogy.trace.result import Mode
from genealogy.trace.signs import APART, BOX, LASTING, MIXED, STILL

Ints = npt.NDArray[Any]
#: Cases that go through the graph at once.
AT_ONCE = 64
#: From this part of all nodes on, sweeping all is faster than looking for those that count.
WIDE = 0.2
#: Edges from which on it pays to load or compile the sweeps, in a program that is to end soon.
LARGE = 100_000


@dataclass(frozen=True, slots=True)
class Upstream:
    """Nodes by number, and of which cases each is upstream; seeds are among them.

    Case ``i`` is bit ``i % 64`` of the number in column ``i // 64``.
    """

    nodes: Ints
    cases: Ints

    def counts(self) -> Ints:
        """Of how many cases each node is upstream."""
        counted: Ints = np.bitwise_count(self.cases)
        return counted[:, 0] if counted.shape[1] == 1 else counted.sum(axis=1, dtype=np.int64)


def upstream(content: Content, cases: Sequence[Sequence[int]], mode: Mode) -> Upstream | None:
    """What traces backward from the seeds of each case reach, by the numbers of nodes.

    Null where the graph upstream of them takes more than material that comes and stays:
    pieces in containers, states, batches that are mixed as a whole, what passes nothing on.
    """
    seeds = np.array([seed for case in cases for seed in case], dtype=np.int32)
    mark, door = content.nodes.mark, content.backward.door
    if (mark[seeds] & (BOX | STILL)).any() or (len(door) and np.isin(seeds, door).any()):
        return None
    sweeping = _Sweeping.over(content, mode)
    parts = []
    for first in range(0, len(cases), AT_ONCE):
        part = sweeping.swept(cases[first : first + AT_ONCE])
        if part is None:
            return None
        parts.append(part)
    if len(parts) == 1:
        [(nodes, bits)] = parts
        return Upstream(nodes, bits[:, None])
    return _together(len(mark), parts)


def _together(count: int, parts: Sequence[tuple[Ints, Ints]]) -> Upstream:
    known = np.zeros(count, dtype=bool)
    for found, _ in parts:
        known[found] = True
    nodes = np.flatnonzero(known).astype(np.int32)
    place = np.cumsum(known, dtype=np.int32) - 1
    cases = np.zeros((len(nodes), len(parts)), dtype=np.uint64)
    for column, (found, bits) in enumerate(parts):
        cases[place[found], column] = bits
    return Upstream(nodes, cases)


@dataclass(frozen=True, slots=True)
class _Scratch:
    """Columns by node: bits of cases, bits on their way, and marks, all zero; and numbers."""

    bits: Ints
    fresh: Ints
    seen: Ints
    stack: Ints
    found: Ints

    @classmethod
    def of(cls, nodes: int) -> _Scratch:
        """Columns for so many nodes."""
        bits, fresh = (np.zeros(nodes, dtype=np.uint64) for _ in range(2))
        stack, found = (np.empty(nodes, dtype=np.int32) for _ in range(2))
        return cls(bits, fresh, np.zeros(nodes, dtype=np.uint8), stack, found)


@dataclass(frozen=True, slots=True)
class _Sweeping:
    """A snapshot that is swept backward, in one mode."""

    content: Content
    ways: Ways
    run: Callable[[str], Any]
    bad: int
    wild: bool

    @classmethod
    def over(cls, content: Content, mode: Mode) -> _Sweeping:
        """Ready to sweep."""
        exact = mode is Mode.EXACT
        ways = content.made(mode, lambda: SnapshotBook(content, "backward", exact, []).ways)
        marks = content.made("marks", lambda: int(np.bitwise_or.reduce(ways.mark, initial=0)))
        bad = APART | MIXED | STILL if ways.exact else STILL
        return cls(content, ways, _runner(len(ways.head)), bad, bool(marks & (bad | BOX)))

    def swept(self, cases: Sequence[Sequence[int]]) -> tuple[Ints, Ints] | None:
        """The nodes upstream of up to 64 cases, and their bits."""
        seeds = np.array(sorted({seed for case in cases for seed in case}), dtype=np.int32)
        with self._scratch() as scratch:
            found = self._collected(seeds, scratch)
            for number, case in enumerate(cases):
                scratch.bits[list(case)] |= np.uint64(1 << number)
            args = (self.bad, self.wild, scratch.bits)
            if self.ways.exact:
                times = self._times() if found is None else self._times_of(found)
                tame = self.run("sweep_in_time")(
                    self.ways, *times, self._lasting(), *args, scratch.fresh, scratch.stack
                )
            else:
                order, rank = self._order()
                nodes = order if found is None else order[np.sort(rank[found])]
                tame = self.run("sweep")(self.ways, nodes, rank, *args, scratch.seen, scratch.stack)
            if found is None:
                found = np.flatnonzero(scratch.bits).astype(np.int32)
            elif self.ways.exact:
                found = found[scratch.bits[found] != 0]
            bits = scratch.bits[found]
            scratch.bits[found] = 0
        return (found, bits) if tame else None

    def _collected(self, seeds: Ints, scratch: _Scratch) -> Ints | None:
        """All nodes upstream of the seeds, whatever the times; null for too many to look for."""
        most = int(WIDE * len(scratch.seen))
        count = self.run("collect")(self.ways, seeds, scratch.seen, scratch.found, most)
        found = scratch.found[:count].copy()
        scratch.seen[found] = 0
        return found if count < most else None

    @contextmanager
    def _scratch(self) -> Iterator[_Scratch]:
        """Columns to write on; they are used again, since making them takes time."""
        spare: list[_Scratch] = self.content.made("scratch", list)
        try:
            scratch = spare.pop()
        except IndexError:
            scratch = _Scratch.of(len(self.ways.begin))
        yield scratch
        # Not after a failure: what it left in the columns is not known.
        spare.append(scratch)

    def _order(self) -> tuple[Ints, Ints]:
        """All nodes, each before those upstream of it, and the place of each."""

        def make() -> tuple[Ints, Ints]:
            nodes = len(self.ways.begin)
            into = np.bincount(self.ways.head, minlength=nodes)
            queue, level, rank = (np.zeros(nodes, dtype=np.int32) for _ in range(3))
            self.run("arrange")(self.ways, into, queue, level)
            # By number within a level: what lies together is swept together.
            order = np.argsort(level, kind="stable").astype(np.int32)
            rank[order] = np.arange(nodes, dtype=np.int32)
            return order, rank

        return self.content.made("order", make)

    def _lasting(self) -> bool:
        """Whether there are edges over which material may pass at more than one moment."""
        sign = self.ways.sign
        return self.content.made("lasting", lambda: bool((sign & LASTING).any()))

    def _times(self) -> tuple[Ints, Ints, Ints]:
        """All edges in the order in which they open: both ends, and when."""
        every = np.arange(len(self.ways.begin), dtype=np.int32)
        return self.content.made("times", lambda: self._times_of(every))

    def _times_of(self, nodes: Ints) -> tuple[Ints, Ints, Ints]:
        ways = self.ways
        total = int((ways.split[nodes].astype(np.int64) - ways.begin[nodes]).sum())
        opens = np.empty(total, dtype=np.int64)
        near, edges = (np.empty(total, dtype=np.int32) for _ in range(2))
        self.run("moments")(ways, nodes, opens, near, edges)
        order = np.argsort(opens)
        return near[order], ways.head[edges[order]], opens[order]


def _runner(edges: int) -> Callable[[str], Any]:
    """The sweeps by their name: compiled where that is loaded or worth it."""
    if compiled.sweeps.cache_info().currsize or (edges > LARGE and compiled.is_to_be_had()):
        return compiled.sweeps().__getitem__
    return lambda name: getattr(sweep, name)
