"""Make a snapshot of nodes and edges that were read."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import is_unlotted, product_of
from genealogy.model.names import Label
from genealogy.ports import DataState, FlowRows, NodeColumns
from genealogy.snapshot.content import Content, Nodes
from genealogy.snapshot.graph import (
    Edges,
    backward_side,
    forward_order,
    forward_side,
    scale_of,
)
from genealogy.snapshot.records import Layers, RecordsBuilder
from genealogy.snapshot.texts import Names, Texts
from genealogy.trace.columns import select
from genealogy.trace.rows import signs
from genealogy.trace.signs import (
    APART,
    BOX,
    FLOW_BITS,
    FLOW_CODES,
    INTO_BOX,
    KIND_CODES,
    MIXED,
    READ,
    STILL,
    UNLOTTED,
)
from genealogy.trace.windows import windows

Ints = npt.NDArray[Any]


class Maker:
    """Takes in nodes, then the edges that leave them page by page, in the order of the nodes."""

    def __init__(
        self,
        nodes: NodeColumns,
        apart: Collection[NodeId] = (),
        still: Collection[NodeId] = (),
        products: frozenset[NodeId] = frozenset(),
    ) -> None:
        order = sorted(range(len(nodes.node_id)), key=nodes.node_id.__getitem__)
        self.ids = [nodes.node_id[at] for at in order]
        self.numbers = {node_id: number for number, node_id in enumerate(self.ids)}
        self._kinds = [nodes.kind[at] for at in order]
        self._mark = [READ | MIXED * nodes.mixed[at] for at in order]
        for some, bit in ((apart, APART), (still, STILL)):
            for node_id in some:
                if node_id in self.numbers:
                    self._mark[self.numbers[node_id]] |= bit
        self._products = products
        self._lots = {i for i, k in zip(nodes.node_id, nodes.kind, strict=True) if k == Label.LOT}
        self._edges: list[Edges] = []
        self._records = RecordsBuilder()

    def add(self, rows: FlowRows) -> None:
        """Take in all edges that leave some nodes, which come after all that did before.

        An edge to a node that is not known is left out: it came while nodes were read.
        """
        try:
            edges = edges_of(rows, self.numbers, self._lots)
        except KeyError:
            known = [i for i, target in enumerate(rows.target) if target in self.numbers]
            rows = select(rows, known)
            edges = edges_of(rows, self.numbers, self._lots)
        places = by_id(*forward_order(edges), rows.edge_id)
        self._edges.append(edges.picked(places))
        self._records.add(rows, places)

    def done(self, state: DataState) -> Content:
        """The snapshot."""
        edges = Edges.joined(self._edges)
        scale = scale_of(edges.opens, edges.closes)
        edges = replace(edges, opens=scale.stored(edges.opens), closes=scale.stored(edges.closes))
        records = Layers((self._records.done(),))
        return Content(
            node_table(self.ids, self._kinds, self._mark, edges),
            frozen(forward_side(edges, len(self.ids))),
            frozen(backward_side(edges, len(self.ids))),
            lambda: records,
            scale,
            state,
            self._products,
        )


def edges_of(rows: FlowRows, numbers: Mapping[NodeId, int], lots: Container[NodeId]) -> Edges:
    """Edges by the numbers of their ends, with windows in microseconds."""
    opens, closes = (np.array(column, dtype=np.int64) for column in windows(rows, lots))
    source, target = (
        np.fromiter(map(numbers.__getitem__, column), dtype=np.int32, count=len(column))
        for column in (rows.source, rows.target)
    )
    return Edges(source, target, np.array(signs(rows), dtype=np.uint8), opens, closes)


def by_id(order: Ints, same: npt.NDArray[np.bool_], ids: Sequence[str]) -> Ints:
    """The order with edges that are equal but for their ids (``same`` as the one before) by id."""
    for first in np.flatnonzero(same[1:] & ~same[:-1]).tolist() if len(same) else ():
        after = first + 1
        while after < len(same) and same[after]:
            after += 1
        order[first:after] = sorted(order[first:after].tolist(), key=ids.__getitem__)
    return order


def node_table(
    ids: Sequence[NodeId], kinds: Iterable[str], mark: Sequence[int], edges: Edges
) -> Nodes:
    """The table of nodes with ids in rising order, marked by what is in them and what they are."""
    marks = np.array(mark, dtype=np.uint8)
    into_box = np.isin(edges.sign & FLOW_BITS, [FLOW_CODES[flow] for flow in INTO_BOX])
    marks[edges.target[into_box]] |= BOX
    marks[[number for number, node_id in enumerate(ids) if is_unlotted(node_id)]] |= UNLOTTED
    known: dict[NodeId | None, int] = {None: -1}
    product = [known.setdefault(product_of(node_id), len(known) - 1) for node_id in ids]
    rank = np.arange(len(ids), dtype=np.int32)
    marks.flags.writeable = rank.flags.writeable = False
    return Nodes(
        Names(Texts.of(ids)),
        rank,
        marks,
        np.array([KIND_CODES[kind] for kind in kinds], dtype=np.uint8),
        np.array(product, dtype=np.int32),
        Texts.of([node_id for node_id in known if node_id is not None]),
    )


def frozen(side: Any) -> Any:
    """The same columns, not to be written to: as they are when they come from files."""
    for column in fields(side):
        values = getattr(side, column.name)
        if values is not None:
            values.flags.writeable = False
    return side
