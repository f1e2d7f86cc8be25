"""The yardstick of a load: the bare driver, told the finished rows, in its best known way.

Plain CREATE, edges grouped by target so that it is looked up once, thousands of rows
a statement, as many sessions as the database gains from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from neo4j import Driver

from tests.bench.graph_copy import EdgeRows, GraphCopy, NodeRows

BATCHES = (5_000, 10_000)

Job = tuple[str, list[Any]]


@dataclass(frozen=True)
class BareLoad:
    """How a graph is written: to which database, by how many sessions, in which batches."""

    driver: Driver
    database: str | None
    sessions: int
    batch: int

    def nodes(self, copy: GraphCopy) -> float:
        """Write the nodes; the seconds it took."""
        return self._write(job for group in copy.nodes for job in self._node_jobs(group))

    def edges(self, copy: GraphCopy) -> float:
        """Write the edges between nodes that are there; the seconds it took."""
        return self._write(job for group in copy.edges for job in self._edge_jobs(group))

    def _node_jobs(self, group: NodeRows) -> Iterator[Job]:
        text = node_text(group)
        return ((text, group.rows[i : i + self.batch]) for i in self._starts(group.rows))

    def _edge_jobs(self, group: EdgeRows) -> Iterator[Job]:
        text = edge_text(group)
        return ((text, by_target(group.rows[i : i + self.batch])) for i in self._starts(group.rows))

    def _starts(self, rows: list[Any]) -> range:
        return range(0, len(rows), self.batch)

    def _write(self, jobs: Iterable[Job]) -> float:
        began = perf_counter()
        with ThreadPoolExecutor(self.sessions) as pool:
            for done in [pool.submit(self._send, *job) for job in jobs]:
                done.result()
        return perf_counter() - began

    def _send(self, text: str, rows: list[Any]) -> None:
        with self.driver.session(database=self.database) as session:
            session.execute_write(lambda tx: tx.run(text, rows=rows).consume())


def node_text(group: NodeRows) -> str:
    """The statement that creates nodes with these labels and properties."""
    words = ["UNWIND $rows AS x CREATE (:", ":".join(group.labels), group.shape.literal("x"), ")"]
    return " ".join(words)


def edge_text(group: EdgeRows) -> str:
    """The statement that creates edges of this type, grouped by target."""
    words = [
        "UNWIND $rows AS x MATCH (b:Entity {node_id: x[0]})",
        "UNWIND x[1] AS y MATCH (a:Entity {node_id: y[0]})",
        "CREATE (a)-[:",
        group.type,
        group.shape.literal("y", 1),
        "]->(b)",
    ]
    return " ".join(words)


def by_target(rows: Iterable[tuple[str, str, list[Any]]]) -> list[list[Any]]:
    """The edges as their targets, each with its sources and values."""
    groups: dict[str, list[list[Any]]] = {}
    for source, target, values in rows:
        groups.setdefault(target, []).append([source, *values])
    return [[target, edges] for target, edges in groups.items()]
