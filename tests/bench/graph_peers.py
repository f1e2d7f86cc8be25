"""The layered graph in a graph database as its best known texts want it: a number for each
lot, the time on the edge, nothing else. What it can do by itself, and what it takes to fill it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any, LiteralString

import numpy as np
import numpy.typing as npt
from neo4j import Driver, ManagedTransaction, Query

from tests.bench.layered import Mix
from tests.bench.sql_peers import ALWAYS, Arrivals

Ints = npt.NDArray[Any]
BATCH = 10_000
#: Lots asked for in one statement.
FRONTIER = 20_000

UNIQUE: LiteralString = "CREATE CONSTRAINT unique_w IF NOT EXISTS FOR (n:W) REQUIRE n.id IS UNIQUE"
LOTS: LiteralString = "UNWIND $rows AS i CREATE (:W {id: i})"
EDGES: LiteralString = (
    "UNWIND $rows AS x MATCH (b:W {id: x[0]}) UNWIND x[1] AS y MATCH (a:W {id: y[0]}) "
    "CREATE (a)-[:WF {at: y[1]}]->(b)"
)
LEVEL: LiteralString = (
    "UNWIND $frontier AS x MATCH (a:W {id: x[0]})-[r:WF]->(b) WHERE r.at >= x[1] "
    "WITH b.id AS i, min(r.at) AS m RETURN collect(i), collect(m)"
)
# Nothing is cut off at sixty: there are seven layers, and some rework within them.
UPSTREAM: LiteralString = (
    "UNWIND $cases AS c MATCH (s:W {id: c}) CALL (s) { MATCH (s)<-[:WF*0..60]-(b) "
    "RETURN DISTINCT b } WITH b.id AS i, count(*) AS n RETURN collect(i), collect(n)"
)
DOWNSTREAM: LiteralString = (
    "UNWIND $cases AS c MATCH (s:W {id: c}) CALL (s) { MATCH (s)-[:WF*0..60]->(b) "
    "RETURN DISTINCT b } WITH b.id AS i, count(*) AS n RETURN collect(i), collect(n)"
)


@dataclass(frozen=True)
class GraphPeer:
    """A graph database with the layered graph in it."""

    driver: Driver
    database: str | None
    writers: int

    def fill(self, graph: Mix) -> float:
        """Write the graph; the seconds it took."""
        began = perf_counter()
        self._asked(UNIQUE)
        self._write(LOTS, (list(lots) for lots in _pages(range(graph.lots))))
        self._write(EDGES, _by_target(graph))
        return perf_counter() - began

    def arrivals(self, seed: int) -> Arrivals:
        """Earliest arrivals, a statement a round, until none is earlier."""
        since, frontier = {seed: ALWAYS}, {seed: ALWAYS}
        while frontier:
            better: dict[int, int] = {}
            for page in _pages([list(pair) for pair in frontier.items()], FRONTIER):
                for lot, at in zip(*self._asked(LEVEL, frontier=page), strict=True):
                    if at < since.get(lot, at + 1):
                        since[lot] = better[lot] = at
            frontier = better
        return np.array(list(since)), np.array(list(since.values()))

    def counts(self, cases: Ints, *, upstream: bool = True) -> tuple[Ints, Ints]:
        """The lots upstream of any of these, and of how many each; or those downstream."""
        text = UPSTREAM if upstream else DOWNSTREAM
        lots, counts = self._asked(text, cases=cases.tolist())
        return np.array(lots), np.array(counts)

    def _write(self, text: LiteralString, pages: Iterator[Any]) -> None:
        with ThreadPoolExecutor(self.writers) as pool:
            for done in [pool.submit(self._asked, text, rows=page) for page in pages]:
                done.result()

    def _asked(self, text: LiteralString, **params: Any) -> list[Any]:
        def work(tx: ManagedTransaction) -> list[Any]:
            found = tx.run(text, params).single()
            return list(found) if found else []

        with self.driver.session(database=self.database) as session:
            if text is UNIQUE:
                session.run(Query(text)).consume()
                return []
            return session.execute_write(work)


def _pages(rows: Any, size: int = BATCH) -> Iterator[Any]:
    return (rows[i : i + size] for i in range(0, len(rows), size))


def _by_target(graph: Mix) -> Iterator[list[Any]]:
    """The edges, batch by batch, as targets each with its sources and times."""
    order = np.argsort(graph.target, kind="stable")
    for places in _pages(order):
        columns = (c[places].tolist() for c in (graph.target, graph.source, graph.at))
        groups: dict[int, list[list[int]]] = {}
        for target, source, at in zip(*columns, strict=True):
            groups.setdefault(target, []).append([source, at])
        yield [[target, edges] for target, edges in groups.items()]
