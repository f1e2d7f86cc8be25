"""The embedded server is killed while a load runs: what was committed stays, a reload completes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from genealogy.bootstrap import Lotgraph, open_engine
from genealogy.errors import StoreError
from genealogy.model.facts import Fact, Written
from genealogy.settings import Settings
from genealogy.store import embedded
from genealogy.store.bolt import GraphStore
from genealogy.store.queries import FLOW_COUNT, NODE_COUNT
from loaders.demo.generate import generate
from loaders.tables.load import load_tables
from tests.embedded_server import running, small

pytestmark = pytest.mark.arcadedb
BATCH = 200


class KillingSink:
    """Passes batches on and kills the server after some of them."""

    def __init__(self, engine: Lotgraph, settings: Settings, after: int) -> None:
        self.committed: list[Written] = []
        self._sink = engine.sink()
        self._settings = settings
        self._after = after

    def loading(self, source: str) -> AbstractContextManager[None]:
        return self._sink.loading(source)

    def write(self, facts: Iterable[Fact]) -> Written:
        return next(self.stream([list(facts)]))

    def stream(self, batches: Iterable[Sequence[Fact]]) -> Iterator[Written]:
        for written in self._sink.stream(batches):
            self.committed.append(written)
            if len(self.committed) == self._after:
                os.kill(running(self._settings).pid, signal.SIGKILL)
            yield written


def counts(engine: Lotgraph) -> tuple[int, int]:
    store = engine.flows._store  # type: ignore[attr-defined]
    assert isinstance(store, GraphStore)
    return store.run(NODE_COUNT)[0].count, store.run(FLOW_COUNT)[0].count


def load(path: Path, sink: object) -> None:
    load_tables(path, sink, batch_rows=BATCH)  # type: ignore[arg-type]


@pytest.mark.parametrize("after", [1, 7])
def test_what_was_committed_before_a_kill_is_there_and_a_reload_completes(
    tmp_path: Path, after: int
) -> None:
    demo = tmp_path / "demo"
    generate(demo, seed=3, scale=0.2)
    settings, whole = small(tmp_path / "killed"), small(tmp_path / "whole")
    try:
        with open_engine(settings) as engine:
            sink = KillingSink(engine, settings, after)
            with pytest.raises(StoreError):
                load(demo, sink)
        committed = sink.committed[:after]
        with open_engine(settings) as engine:
            nodes, flows = counts(engine)
            assert nodes >= sum(w.nodes_new for w in committed)
            assert flows >= sum(w.flows_new for w in committed)
            assert engine.flows.standing().unfinished == (str(demo),)
            load(demo, engine.sink())
            assert engine.flows.standing().unfinished == ()
            finished = counts(engine)
        with open_engine(whole) as engine:
            load(demo, engine.sink())
            assert counts(engine) == finished
    finally:
        embedded.stop(settings)
        embedded.stop(whole)
