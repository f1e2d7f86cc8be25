"""What one direction of a trace has read so far: edges with their windows, and nodes.

Each node's edges are read once. Backward is forward in a mirror: ends of edges
and of windows change places, and times change sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import compress, repeat
from operator import not_

from genealogy.model.facts import NodeId
from genealogy.model.names import FLOW_ENDS, Flow, Label
from genealogy.ports import Direction, FlowRows, FlowSource, Reading
from genealogy.trace.columns import append, as_of, select
from genealogy.trace.windows import windows

_BOXES = FLOW_ENDS[Flow.CONTAINED_IN][1]
_CONTAINED, _PARTS = frozenset({Flow.CONTAINED_IN}), frozenset({Flow.PART_OF})
_HOLDS = frozenset({Flow.CONTAINED_IN, Flow.SHIPPED_IN, Flow.RETURNED_IN})
#: Edges that may leave something that holds other things.
_FROM_BOX = frozenset(flow for flow, (sources, _) in FLOW_ENDS.items() if sources & _BOXES)
_STANDS_FOR_CONTENTS = _BOXES | {Label.SHIPMENT}
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
    """Edges read from a source, named by their position in ``rows``, and kinds of nodes.

    ``ahead`` are the edges that leave a node in the direction of the trace,
    ``inside`` those by which contents came into it, read for seeds (forward) or
    for all (backward, where they are not ``ahead``). ``exact`` tells whether times
    at nodes count, ``until`` is the end of event time. ``kinds`` are those that had
    to be known, ``mixed`` the batches in which every input may reach every output.
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
    mixed: set[NodeId] = field(default_factory=set)
    kinds: dict[NodeId, str] = field(default_factory=dict)
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
        whole, tails = set(closure.whole), self.tails(closure.rows)
        if not all(map(whole.__contains__, tails)):
            picks = [i for i, tail in enumerate(tails) if tail in whole]
            closure = replace(closure, rows=select(closure.rows, picks))
        self._read |= whole
        self._enter(closure)

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
        held = self.source.edges(missing, "backward", known_at=self.known_at)
        rows = as_of(held.rows, self.until)
        rows = select(rows, [i for i, flow in enumerate(rows.type) if flow in _HOLDS])
        first = self._add(rows)
        self.inside.add(enumerate(rows.target, first), len(self.kept))

    def read_kinds(self, node_ids: Iterable[NodeId]) -> None:
        """Read the kinds of those of these nodes that are not known yet."""
        missing = [n for n in dict.fromkeys(node_ids) if n not in self.kinds]
        if missing:
            self.kinds.update(self.source.kinds(missing))

    def moving(self, node_ids: Sequence[NodeId]) -> set[NodeId]:
        """Those of these nodes from which anything had moved on by the times asked for."""
        if not node_ids:
            return set()
        return self.source.moving(node_ids, known_at=self.known_at, until=self.until)

    def is_no_box(self, node_id: NodeId) -> bool:
        """Whether it is known that nothing was ever contained in a node (backward)."""
        return node_id in self._read and node_id not in self.containers

    def may_hold(self, node_id: NodeId) -> bool:
        """Whether a node is of a kind that stands for its contents."""
        return self.kinds.get(node_id) in _STANDS_FOR_CONTENTS

    def tails(self, rows: FlowRows) -> list[NodeId]:
        """The near end of each edge, as the trace walks it."""
        return rows.source if self.direction == "forward" else rows.target

    def _enter(self, reading: Reading) -> None:
        self.kinds.update(reading.kinds)
        self.mixed.update(reading.mixed)
        rows = self._passages(as_of(reading.rows, self.until))
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

    def _add(self, rows: FlowRows) -> int:
        """Add edges to the columns; the position of the first."""
        first = len(self.rows.edge_id)
        append(self.rows, rows)
        parts = set(compress(rows.source, map(_PARTS.__contains__, rows.type)))
        self.read_kinds(parts)
        lots = {part for part in parts if self.kinds.get(part) == Label.LOT}
        opens, closes = windows(rows, lots)
        if self.direction == "backward":
            opens, closes = [-t for t in closes], [-t for t in opens]
        self.opens += opens
        self.closes += closes
        self.careful += bytes(map(_CAREFUL[self.direction].get, rows.type, repeat(0)))
        self.kept += bytes(len(opens))
        self.containers.update(compress(rows.target, map(_CONTAINED.__contains__, rows.type)))
        return first
