"""Follow material in one direction: level by level, with the times at which it was there.

A label says that the material was at a node during an interval, and by which
edge and earlier label it came. Material passes an edge when the interval meets
the edge's window. What came in a containment is there while that lasts (a piece);
whatever else came is there for good (a ray), so only the earliest counts. Round k
extends the labels that round k-1 made: the first round to reach a node is its
distance, and the chain of labels behind it is a walk that could really happen,
whatever better arrivals are found later.

Both directions run here; the book holds the mirror. In the mirror it is the edge by
which the walk leaves a node that tells containment: pieces walk into containers, rays
walk all other edges. The work itself is in ``genealogy.trace.kernel``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from genealogy.trace import room
from genealogy.trace.book import Book
from genealogy.trace.kernel import rounds
from genealogy.trace.kernel.arrivals import extend
from genealogy.trace.kernel.labels import reach
from genealogy.trace.kernel.state import (
    BOXED,
    COUNTS,
    EXTENDED,
    FOUND,
    FRONTIER,
    GIVEN,
    HALTED,
    LABELS,
    PLAIN,
    REACHED,
    SPANS,
    STOPS,
    WANTED,
    Column,
    Run,
)
from genealogy.trace.result import FrontierReason, TraceQuery
from genealogy.trace.signs import MIXED

#: Rounds of a walk in one call; see ``genealogy.trace.kernel.rounds``.
Through = Callable[..., int]
#: Labels after which progress is told, by how the rounds run.
AT_ONCE, AT_ONCE_COMPILED = 5_000, 1_000_000
#: Told after each level: how many nodes are reached and how many edges were read.
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Walk:
    """One direction of a trace, while it runs and when it is done.

    ``halted`` are labels that were not extended, and why; ``leading`` are those of
    them, cut at the greatest depth, that lead to new nodes by way of nodes that were
    reached. ``faster`` offers compiled rounds, told how many edges there were.
    """

    book: Book
    query: TraceQuery
    run: Run = field(default_factory=room.lists)
    tally: Column = field(default_factory=lambda: [0] * COUNTS)
    stops: frozenset[int] = frozenset()
    cut: list[int] = field(default_factory=list)
    leading: frozenset[int] = frozenset()
    faster: Callable[[int], Through | None] = lambda _: None

    @property
    def halted(self) -> Iterator[tuple[int, FrontierReason]]:
        """Labels that were not extended, and why."""
        stopped = self.run.halted[: self.tally[HALTED]]
        yield from ((int(label), FrontierReason.STOP) for label in stopped)
        yield from ((label, FrontierReason.MAX_DEPTH) for label in self.cut)

    @property
    def reached(self) -> Column:
        """The nodes that were reached, in the order in which they were."""
        return self.run.reached[: self.tally[REACHED]]

    def set_out(self) -> None:
        """Take note of where to stop; comes before all else."""
        stops = self.book.number(dict.fromkeys(self.query.stops))
        self.stops = frozenset(stops)
        self.fit()
        for node in stops:
            self.run.shut[node] = 1
        self.tally[STOPS] = len(stops)

    def fit(self) -> None:
        """Make room for what was read."""
        if not self.book.whole:
            ways = self.book.ways
            room.fit_graph(self.run, len(ways.begin), len(ways.head), ways.latest)

    def label(self, node: int, start: int, end: int, edge: int, before: int) -> int:
        """Write a label down that no round made, and return its number."""
        label = self.tally[LABELS]
        self.run = room.with_labels(self.run, label + 1)
        run = self.run
        run.node[label], run.start[label], run.end[label] = node, start, end
        run.edge[label], run.before[label], run.inward[label] = edge, before, 0
        self.tally[LABELS] += 1
        return int(label)

    def keep(self, edge: int, near: int) -> None:
        """Take an edge into the answer; ``near`` is its near end."""
        if not self.run.kept[edge]:
            self.run.kept[edge] = 1
            at = self.tally[FOUND]
            self.run.found[at], self.run.near[at] = edge, near
            self.tally[FOUND] += 1

    def follow(self, layers: Sequence[Sequence[int]], progress: Progress | None = None) -> None:
        """Reach all there is; ``layers`` are labels to start from, by their distance."""
        depth, deepest = 0, self.query.max_depth
        if self.book.whole and len(layers) == 1:
            self.give(layers[0])
            # Nothing is to be extended before the first round.
            self.tally[EXTENDED] = 1
            self._hurry(-1, progress)
            return
        while True:
            self.give(layers[depth] if depth < len(layers) else ())
            self.read_ahead()
            self.reach(depth)
            if progress is not None:
                progress(self.tally[REACHED], len(self.book.ways.head))
            if depth == deepest:
                self.cut += self.frontier()
                return
            if self.book.whole and depth + 1 >= len(layers):
                self._hurry(depth, progress)
                return
            self.extend()
            depth += 1
            if not (self.tally[PLAIN] or self.tally[BOXED] or depth < len(layers)):
                return

    def _hurry(self, depth: int, progress: Progress | None) -> None:
        """Reach the rest, with nothing to read in between."""
        deepest = -1 if self.query.max_depth is None else self.query.max_depth
        budget, through = AT_ONCE, rounds.through
        while (self.tally[FRONTIER] or self.tally[EXTENDED]) and not 0 <= deepest <= depth:
            if through is rounds.through and (faster := self.faster(int(self.tally[FOUND]))):
                through, budget = faster, AT_ONCE_COMPILED
            self._make_room()
            depth = through(self.book.ways, self.run, self.tally, depth, deepest, budget)
            if progress is not None:
                progress(int(self.tally[REACHED]), int(self.tally[FOUND]))
        if depth == deepest:
            self.cut += self.frontier()

    def frontier(self) -> list[int]:
        """The labels that are to be extended."""
        return list(map(int, self.run.frontier[: self.tally[FRONTIER]]))

    def give(self, labels: Collection[int]) -> None:
        """Let labels made before come in at the next round."""
        if labels:
            self.run = room.with_labels(self.run, len(labels))
            for at, label in enumerate(labels):
                self.run.given[at] = label
        self.tally[GIVEN] = len(labels)

    def read_ahead(self) -> None:
        """Read the edges of the nodes from which the trace may go on after this round."""
        if not self.book.whole:
            self.book.read_edges(self._passages())
            self.fit()

    def _passages(self) -> Iterator[int]:
        run, tally = self.run, self.tally
        boxes = zip(run.box_node[: tally[BOXED]], run.box_ends, strict=False)
        given = (run.node[label] for label in run.given[: tally[GIVEN]])
        passing = (node for node, ends in boxes if not ends)
        return chain(run.plain_node[: tally[PLAIN]], passing, given)

    def reach(self, depth: int) -> None:
        """Label the arrivals of a round."""
        self._make_room()
        reach(self.book.ways, self.run, self.tally, depth)

    def _make_room(self) -> None:
        """Make room for what a round wants, and for labels of its arrivals."""
        tally = self.tally
        more = tally[PLAIN] + 2 * (tally[BOXED] + tally[GIVEN])
        self.run = room.with_labels(self.run, tally[LABELS] + more)
        self.run = room.with_spans(self.run, tally[SPANS] + tally[BOXED])
        self.run = room.with_arrivals(self.run, tally[WANTED])

    def extend(self) -> None:
        """Walk all edges that the frontier opens up."""
        while not extend(self.book.ways, self.run, self.tally):
            self._make_room()

    def extend_from(self, labels: Sequence[int]) -> None:
        """Walk all edges that these labels open up."""
        self.run = room.with_labels(self.run, len(labels))
        for at, label in enumerate(labels):
            self.run.frontier[at] = label
        self.tally[FRONTIER] = len(labels)
        self.extend()

    def passable(self, label: int) -> Iterator[int]:
        """The edges over which the material of a label can leave its node."""
        ways, run = self.book.ways, self.run
        node, end = run.node[label], run.end[label]
        start = ways.earliest if ways.mark[node] & MIXED else run.start[label]
        for edge in self._row(node, run.inward[label]):
            if ways.opens[edge] <= end and ways.closes[edge] >= start:
                yield edge

    def _row(self, node: int, inward: int) -> Iterable[int]:
        ways = self.book.ways
        if inward:
            return range(ways.split[node], ways.stop[node])
        return range(ways.begin[node], ways.split[node])
