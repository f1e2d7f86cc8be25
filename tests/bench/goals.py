"""What is to be reached: our ways, against what they are held, and by how much."""

from __future__ import annotations

from tests.bench.figures import Goal

# What is measured.
TRACE, ARRIVALS, FLAT = "trace in memory", "arrivals in time", "same answer"
MEMORY, CAUSES = "memory", "common cause"
HTTP = "answer over HTTP"
BUILD, OPEN, EVENT = "snapshot built", "snapshot opened", "loaded event seen"
# Our ways.
EXACT, PLAIN, WHOLE = "exact", "conservative", "exact, whole answer"
SNAPSHOT, RANKED = "snapshot", "whole answer, ranked and proven"
OVER_HTTP, MEMORY_SENT = "to the last byte", "server's memory while sending"
DIRECTIONS, WITH_ROWS = "both directions", "both directions, with rows of lots"
# What they are held against.
COMPILED, COMPILED_PLAIN = "compiled walk in time", "compiled plain walk"
LIBRARIES = ("igraph", "rustworkx", "networkx")
DATABASES = ("Neo4j", "PostgreSQL", "DuckDB", "SQLite")
READ, KERNEL = "bare columnar read", "bare kernel"
BARE_ANSWER = "engine, and bare serialisation"

#: From this many lots on answers count as large.
LARGE = 60_000
#: Edges around the same answer; the first is what it lies in alone.
AROUND = (100_000, 1_000_000, 10_000_000)


def among(edges: int) -> str:
    """The name of a way in a graph of so many edges."""
    return f"among {edges:,} edges"


GOALS = (
    Goal(TRACE, EXACT, 2, (COMPILED,)),
    Goal(TRACE, PLAIN, 2, (COMPILED_PLAIN,)),
    *(Goal(TRACE, EXACT, 1, (f"{name},",), faster=True) for name in LIBRARIES),
    *(Goal(ARRIVALS, EXACT, 20, (name,), faster=True, least=LARGE) for name in DATABASES),
    Goal(CAUSES, SNAPSHOT, 3, (KERNEL,)),
    *(Goal(CAUSES, SNAPSHOT, 100, (name,), faster=True) for name in ("Neo4j", "ArcadeDB")),
    Goal(BUILD, SNAPSHOT, 1 / 0.8, (READ,)),
    Goal(HTTP, OVER_HTTP, 3, (BARE_ANSWER,)),
    Goal(HTTP, MEMORY_SENT, 64),
    Goal(OPEN, SNAPSHOT, 10),
    Goal(EVENT, SNAPSHOT, 1000),
    Goal(MEMORY, DIRECTIONS, 30),
    *(Goal(FLAT, among(edges), 2, (among(AROUND[0]),)) for edges in AROUND[1:]),
)
