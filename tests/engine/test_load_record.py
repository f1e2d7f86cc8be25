"""Loads that are broken off, on both databases: every answer tells until one completes them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from genealogy.bootstrap import Lotgraph, engine_on
from genealogy.model.facts import Fact, NodeId, Written
from genealogy.store import schema
from genealogy.store.bolt import GraphStore
from genealogy.store.load_record import recorded
from genealogy.store.queries import NODE_COUNT, SCHEMA_RECORD
from genealogy.trace.result import Completeness, State, TraceQuery
from loaders.run import load
from loaders.tables.load import load_tables
from tests.conftest import connect
from tests.databases import Endpoint

LOT = NodeId("lot:S:P:1")
TABLES = {
    "lots": "lot_id,status\nlot:S:P:1,ok\nlot:S:P:2,ok\n",
    "batches": "batch_id,process\nB1,mixing\n",
    "consumption": "batch_id,input_id,quantity,uom,occurred_at\n"
    "B1,lot:S:P:1,1,KGM,2026-03-01T08:00:00Z\n",
    "production": "batch_id,output_id,quantity,uom,occurred_at\n"
    "B1,lot:S:P:2,1,KGM,2026-03-02T08:00:00Z\n",
}


class Broken(Exception):
    """Stands in for a kill, a full disk or a Ctrl-C."""


class BreakingOff:
    """Passes so many batches on, and no more."""

    def __init__(self, engine: Lotgraph, after: int) -> None:
        self._sink = engine.sink()
        self._after = after

    def loading(self, source: str) -> AbstractContextManager[None]:
        return self._sink.loading(source)

    def write(self, facts: Iterable[Fact]) -> Written:
        if self._after == 0:
            raise Broken
        self._after -= 1
        return self._sink.write(facts)

    def stream(self, batches: Iterable[Sequence[Fact]]) -> Generator[Written, None, None]:
        return (self.write(batch) for batch in batches)


@pytest.fixture
def ready(store: GraphStore) -> GraphStore:
    schema.ensure(store)
    return store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "company"
    folder.mkdir()
    for name, rows in TABLES.items():
        (folder / f"{name}.csv").write_text(rows)
    return folder


def lacking(store: GraphStore) -> Completeness:
    return engine_on(store).trace(TraceQuery((LOT,), "forward")).completeness


def loads(store: GraphStore) -> list[tuple[str, bool, bool]]:
    """State of each record, and whether it says when the load began and when it ended."""
    rows = store.execute(
        "MATCH (l:Load) RETURN l.state AS state, l.begun_at AS begun, l.finished_at AS ended"
    )
    return sorted((r["state"], r["begun"] is not None, r["ended"] is not None) for r in rows)


OPEN, ENDED = ("unfinished", True, False), ("finished", True, True)


def test_an_answer_after_half_a_load_tells_and_a_whole_one_makes_it_complete(
    ready: GraphStore, folder: Path
) -> None:
    engine = engine_on(ready)
    with pytest.raises(Broken):
        load_tables(folder, BreakingOff(engine, 3))
    half = engine.trace(TraceQuery((LOT,), "forward"))
    assert half.completeness.unfinished_loads == (str(folder),)
    assert half.completeness.state is State.GAPS
    assert loads(ready) == [OPEN]

    assert load(folder, engine.sink(), engine.book).clean
    whole = engine.trace(TraceQuery((LOT,), "forward"))
    assert whole.completeness == Completeness()
    assert len(list(whole.node_ids())) > len(list(half.node_ids()))
    assert loads(ready) == [ENDED, ENDED]


def test_a_load_broken_off_before_its_first_write_tells_too(
    ready: GraphStore, folder: Path
) -> None:
    engine = engine_on(ready)
    load(folder, engine.sink(), engine.book)
    with pytest.raises(Broken):
        load_tables(folder, BreakingOff(engine, 0))
    assert lacking(ready).unfinished_loads == (str(folder),)


def test_a_load_of_something_else_closes_nothing(
    ready: GraphStore, folder: Path, tmp_path: Path
) -> None:
    engine = engine_on(ready)
    load(folder, engine.sink(), engine.book)
    with pytest.raises(Broken), recorded(ready, str(tmp_path / "other")):
        raise Broken
    load(folder, engine.sink(), engine.book)
    assert lacking(ready).unfinished_loads == (str(tmp_path / "other"),)


def test_a_load_under_way_counts_until_it_ends(ready: GraphStore, folder: Path) -> None:
    engine = engine_on(ready)
    load(folder, engine.sink(), engine.book)
    with recorded(ready, "/elsewhere"):
        assert lacking(ready).unfinished_loads == ("/elsewhere",)
    assert lacking(ready).state is State.COMPLETE


def test_a_load_that_ends_leaves_alone_one_that_began_after_it(ready: GraphStore) -> None:
    first, second = recorded(ready, "/in"), recorded(ready, "/in")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert loads(ready) == [ENDED, OPEN]
    second.__exit__(None, None, None)
    assert loads(ready) == [ENDED, ENDED]


def test_all_that_broke_off_before_are_closed_together(ready: GraphStore) -> None:
    for _ in range(3):
        with pytest.raises(Broken), recorded(ready, "/in"):
            raise Broken
    with recorded(ready, "/in"):
        pass
    assert loads(ready) == [ENDED] * 4


def test_loading_again_changes_nothing_that_can_be_asked_for(
    ready: GraphStore, folder: Path
) -> None:
    engine = engine_on(ready)
    load(folder, engine.sink(), engine.book)
    before = engine.watermark(), ready.run(NODE_COUNT), engine.find("company")
    load(folder, engine.sink(), engine.book)
    assert (engine.watermark(), ready.run(NODE_COUNT), engine.find("company")) == before


def test_a_database_of_the_first_version_is_brought_up_to_date(
    bare_database: Endpoint, folder: Path
) -> None:
    with connect(bare_database) as store:
        for statement in schema.statements(store.engine):
            if ":Load)" not in statement:
                store.execute(statement)
        store.run(SCHEMA_RECORD, version=1)
        assert schema.ensure(store) is True
        assert schema.ensure(store) is False
        assert schema.state(store) == schema.SchemaRow(schema.VERSION, 0)
        engine = engine_on(store)
        load(folder, engine.sink(), engine.book)
        assert lacking(store).state is State.COMPLETE
