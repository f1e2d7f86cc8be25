"""The yardstick of a trace: the bare driver fetching the edges of an answer, all columns.

Two forms, of which the faster one counts: everything within reach in one statement,
and one statement for each level. Both return one record, a list of rows; a record an
edge is many times slower on both databases. Times come as microseconds, for a driver
is slow to unpack time objects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from neo4j import Driver, ManagedTransaction

from genealogy.model.names import Flow

DEEPEST = 60
_TIMES = ("occurred_at", "valid_from", "valid_to", "recorded_at", "retracted_at")
_PLAIN = (
    "quantity",
    "uom",
    "base_quantity",
    "occurred_offset",
    "place_id",
    "source_system",
    "source_record",
    "confidence",
)
_MICROS = [f"r.{t}.epochSeconds * 1000000 + r.{t}.microsecond" for t in _TIMES]
_COLUMNS = ", ".join(
    ["a.node_id", "c.node_id", "type(r)", "r.fact_id", *_MICROS, *(f"r.{p}" for p in _PLAIN)]
)
_FLOWS = "|".join(Flow)
_EDGES = " ".join(
    [
        "MATCH (a)-[r:",
        _FLOWS,
        "]->(c) WHERE r.retracted_at IS NULL RETURN collect([",
        _COLUMNS,
        "])",
    ]
)
WITHIN_REACH = " ".join(
    [
        "MATCH (s:Entity {node_id: $seed}) CALL (s) { MATCH (s)-[:",
        _FLOWS,
        f"*0..{DEEPEST}]->(b) RETURN DISTINCT b }} WITH b AS a",
        _EDGES,
    ]
)
LEVEL = " ".join(["UNWIND $ids AS id MATCH (a:Entity {node_id: id})", _EDGES])
SOURCE, TARGET, AT = 0, 1, 4

Row = list[Any]


@dataclass(frozen=True)
class BareTrace:
    """Fetches edges from a database; ``page`` is how many nodes a statement asks for."""

    driver: Driver
    database: str | None
    page: int

    def within_reach(self, seed: str) -> list[Row]:
        """The edges of all nodes within reach, whatever the times, by one statement."""
        return self._rows(WITHIN_REACH, seed=seed)

    def by_level(self, seed: str) -> list[Row]:
        """The same edges, by a statement for each level."""
        found, seen, frontier = list[Row](), {seed}, [seed]
        while frontier:
            rows = self._edges(frontier)
            found += rows
            frontier = list({row[TARGET] for row in rows} - seen)
            seen.update(frontier)
        return found

    def within_reach_in_time(self, seed: str) -> list[Row]:
        """Of the edges within reach, those that material of the seed came over in time."""
        arrivals = Arrivals({seed: 0})
        arrivals.learn(self.within_reach(seed))
        arrivals.spread([seed])
        return arrivals.taken()

    def by_level_in_time(self, seed: str) -> list[Row]:
        """The edges of those nodes alone that material of the seed came to in time."""
        arrivals, frontier = Arrivals({seed: 0}), [seed]
        while frontier:
            arrivals.learn(self._edges(frontier))
            frontier = arrivals.spread(frontier)
        return arrivals.taken()

    def _edges(self, frontier: list[str]) -> list[Row]:
        pages = (frontier[i : i + self.page] for i in range(0, len(frontier), self.page))
        return [row for page in pages for row in self._rows(LEVEL, ids=page)]

    def _rows(self, text: str, **params: Any) -> list[Row]:
        def work(tx: ManagedTransaction) -> list[Row]:
            record = tx.run(text, params).single(strict=True)
            return list(record[0])

        with self.driver.session(database=self.database) as session:
            return session.execute_read(work)


@dataclass
class Arrivals:
    """When material came to each node first (microseconds), and the edges read so far."""

    at: dict[str, int]
    edges: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def learn(self, rows: Iterable[Row]) -> None:
        """Take edges in."""
        for row in rows:
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

    def taken(self) -> list[Row]:
        """The edges that material came over."""
        return [
            row for node, since in self.at.items() for row in self.edges[node] if row[AT] >= since
        ]
