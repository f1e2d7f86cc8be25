"""The truth file against networkx: what time order lets a cause reach is what the books say."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from genealogy.model.facts import FlowFact
from genealogy.model.names import WALKED
from genealogy.model.times import parse_instant
from loaders.demo.generate import generate
from loaders.demo.truth import FILE
from loaders.tables.load import load_tables
from tests.loaders.memory import MemoryGraph

END = datetime(2100, 1, 1, tzinfo=UTC)


def current(graph: MemoryGraph) -> Iterator[FlowFact]:
    """The latest version of every movement that was not withdrawn."""
    for versions in graph.flows.values():
        last = max(versions, key=lambda fact: fact.recorded_at or END)
        if last.retracted_at is None and last.type in WALKED:
            yield last


def in_time(graph: MemoryGraph) -> nx.DiGraph:
    """The flow graph unrolled in time: a vertex for each node and moment something happens there.

    Whoever is at a node at one moment is there at the next; a movement leads from
    its source to its target at its own moment. One of unknown time may happen at any.
    """
    moments: dict[str, set[datetime]] = defaultdict(set)
    unrolled = nx.DiGraph()
    for fact in current(graph):
        if fact.occurred_at:
            moments[fact.source_id].add(fact.occurred_at)
            moments[fact.target_id].add(fact.occurred_at)
            at = fact.occurred_at
            unrolled.add_edge((fact.source_id, at), (fact.target_id, at))
    for fact in current(graph):
        if not fact.occurred_at:
            for at in [*moments[fact.source_id], END]:
                unrolled.add_edge((fact.source_id, at), (fact.target_id, at))
                moments[fact.target_id].add(at)
            moments[fact.source_id].add(END)
    for node, times in moments.items():
        nx.add_path(unrolled, [(node, at) for at in sorted(times)])
    return unrolled


def reachable(unrolled: nx.DiGraph, seeds: list[dict[str, str]]) -> set[str]:
    starts = {seed["id"]: parse_instant(seed["since"]).at for seed in seeds}
    found = {v for v in unrolled if v[0] in starts and v[1] >= starts[v[0]]}
    reached = found.union(*(nx.descendants(unrolled, v) for v in found))
    return {node for node, _ in reached} - starts.keys()


@pytest.fixture(scope="module", params=[1, 2, 3])
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], nx.DiGraph, MemoryGraph]:
    folder: Path = tmp_path_factory.mktemp("truth")
    generate(folder, seed=request.param)
    graph = MemoryGraph()
    load_tables(folder, graph)
    return json.loads((folder / FILE).read_text("utf-8")), in_time(graph), graph


@pytest.mark.parametrize("name", ["resin", "sterilisation", "line_window", "excursion"])
def test_the_books_agree_with_networkx(
    told: tuple[dict[str, Any], nx.DiGraph, MemoryGraph], name: str
) -> None:
    truth, unrolled, _ = told
    [cause] = [cause for cause in truth["causes"] if cause["name"] == name]
    books = {node for nodes in cause["affected"].values() for node in nodes}
    assert books == reachable(unrolled, cause["seeds"])


def test_time_matters_some_descendants_are_not_affected(
    told: tuple[dict[str, Any], nx.DiGraph, MemoryGraph],
) -> None:
    truth, _, graph = told
    flat = nx.DiGraph([(fact.source_id, fact.target_id) for fact in current(graph)])
    for cause in truth["causes"]:
        books = {node for nodes in cause["affected"].values() for node in nodes}
        seeds = [seed["id"] for seed in cause["seeds"]]
        descendants = set().union(*(nx.descendants(flat, seed) for seed in seeds)) - set(seeds)
        assert books <= descendants
        if cause["name"] in ("resin", "excursion"):
            assert books < descendants


def test_the_complaint_lot_leads_back_to_the_suspect_lot(
    told: tuple[dict[str, Any], nx.DiGraph, MemoryGraph],
) -> None:
    truth, _, graph = told
    flat = nx.DiGraph([(fact.source_id, fact.target_id) for fact in current(graph)])
    assert truth["suspect_lot"] in nx.ancestors(flat, truth["complaint_lot"])
