"""Measures loads, traces and snapshots on both databases: ``make bench``.

    LOTGRAPH_BENCH_SCALE   size of the data (default 1: a plant of 193,000 nodes and 460,000
                           flows, a layered graph of a million lots and four million edges);
                           0.1 takes some minutes, and leaves the largest answers out
    LOTGRAPH_BENCH_FILL    size of the layered graph that is written into graph databases
                           (default 0.1; 1 takes a quarter of an hour for each to be filled)
    LOTGRAPH_BENCH_PARTS   which parts, by comma: plant, walks, tables, growth, graphs
    LOTGRAPH_BENCH_ONLY    arcadedb or neo4j: that database alone
    LOTGRAPH_BENCH_HEAP    heap of the embedded server (default 1g)
    NEO4J_URI and so on    the Neo4j to use, see tests/databases.py; it is erased

Tables go to the screen, everything to out/bench.json. docs/performance.md explains
the figures.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from genealogy.bootstrap import engine_on
from genealogy.snapshot import compiled
from tests import databases
from tests.bench import causes, snapshots, walks
from tests.bench.bare_walk import BareWalk
from tests.bench.figures import Figure
from tests.bench.in_memory import as_networkx
from tests.bench.layered import mix, snapshot_of
from tests.bench.loads import load_tables, measure_loads, store_on
from tests.bench.machine import about, load
from tests.bench.outcome import Outcome
from tests.bench.plant import Plant
from tests.bench.stopwatch import Yardstick
from tests.bench.traces import Graph, measure_traces, questions
from tests.databases import Server

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = REPOSITORY / "out" / "bench.json"
#: A load is measured on a part of the plant: its rate does not depend on the size.
LOADED_PART = 0.2
PARTS = ("plant", "walks", "tables", "growth", "graphs")


@dataclass(frozen=True)
class Times:
    """How often each load and each trace is measured."""

    rounds: int = 3
    repetitions: int = 5


@dataclass(frozen=True)
class Asked:
    """What is to be measured: at which size, how much of it, on which databases."""

    scale: float = 1.0
    fill: float = 0.1
    parts: tuple[str, ...] = PARTS
    only: str | None = None
    heap: str = "1g"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Asked:
        """As the environment says."""
        given = {
            name: environment[f"LOTGRAPH_BENCH_{name.upper()}"]
            for name in ("scale", "fill", "parts", "only", "heap")
            if environment.get(f"LOTGRAPH_BENCH_{name.upper()}")
        }
        parts = tuple(given.pop("parts", ",".join(PARTS)).split(","))
        sizes = {name: float(given.pop(name)) for name in ("scale", "fill") if name in given}
        if unknown := set(parts) - set(PARTS):
            raise SystemExit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
        return cls(parts=parts, **sizes, **given)


def main(asked: Asked, folder: Path) -> Outcome:
    """Measure everything that is asked for."""
    told = {**about(REPOSITORY), "scale": asked.scale, "fill": asked.fill, "databases": {}}
    outcome = Outcome(told)
    if {"walks", "tables", "growth"} & set(asked.parts):
        keep(outcome, in_memory(asked, folder, outcome.skipped))
    if {"plant", "graphs"} & set(asked.parts):
        on_databases(outcome, asked, folder)
    return outcome


def keep(outcome: Outcome, figures: Iterable[Figure]) -> None:
    """Keep figures as they come: a run that is broken off has told what it knew."""
    for figure in figures:
        outcome.figures.append(figure)
        outcome.save(TARGET)


def in_memory(asked: Asked, folder: Path, skipped: dict[str, str]) -> Iterator[Figure]:
    """Measure what needs no graph database."""
    say("making the layered graph")
    graph = mix(asked.scale)
    bare, content = BareWalk.over(graph), snapshot_of(graph)
    questions_asked = walks.questions(bare, graph.lots)
    yardstick = yardstick_on(bare, questions_asked[-1])
    ready()
    if "walks" in asked.parts:
        yield from walks.measure_memory(content)
        yield from walks.measure_traces(
            graph, content, questions_asked, bare, yardstick, skipped, say
        )
        for some in (causes.narrow(graph), causes.wide(graph)):
            yield from causes.measure_causes(some, None, "", yardstick, skipped)
    if "tables" in asked.parts:
        yield from walks.measure_arrivals(
            graph, content, questions_asked, folder, yardstick, skipped, say
        )
    if "growth" in asked.parts:
        yield from walks.measure_flatness(yardstick, say, asked.scale)


def ready() -> None:
    """Have the compiled code at hand, as a server does."""
    compiled.through()
    compiled.sweeps()


def yardstick_on(bare: BareWalk, question: walks.Question) -> Yardstick:
    """What tells how busy the machine is."""
    return Yardstick(partial(bare.in_time, question.seed))


def on_databases(outcome: Outcome, asked: Asked, folder: Path) -> None:
    """Measure what is asked for on the databases that are to be had."""
    for name in ("arcadedb", "neo4j"):
        if asked.only not in (None, name):
            outcome.skipped[name] = "not asked for"
            continue
        try:
            with server(name, asked.heap, folder) as found:
                outcome.about["databases"][found.engine] = found.description
                if "plant" in asked.parts:
                    measure_plant(outcome, found, asked.scale, folder)
                if "graphs" in asked.parts:
                    keep(outcome, with_layers(outcome, found, asked.fill, folder / name))
        except databases.Skipped as why:
            outcome.skipped[name] = str(why)
        # What one database took minutes to tell must not be lost with the next one.
        outcome.about["load_after"] = load()
        outcome.save(TARGET)


def measure_plant(outcome: Outcome, found: Server, scale: float, folder: Path) -> None:
    """Measure loads and traces of the plant on one database."""
    plant, part = Plant(scale), Plant(scale * LOADED_PART)
    say("writing the plant")
    plant.write(folder / "whole")
    part.write(folder / "part")
    measure(outcome, found, plant, as_networkx(plant.tables()), folder, Times())


def with_layers(outcome: Outcome, found: Server, fill: float, folder: Path) -> Iterator[Figure]:
    """Measure snapshots of the layered graph on one database."""
    graph = mix(fill)
    bare = BareWalk.over(graph)
    ready()
    yardstick = yardstick_on(bare, walks.questions(bare, graph.lots)[-1])
    yield from snapshots.measure_on(found, graph, folder, yardstick, outcome.skipped, say)


def measure(
    outcome: Outcome, found: Server, plant: Plant, graph: Graph[str], folder: Path, times: Times
) -> None:
    """Measure one database."""
    outcome.loads.extend(measure_loads(found, folder / "part", times.rounds, say))
    asked = questions(plant, graph)
    with found.empty_graph() as endpoint, store_on(endpoint) as store:
        say(f"{found.engine}: loading the whole plant")
        load_tables(engine_on(store), folder / "whole")
        refusals: dict[str, str] = {}
        traces = measure_traces(endpoint, store, asked, graph, times.repetitions, refusals, say)
        outcome.traces.extend(traces)
    outcome.skipped.update({f"{found.engine}, {way}": why for way, why in refusals.items()})


@contextmanager
def server(name: str, heap: str, folder: Path) -> Iterator[Server]:
    """A database server to measure on, with a heap that fits the work."""
    databases.HEAP = heap
    started = databases.neo4j() if name == "neo4j" else databases.arcadedb(folder / "server")
    with started as found:
        yield found


def say(words: str) -> None:
    """Tell how far it is; the tables alone go to standard output."""
    print(f"bench: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    with TemporaryDirectory(prefix="lotgraph-bench.") as temporary:
        result = main(Asked.of(os.environ), Path(temporary))
    print("\n".join(result.lines()), f"\nEverything: {TARGET}", sep="\n")
