"""What one direction of a trace has read so far: edges with their windows, and nodes.

Each node's edges are read once. Backward is forward in a mirror: ends of edges
and of windows change places, and times change sign.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label, Mixing
from genealogy.ports import Direction, FlowRows, FlowSource, NodeRow
from genealogy.trace.columns import append, as_of, select
from genealogy.trace.windows import windows

_HOLDS = frozenset({Flow.CONTAINED_IN, Flow.SHIPPED_IN, Flow.RETURNED_IN})
#: Marks of edges whose far end may be a container, or is no passage.
BOXED, ENDING = 1, 2
_CAREFUL: dict[Direction, dict[str, int]] = {
    "forward": {Flow.CONTAINED_IN: BOXED, Flow.DELIVERED_TO: ENDING},
    "backward": dict.fromkeys(_HOLDS, BOXED),
}


@dataclass(slots=True)
class FlowBook:
    """Edges and nodes read from a source; ``ahead`` and ``inside`` hold positions of edges.

    ``ahead`` are the edges that leave a node in the direction of the trace,
    ``inside`` those by which the contents of a seed came into it. ``exact``
    tells whether times at nodes count, ``until`` is the end of event time.
    """

    source: FlowSource
    direction: Direction
    seeds: frozenset[NodeId]
    exact: bool
    until: int | None = None
    known_at: datetime | None = None
    rows: FlowRows = field(default_factory=FlowRows)
    opens: list[int] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    careful: bytearray = field(default_factory=bytearray)
    kept: bytearray = field(default_factory=bytearray)
    ahead: dict[NodeId, list[int]] = field(default_factory=lambda: defaultdict(list))
    inside: dict[NodeId, list[int]] = field(default_factory=lambda: defaultdict(list))
    containers: set[NodeId] = field(default_factory=set)
    items: set[NodeId] = field(default_factory=set)
    mixed: set[NodeId] = field(default_factory=set)
    nodes: dict[NodeId, NodeRow] = field(default_factory=dict)
    _read: set[NodeId] = field(default_factory=set)
    _opened: set[NodeId] = field(default_factory=set)

    @property
    def heads(self) -> list[NodeId]:
        """The far end of each edge, as the trace walks it."""
        return self.rows.target if self.direction == "forward" else self.rows.source

    def read_closure(self, starts: Sequence[NodeId]) -> None:
        """Read all that can be reached from the starts at once, where the source offers it."""
        closure = self.source.closure(starts, self.direction, known_at=self.known_at)
        if closure is None:
            return
        whole, tails = set(closure.expanded), self._tails(closure.rows)
        if all(map(whole.__contains__, tails)):
            self._enter(closure.rows)
        else:
            picks = [i for i, tail in enumerate(tails) if tail in whole]
            self._enter(select(closure.rows, picks))
        self._read |= whole

    def read_edges(self, node_ids: Iterable[NodeId]) -> None:
        """Read the edges of those of these nodes that were not read before."""
        missing = [n for n in dict.fromkeys(node_ids) if n not in self._read]
        if missing:
            self._read.update(missing)
            self._enter(self.source.edges(missing, self.direction, known_at=self.known_at))

    def read_contents(self, node_ids: Sequence[NodeId]) -> None:
        """Read the edges by which things came into these containers and shipments."""
        missing = [n for n in dict.fromkeys(node_ids) if n not in self._opened]
        if not missing:
            return
        self._opened.update(missing)
        rows = self.source.edges(missing, "backward", known_at=self.known_at)
        rows = as_of(rows, self.until)
        rows = select(rows, [i for i, flow in enumerate(rows.type) if flow in _HOLDS])
        self._index(self.inside, rows.target, self._add(rows))

    def read_nodes(self, node_ids: Iterable[NodeId]) -> None:
        """Read those of these nodes that were not read before."""
        missing = [n for n in dict.fromkeys(node_ids) if n not in self.nodes]
        if missing:
            self.learn(self.source.nodes(missing))

    def learn(self, nodes: Iterable[NodeRow]) -> None:
        """Take nodes in, and what of them decides when material passes."""
        for node in nodes:
            self.nodes[node.node_id] = node
            if node.kind == Label.ITEM:
                self.items.add(node.node_id)
            elif node.kind == Label.BATCH and node.properties.get("mixing") == Mixing.WHOLE:
                self.mixed.add(node.node_id)

    def is_kind(self, node_id: NodeId, kind: Label) -> bool:
        """Whether a node that was read is of this kind."""
        return node_id in self.nodes and self.nodes[node_id].kind == kind

    def _tails(self, rows: FlowRows) -> list[NodeId]:
        return rows.source if self.direction == "forward" else rows.target

    def _enter(self, rows: FlowRows) -> None:
        rows = self._passages(as_of(rows, self.until))
        if self.exact:
            self.read_nodes(self._telling(rows))
        self._index(self.ahead, self._tails(rows), self._add(rows))

    def _passages(self, rows: FlowRows) -> FlowRows:
        """Without deliveries to a Party or Place that is not itself a seed (backward)."""
        if self.direction == "forward" or Flow.DELIVERED_TO not in rows.type:
            return rows
        ends = zip(rows.type, rows.target, strict=True)
        walked = [t != Flow.DELIVERED_TO or target in self.seeds for t, target in ends]
        return select(rows, [i for i, passage in enumerate(walked) if passage])

    def _telling(self, rows: FlowRows) -> list[NodeId]:
        """Nodes of which the kind or the mixing decides when material passes."""
        into = frozenset({Flow.CONSUMED_BY, Flow.DRAWN_FROM})
        batches = (
            (s for s, t in zip(rows.source, rows.type, strict=True) if t == Flow.PRODUCED)
            if self.direction == "forward"
            else (v for v, t in zip(rows.target, rows.type, strict=True) if t in into)
        )
        parts = (s for s, t in zip(rows.source, rows.type, strict=True) if t == Flow.PART_OF)
        return [*batches, *parts]

    def _add(self, rows: FlowRows) -> int:
        """Add edges to the columns; the position of the first."""
        first = len(self.rows.edge_id)
        append(self.rows, rows)
        opens, closes = windows(rows, self.items)
        if self.direction == "backward":
            opens, closes = [-t for t in closes], [-t for t in opens]
        self.opens += opens
        self.closes += closes
        marks = _CAREFUL[self.direction]
        self.careful += bytes(marks.get(flow, 0) for flow in rows.type)
        self.kept += bytes(len(opens))
        contained = zip(rows.target, rows.type, strict=True)
        self.containers.update(v for v, t in contained if t == Flow.CONTAINED_IN)
        return first

    def _index(self, table: dict[NodeId, list[int]], tails: list[NodeId], first: int) -> None:
        for position, tail in enumerate(tails, first):
            table[tail].append(position)
