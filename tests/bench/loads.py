"""Measures loads: the product's sink, its table loader, and the bare driver, in turn.

Every round writes the same graph into an empty one that has the schema. The rounds
go through the ways forward and backward, so that none is always the first.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

from neo4j import GraphDatabase

from genealogy.bootstrap import Lotgraph, engine_on
from genealogy.model.facts import Fact, FlowFact, Written
from genealogy.model.names import Flow
from genealogy.store import schema
from genealogy.store.bolt import GraphStore
from genealogy.store.queries import FLOW_COUNT, NODE_COUNT
from genealogy.store.writer import GraphSink
from loaders.run import load
from tests.bench.bare_load import BATCHES, BareLoad
from tests.bench.graph_copy import GraphCopy, read_copy
from tests.bench.outcome import LoadResult
from tests.databases import Endpoint, Server

#: The flows that the plant's movement tables state; all else comes with the node tables.
MOVEMENTS = frozenset({Flow.CONSUMED_BY, Flow.PRODUCED, Flow.SHIPPED_IN})
MOVEMENT_TABLES = frozenset({"consumption", "production", "shipment_lines"})

Times = tuple[float, float]
Way = Callable[[Endpoint, GraphStore], Times]


@dataclass
class Kept:
    """A sink that keeps the batches it is given, as the loader cut them."""

    batches: list[list[Fact]] = field(default_factory=list)

    def stream(self, batches: Iterable[Sequence[Fact]]) -> Generator[Written, None, None]:
        """Keep each batch when its turn comes."""
        return (self.write(batch) for batch in batches)

    def write(self, facts: Iterable[Fact]) -> Written:
        """Keep a batch."""
        self.batches.append(list(facts))
        return Written()

    def loading(self, source: str) -> AbstractContextManager[None]:
        """Keep no record of loads."""
        return nullcontext()


@dataclass(frozen=True)
class Input:
    """What is loaded: a folder of tables, the facts in it, and the graph they make."""

    folder: Path
    batches: list[list[Fact]]
    copy: GraphCopy

    def ways(self) -> dict[str, Way]:
        """Every way to load it, yardsticks first."""
        bare = {f"bare driver, {size:,} rows": self._bare(size) for size in BATCHES}
        return {**bare, "stream of facts": self._stream, "tables, end to end": self._tables}

    def _stream(self, _: Endpoint, store: GraphStore) -> Times:
        sink = engine_on(store).sink()
        assert isinstance(sink, GraphSink)
        return stream_facts(sink, self.batches)

    def _tables(self, _: Endpoint, store: GraphStore) -> Times:
        return load_tables(engine_on(store), self.folder)

    def _bare(self, batch: int) -> Way:
        def write(endpoint: Endpoint, store: GraphStore) -> Times:
            auth = (endpoint.user or "", endpoint.password or "")
            with GraphDatabase.driver(endpoint.uri, auth=auth) as driver:
                bare = BareLoad(driver, endpoint.database, store.engine.writers, batch)
                return write_bare(bare, self.copy)

        return write


def write_bare(bare: BareLoad, copy: GraphCopy) -> Times:
    """Write a graph by the bare driver; seconds as the product's tables are divided."""
    others = tuple(group for group in copy.edges if group.type not in MOVEMENTS)
    movements = tuple(group for group in copy.edges if group.type in MOVEMENTS)
    described = bare.nodes(copy) + bare.edges(replace(copy, edges=others))
    return described, bare.edges(replace(copy, edges=movements))


def load_tables(engine: Lotgraph, folder: Path) -> Times:
    """Load a folder end to end; seconds spent on node tables and on movement tables."""
    spent = {False: 0.0, True: 0.0}
    last = perf_counter()

    def watch(file: str, _done: int, _all: int) -> None:
        nonlocal last
        now = perf_counter()
        spent[Path(file).stem in MOVEMENT_TABLES] += now - last
        last = now

    loaded = load(folder, engine.sink(), engine.book, progress=watch)
    assert loaded.rejects == 0, loaded
    return spent[False], spent[True]


def stream_facts(sink: GraphSink, batches: list[list[Fact]]) -> Times:
    """Write facts as the loader cuts them; seconds until described and moved ones are written."""
    spent = {False: 0.0, True: 0.0}
    moving = [any(map(_moves, batch)) for batch in batches]
    last = perf_counter()
    for moves, _ in zip(moving, sink.stream(batches), strict=True):
        now = perf_counter()
        spent[moves] += now - last
        last = now
    return spent[False], spent[True]


def prepared(server: Server, folder: Path) -> Input:
    """Read the folder into facts, load them once to warm up, and copy the graph they make."""
    kept = Kept()
    with server.empty_graph() as endpoint, store_on(endpoint) as store:
        load(folder, kept, engine_on(store).book)
        sink = engine_on(store).sink()
        for batch in kept.batches:
            sink.write(batch)
        copy = copy_of(endpoint)
    return Input(folder, kept.batches, copy)


def measure_loads(
    server: Server, folder: Path, rounds: int, say: Callable[[str], None]
) -> Iterator[LoadResult]:
    """Load a folder of tables in every way, so many rounds."""
    given = prepared(server, folder)
    times: dict[str, list[Times]] = {way: [] for way in given.ways()}
    # What stays must not be looked through again and again while the clock runs.
    gc.collect()
    gc.freeze()
    for number in range(rounds):
        ways = list(given.ways().items())
        for name, way in ways if number % 2 == 0 else reversed(ways):
            say(f"{server.engine}: load {number + 1} of {rounds}, {name}")
            times[name].append(_timed(server, way, given.copy))
    gc.unfreeze()
    movements = sum(len(g.rows) for g in given.copy.edges if g.type in MOVEMENTS)
    counts = (given.copy.node_count, given.copy.edge_count, movements)
    for name, measured in times.items():
        nodes, moves = (list(seconds) for seconds in zip(*measured, strict=True))
        yield LoadResult(server.engine, name, *counts, nodes, moves)


def copy_of(endpoint: Endpoint) -> GraphCopy:
    """The graph that is there."""
    auth = (endpoint.user or "", endpoint.password or "")
    with (
        GraphDatabase.driver(endpoint.uri, auth=auth) as driver,
        driver.session(database=endpoint.database) as session,
    ):
        return read_copy(session)


def store_on(endpoint: Endpoint) -> GraphStore:
    """The product's store on an endpoint, the schema in place."""
    store = GraphStore.connect(
        endpoint.uri, endpoint.user, endpoint.password, endpoint.database, timeout=600
    )
    schema.ensure(store)
    return store


def sizes(store: GraphStore) -> tuple[int, int]:
    """How many nodes and flows a store says that it holds."""
    [nodes], [flows] = store.run(NODE_COUNT), store.run(FLOW_COUNT)
    return nodes.count, flows.count


def _timed(server: Server, way: Way, copy: GraphCopy) -> Times:
    with server.empty_graph() as endpoint, store_on(endpoint) as store:
        gc.collect()
        seconds = way(endpoint, store)
        found, flows = sizes(store)[0], sum(len(g.rows) for g in copy.edges if g.type in set(Flow))
        assert (found, sizes(store)[1]) == (copy.node_count, flows), "not the same graph"
    return seconds


def _moves(fact: Fact) -> bool:
    return isinstance(fact, FlowFact) and fact.type in MOVEMENTS
