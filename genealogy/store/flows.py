"""Reads flow edges, nodes and events for the domain, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from genealogy.model.facts import NodeId
from genealogy.model.names import Label
from genealogy.ports import Direction, FlowRows, NodeRow, StoredEvent
from genealogy.store.bolt import GraphStore
from genealogy.store.codec import decode, iso_or_null
from genealogy.store.queries import (
    AHEAD,
    EDGES,
    EVENTS,
    EVENTS_ABOUT,
    NODES,
    NODES_BY_CODE,
    NODES_BY_NAME,
    NODES_BY_PREFIX,
    NODES_BY_TAIL,
    Query,
    Rows,
)

_KINDS = {str(label) for label in Label} - {Label.ENTITY}
_OWN = frozenset({"node_id", "code", "code_key", "code_tail", "name_key", "identifiers", "claims"})
_CHUNK = 5_000


def node_row(node_id: NodeId, labels: list[str], properties: dict[str, Any]) -> NodeRow:
    """A node as the domain sees it: kind and roles apart, bookkeeping left out."""
    [kind] = _KINDS.intersection(labels)
    return NodeRow(
        node_id=node_id,
        kind=kind,
        roles=tuple(sorted(set(labels) - _KINDS - {Label.ENTITY})),
        code=properties["code"],
        name=properties.get("name"),
        identifiers=tuple(properties.get("identifiers") or ()),
        properties={
            key: decode(value) for key, value in sorted(properties.items()) if key not in _OWN
        },
    )


class GraphIndex:
    """Looks nodes up by id, code, prefix and name."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def nodes(self, node_ids: Sequence[NodeId]) -> list[NodeRow]:
        """The nodes with these ids that exist."""
        found: list[NodeRow] = []
        for i in range(0, len(node_ids), _CHUNK):
            found += self._rows(NODES, ids=list(node_ids[i : i + _CHUNK]))
        return found

    def by_code(self, code_keys: Sequence[str], *, limit: int) -> list[NodeRow]:
        """Nodes whose search key is one of these."""
        return self._rows(NODES_BY_CODE, keys=list(code_keys), limit=limit)

    def by_prefix(self, code_key: str, *, limit: int) -> list[NodeRow]:
        """Nodes whose search key begins so, in key order."""
        return self._rows(NODES_BY_PREFIX, prefix=code_key, limit=limit)

    def by_name(self, words: str, *, limit: int) -> list[NodeRow]:
        """Products, parties and places with these words in their name."""
        return self._rows(NODES_BY_NAME, words=words.casefold(), limit=limit)

    def near(self, code_key: str, *, limit: int) -> list[NodeRow]:
        """Nodes that share the first or the last half of this search key."""
        half = max(1, len(code_key) // 2)
        head, tail = code_key[:half], code_key[:-half - 1:-1]
        return [
            *self._rows(NODES_BY_PREFIX, prefix=head, limit=limit),
            *self._rows(NODES_BY_TAIL, tail=tail, limit=limit),
        ]

    def _rows(self, query: Query[Rows], **params: Any) -> list[NodeRow]:
        [found] = self._store.run(query, **params)
        return [node_row(*row) for row in found.rows]


class GraphEvents:
    """Looks events up again."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def events(self, event_ids: Sequence[NodeId]) -> list[StoredEvent]:
        """The events with these ids that are known."""
        return self._found(EVENTS, event_ids)

    def events_about(self, node_ids: Sequence[NodeId]) -> list[StoredEvent]:
        """Every event that is about any of these nodes, each once."""
        return self._found(EVENTS_ABOUT, node_ids)

    def _found(self, query: Query[Rows], ids: Sequence[NodeId]) -> list[StoredEvent]:
        found: dict[NodeId, StoredEvent] = {}
        for i in range(0, len(ids), _CHUNK):
            [page] = self._store.run(query, ids=list(ids[i : i + _CHUNK]))
            found |= {row[0]: _event(*row) for row in page.rows}
        return list(found.values())


def _event(event_id: NodeId, properties: dict[str, Any]) -> StoredEvent:
    values = {key: decode(value) for key, value in properties.items()}
    return StoredEvent(
        event_id=event_id,
        body=values.get("body"),
        recorded_at=values.get("recorded_at"),
        voided_at=values.get("voided_at"),
        source_system=values.get("source_system", ""),
        source_record=values.get("source_record", ""),
    )
