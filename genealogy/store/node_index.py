"""Looks nodes up by id, code, prefix and name, and tells them as the domain sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import code_key as search_key
from genealogy.model.names import Label
from genealogy.ports import Coded, NodeRow
from genealogy.store.bolt import GraphStore
from genealogy.store.claimed import ClaimedProperties
from genealogy.store.queries import (
    NODES,
    NODES_BY_CODE,
    NODES_BY_CODES,
    NODES_BY_NAME,
    NODES_BY_PREFIX,
    NODES_BY_TAIL,
    Query,
    Rows,
)

_KINDS = {str(label) for label in Label} - {Label.ENTITY}
_NO_ROLE = {str(label) for label in Label}
_CHUNK = 5_000


def node_row(
    node_id: NodeId,
    labels: list[str],
    code: str,
    name: str | None,
    identifiers: list[str] | None,
    product_id: NodeId | None,
    told: list[str] | None,
    *,
    known_at: datetime | None = None,
) -> NodeRow:
    """A node as the domain sees it: kind and roles apart, properties by its claims.

    With ``known_at`` its properties, name and product are those known by then.
    """
    properties = ClaimedProperties(told or [], known_at)
    if known_at is not None:
        name, product_id = properties.get("name"), properties.get("product_id")
    return NodeRow(
        node_id=node_id,
        kind=kind_of(labels),
        roles=tuple(sorted(label for label in labels if label not in _NO_ROLE)),
        code=code,
        name=name,
        identifiers=tuple(identifiers or ()),
        properties=properties,
        product_id=product_id,
    )


def kind_of(labels: list[str]) -> str:
    """The label that tells what a node is."""
    [kind] = _KINDS.intersection(labels)
    return kind


class GraphIndex:
    """Looks nodes up by id, code, prefix and name."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def nodes(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> list[NodeRow]:
        """The nodes with these ids that exist, as they are or were known."""
        found: list[NodeRow] = []
        for i in range(0, len(node_ids), _CHUNK):
            [page] = self._store.run(NODES, ids=list(node_ids[i : i + _CHUNK]))
            found += [node_row(*row, known_at=known_at) for row in page.rows]
        return found

    def by_code(self, code: str, *, limit: int) -> list[NodeRow]:
        """Nodes with the search key of this code, those spelt exactly so first."""
        return self._rows(NODES_BY_CODE, key=search_key(code), code=code, limit=limit)

    def by_codes(self, code_keys: Sequence[str]) -> list[Coded]:
        """All nodes with one of these search keys, with their codes."""
        found: list[Coded] = []
        for i in range(0, len(code_keys), _CHUNK):
            [page] = self._store.run(NODES_BY_CODES, keys=list(code_keys[i : i + _CHUNK]))
            found += [Coded(*row) for row in page.rows]
        return found

    def by_prefix(self, code_key: str, *, limit: int) -> list[NodeRow]:
        """Nodes whose search key begins so, in key order."""
        return self._rows(NODES_BY_PREFIX, prefix=code_key, limit=limit)

    def by_name(self, words: str, *, limit: int) -> list[NodeRow]:
        """Products, parties and places with these words in their name."""
        return self._rows(NODES_BY_NAME, words=words.casefold(), limit=limit)

    def near(self, code_key: str, *, limit: int) -> list[NodeRow]:
        """Nodes that share the first or the last half of this search key."""
        half = max(1, len(code_key) // 2)
        head, tail = code_key[:half], code_key[: -half - 1 : -1]
        return [
            *self._rows(NODES_BY_PREFIX, prefix=head, limit=limit),
            *self._rows(NODES_BY_TAIL, tail=tail, limit=limit),
        ]

    def _rows(self, query: Query[Rows], **params: Any) -> list[NodeRow]:
        [found] = self._store.run(query, **params)
        return [node_row(*row) for row in found.rows]
