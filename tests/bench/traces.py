"""Measures forward traces of several sizes against the bare driver and networkx.

Every way must find the same nodes and edges before its time counts. Plans are warm:
each way answers once before it is timed, and one pass over all ways makes a repetition.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import networkx as nx
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import Neo4jError

from genealogy.bootstrap import Lotgraph, engine_on
from genealogy.model.facts import NodeId
from genealogy.store.bolt import GraphStore
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.run import trace
from tests.bench.bare_trace import BareTrace
from tests.bench.in_memory import answer
from tests.bench.outcome import BARE, BARE_TOLD, TOLD, TRACE, TraceResult
from tests.bench.plant import Plant
from tests.databases import Endpoint

SIZES = (600, 10_000, 100_000)
#: Where along the first layer seeds are looked for; lots near its end reach little.
PLACES = (*(i / 24 for i in range(24)), 0.965, 0.97, 0.975, 0.98, 0.985, 0.99)

Counts = tuple[int, int]
Way = Callable[[], Counts]
Graph = nx.MultiDiGraph


@dataclass(frozen=True)
class Question:
    """A seed, a mode, and what the answer must be: nodes and edges."""

    seed: str
    mode: Mode
    nodes: int
    edges: int

    @property
    def in_time(self) -> bool:
        """Whether times count."""
        return self.mode is Mode.EXACT


def questions(plant: Plant, graph: Graph[str]) -> list[Question]:
    """For each mode, the seeds whose answers come nearest to the sizes asked for."""
    return [found for mode in Mode for found in _nearest(plant, graph, mode)]


def _nearest(plant: Plant, graph: Graph[str], mode: Mode) -> Iterator[Question]:
    seeds = dict.fromkeys(plant.supplied_lot(place) for place in PLACES)
    found = [
        Question(seed, mode, *answer(graph, seed, in_time=mode is Mode.EXACT))
        for seed in seeds
        if seed in graph
    ]
    largest = max(question.nodes for question in found)
    wanted = [size for size in SIZES if size <= 1.25 * largest] or [largest]
    for size in wanted:
        yield min(found, key=lambda q: abs(q.nodes - size))


def measure_traces(
    endpoint: Endpoint,
    store: GraphStore,
    asked: list[Question],
    graph: Graph[str],
    repetitions: int,
    refusals: dict[str, str],
    say: Callable[[str], None],
) -> Iterator[TraceResult]:
    """Answer every question in every way, so many times; see ``usable`` for ``refusals``."""
    engine = engine_on(store)
    auth = (endpoint.user or "", endpoint.password or "")
    gc.collect()
    gc.freeze()
    with GraphDatabase.driver(endpoint.uri, auth=auth) as driver:
        bare = bare_trace(driver, endpoint, store)
        for question in asked:
            say(f"{endpoint.engine}: {question.mode} trace of {question.nodes:,} nodes")
            ways = usable(question, ways_to(question, engine, bare, graph), refusals)
            for name, seconds in _repeated(ways, repetitions).items():
                sizes = (question.nodes, question.edges)
                yield TraceResult(endpoint.engine, question.mode, name, *sizes, seconds)
    gc.unfreeze()


def bare_trace(driver: Driver, endpoint: Endpoint, store: GraphStore) -> BareTrace:
    """The yardstick, with pages as the engine likes them."""
    return BareTrace(driver, endpoint.database, store.engine.frontier)


def ways_to(
    question: Question, engine: Lotgraph, bare: BareTrace, graph: Graph[str]
) -> dict[str, Way]:
    """Every way to answer a question; each returns its count of nodes and edges."""
    asked = TraceQuery((NodeId(question.seed),), "forward", question.mode)
    forms = {
        "by level": bare.by_level_in_time if question.in_time else bare.by_level,
        "one query": bare.within_reach_in_time if question.in_time else bare.within_reach,
    }
    return {
        TRACE: partial(_traced, engine, asked),
        **{f"{BARE}, {name}": partial(_fetched, get, question.seed) for name, get in forms.items()},
        TOLD: partial(_told, engine, asked),
        **{
            f"{BARE_TOLD}, {name}": partial(_fetched_and_told, get, bare, question.seed)
            for name, get in forms.items()
        },
        "networkx": partial(answer, graph, question.seed, in_time=question.in_time),
    }


def _traced(engine: Lotgraph, asked: TraceQuery) -> Counts:
    found = trace(engine.flows, asked)
    return len(found.reached), len(found.edges.edge_id)


def _told(engine: Lotgraph, asked: TraceQuery) -> Counts:
    found = engine.trace(asked)
    return len(found.rows.keys() & set(found.node_ids())), len(found.edges.edge_id)


def _fetched(fetch: Callable[[str], list[str]], seed: str) -> Counts:
    targets = fetch(seed)
    return len({seed, *targets}), len(targets)


def _fetched_and_told(fetch: Callable[[str], list[str]], bare: BareTrace, seed: str) -> Counts:
    targets = fetch(seed)
    return len(bare.nodes(list({seed, *targets}))), len(targets)


def usable(question: Question, ways: dict[str, Way], refusals: dict[str, str]) -> dict[str, Way]:
    """The ways that give the right answer, each tried once; ``refusals`` takes the others.

    A database may refuse a large answer in one piece. A wrong answer ends the run.
    """
    found: dict[str, Way] = {}
    for name, way in ways.items():
        try:
            counts = way()
        except Neo4jError as refusal:
            reason = str(refusal.message or refusal).splitlines()[0]
            refusals[f"{question.mode}, {question.nodes:,} nodes, {name}"] = reason
            continue
        assert counts == (question.nodes, question.edges), f"{name}: not the same answer"
        found[name] = way
    return found


def _repeated(ways: dict[str, Way], repetitions: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(repetitions):
        for name in list(ways) if number % 2 == 0 else reversed(ways):
            gc.collect()
            began = perf_counter()
            ways[name]()
            times[name].append(perf_counter() - began)
    return times
