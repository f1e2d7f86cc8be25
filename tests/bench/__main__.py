"""Measures loads and traces on both databases: ``make bench``.

    LOTGRAPH_BENCH_SCALE   size of the plant (default 1: 193,000 nodes, 460,000 flows);
                           0.1 takes about two minutes, and leaves the largest answers out
    LOTGRAPH_BENCH_ONLY    arcadedb or neo4j: that database alone
    NEO4J_URI and so on    the Neo4j to use, see tests/databases.py; it is erased

Tables go to the screen, everything to out/bench.json. docs/performance.md explains
the figures.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from genealogy.bootstrap import engine_on
from tests import databases
from tests.bench.in_memory import as_networkx
from tests.bench.loads import load_tables, measure_loads, store_on
from tests.bench.machine import about, load
from tests.bench.outcome import Outcome
from tests.bench.plant import Plant
from tests.bench.traces import Graph, measure_traces, questions
from tests.databases import Server

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = REPOSITORY / "out" / "bench.json"
HEAP = "1g"
#: A load is measured on a part of the plant: its rate does not depend on the size.
LOADED_PART = 0.2


@dataclass(frozen=True)
class Times:
    """How often each load and each trace is measured."""

    rounds: int = 3
    repetitions: int = 5


def main(scale: float, only: str | None, folder: Path) -> Outcome:
    """Measure everything on the databases that are to be had."""
    plant, part = Plant(scale), Plant(scale * LOADED_PART)
    say("writing the plant")
    plant.write(folder / "whole")
    part.write(folder / "part")
    graph = as_networkx(plant.tables())
    outcome = Outcome({**about(REPOSITORY), "scale": scale, "databases": {}})
    for name in ("arcadedb", "neo4j"):
        if only not in (None, name):
            outcome.skipped[name] = "not asked for"
            continue
        try:
            with server(name, folder) as found:
                measure(outcome, found, plant, graph, folder, Times())
        except databases.Skipped as why:
            outcome.skipped[name] = str(why)
        # What one database took minutes to tell must not be lost with the next one.
        outcome.about["load_after"] = load()
        outcome.save(TARGET)
    return outcome


def measure(
    outcome: Outcome, found: Server, plant: Plant, graph: Graph[str], folder: Path, times: Times
) -> None:
    """Measure one database."""
    outcome.about["databases"][found.engine] = found.description
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
def server(name: str, folder: Path) -> Iterator[Server]:
    """A database server to measure on, with a heap that fits the work."""
    databases.HEAP = HEAP
    started = databases.neo4j() if name == "neo4j" else databases.arcadedb(folder / "server")
    with started as found:
        yield found


def say(words: str) -> None:
    """Tell how far it is; the tables alone go to standard output."""
    print(f"bench: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    asked_scale = float(os.environ.get("LOTGRAPH_BENCH_SCALE") or 1)
    with TemporaryDirectory(prefix="lotgraph-bench.") as temporary:
        result = main(asked_scale, os.environ.get("LOTGRAPH_BENCH_ONLY"), Path(temporary))
    print("\n".join(result.lines()), f"\nEverything: {TARGET}", sep="\n")
