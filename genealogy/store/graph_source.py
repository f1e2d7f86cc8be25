"""Reads the whole flow graph, and what changed in it, for a copy."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from uuid import uuid4

from genealogy.model.facts import NodeId
from genealogy.model.names import Mixing
from genealogy.ports import DataState, NodeColumns
from genealogy.store.flows import GraphFlows, kind_of
from genealogy.store.queries import (
    CHANGES,
    DATA_STATE,
    NAME_DATABASE,
    NODE_COUNT,
    NODES_AFTER,
    NODES_AFTER_BY_INDEX,
    Columns,
    Query,
)

_PAGE = 5_000


class GraphCopySource(GraphFlows):
    """A flow source that can also be copied whole."""

    def state(self) -> DataState:
        """Which database this is, and its watermark."""
        found = self._store.run(DATA_STATE)
        return DataState(found[0].identity, found[0].watermark) if found else DataState(None, 0)

    def name(self) -> str:
        """The name of the database; it is given one if it has none."""
        self._store.run(NAME_DATABASE, identity=uuid4().hex)
        identity = self.state().identity
        assert identity is not None
        return identity

    def all_nodes(self) -> Iterator[NodeColumns]:
        """All nodes there are in pages, in rising order of their ids."""
        if not self._store.engine.sorts_all:
            yield from self._pages(NODES_AFTER)
            return
        pages = list(self._pages(NODES_AFTER_BY_INDEX))
        known = [node_id for page in pages for node_id in page.node_id]
        [there] = self._store.run(NODE_COUNT)
        in_order = all(before < after for before, after in pairwise(known))
        yield from pages if in_order and len(known) >= there.count else self._pages(NODES_AFTER)

    def _pages(self, query: Query[Columns]) -> Iterator[NodeColumns]:
        after = NodeId("")
        while True:
            [found] = self._store.run(query, after=after, size=_PAGE)
            ids, labels, mixing = found.columns
            if not ids:
                return
            mixed = [value == Mixing.WHOLE for value in mixing]
            yield NodeColumns(list(map(NodeId, ids)), list(map(kind_of, labels)), mixed)
            after = max(ids)

    def changed(self, after: int, until: int) -> list[NodeId] | None:
        """The nodes that writes after one watermark until another told of; null if unsure."""
        [found] = self._store.run(CHANGES, after=after)
        told = {watermark: ids for watermark, ids in found.rows if watermark <= until}
        if sorted(told) != list(range(after + 1, until + 1)) or None in told.values():
            return None
        return sorted({NodeId(node_id) for ids in told.values() for node_id in ids})
