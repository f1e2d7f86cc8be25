"""Follow material in one direction: level by level, with the times at which it was there.

A label says that the material was at a node during an interval, and by which
edge and earlier label it came. Material passes an edge when the interval meets
the edge's window. In a container it stays while it is contained; elsewhere it
stays for good, so only its earliest arrival counts. Round k extends the labels
that round k-1 made: the first round to reach a node is its distance, and the
chain of labels behind it is a walk that could really happen, whatever better
arrivals are found later.

Both directions run here; ``genealogy.trace.book`` holds the mirror.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from genealogy.model.facts import NodeId
from genealogy.model.names import Label
from genealogy.trace.book import BOXED, FlowBook
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
    """What a round brings: plain arrivals (edge and label before, by node), others, and labels.

    ``boxed`` may arrive in a container, ``ends`` at a Party or Place that is no
    passage; ``given`` are labels that were made before the walk.
    """

    plain: dict[NodeId, tuple[int, int]] = field(default_factory=dict)
    boxed: list[Arrival] = field(default_factory=list)
    ends: list[Arrival] = field(default_factory=list)
    given: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.plain or self.boxed or self.ends or self.given)

    def passages(self, labels: Labels) -> list[NodeId]:
        """The nodes from which the trace may go on."""
        given = (labels.node[i] for i in self.given)
        return [*self.plain, *(a.node for a in self.boxed), *given]


@dataclass(slots=True)
class Walk:
    """One direction of a trace, while it runs and when it is done.

    ``first`` is the label and ``distance`` the round in which a node was first
    reached; ``arrival`` is the earliest start of all its labels, in mirrored time
    for a backward walk. ``halted`` are labels that were not extended, and why.
    """

    book: FlowBook
    query: TraceQuery
    labels: Labels = field(default_factory=Labels)
    first: dict[NodeId, int] = field(default_factory=dict)
    distance: dict[NodeId, int] = field(default_factory=dict)
    arrival: dict[NodeId, int] = field(default_factory=dict)
    ended: dict[NodeId, int] = field(default_factory=dict)
    halted: list[tuple[int, FrontierReason]] = field(default_factory=list)
    _spans: dict[NodeId, Spans] = field(default_factory=dict)
    _again: dict[NodeId, list[int]] = field(default_factory=dict)

    def run(self, layers: list[list[int]], progress: Progress | None = None) -> None:
        """Reach all there is; ``layers`` are labels to start from, by their distance."""
        depth, level = 0, Level(given=layers[0])
        while level or depth < len(layers):
            self.book.read_edges(level.passages(self.labels))
            frontier = self._reach(level, depth)
            if progress is not None:
                progress(len(self.first), len(self.book.kept))
            if depth == self.query.max_depth:
                self.halted += [(label, FrontierReason.MAX_DEPTH) for label in frontier]
                return
            depth, level = depth + 1, self._extend(frontier)
            level.given = layers[depth] if depth < len(layers) else []

    def passes(self, label: int, edge: int) -> bool:
        """Whether the material of a label can pass an edge that leaves its node."""
        opens = self.book.opens[edge] <= self.labels.end[label]
        return opens and self.book.closes[edge] >= self._leaves(label)

    def exposure(self, node: NodeId) -> int:
        """The earliest arrival at a reached node, in mirrored time for a backward walk."""
        return min(self.arrival.get(node, END), self.ended.get(node, END))

    def _leaves(self, label: int) -> int:
        """From when the material of a label can leave; a wholly mixed batch knows no times."""
        return BEGIN if self.labels.node[label] in self.book.mixed else self.labels.start[label]

    def _extend(self, frontier: Collection[int]) -> Level:
        """Walk all edges that the labels of the frontier open up.

        An edge whose window lies within a label's interval has given all it can;
        the others are tried again when the node gets another label.
        """
        level, book, again = Level(), self.book, self._again
        opens, closes, heads, careful = book.opens, book.closes, book.heads, book.careful
        arrival, plain, edge_id = self.arrival, level.plain, book.rows.edge_id
        for label in frontier:
            node, end, start = self.labels.node[label], self.labels.end[label], self._leaves(label)
            later = []
            for edge in again[node] if node in again else book.ahead.get(node, ()):
                begin, close = opens[edge], closes[edge]
                if close < start or begin > end:
                    later.append(edge)
                    continue
                book.kept[edge] = 1
                if begin < start or close > end:
                    later.append(edge)
                    begin = max(begin, start)
                head = heads[edge]
                if careful[edge]:
                    level_of = level.boxed if careful[edge] == BOXED else level.ends
                    level_of.append(Arrival(head, begin, min(close, end), edge, label))
                elif begin < (known := arrival.get(head, END)):
                    arrival[head] = begin
                    plain[head] = (edge, label)
                elif begin == known and head in plain and edge_id[edge] < edge_id[plain[head][0]]:
                    plain[head] = (edge, label)
            again[node] = later
        return level

    def _reach(self, level: Level, depth: int) -> list[int]:
        """Label the arrivals of a round; those that bring something new and may go on."""
        frontier = [
            self.labels.add(node, self.arrival[node] if self.book.exact else BEGIN, END, edge, at)
            for node, (edge, at) in level.plain.items()
        ]
        frontier += [n for a in self._ordered(level.boxed) if (n := self._box(a)) is not None]
        frontier += [label for label in level.given if self._settle(label)]
        ends = [self._end(a) for a in self._ordered(level.ends)]
        for label in (*frontier, *ends):
            node = self.labels.node[label]
            if node not in self.first:
                self.first[node] = label
                self.distance[node] = depth
        return self._going_on(frontier)

    def _ordered(self, arrivals: list[Arrival]) -> list[Arrival]:
        """By node and time, so that an answer does not depend on the order of the edges."""
        ids = self.book.rows.edge_id
        return sorted(arrivals, key=lambda a: (a.node, a.start, -a.end, ids[a.edge]))

    def _box(self, a: Arrival) -> int | None:
        """Label an arrival in what may be a container; null when it brings nothing new."""
        start, end = a.start, a.end
        if a.node not in self.book.containers:
            if a.start >= self.arrival.get(a.node, END):
                return None
            start, end = a.start if self.book.exact else BEGIN, END
        elif not self._spans.setdefault(a.node, Spans()).add(a.start, a.end):
            return None
        self.arrival[a.node] = min(a.start, self.arrival.get(a.node, END))
        return self.labels.add(a.node, start, end, a.edge, a.before)

    def _settle(self, label: int) -> bool:
        """Let a label made before the walk take part; False when it brings nothing new."""
        node, start = self.labels.node[label], self.labels.start[label]
        if node in self.book.containers or self.book.is_kind(node, Label.UNIT):
            new = self._spans.setdefault(node, Spans()).add(start, END)
        else:
            new = start < self.arrival.get(node, END)
            self.labels.start[label] = start if self.book.exact else BEGIN
        self.arrival[node] = min(start, self.arrival.get(node, END))
        return new

    def _end(self, a: Arrival) -> int:
        """Label an arrival from which the trace does not go on."""
        self.ended[a.node] = min(a.start, self.ended.get(a.node, END))
        return self.labels.add(a.node, a.start, a.end, a.edge, a.before)

    def _going_on(self, frontier: list[int]) -> list[int]:
        if not self.query.stops:
            return frontier
        stops, nodes = frozenset(self.query.stops), self.labels.node
        self.halted += [(n, FrontierReason.STOP) for n in frontier if nodes[n] in stops]
        return [n for n in frontier if nodes[n] not in stops]
