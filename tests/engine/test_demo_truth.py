"""The generator's books against the whole engine: load the company, trace, compare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from genealogy.bootstrap import Lotgraph, engine_on
from genealogy.model.facts import NodeId
from genealogy.store import schema
from genealogy.trace.result import TraceQuery
from loaders.demo.generate import generate
from loaders.demo.truth import FILE
from loaders.run import load
from tests.conftest import connect
from tests.databases import Endpoint

#: Causes that start with a node; the excursion starts at a time within a store.
CAUSES = ("resin", "sterilisation", "line_window")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    generate(folder, seed=4, scale=0.6)
    return folder


@pytest.fixture(scope="module")
def engine(shared_database: Endpoint, folder: Path) -> Iterator[Lotgraph]:
    with connect(shared_database) as store:
        schema.ensure(store)
        engine = engine_on(store)
        assert load(folder, engine.sink(), engine.book).clean
        yield engine


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    return json.loads((folder / FILE).read_text("utf-8"))


@pytest.mark.parametrize("name", CAUSES)
def test_an_exact_trace_finds_what_a_cause_affects(
    engine: Lotgraph, truth: dict[str, Any], name: str
) -> None:
    [cause] = [cause for cause in truth["causes"] if cause["name"] == name]
    seeds = tuple(NodeId(seed["id"]) for seed in cause["seeds"])
    found = set(engine.trace(TraceQuery(seeds, "forward")).node_ids()) - set(seeds)
    assert found == {node for nodes in cause["affected"].values() for node in nodes}


def test_the_complaint_leads_back_to_the_suspect_lot(
    engine: Lotgraph, truth: dict[str, Any]
) -> None:
    found = engine.trace(TraceQuery((NodeId(truth["complaint_lot"]),), "backward"))
    assert truth["suspect_lot"] in set(found.node_ids())


def test_loading_the_company_again_changes_nothing(engine: Lotgraph, folder: Path) -> None:
    written = load(folder, engine.sink(), engine.book).written
    assert written.unchanged > 0
    changed = written.nodes_new + written.flows_new + written.links_new
    assert changed + written.nodes_changed + written.flows_changed == 0
