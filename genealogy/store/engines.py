"""What differs between the databases, as data: one record an engine.

An engine is recognised by the agent string its server sends. ArcadeDB calls
itself compatible with Neo4j, so it is looked for first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Engine:
    """How one database product behaves where it matters to the store.

    honours_timeout: the server stops a statement at the driver's timeout; where
    it does not, the watchdog terminates it.
    tag: where a running statement can be recognised from another session: in the
    transaction's metadata, or only in a comment of its text.
    writers: sessions that load side by side without getting in each other's way.
    frontier: nodes asked for in one query.
    sorts_all: rows are sorted for a first page even where an index has them in order.
    types_times: time properties are declared as zoned, or zones would be lost.
    """

    name: str
    honours_timeout: bool
    tag: Literal["metadata", "comment"]
    writers: int
    frontier: int
    types_times: bool
    sorts_all: bool


NEO4J = Engine(
    name="neo4j",
    honours_timeout=True,
    tag="metadata",
    writers=2,
    frontier=20_000,
    types_times=False,
    sorts_all=False,
)
ARCADEDB = Engine(
    name="arcadedb",
    honours_timeout=False,
    tag="comment",
    writers=1,
    frontier=5_000,
    types_times=True,
    sorts_all=True,
)


def engine_of(agent: str) -> Engine:
    """The engine behind a server that announces itself with this agent string."""
    return ARCADEDB if "ArcadeDB" in agent else NEO4J
