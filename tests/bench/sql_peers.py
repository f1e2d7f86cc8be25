"""Earliest arrivals by databases of tables: one recursive statement, in the best known text.

Pairs of lot and arrival are spread until no new ones come; there are no more of them than
edges. Tables are laid out for the question: in order of source and time, or covered by an index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.bench.layered import Mix
from tests.bench.postgres import postgres
from tests.databases import Skipped

Ints = npt.NDArray[Any]
Arrivals = tuple[Ints, Ints]
TRACE = """
WITH RECURSIVE r(lot, since) AS (
    SELECT {seed}, {always}
    UNION
    SELECT e.target, e.dosed FROM r JOIN e ON e.source = r.lot AND e.dosed >= r.since
)
SELECT lot, min(since) FROM r GROUP BY lot
"""
#: Earlier than all times; the seed's own.
ALWAYS = 0
_FIELDS = 3


@dataclass(frozen=True)
class Peer:
    """A way to earliest arrivals: lots and the times, as arrays in any order."""

    name: str
    arrivals: Callable[[int], Arrivals]


@contextmanager
def sqlite(graph: Mix, folder: Path) -> Iterator[Peer]:
    """SQLite, the table in the order of its key."""
    with closing(sqlite3.connect(folder / "layered.sqlite")) as database:
        database.execute("PRAGMA cache_size = -1000000")
        database.execute(
            "CREATE TABLE e (source INT, dosed INT, target INT, "
            "PRIMARY KEY (source, dosed, target)) WITHOUT ROWID"
        )
        order = np.lexsort((graph.target, graph.at, graph.source))
        columns = (column[order].tolist() for column in (graph.source, graph.at, graph.target))
        with database:
            rows = zip(*columns, strict=True)
            database.executemany("INSERT OR IGNORE INTO e VALUES (?, ?, ?)", rows)

        def arrivals(seed: int) -> Arrivals:
            return _columns(database.execute(TRACE.format(seed=seed, always=ALWAYS)).fetchall())

        yield Peer(f"SQLite {sqlite3.sqlite_version}", arrivals)


@contextmanager
def duckdb(graph: Mix, folder: Path) -> Iterator[Peer]:
    """DuckDB, the table in the order of source and time."""
    library = _installed("duckdb")
    with closing(library.connect(str(folder / "layered.duckdb"))) as database:
        order = np.lexsort((graph.at, graph.source))
        columns = {"source": graph.source, "target": graph.target, "dosed": graph.at}
        given = {name: column[order] for name, column in columns.items()}
        database.register("given", given)
        database.execute("CREATE TABLE e AS SELECT * FROM given")

        def arrivals(seed: int) -> Arrivals:
            found = database.execute(TRACE.format(seed=seed, always=ALWAYS)).fetchnumpy()
            lots, since = found.values()
            return np.asarray(lots), np.asarray(since)

        yield Peer(f"DuckDB {library.__version__}", arrivals)


@contextmanager
def postgresql(graph: Mix, _: Path) -> Iterator[Peer]:
    """PostgreSQL, its own server for the time, the table behind a covering index."""
    library = _installed("psycopg")
    with postgres() as address, library.connect(address, autocommit=True) as connection:
        connection.execute("SET work_mem = '1GB'")
        connection.execute("SET jit = off")
        connection.execute("CREATE UNLOGGED TABLE e (source int, dosed int, target int)")
        with connection.cursor().copy("COPY e FROM STDIN (FORMAT binary)") as copy:
            copy.write(as_binary_copy(graph))
        connection.execute("CREATE INDEX ON e (source, dosed) INCLUDE (target)")
        connection.execute("VACUUM ANALYZE e")
        version = connection.execute("SHOW server_version").fetchone()[0].split()[0]

        def arrivals(seed: int) -> Arrivals:
            cursor = connection.cursor(binary=True)
            return _columns(cursor.execute(TRACE.format(seed=seed, always=ALWAYS)).fetchall())

        yield Peer(f"PostgreSQL {version}", arrivals)


def as_binary_copy(graph: Mix) -> bytes:
    """The edges as PostgreSQL's COPY takes them in."""
    names = ("source", "at", "target")
    kinds = [("fields", ">i2"), *((f"{n}{part}", ">i4") for n in names for part in ("_size", ""))]
    rows = np.zeros(graph.edges, dtype=kinds)
    rows["fields"] = _FIELDS
    order = np.lexsort((graph.at, graph.source))
    for name in names:
        rows[f"{name}_size"] = 4
        rows[name] = getattr(graph, name)[order]
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff"


def _columns(rows: list[tuple[int, int]]) -> Arrivals:
    found = np.array(rows, dtype=np.int64)
    return found[:, 0], found[:, 1]


def _installed(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise Skipped("is not installed (pip install '.[bench]')") from None


SQL_PEERS = {"SQLite": sqlite, "DuckDB": duckdb, "PostgreSQL": postgresql}
