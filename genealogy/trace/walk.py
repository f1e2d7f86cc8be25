"""Follow material in one direction: level by level, with the times at which it was there.

A label says that the material was at a node during an interval, and by which
edge and earlier label it came. Material passes an edge when the interval meets
the edge's window. What came in a containment is there while that lasts (a piece);
whatever else came is there for good (a ray), so only the earliest counts. Round k
extends the labels that round k-1 made: the first round to reach a node is its
distance, and the chain of labels behind it is a walk that could really happen,
whatever better arrivals are found later.

Both directions run here; ``genealogy.trace.book`` holds the mirror. In the mirror
it is the edge by which the walk leaves a node that tells containment: pieces walk
into containers, rays walk all other edges.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from genealogy.model.facts import NodeId
from genealogy.trace.book import ENDING, UNSURE, Bundles, FlowBook
from genealogy.trace.result import FrontierReason, TraceQuery
from genealogy.trace.windows import BEGIN, END, Spans

#: Told after each level: how many nodes are reached and how many edges were read.
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Labels:
    """Labels as columns; ``edge`` and ``before`` are -1 at a seed."""

    node: list[NodeId] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    edge: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)

    def add(self, node: NodeId, start: int, end: int, edge: int, before: int) -> int:
        """Write a label down and return its number."""
        self.node.append(node)
        self.start.append(start)
        self.end.append(end)
        self.edge.append(edge)
        self.before.append(before)
        return len(self.node) - 1

    def add_all(
        self, starts: dict[NodeId, int], via: dict[NodeId, int], at: Iterable[int]
    ) -> range:
        """Write down open-ended labels for the nodes of ``via``; their numbers."""
        first = len(self.node)
        self.node += via
        self.start += [starts.get(node, BEGIN) for node in via]
        self.end += [END] * len(via)
        self.edge += via.values()
        self.before += at
        return range(first, len(self.node))

    def columns(self) -> tuple[list[Any], ...]:
        """All columns, in the order in which they are declared."""
        return self.node, self.start, self.end, self.edge, self.before

    def at(self, label: int) -> tuple[NodeId, int, int, int]:
        """Node, start, edge and label before."""
        return self.node[label], self.start[label], self.edge[label], self.before[label]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Material that comes to a node during an interval, over an edge, after a label."""

    node: NodeId
    start: int
    end: int
    edge: int
    before: int


@dataclass(slots=True)
class Level:
    """What a round brings: plain arrivals, others, and labels that were made before.

    Of a plain arrival, ``via`` is the edge and ``after`` the label before, by node
    and in the same order (two columns, since a pair each would cost twice the time).
    ``boxed`` may come in pieces, ``ends`` come to a Party or Place that is no passage.
    """

    via: dict[NodeId, int] = field(default_factory=dict)
    after: dict[NodeId, int] = field(default_factory=dict)
    boxed: list[Arrival] = field(default_factory=list)
    ends: list[Arrival] = field(default_factory=list)
    given: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.via or self.boxed or self.ends or self.given)

    def passages(self, labels: Labels) -> list[NodeId]:
        """The nodes from which the trace may go on."""
        given = (labels.node[i] for i in self.given)
        return [*self.via, *(a.node for a in self.boxed), *given]


