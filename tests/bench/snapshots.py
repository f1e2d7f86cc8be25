"""Measures on a database how a snapshot comes to be and follows loads, and what the database can
do by itself: earliest arrivals, common cause."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

from neo4j import GraphDatabase

from genealogy.bootstrap import SNAPSHOTS, Lotgraph, engine_on
from genealogy.impact.question import CauseQuery
from genealogy.model.facts import FlowFact, NodeFact, NodeId, Source
from genealogy.model.names import Label
from genealogy.snapshot import files
from genealogy.snapshot.content import Content
from genealogy.snapshot.keeper import Keeper
from genealogy.trace.result import Mode, Trace, TraceQuery
from tests.bench.bare_walk import BareWalk
from tests.bench.causes import measure_causes, narrow, wide
from tests.bench.figures import Figure
from tests.bench.goals import BUILD, CAUSES, EVENT, OPEN, RANKED, READ, SNAPSHOT
from tests.bench.graph_peers import GraphPeer
from tests.bench.layered import FLOW, Mix, lot_id
from tests.bench.loads import store_on
from tests.bench.over_http import measure_http, served
from tests.bench.product_graph import ProductGraph
from tests.bench.sql_peers import Peer
from tests.bench.stopwatch import Turn, Yardstick, once, repeated
from tests.bench.walks import Question, arrivals_by, check, questions
from tests.databases import Server

Say = Callable[[str], None]
ROUNDS, EVENTS = 3, 9
NAMES = {"neo4j": "Neo4j", "arcadedb": "ArcadeDB"}


def measure_on(
    server: Server,
    graph: Mix,
    folder: Path,
    yardstick: Yardstick,
    skipped: dict[str, str],
    say: Say,
) -> Iterator[Figure]:
    """Everything on one database, with the graph written in both its forms."""
    name = NAMES[server.engine]
    with server.empty_graph() as endpoint, store_on(endpoint) as store:
        auth = (endpoint.user or "", endpoint.password or "")
        engine = engine_on(store, folder / SNAPSHOTS)
        with GraphDatabase.driver(endpoint.uri, auth=auth) as driver:
            writers = store.engine.writers
            plain = GraphPeer(driver, endpoint.database, writers)
            full = ProductGraph(driver, endpoint.database, writers)
            say(f"{name}: writing {graph}")
            plain.fill(graph)
            say(f"{name}: writing it as the product does")
            full.fill(graph)
            measuring = Measuring(
                name, engine, graph, BareWalk.over(graph), yardstick, skipped, say
            )
            yield from measuring.built(full)
            yield from measuring.opened()
            yield from measuring.by_itself(plain)
            yield from measuring.ranked()
            say(f"{name}: answers over HTTP")
            with served(endpoint, folder) as there:
                yield from measure_http(there, engine, measuring.asked, name, yardstick, skipped)
            yield from measuring.followed()


@dataclass(frozen=True)
class Measuring:
    """One database with a graph in it."""

    name: str
    engine: Lotgraph
    graph: Mix
    bare: BareWalk
    yardstick: Yardstick
    skipped: dict[str, str]
    say: Say

    @property
    def case(self) -> str:
        """Which database, and what is in it."""
        return f"{self.name}, {self.graph}"

    @cached_property
    def asked(self) -> list[Question]:
        """Questions with answers of growing size."""
        return questions(self.bare, self.graph.lots)

    def built(self, full: ProductGraph) -> Iterator[Figure]:
        """A snapshot of all of it, against reading all of it."""
        lots, text = self.graph.lots, full.faster(self.graph.lots)
        assert full.read(lots, text) == (lots, self.graph.edges)
        times: dict[str, list[Turn]] = {SNAPSHOT: [], READ: []}
        # The statements of both are planned: those of the yardstick have been tried by now.
        self._keeper.build()
        busy = self._busy()
        for number in range(ROUNDS):
            self.say(f"{self.name}: snapshot {number + 1} of {ROUNDS}")
            gc.collect()
            times[READ].append(once(partial(full.read, lots, text)))
            times[SNAPSHOT].append(once(self._keeper.build))
        yield from _figures(BUILD, self.case, times, busy)

    def opened(self) -> Iterator[Figure]:
        """The files that were made, opened."""
        largest = self.asked[-1]
        check(self._keeper.reach(largest.asked()), largest.in_time)
        identity, busy = self._keeper.source.name(), self._busy()
        folder = files.current(self._keeper.base, identity)
        assert folder is not None
        times = repeated({SNAPSHOT: partial(files.load, folder, identity)}, 9)
        yield from _figures(OPEN, self.case, times, busy)

    def by_itself(self, plain: GraphPeer) -> Iterator[Figure]:
        """What the database does without us."""
        content, peer = self._content(), Peer(self.name, plain.arrivals)
        among = f"of {self.graph} ({self.name})"
        for question in self.asked:
            self.say(f"{self.name}: trace of {question.case}")
            yield from arrivals_by([peer], content, question, self.yardstick, among)
        for some in (narrow(self.graph), wide(self.graph)):
            self.say(f"{self.name}: {some.case}")
            yield from measure_causes(some, plain, self.name, self.yardstick, self.skipped)

    def ranked(self) -> Iterator[Figure]:
        """The whole answer to common cause, ranked and proven, in the narrow case."""
        some = narrow(self.graph)
        self.say(f"{self.name}: ranking of {some.case}")
        asked = CauseQuery(tuple(map(lot_id, some.lots.tolist())), mode=Mode.CONSERVATIVE)
        busy = self._busy()
        times = repeated({RANKED: partial(self.engine.common_causes, asked)}, ROUNDS)
        yield from _figures(CAUSES, f"{some.case} ({self.name})", times, busy)

    def followed(self) -> Iterator[Figure]:
        """An event is written, and the snapshot's next answer has it."""
        seed = lot_id(self.asked[0].seed)
        busy = self._busy()
        times = {SNAPSHOT: [self._seen(seed, number) for number in range(EVENTS)]}
        yield from _figures(EVENT, self.case, times, busy)

    def _seen(self, seed: NodeId, number: int) -> Turn:
        new, source = NodeId(f"lot:S:P:new{number}"), Source("bench", "late")
        moved = FlowFact(
            FLOW, seed, Label.LOT, new, Label.LOT, f"new:{number}", source,
            occurred_at=datetime.now(UTC),
        )  # fmt: skip
        gc.collect()
        answers = list[Trace]()

        def write_and_ask() -> None:
            self.engine.sink().write([NodeFact(Label.LOT, new, source), moved])
            answers.append(self.engine.trace(TraceQuery((seed,), "forward")))

        turn = once(write_and_ask)
        [found] = answers
        assert found.watermark is not None, "answered by the database"
        assert new in set(found.node_ids()), "not seen"
        return turn

    def _busy(self) -> float:
        return self.yardstick.read()

    @property
    def _keeper(self) -> Keeper:
        assert self.engine.keeper is not None
        return self.engine.keeper

    def _content(self) -> Content:
        content = self._keeper.fresh()
        assert content is not None, "the snapshot that was just built is not used"
        return content


def _figures(topic: str, case: str, times: dict[str, list[Turn]], busy: float) -> Iterator[Figure]:
    for way, turns in times.items():
        yield Figure.timed(topic, case, way, turns, busy)
