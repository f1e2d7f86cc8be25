"""The layered graph in a database as the product would have written it, by the bare driver.

The product's own load is measured elsewhere, and of millions of edges it takes too long.
Also the yardstick of a snapshot that is made from it: all its columns, read by that driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from neo4j import Driver, ManagedTransaction

from tests.bench.bare_trace import COLUMNS, FLOWS
from tests.bench.layered import DIGITS, EDGE, FLOW, LOT, RECORD, START, Mix, lot_id

Ints = npt.NDArray[Any]
BATCH = 10_000
#: Lots of which nodes and edges are read in one statement: ArcadeDB collects half a million
#: values at most, and there may be more than ten edges to a lot.
NODES_READ, EDGES_READ = 25_000, 5_000
LOTS = (
    "UNWIND $rows AS i CREATE (:Entity:Lot {node_id: $prefix + i, code: i, code_key: i, "
    "code_tail: reverse(i), identifiers: [], claims: []})"
)
EDGES = " ".join(
    [
        "UNWIND $rows AS x MATCH (b:Entity {node_id: x[0]})",
        "UNWIND x[1] AS y MATCH (a:Entity {node_id: y[0]})",
        "CREATE (a)-[:",
        FLOW,
        "{fact_id: y[1], source_record: y[2], occurred_at: datetime(y[3]),",
        "occurred_offset: '+00:00', recorded_at: datetime($recorded), quantity: '12.5',",
        "uom: 'KGM', base_quantity: '12.5', source_system: 'csv', confidence: 'recorded'}]->(b)",
    ]
)
READ_NODES = (
    "MATCH (n:Entity) WHERE n.node_id >= $low AND n.node_id < $high "
    "RETURN [collect(n.node_id), collect(labels(n)), collect(coalesce(n.mixing, ''))]"
)
BY_RANGE = " ".join(
    [
        "MATCH (a:Entity) WHERE a.node_id >= $low AND a.node_id < $high MATCH (a)-[r:",
        FLOWS,
        "]->(c) WHERE r.retracted_at IS NULL RETURN [",
        COLUMNS,
        "]",
    ]
)
BY_ID = " ".join(
    [
        "UNWIND $ids AS id MATCH (a:Entity {node_id: id}) MATCH (a)-[r:",
        FLOWS,
        "]->(c) WHERE r.retracted_at IS NULL RETURN [",
        COLUMNS,
        "]",
    ]
)


@dataclass(frozen=True)
class ProductGraph:
    """A database that has the product's schema."""

    driver: Driver
    database: str | None
    writers: int

    def fill(self, graph: Mix) -> float:
        """Write the graph; the seconds it took."""
        began = perf_counter()
        codes = [f"{number:0{DIGITS}}" for number in range(graph.lots)]
        self._write(LOTS, (codes[i : i + BATCH] for i in range(0, len(codes), BATCH)))
        self._write(EDGES, _by_target(graph))
        return perf_counter() - began

    def faster(self, lots: int) -> str:
        """The statement by which this database reads edges faster, tried on some of them."""
        seconds = {}
        for text in (BY_RANGE, BY_ID):
            for low in range(0, min(lots, 4 * EDGES_READ), EDGES_READ):
                began = perf_counter()
                self._asked(text, **_page(text, low, lots))
                seconds[text] = perf_counter() - began
        return min(seconds, key=seconds.__getitem__)

    def read(self, lots: int, text: str) -> tuple[int, int]:
        """All nodes, and by this statement all edges, as columns; how many of each."""
        nodes, edges = 0, 0
        for low in range(0, lots, NODES_READ):
            nodes += len(self._asked(READ_NODES, **_range(low, NODES_READ))[0])
        for low in range(0, lots, EDGES_READ):
            edges += len(self._asked(text, **_page(text, low, lots))[0])
        return nodes, edges

    def _write(self, text: str, pages: Iterator[Any]) -> None:
        same = {"recorded": _iso(np.array([START]))[0], "prefix": LOT}
        with ThreadPoolExecutor(self.writers) as pool:
            for done in [pool.submit(self._asked, text, rows=page, **same) for page in pages]:
                done.result()

    def _asked(self, text: str, **params: Any) -> list[Any]:
        def work(tx: ManagedTransaction) -> list[Any]:
            found = tx.run(text, params).single()
            return list(found[0]) if found else []

        with self.driver.session(database=self.database) as session:
            return session.execute_write(work)


def _range(low: int, size: int) -> dict[str, Any]:
    return {"low": lot_id(low), "high": lot_id(low + size)}


def _page(text: str, low: int, lots: int) -> dict[str, Any]:
    if text == BY_RANGE:
        return _range(low, EDGES_READ)
    return {"ids": [lot_id(number) for number in range(low, min(lots, low + EDGES_READ))]}


def _by_target(graph: Mix) -> Iterator[list[Any]]:
    """The edges, batch by batch, as targets each with sources, ids, records and times."""
    order = np.argsort(graph.target, kind="stable")
    for low in range(0, len(order), BATCH):
        places = order[low : low + BATCH]
        times = _iso(graph.at[places])
        columns = (c.tolist() for c in (graph.target[places], graph.source[places], places))
        groups: dict[str, list[list[str]]] = {}
        for target, source, number, at in zip(*columns, times, strict=True):
            names = f"{EDGE}{number:0{DIGITS}}", f"{RECORD}{number:0{DIGITS}}"
            groups.setdefault(lot_id(target), []).append([lot_id(source), *names, at])
        yield [[target, edges] for target, edges in groups.items()]


def _iso(seconds: Ints) -> list[str]:
    moments = np.datetime_as_string(seconds.astype("datetime64[s]"), timezone="UTC")
    return [str(moment) for moment in moments]
