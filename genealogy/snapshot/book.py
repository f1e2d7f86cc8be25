"""A snapshot as a walk sees it: everything is there, nothing has to be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import unlotted_id
from genealogy.ports import Direction, FlowRows
from genealogy.snapshot.content import Content
from genealogy.snapshot.graph import Side, begins_of
from genealogy.snapshot.records import flow_rows
from genealogy.trace.book import Held
from genealogy.trace.kernel.state import Ways
from genealogy.trace.signs import (
    FLOW_BITS,
    FLOW_CODES,
    HOLDS,
    KIND_CODES,
    STANDS_FOR_CONTENTS,
    TIMELESS,
    UNLOTTED,
    careful,
)

Ints = npt.NDArray[Any]
_HOLDS = frozenset(FLOW_CODES[flow] for flow in HOLDS)
#: Whether a kind stands for its contents, by its code.
_STAND = np.isin(np.arange(256), [KIND_CODES[kind] for kind in STANDS_FOR_CONTENTS])


@dataclass(slots=True)
class SnapshotBook:
    """One direction of a snapshot, for seeds that it knows."""

    content: Content
    direction: Direction
    exact: bool
    seeds: list[int]
    ways: Ways = field(init=False)

    whole = True

    def __post_init__(self) -> None:
        self.seeds = self.by_name(np.array(sorted(set(self.seeds)), dtype=np.int64)).tolist()
        side, nodes = self._side, self.content.nodes
        self.ways = Ways(
            begin=self._begin(side),
            split=side.split,
            stop=side.stop,
            mark=nodes.mark,
            name=nodes.rank,
            head=side.head,
            opens=side.opens,
            closes=side.closes,
            sign=side.sign,
            careful=np.frombuffer(careful(self.direction), dtype=np.uint8),
            earliest=-self.content.scale.latest,
            latest=self.content.scale.latest,
            backward=self.direction == "backward",
            exact=self.exact,
        )

    @property
    def unit(self) -> int:
        """How many microseconds a time counts."""
        return self.content.scale.unit

    @property
    def origin(self) -> int:
        """When times begin."""
        return self.content.scale.origin

    @property
    def names(self) -> Sequence[Any]:
        """The ids of nodes, by number."""
        return self.content.nodes.ids

    @property
    def _side(self) -> Side:
        return self.content.forward if self.direction == "forward" else self.content.backward

    def _begin(self, side: Side) -> Ints:
        """Where rows begin: before deliveries for a seed, after them for all others."""
        seeds = np.array(self.seeds, dtype=np.int64)
        begins = begins_of(side, seeds)
        if (begins == side.begin[seeds]).all():
            return side.begin
        begin = side.begin.copy()
        begin[seeds] = begins
        begin.flags.writeable = False
        return begin

    def number(self, node_ids: Collection[NodeId]) -> list[int]:
        """The numbers of those of these nodes that are known."""
        return list(self.content.nodes.number(node_ids).values())

    def read_edges(self, nodes: Iterable[int]) -> None:
        """All edges are there."""

    def read_contents(self, nodes: Iterable[int]) -> None:
        """All contents are there."""

    def held(self, node: int) -> Iterable[Held]:
        """What came into a node."""
        side = self.content.backward
        assert side.edge is not None
        for at in range(side.begin[node], side.stop[node]):
            if int(side.sign[at]) & FLOW_BITS in _HOLDS:
                edge, inner = int(side.edge[at]), int(side.head[at])
                yield Held(edge, inner, -int(side.closes[at]), -int(side.opens[at]))

    @property
    def has_timeless(self) -> bool:
        """Whether there is any edge of which no time is known."""
        return bool(self.content.signs & TIMELESS)

    @property
    def has_unlotted(self) -> bool:
        """Whether any node stands for material of unknown lot."""
        return bool(self.content.marks & UNLOTTED)

    def has_kind(self, code: int) -> bool:
        """Whether there is any node of a kind."""
        return bool(self.content.kinds >> code & 1)

    def kind_codes(self, nodes: Any) -> Any:
        """The codes of the kinds of these nodes, as an array."""
        return self.content.nodes.kind[np.asarray(nodes, dtype=np.int64)]

    def stands_for_contents(self, nodes: Sequence[int]) -> list[int]:
        """Those of these nodes that are of a kind that stands for its contents."""
        asked = np.asarray(nodes, dtype=np.int64)
        found: list[int] = asked[_STAND[self.content.nodes.kind[asked]]].tolist()
        return found

    def unlotted(self, nodes: Sequence[int]) -> Iterable[NodeId]:
        """The ids of those of these nodes that stand for material of unknown lot."""
        asked = np.asarray(nodes)
        return self.ids(asked[(self.content.nodes.mark[asked] & UNLOTTED) != 0])

    def nameless(self, nodes: Sequence[int]) -> set[NodeId]:
        """What may stand for material of unknown lot of products that these nodes name."""
        products = self.content.nodes.products
        # The last place is that of nodes whose id names none: their number is -1.
        named = np.zeros(len(products) + 1, dtype=bool)
        named[self.content.nodes.product[np.asarray(nodes)]] = True
        return {unlotted_id(NodeId(one)) for one in products.pick(np.flatnonzero(named[:-1]))}

    def moving(self, node_ids: Sequence[NodeId]) -> set[NodeId]:
        """Those of these nodes that any flow leaves."""
        side, numbers = self.content.forward, self.content.nodes.number(node_ids)
        return {n for n, number in numbers.items() if side.stop[number] > side.begin[number]}

    def edges(self, taken: Ints, near: Ints) -> tuple[FlowRows, Ints]:
        """The columns of edges with these near ends, and the place of each among them."""
        side = self._side
        source, target = near, side.head[taken]
        if self.direction == "backward":
            source, target = target, source
        numbers = taken if side.edge is None else side.edge[taken]
        columns = self.content.records.columns(numbers)
        sources, targets = self.content.nodes.named(source, target)
        rows = flow_rows(columns, sources, targets, side.sign[taken])
        return rows, np.arange(len(taken))

    def by_name(self, nodes: Ints) -> Ints:
        """The nodes in the order of their ids."""
        return nodes[np.argsort(self.content.nodes.rank[nodes])]

    def ids(self, nodes: Ints) -> list[NodeId]:
        """The ids of these nodes."""
        return list(map(NodeId, self.content.nodes.ids.pick(nodes)))
