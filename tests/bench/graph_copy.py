"""A whole graph read back from a database, as rows that a bare driver can write again.

The bare driver is then known to write the very same graph: same labels, properties
and values, whatever way the product took to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any, LiteralString

from neo4j import Session
from neo4j.time import DateTime

NODES: LiteralString = """
MATCH (n:Entity)
RETURN labels(n) AS labels, properties(n) AS properties
"""
EDGES: LiteralString = """
MATCH (a:Entity)-[r]->(b:Entity)
RETURN type(r) AS type, a.node_id AS source, b.node_id AS target, properties(r) AS properties
"""


@dataclass(frozen=True)
class Shape:
    """The properties that records of one kind have, and which of them are times."""

    keys: tuple[str, ...]
    times: frozenset[str]

    @classmethod
    def of(cls, records: Iterable[dict[str, Any]]) -> Shape:
        """The shape that all of these fit into."""
        keys: dict[str, bool] = defaultdict(bool)
        for record in records:
            for key, value in record.items():
                keys[key] |= isinstance(value, DateTime)
        return cls(tuple(sorted(keys)), frozenset(key for key, is_time in keys.items() if is_time))

    def row(self, record: dict[str, Any]) -> list[Any]:
        """The values in the order of the keys; times as UTC text, which drivers carry best."""
        return [_sent(record.get(key)) for key in self.keys]

    def literal(self, variable: str, first: int = 0) -> str:
        """The property map in Cypher, its values taken from a list from ``first`` on."""
        places = [f"{variable}[{first + i}]" for i in range(len(self.keys))]
        values = zip(self.keys, places, strict=True)
        pairs = (f"{k}: datetime({v})" if k in self.times else f"{k}: {v}" for k, v in values)
        return "{" + ", ".join(pairs) + "}"


@dataclass(frozen=True)
class NodeRows:
    """All nodes with the same labels."""

    labels: tuple[str, ...]
    shape: Shape
    rows: list[list[Any]]


@dataclass(frozen=True)
class EdgeRows:
    """All edges of one type, as source, target and values."""

    type: str
    shape: Shape
    rows: list[tuple[str, str, list[Any]]]


@dataclass(frozen=True)
class GraphCopy:
    """Every node and edge of the product's data."""

    nodes: tuple[NodeRows, ...]
    edges: tuple[EdgeRows, ...]

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return sum(len(group.rows) for group in self.nodes)

    @property
    def edge_count(self) -> int:
        """How many edges there are, those that carry no material included."""
        return sum(len(group.rows) for group in self.edges)

    def content(self) -> tuple[list[str], list[str]]:
        """Everything in it as text, in order: equal for equal graphs."""
        nodes = (
            repr((g.labels, [*zip(g.shape.keys, row, strict=True)]))
            for g in self.nodes
            for row in g.rows
        )
        edges = (
            repr((g.type, source, target, [*zip(g.shape.keys, row, strict=True)]))
            for g in self.edges
            for source, target, row in g.rows
        )
        return sorted(nodes), sorted(edges)


def read_copy(session: Session) -> GraphCopy:
    """Read the whole graph; slow, a record for each node and edge."""
    nodes: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for labels, properties in session.run(NODES):
        nodes[tuple(sorted(labels))].append(properties)
    edges: dict[str, list[tuple[str, str, dict[str, Any]]]] = defaultdict(list)
    for kind, source, target, properties in session.run(EDGES):
        edges[kind].append((source, target, properties))
    return GraphCopy(
        tuple(_node_rows(labels, nodes[labels]) for labels in sorted(nodes)),
        tuple(_edge_rows(kind, edges[kind]) for kind in sorted(edges)),
    )


def _node_rows(labels: tuple[str, ...], records: list[dict[str, Any]]) -> NodeRows:
    shape = Shape.of(records)
    return NodeRows(labels, shape, [shape.row(record) for record in records])


def _edge_rows(kind: str, records: list[tuple[str, str, dict[str, Any]]]) -> EdgeRows:
    shape = Shape.of(record for _, _, record in records)
    return EdgeRows(kind, shape, [(s, t, shape.row(record)) for s, t, record in records])


def _sent(value: Any) -> Any:
    if not isinstance(value, DateTime):
        return value
    moment = value.to_native()
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).isoformat()
