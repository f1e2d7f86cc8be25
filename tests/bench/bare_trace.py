"""The yardstick of a trace: the bare driver fetching the edges of an answer, all columns.

Two forms, of which the faster one counts: everything within reach in one statement,
and one statement for each level. Both return one record with a list for each column; a
record an edge is many times slower on both databases, a list an edge a little. Times
come as microseconds, for a driver is slow to unpack time objects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from neo4j import Driver, ManagedTransaction

from genealogy.model.names import Flow
from genealogy.snapshot.records import CODED

DEEPEST = 60
NODE_PAGE = 5_000
_TIMES = ("occurred_at", "valid_from", "valid_to", "recorded_at", "retracted_at")
_ALWAYS = {"recorded_at", "source_system", "source_record", "confidence"}


def _collected(name: str) -> str:
    value = f"r.{name}"
    if name in _TIMES:
        value = f"r.{name}.epochSeconds * 1000000 + r.{name}.microsecond"
    # A null would be left out and shift the column.
    return f"collect({value})" if name in _ALWAYS else f"collect(coalesce({value}, ''))"


COLUMNS = ", ".join(
    [
        "collect(a.node_id), collect(c.node_id), collect(type(r)), collect(r.fact_id)",
        *map(_collected, (*_TIMES, *CODED)),
    ]
)
FLOWS = "|".join(Flow)
_EDGES = " ".join(
    ["MATCH (a)-[r:", FLOWS, "]->(c) WHERE r.retracted_at IS NULL RETURN [", COLUMNS, "]"]
)
WITHIN_REACH = " ".join(
    [
        "MATCH (s:Entity {node_id: $seed}) CALL (s) { MATCH (s)-[:",
        FLOWS,
        f"*0..{DEEPEST}]->(b) RETURN DISTINCT b }} WITH b AS a",
        _EDGES,
    ]
)
LEVEL = " ".join(["UNWIND $ids AS id MATCH (a:Entity {node_id: id})", _EDGES])
NODES = (
    "UNWIND $ids AS id MATCH (n:Entity {node_id: id}) RETURN collect([n.node_id, labels(n), "
    "n.code, n.name, n.identifiers, n.product_id, n.claims])"
)
SOURCE, TARGET, AT = 0, 1, 4

Row = tuple[Any, ...]
Columns = list[list[Any]]


@dataclass(frozen=True)
class BareTrace:
    """Fetches edges from a database; ``page`` is how many nodes a statement asks for.

    Each way has all columns of the edges in hand and returns that of their targets.
    """

    driver: Driver
    database: str | None
    page: int

    def within_reach(self, seed: str) -> list[str]:
        """The edges of all nodes within reach, whatever the times, by one statement."""
        return self._asked(WITHIN_REACH, seed=seed)[TARGET]

    def by_level(self, seed: str) -> list[str]:
        """The same edges, by a statement for each level."""
        found: Columns = []
        seen, frontier = {seed}, [seed]
        while frontier:
            columns = self._edges(frontier)
            found = _joined(found, columns)
            frontier = list(set(columns[TARGET]) - seen)
            seen.update(frontier)
        return found[TARGET]

    def within_reach_in_time(self, seed: str) -> list[str]:
        """Of the edges within reach, those that material of the seed came over in time."""
        arrivals = Arrivals({seed: 0})
        arrivals.learn(self._asked(WITHIN_REACH, seed=seed))
        arrivals.spread([seed])
        return arrivals.taken()

    def by_level_in_time(self, seed: str) -> list[str]:
        """The edges of those nodes alone that material of the seed came to in time."""
        arrivals, frontier = Arrivals({seed: 0}), [seed]
        while frontier:
            arrivals.learn(self._edges(frontier))
            frontier = arrivals.spread(frontier)
        return arrivals.taken()

    def nodes(self, node_ids: Sequence[str]) -> list[Any]:
        """What is known of these nodes."""
        pages = (node_ids[i : i + NODE_PAGE] for i in range(0, len(node_ids), NODE_PAGE))
        return [row for page in pages for row in self._asked(NODES, ids=list(page))]

    def _edges(self, frontier: list[str]) -> Columns:
        pages = (frontier[i : i + self.page] for i in range(0, len(frontier), self.page))
        return reduce(_joined, (self._asked(LEVEL, ids=page) for page in pages))

    def _asked(self, text: str, **params: Any) -> list[Any]:
        def work(tx: ManagedTransaction) -> list[Any]:
            found: list[Any] = tx.run(text, params).single(strict=True)[0]
            return found

        with self.driver.session(database=self.database) as session:
            return session.execute_read(work)


def _joined(columns: Columns, more: Columns) -> Columns:
    return [a + b for a, b in zip(columns, more, strict=True)] if columns else more


@dataclass
class Arrivals:
    """When material came to each node first (microseconds), and the edges read so far."""

    at: dict[str, int]
    edges: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def learn(self, columns: Columns) -> None:
        """Take edges in."""
        for row in zip(*columns, strict=True):
            self.edges[row[SOURCE]].append(row)

    def spread(self, nodes: list[str]) -> list[str]:
        """Follow the material from these nodes; returns nodes whose edges are not known yet."""
        unread, todo, asked = set[str](), list(nodes), {*self.edges, *nodes}
        while todo:
            node = todo.pop()
            since = self.at[node]
            for row in self.edges.get(node, ()):
                moment, target = row[AT], row[TARGET]
                if since <= moment < self.at.get(target, moment + 1):
                    self.at[target] = moment
                    if target in asked:
                        todo.append(target)
                    else:
                        unread.add(target)
        return list(unread)

    def taken(self) -> list[str]:
        """The edges that material came over."""
        taken = [
            row for node, since in self.at.items() for row in self.edges[node] if row[AT] >= since
        ]
        return [row[TARGET] for row in taken]
