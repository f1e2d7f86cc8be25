"""The demo command on a real database: it loads, traces, writes, and does nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import networkx as nx
import pytest

from cli.exits import Exit
from cli.main import run
from genealogy.bootstrap import Lotgraph, engine_on
from genealogy.store import schema
from genealogy.store.bolt import GraphStore
from tests.api.clients import asked, client


@pytest.fixture
def engine(store: GraphStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lotgraph:
    """An engine that stays open; data folder and results are the test's own."""
    monkeypatch.setenv("LOTGRAPH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    schema.ensure(store)
    return replace(engine_on(store), close=lambda: None)


@pytest.fixture
def demo(
    engine: Lotgraph, capfd: pytest.CaptureFixture[str]
) -> Callable[[], tuple[int, str, dict[str, bytes]]]:
    """Runs the demo and tells how it ended, what it said and what it wrote."""

    def run_demo() -> tuple[int, str, dict[str, bytes]]:
        code = run(["demo", "run", "--scale", "0.1"], lambda: engine)
        files = {path.name: path.read_bytes() for path in Path("out").iterdir()}
        return code, capfd.readouterr().err, files

    return run_demo


def test_the_demo_traces_what_it_planted_and_a_second_run_changes_nothing(
    engine: Lotgraph, demo: Callable[[], tuple[int, str, dict[str, bytes]]], tmp_path: Path
) -> None:
    code, said, files = demo()
    assert (code, "Try next" in said) == (Exit.OK, True)
    assert set(files) == {
        f"{stem}.{suffix}"
        for stem in ("suspect-forward", "complaint-backward")
        for suffix in ("graphml", "csv", "svg")
    }
    again, said_again, files_again = demo()
    assert (again, "Nothing has changed" in said_again) == (Exit.OK, True)
    assert files_again == files
    _agrees_with_the_api(engine, tmp_path)


def _agrees_with_the_api(engine: Lotgraph, folder: Path) -> None:
    [truth] = (folder / "data" / "demo").glob("*/truth.json")
    suspect = json.loads(truth.read_text("utf-8"))["suspect_lot"]
    drawn = nx.read_graphml(folder / "out" / "suspect-forward.graphml", force_multigraph=True)
    api = client(engine)
    document = api.get(asked(api, suspect).json()["self"]).json()
    assert {node["id"] for node in document["nodes"]} == set(drawn)
    assert {edge["id"] for edge in document["edges"]} == {key for *_, key in drawn.edges(keys=True)}