@dataclass(slots=True)
class Walk:
    """One direction of a trace, while it runs and when it is done.

    ``first`` is the label and ``distance`` the round in which a node was first
    reached; ``arrival`` is the earliest start of its rays and in the end of all its
    labels, in mirrored time for a backward walk. ``halted`` are labels that were
    not extended, and why; ``leading`` are those of them, cut at the greatest depth,
    that lead to new nodes by way of nodes that were reached.
    """

    book: FlowBook
    query: TraceQuery
    labels: Labels = field(default_factory=Labels)
    first: dict[NodeId, int] = field(default_factory=dict)
    distance: dict[NodeId, int] = field(default_factory=dict)
    arrival: dict[NodeId, int] = field(default_factory=dict)
    halted: list[tuple[int, FrontierReason]] = field(default_factory=list)
    leading: frozenset[int] = frozenset()
    _passing: dict[NodeId, int] = field(default_factory=dict)
    _spans: dict[NodeId, Spans] = field(default_factory=dict)
    _inward: set[int] = field(default_factory=set)
    _noted: tuple[dict[NodeId, Sequence[int]], ...] = field(default_factory=lambda: ({}, {}))

    def run(self, layers: list[list[int]], progress: Progress | None = None) -> None:
        """Reach all there is; ``layers`` are labels to start from, by their distance."""
        depth, level = 0, Level(given=layers[0])
        while level or depth < len(layers):
            self.book.read_edges(level.passages(self.labels))
            frontier = self.reach(level, depth)
            if progress is not None:
                progress(len(self.first), len(self.book.kept))
            if depth == self.query.max_depth:
                self.halted += [(label, FrontierReason.MAX_DEPTH) for label in frontier]
                break
            depth, level = depth + 1, self.extend(frontier)
            level.given = layers[depth] if depth < len(layers) else []

    def settle_arrivals(self) -> None:
        """Let what only passed through nodes count as arrivals too; ends the walk."""
        for node, start in self._passing.items():
            self.arrival[node] = min(start, self.arrival.get(node, END))

    def passable(self, label: int) -> Iterator[int]:
        """The edges over which the material of a label can leave its node."""
        node, end = self.labels.node[label], self.labels.end[label]
        start = BEGIN if node in self.book.mixed else self.labels.start[label]
        for edge in self._edges(label).of(node):
            if self.book.opens[edge] <= end and self.book.closes[edge] >= start:
                yield edge

    def _edges(self, label: int) -> Bundles:
        return self.book.inside if label in self._inward else self.book.ahead

    def extend(self, frontier: Collection[int]) -> Level:
        """Walk all edges that the labels of the frontier open up.

        An edge whose window lies within a label's interval has given all it can; the
        others are noted and tried again when the node gets another label. A wholly
        mixed batch knows no times.
        """
        level, book, labels = Level(), self.book, self.labels
        opens, closes, heads, careful = book.opens, book.closes, book.heads, book.careful
        arrival, via, kept, edge_id = self.arrival, level.via, book.kept, book.rows.edge_id
        for label in frontier:
            node, start, end = labels.node[label], labels.start[label], labels.end[label]
            if node in book.mixed:
                start = BEGIN
            noted = self._noted[label in self._inward]
            later: list[int] = []
            for edge in noted[node] if node in noted else self._edges(label).of(node):
                begin, close = opens[edge], closes[edge]
                passable = close >= start and begin <= end
                if begin < start or close > end or not passable:
                    later.append(edge)
                    if not passable:
                        continue
                    begin = max(begin, start)
                kept[edge] = 1
                head = heads[edge]
                if careful[edge] and not (careful[edge] == UNSURE and book.is_no_box(head)):
                    came = Arrival(head, begin, min(close, end), edge, label)
                    (level.ends if careful[edge] == ENDING else level.boxed).append(came)
                elif begin < (known := arrival.get(head, END)) or (
                    begin == known and head in via and edge_id[edge] < edge_id[via[head]]
                ):
                    arrival[head] = begin
                    via[head] = edge
                    level.after[head] = label
            noted[node] = later or ()
        return level

    def reach(self, level: Level, depth: int) -> list[int]:
        """Label the arrivals of a round; those that bring something new and may go on."""
        boxed = [a for a in level.boxed if not self._was_plain(a, level)]
        starts = self.arrival if self.book.exact else {}
        frontier = list(self.labels.add_all(starts, level.via, level.after.values()))
        for a in self._ordered(boxed):
            frontier += self._mirrored(a) if self.book.direction == "backward" else self._boxed(a)
        for label in level.given:
            frontier += self.settle(label)
        ends = [self._end(a) for a in self._ordered(level.ends)]
        for label in (*frontier, *ends):
            node = self.labels.node[label]
            if node not in self.first:
                self.first[node] = label
                self.distance[node] = depth
        return self._going_on(frontier)

    def _was_plain(self, a: Arrival, level: Level) -> bool:
        """Take an arrival as plain when the node's edges, read since, show that it holds nothing.

        Same rule as for arrivals known to be plain in ``extend``, where a call for
        each edge would take a third of the time of a large trace.
        """
        if self.book.direction == "forward" or not self.book.is_no_box(a.node):
            return False
        ids, known = self.book.rows.edge_id, self.arrival.get(a.node, END)
        via = level.via.get(a.node)
        if a.start < known or (a.start == known and via is not None and ids[a.edge] < ids[via]):
            self.arrival[a.node] = a.start
            level.via[a.node], level.after[a.node] = a.edge, a.before
        return True

    def _ordered(self, arrivals: list[Arrival]) -> list[Arrival]:
        """By node and time, so that an answer does not depend on the order of the edges."""
        ids = self.book.rows.edge_id
        return sorted(arrivals, key=lambda a: (a.node, a.start, -a.end, ids[a.edge]))

    def _boxed(self, a: Arrival) -> Iterator[int]:
        """Label a piece that arrives in a container, unless it brings nothing new."""
        self._passing[a.node] = min(a.start, self._passing.get(a.node, END))
        ray = self.arrival.get(a.node, END) if self.book.exact else BEGIN
        if a.start < ray or a.node not in self.arrival:
            yield from self._piece(a)

    def _mirrored(self, a: Arrival) -> Iterator[int]:
        """Label an arrival at what holds things (backward): as a ray, and as a piece."""
        if a.start < self.arrival.get(a.node, END):
            self.arrival[a.node] = a.start
            start = a.start if self.book.exact else BEGIN
            yield self.labels.add(a.node, start, END, a.edge, a.before)
        for label in self._piece(a):
            self._inward.add(label)
            yield label

    def _piece(self, a: Arrival) -> Iterator[int]:
        if self._spans.setdefault(a.node, Spans()).add(a.start, a.end):
            yield self.labels.add(a.node, a.start, a.end, a.edge, a.before)

    def settle(self, label: int) -> Iterator[int]:
        """Let a label made before the walk take part, unless it brings nothing new."""
        node, start, edge, before = self.labels.at(label)
        if start < self.arrival.get(node, END):
            self.arrival[node] = start
            self.labels.start[label] = start if self.book.exact else BEGIN
            yield label
        if self.book.direction == "backward" and node in self.book.containers:
            inward = self.labels.add(node, start, END, edge, before)
            self._inward.add(inward)
            yield inward

    def _end(self, a: Arrival) -> int:
        """Label an arrival from which the trace does not go on."""
        self._passing[a.node] = min(a.start, self._passing.get(a.node, END))
        return self.labels.add(a.node, a.start, a.end, a.edge, a.before)

    def _going_on(self, frontier: list[int]) -> list[int]:
        if not self.query.stops:
            return frontier
        stops, nodes = frozenset(self.query.stops), self.labels.node
        self.halted += [(n, FrontierReason.STOP) for n in frontier if nodes[n] in stops]
        return [n for n in frontier if nodes[n] not in stops]
