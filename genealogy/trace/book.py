"""What one direction of a trace has read so far: edges with their windows, and nodes.

Each node's edges are read once. Backward is forward in a mirror: ends of edges
and of windows change places, and times change sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress, repeat
from operator import not_

from genealogy.model.facts import NodeId
from genealogy.model.names import FLOW_ENDS, Flow, Label, Mixing
from genealogy.ports import Direction, FlowRows, FlowSource, NodeRow
from genealogy.trace.columns import append, as_of, select
from genealogy.trace.windows import windows

# Looking a member up in its enum takes longer than comparing it.
_LOT, _BATCH = Label.LOT, Label.BATCH
_BOXES = FLOW_ENDS[Flow.CONTAINED_IN][1]
_CONTAINED, _PARTS = frozenset({Flow.CONTAINED_IN}), frozenset({Flow.PART_OF})
_HOLDS = frozenset({Flow.CONTAINED_IN, Flow.SHIPPED_IN, Flow.RETURNED_IN})
#: Edges that may leave something that holds other things.
_FROM_BOX = frozenset(flow for flow, (sources, _) in FLOW_ENDS.items() if sources & _BOXES)
_STANDS_FOR_CONTENTS = _BOXES | {Label.SHIPMENT}
#: Edges by which a trace leaves a batch.
_LEAVES_BATCH: dict[Direction, frozenset[Flow]] = {
    "forward": frozenset({Flow.PRODUCED}),
    "backward": frozenset({Flow.CONSUMED_BY, Flow.DRAWN_FROM}),
}
#: Marks of edges to look at with care: they come to no passage, come in pieces, or
#: come (backward) to what may hold things, which shows when its own edges are read.
ENDING, BOXED, UNSURE = 1, 2, 3
_CAREFUL: dict[Direction, dict[str, int]] = {
    "forward": {Flow.CONTAINED_IN: BOXED, Flow.DELIVERED_TO: ENDING},
    "backward": dict.fromkeys(_FROM_BOX, UNSURE),
}


class Bundles:
    """Edges by node, as linked lists in two tables.

    A list for each node would double the time of a large trace, by the work it
    makes for the garbage collector.
    """

    __slots__ = ("_latest", "_older")

    def __init__(self) -> None:
        self._latest: dict[NodeId, int] = {}
        self._older: list[int] = []

    def add(self, edges: Iterable[tuple[int, NodeId]], until: int) -> None:
        """File edges, numbered below ``until``, under their nodes."""
        latest, older = self._latest, self._older
        older += [-1] * (until - len(older))
        for edge, node in edges:
            if node in latest:
                older[edge] = latest[node]
            latest[node] = edge

    def of(self, node: NodeId) -> Iterator[int]:
        """The edges filed under a node."""
        edge, older = self._latest.get(node, -1), self._older
        while edge >= 0:
            yield edge
            edge = older[edge]


@dataclass(slots=True)
class FlowBook:
    """Edges and nodes read from a source; edges are named by their position in ``rows``.

    ``ahead`` are the edges that leave a node in the direction of the trace,
    ``inside`` those by which contents came into it, read for seeds (forward) or
    for all (backward, where they are not ``ahead``). ``exact`` tells whether times
    at nodes count, ``until`` is the end of event time.
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
    ahead: Bundles = field(default_factory=Bundles)
    inside: Bundles = field(default_factory=Bundles)
    containers: set[NodeId] = field(default_factory=set)
    lots: set[NodeId] = field(default_factory=set)
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
        # One query for them all; most are wanted, and those nearest first.
        self.read_nodes([*closure.rows.source, *closure.rows.target])
        whole, tails = set(closure.expanded), self.tails(closure.rows)
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
        first = self._add(rows)
        self.inside.add(enumerate(rows.target, first), len(self.kept))

    def read_nodes(self, node_ids: Iterable[NodeId]) -> None:
        """Read those of these nodes that were not read before."""
        missing = [n for n in dict.fromkeys(node_ids) if n not in self.nodes]
        if missing:
            self.learn(self.source.nodes(missing, known_at=self.known_at))

    def learn(self, nodes: Iterable[NodeRow]) -> None:
        """Take nodes in, and what of them decides when material passes."""
        for node in nodes:
            self.nodes[node.node_id] = node
            if node.kind == _LOT:
                self.lots.add(node.node_id)
            elif node.kind == _BATCH and node.properties.get("mixing") == Mixing.WHOLE:
                self.mixed.add(node.node_id)

    def is_no_box(self, node_id: NodeId) -> bool:
        """Whether it is known that nothing was ever contained in a node (backward)."""
        return node_id in self._read and node_id not in self.containers

    def may_hold(self, node_id: NodeId) -> bool:
        """Whether a node is of a kind that stands for its contents."""
        return node_id in self.nodes and self.nodes[node_id].kind in _STANDS_FOR_CONTENTS

    def tails(self, rows: FlowRows) -> list[NodeId]:
        """The near end of each edge, as the trace walks it."""
        return rows.source if self.direction == "forward" else rows.target

    def _enter(self, rows: FlowRows) -> None:
        rows = self._passages(as_of(rows, self.until))
        self.read_nodes(self._telling(rows))
        edges = enumerate(self.tails(rows), self._add(rows))
        if self.direction == "forward" or Flow.CONTAINED_IN not in rows.type:
            self.ahead.add(edges, len(self.kept))
            return
        filed = list(edges)
        inward = [flow == Flow.CONTAINED_IN for flow in rows.type]
        self.inside.add(compress(filed, inward), len(self.kept))
        self.ahead.add(compress(filed, map(not_, inward)), len(self.kept))

    def _passages(self, rows: FlowRows) -> FlowRows:
        """Without deliveries to a Party or Place that is not itself a seed (backward)."""
        if self.direction == "forward" or Flow.DELIVERED_TO not in rows.type:
            return rows
        ends = zip(rows.type, rows.target, strict=True)
        walked = [t != Flow.DELIVERED_TO or target in self.seeds for t, target in ends]
        return select(rows, [i for i, passage in enumerate(walked) if passage])

    def _telling(self, rows: FlowRows) -> list[NodeId]:
        """Nodes of which the kind or the mixing decides when material passes."""
        batches = _LEAVES_BATCH[self.direction] if self.exact else frozenset()
        return [
            *compress(self.tails(rows), map(batches.__contains__, rows.type)),
            *compress(rows.source, map(_PARTS.__contains__, rows.type)),
        ]

    def _add(self, rows: FlowRows) -> int:
        """Add edges to the columns; the position of the first."""
        first = len(self.rows.edge_id)
        append(self.rows, rows)
        opens, closes = windows(rows, self.lots)
        if self.direction == "backward":
            opens, closes = [-t for t in closes], [-t for t in opens]
        self.opens += opens
        self.closes += closes
        self.careful += bytes(map(_CAREFUL[self.direction].get, rows.type, repeat(0)))
        self.kept += bytes(len(opens))
        self.containers.update(compress(rows.target, map(_CONTAINED.__contains__, rows.type)))
        return first
