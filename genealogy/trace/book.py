"""What one direction of a trace has read so far: edges with their windows, and nodes.

Nodes and edges get numbers as they are met. Each node's edges are read once and make
one row. Backward is forward in a mirror: ends of edges and of windows change places,
and times change sign.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import compress, count, pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import is_unlotted, product_of, unlotted_id
from genealogy.model.names import FLOW_ENDS, Flow, Label
from genealogy.ports import Direction, FlowRows, FlowSource, Reading
from genealogy.trace import rows as filed
from genealogy.trace.columns import append, as_of, select
from genealogy.trace.kernel.state import Ways
from genealogy.trace.signs import (
    BOX,
    HOLDS,
    INTO_BOX,
    KIND_CODES,
    MIXED,
    READ,
    STANDS_FOR_CONTENTS,
    careful,
)
from genealogy.trace.windows import BEGIN, END, windows

Ints = npt.NDArray[Any]
_PARTS = frozenset({Flow.PART_OF})
#: The kinds of those ends of flows that are of one kind only.
_SOURCES: dict[str, str] = {
    flow: next(iter(ends)) for flow, (ends, _) in FLOW_ENDS.items() if len(ends) == 1
}
_TARGETS: dict[str, str] = {
    flow: next(iter(ends)) for flow, (_, ends) in FLOW_ENDS.items() if len(ends) == 1
}


class Held(NamedTuple):
    """An edge by which something came into a node, what came, and the window."""

    edge: int
    inner: int
    opens: int
    closes: int


class Book(Protocol):
    """Where a walk finds the graph in one direction, by number.

    ``seeds`` are sorted by id. A ``whole`` book has all
    edges from the start, so there is nothing to read. Its times count ``unit``
    microseconds from ``origin`` (microseconds since 1970-01-01 UTC).
    """

    direction: Direction
    exact: bool
    whole: bool
    seeds: list[int]

    @property
    def unit(self) -> int:
        """How many microseconds a time counts."""
        ...

    @property
    def origin(self) -> int:
        """When times begin."""
        ...

    @property
    def names(self) -> Sequence[NodeId]:
        """The ids of nodes, by number."""
        ...

    @property
    def ways(self) -> Ways:
        """The graph as the walk sees it."""
        ...

    def number(self, node_ids: Collection[NodeId]) -> list[int]:
        """The numbers of these nodes; what a whole book does not know is left out."""
        ...

    def read_edges(self, nodes: Iterable[int]) -> None:
        """Read the edges of those of these nodes that were not read before."""
        ...

    def read_contents(self, nodes: Iterable[int]) -> None:
        """Read the edges by which things came into these containers and shipments."""
        ...

    def held(self, node: int) -> Iterable[Held]:
        """What came into a node whose contents were read (forward)."""
        ...

    @property
    def has_timeless(self) -> bool:
        """Whether there may be any edge of which no time is known."""
        ...

    @property
    def has_unlotted(self) -> bool:
        """Whether any node may stand for material of unknown lot."""
        ...

    def has_kind(self, code: int) -> bool:
        """Whether there may be any node of a kind, by its code."""
        ...

    def kind_codes(self, nodes: Any) -> Any:
        """The codes of the kinds of these nodes, a column; 0 for one that is not known."""
        ...

    def stands_for_contents(self, nodes: Sequence[int]) -> list[int]:
        """Those of these nodes that are of a kind that stands for its contents."""
        ...

    def unlotted(self, nodes: Sequence[int]) -> Iterable[NodeId]:
        """The ids of those of these nodes that stand for material of unknown lot."""
        ...

    def nameless(self, nodes: Sequence[int]) -> set[NodeId]:
        """What stands, or may, for material of unknown lot of products that these nodes name."""
        ...

    def moving(self, node_ids: Sequence[NodeId]) -> set[NodeId]:
        """Those of these nodes from which anything had moved on by the times asked for."""
        ...

    def edges(self, taken: Ints, near: Ints) -> tuple[FlowRows, Ints]:
        """The columns of edges with these near ends, and the place of each among them."""
        ...

    def by_name(self, nodes: Ints) -> Ints:
        """The nodes in the order of their ids."""
        ...

    def ids(self, nodes: Ints) -> list[NodeId]:
        """The ids of these nodes."""
        ...


@dataclass(slots=True)
class FlowBook:
    """Edges read from a source as they are wanted, and kinds of nodes.

    ``exact`` tells whether times at nodes count, ``until`` is the end of event time.
    ``record`` is where in ``rows`` an edge stands. ``kinds`` are those that had to be known.
    """

    source: FlowSource
    direction: Direction
    seed_ids: Sequence[NodeId]
    exact: bool
    until: int | None = None
    known_at: datetime | None = None
    rows: FlowRows = field(default_factory=FlowRows)
    record: list[int] = field(default_factory=list)
    names: list[NodeId] = field(default_factory=list)
    kinds: dict[NodeId, str] = field(default_factory=dict)
    seeds: list[int] = field(init=False)
    ways: Ways = field(init=False)
    _numbers: dict[NodeId, int] = field(default_factory=dict)
    _held: dict[int, list[Held]] = field(default_factory=dict)
    _told: int = 0

    whole = False
    has_timeless = has_unlotted = True
    unit = 1
    origin = 0

    def __post_init__(self) -> None:
        self.ways = Ways(
            begin=[],
            split=[],
            stop=[],
            mark=bytearray(),
            name=self.names,
            head=[],
            opens=[],
            closes=[],
            sign=bytearray(),
            careful=careful(self.direction),
            earliest=BEGIN,
            latest=END,
            backward=self.direction == "backward",
            exact=self.exact,
        )
        self.seeds = self.number(sorted(set(self.seed_ids)))

    def number(self, node_ids: Collection[NodeId]) -> list[int]:
        """The numbers of these nodes, new ones for those not met before."""
        known = self._numbers
        new = [node_id for node_id in dict.fromkeys(node_ids) if node_id not in known]
        if new:
            known.update(zip(new, count(len(known)), strict=False))
            self.names += new
            nothing = [0] * len(new)
            for column in (self.ways.begin, self.ways.split, self.ways.stop):
                column += nothing
            self.ways.mark.extend(bytes(len(new)))
        return list(map(known.__getitem__, node_ids))

    def read_closure(self) -> None:
        """Read all that can be reached from the seeds at once, where the source offers it."""
        starts = [self.names[seed] for seed in self.seeds]
        closure = self.source.closure(starts, self.direction, known_at=self.known_at)
        if closure is None:
            return
        whole, near = set(closure.whole), self._near(closure.rows)
        if not all(map(whole.__contains__, near)):
            picks = [i for i, tail in enumerate(near) if tail in whole]
            closure = replace(closure, rows=select(closure.rows, picks))
        self._enter(closure, self.number(whole))

    def read_edges(self, nodes: Iterable[int]) -> None:
        """Read the edges of those of these nodes that were not read before."""
        mark = self.ways.mark
        missing = [node for node in dict.fromkeys(nodes) if not mark[node] & READ]
        if missing:
            asked = list(map(self.names.__getitem__, missing))
            reading = self.source.edges(asked, self.direction, known_at=self.known_at)
            self._enter(reading, missing)

    def read_contents(self, nodes: Iterable[int]) -> None:
        """Read the edges by which things came into these containers and shipments."""
        missing = [node for node in dict.fromkeys(nodes) if node not in self._held]
        if not missing:
            return
        self._held.update((node, []) for node in missing)
        asked = [self.names[node] for node in missing]
        read = as_of(self.source.edges(asked, "backward", known_at=self.known_at).rows, self.until)
        rows = select(read, [i for i, flow in enumerate(read.type) if flow in HOLDS])
        first = len(self.record)
        for box, begin, _, stop in self._add(rows, rows.target, rows.target):
            for edge in range(begin, stop):
                [inner] = self.number([self.rows.source[self.record[edge]]])
                opens, closes = self.ways.opens[edge], self.ways.closes[edge]
                self._held[box].append(Held(edge, inner, opens, closes))
        assert len(self.record) == first + len(rows.edge_id)

    def held(self, node: int) -> Iterable[Held]:
        """What came into a node whose contents were read."""
        return self._held.get(node, ())

    def has_kind(self, code: int) -> bool:
        """Whether there may be any node of a kind: nobody knows before it is read."""
        return True

    def read_kinds(self, node_ids: Iterable[NodeId]) -> Mapping[NodeId, str]:
        """The kinds of nodes, read where they are not known yet; all that are known."""
        missing = [n for n in dict.fromkeys(node_ids) if n not in self.kinds]
        if missing and self._told < len(self.rows.type):
            self._learn_kinds()
            missing = [n for n in missing if n not in self.kinds]
        if missing:
            self.kinds.update(self.source.kinds(missing))
        return self.kinds

    def _learn_kinds(self) -> None:
        """Take from edges the kinds of those ends that can be of one kind only."""
        flows = self.rows.type[self._told :]
        for ends, kinds in ((self.rows.source, _SOURCES), (self.rows.target, _TARGETS)):
            told = zip(ends[self._told :], map(kinds.get, flows), strict=True)
            self.kinds.update({node: kind for node, kind in told if kind is not None})
        self._told = len(self.rows.type)

    def kind_codes(self, nodes: Any) -> Any:
        """The codes of the kinds of these nodes; 0 for one that is not known."""
        asked = [self.names[node] for node in nodes]
        kinds = self.read_kinds(asked)
        return [KIND_CODES.get(kinds.get(node_id, ""), 0) for node_id in asked]

    def stands_for_contents(self, nodes: Sequence[int]) -> list[int]:
        """Those of these nodes that are of a kind that stands for its contents."""
        kinds = self.read_kinds(self.names[node] for node in nodes)
        return [node for node in nodes if kinds.get(self.names[node]) in STANDS_FOR_CONTENTS]

    def unlotted(self, nodes: Sequence[int]) -> Iterable[NodeId]:
        """The ids of those of these nodes that stand for material of unknown lot."""
        return filter(is_unlotted, map(self.names.__getitem__, nodes))

    def nameless(self, nodes: Sequence[int]) -> set[NodeId]:
        """What stands for material of unknown lot of products that the ids of these nodes name."""
        known = self.source.standing(known_at=self.known_at).unlotted
        named = set(map(product_of, map(self.names.__getitem__, nodes))) if known else set()
        return {unlotted_id(product) for product in named if product} & known

    def moving(self, node_ids: Sequence[NodeId]) -> set[NodeId]:
        """Those of these nodes from which anything had moved on by the times asked for."""
        if not node_ids:
            return set()
        return self.source.moving(node_ids, known_at=self.known_at, until=self.until)

    def edges(self, taken: Ints, near: Ints) -> tuple[FlowRows, Ints]:
        """The columns of edges; the columns read themselves where that is all of them."""
        records = [self.record[edge] for edge in taken.tolist()]
        if len(records) == len(self.record):
            return self.rows, np.array(records, dtype=np.int64)
        return select(self.rows, records), np.arange(len(records))

    def by_name(self, nodes: Ints) -> Ints:
        """The nodes in the order of their ids."""
        return np.array(sorted(nodes.tolist(), key=self.names.__getitem__), dtype=np.int64)

    def ids(self, nodes: Ints) -> list[NodeId]:
        """The ids of these nodes."""
        return list(map(self.names.__getitem__, nodes.tolist()))

    def _near(self, rows: FlowRows) -> list[NodeId]:
        return rows.source if self.direction == "forward" else rows.target

    def _enter(self, reading: Reading, nodes: Iterable[int]) -> None:
        """Take in the edges of nodes, all of them."""
        self.kinds.update(reading.kinds)
        rows = self._passages(as_of(reading.rows, self.until))
        far = rows.target if self.direction == "forward" else rows.source
        ways = self.ways
        for node, begin, split, stop in self._add(rows, self._near(rows), far):
            ways.begin[node], ways.split[node], ways.stop[node] = begin, split, stop
            if split < stop:
                ways.mark[node] |= BOX
        for node in self.number(reading.mixed):
            ways.mark[node] |= MIXED
        for node in nodes:
            ways.mark[node] |= READ

    def _passages(self, rows: FlowRows) -> FlowRows:
        """Without deliveries to a Party or Place that is not itself a seed (backward)."""
        if self.direction == "forward" or Flow.DELIVERED_TO not in rows.type:
            return rows
        ends = zip(rows.type, rows.target, strict=True)
        seeds = frozenset(self.seed_ids)
        walked = [t != Flow.DELIVERED_TO or target in seeds for t, target in ends]
        return select(rows, [i for i, passage in enumerate(walked) if passage])

    def _add(
        self, rows: FlowRows, near: list[NodeId], far: list[NodeId]
    ) -> Iterator[tuple[int, int, int, int]]:
        """Add edges to the columns, sorted; yields each node with the parts of its row.

        Here an edge gets its window: all that a trace knows of times and stays.
        """
        opens, closes = windows(rows, self._parts_of_lots(rows))
        if self.direction == "backward":
            opens, closes = [-t for t in closes], [-t for t in opens]
        last = filed.inward(rows, INTO_BOX) if self.direction == "backward" else None
        tails, heads = self.number(near), self.number(far)
        places = filed.order(tails, last, opens, closes, rows.edge_id)
        first, before = len(self.record), len(self.rows.edge_id)
        append(self.rows, rows)
        self.record += [before + place for place in places]
        sign = filed.signs(rows)
        moments = opens == closes
        for column, values in zip(
            (self.ways.head, self.ways.opens, self.ways.closes, self.ways.sign),
            (heads, opens, closes, sign),
            strict=True,
        ):
            column.extend(map(values.__getitem__, places))
        return self._parts(first, [tails[p] for p in places], last, places, moments)

    def _parts(
        self,
        first: int,
        near: list[int],
        last: bytes | None,
        places: list[int],
        moments: bool,
    ) -> Iterator[tuple[int, int, int, int]]:
        """Each node with the beginning, split and end of its row."""
        ways, bounds = self.ways, filed.starts(near)
        for at, after in pairwise(bounds):
            if at == after:
                continue
            split = after if last is None else after - sum(last[p] for p in places[at:after])
            begin, middle, stop = first + at, first + split, first + after
            if not moments:
                filed.mark_lasting(ways.sign, begin, middle, ways.opens, ways.closes)
                filed.mark_lasting(ways.sign, middle, stop, ways.opens, ways.closes)
            yield near[at], begin, middle, stop

    def _parts_of_lots(self, rows: FlowRows) -> set[NodeId]:
        """The Lots of which something became a part."""
        parts = set(compress(rows.source, map(_PARTS.__contains__, rows.type)))
        kinds = self.read_kinds(parts)
        return {part for part in parts if kinds.get(part) == Label.LOT}
