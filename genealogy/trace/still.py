"""Material by which nothing is passed on, as a stated policy: water, labels, pallets.

Such a lot is reached and listed, and not followed further unless it is a seed itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import product_of
from genealogy.model.names import Label, Link
from genealogy.ports import Direction, FlowRows, FlowSource, Reading
from genealogy.trace.beside import Beside
from genealogy.trace.columns import as_of, select

_OF_PRODUCTS = frozenset({Label.LOT, Label.ITEM})


@dataclass(slots=True)
class Propagating(Beside, FlowSource):
    """A source of flows without those that lead on from material that passes nothing on.

    ``products`` are those of which it is, ``halted`` the nodes from which flows were left
    out, as of ``until``.
    """

    direction: Direction
    products: frozenset[NodeId]
    seeds: frozenset[NodeId]
    until: int | None = None
    halted: set[NodeId] = field(default_factory=set)
    _still: dict[NodeId, bool] = field(default_factory=dict)

    def edges(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading:
        """All flow edges leaving (forward) or entering (backward) the frontier, but those."""
        reading = self.source.edges(frontier, direction, known_at=known_at)
        return self._without(reading) if direction == self.direction else reading

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        """What the source has at once, but those."""
        reading = self.source.closure(seeds, direction, known_at=known_at)
        return None if reading is None else self._without(reading)

    def _without(self, reading: Reading) -> Reading:
        if not self.products:
            return reading
        near = self._near(reading.rows)
        self._learn(near)
        if not any(self._still.get(node) for node in near):
            return reading
        past = as_of(reading.rows, self.until)
        self.halted.update(node for node in self._near(past) if self._still[node])
        picks = [i for i, node in enumerate(near) if not self._still[node]]
        return replace(reading, rows=select(reading.rows, picks))

    def _near(self, rows: FlowRows) -> list[NodeId]:
        return rows.source if self.direction == "forward" else rows.target

    def _learn(self, nodes: Iterable[NodeId]) -> None:
        """Find out which of these nodes are of a product that passes nothing on."""
        new = [node for node in dict.fromkeys(nodes) if node not in self._still]
        self._still.update(dict.fromkeys(new, False))
        kinds = self.source.kinds([node for node in new if node not in self.seeds]) if new else {}
        lots = [node for node, kind in kinds.items() if kind in _OF_PRODUCTS]
        for node, product in self._products_of(lots):
            if product in self.products:
                self._still[node] = True

    def _products_of(self, lots: Sequence[NodeId]) -> Iterator[tuple[NodeId, NodeId | None]]:
        """What is told of the products of lots: by their ids, and by links."""
        yield from ((lot, product_of(lot)) for lot in lots)
        if lots:
            links = self.source.links(lots, Link.OF_PRODUCT)
            yield from ((link.source, link.target) for link in links)
