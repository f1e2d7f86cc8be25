"""Reads the whole flow graph, and what changed in it, for a copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any
from uuid import uuid4

from genealogy.model.facts import NodeId
from genealogy.model.names import Mixing
from genealogy.ports import DataState, FlowRows, NodeColumns
from genealogy.store.flows import GraphFlows, flow_rows
from genealogy.store.node_index import kind_of
from genealogy.store.queries import (
    CHANGES,
    CHANGES_SIZE,
    DATA_STATE,
    FLOWS_FROM,
    NAME_DATABASE,
    NODE_COUNT,
    NODES_AFTER,
    NODES_AFTER_BY_INDEX,
    Columns,
    Query,
)

_PAGE = 25_000
#: Writes of which the nodes are fetched without counting them first.
_FEW_WRITES = 8


class GraphCopySource(GraphFlows):
    """A flow source that can also be copied whole."""

    def state(self) -> DataState:
        """Which database this is, and its watermark."""
        found = self._store.run(DATA_STATE)
        if not found:
            return DataState(None, 0)
        return DataState(found[0].identity, found[0].watermark, found[0].stamp)

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

    def flows_from(self, node_ids: Sequence[NodeId]) -> FlowRows:
        """All flow edges in force that leave these nodes, by one query unless they are many."""
        asked = list(node_ids)
        [found] = self._store.run(FLOWS_FROM, frontier=asked, most=self._most)
        if len(found.columns[0]) < self._most:
            return flow_rows(found.columns)
        return self.edges(asked, "forward").rows

    def changed(self, after: DataState, until: int, most: int) -> list[NodeId] | None:
        """The nodes that writes told of after a state until a watermark; null if unsure."""
        span = {"after": after.watermark, "until": until}
        if until - after.watermark > _FEW_WRITES:
            [size] = self._store.run(CHANGES_SIZE, **span)
            if size.count > most:
                return None
        [found] = self._store.run(CHANGES, **span)
        return told_of(found.rows, after, until, most)


def told_of(
    rows: Iterable[Sequence[Any]], after: DataState, until: int, most: int
) -> list[NodeId] | None:
    """The nodes that writes told of, by the number, the stamp and the nodes of each.

    Null unless there is one write for every number, and that of ``after`` is the write
    that led to that state. Of a state without a stamp no write was kept.
    """
    stamps = [stamp for number, stamp, _ in rows if number == after.watermark]
    later = [(number, node_ids) for number, _, node_ids in rows if number != after.watermark]
    numbers = sorted(number for number, _ in later)
    if stamps != [after.stamp] * (after.stamp is not None):
        return None
    if numbers != list(range(after.watermark + 1, until + 1)):
        return None
    if any(node_ids is None for _, node_ids in later):
        return None
    found = {NodeId(node_id) for _, node_ids in later for node_id in node_ids}
    return sorted(found) if len(found) <= most else None
