"""The store on both databases: queries explain, failures have names, nothing runs away."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest

from genealogy.errors import (
    CalledOff,
    LotgraphError,
    SchemaMismatch,
    StoreDuplicate,
    StoreError,
    StoreRejected,
    StoreTimeout,
    StoreUnavailable,
)
from genealogy.model.names import Label
from genealogy.store import schema
from genealogy.store.bolt import GraphStore, Transaction
from genealogy.store.engines import ARCADEDB, NEO4J
from genealogy.store.queries import (
    NODE_COUNT,
    SCHEMA_RECORD,
    Query,
    Rows,
    create_nodes,
    registry,
)
from genealogy.trace.calling_off import Cancellation, under
from tests.conftest import connect
from tests.databases import Endpoint

FOREVER = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN sum(a * b) AS count"


@dataclass(frozen=True)
class Written(Query[Any]):
    """A query whose text stands in the test."""

    @property
    def text(self) -> str:
        return self.path


def query(text: str) -> Query[Rows]:
    return Written(text, Rows, frozenset(), "read")


@pytest.fixture
def ready(store: GraphStore) -> GraphStore:
    schema.ensure(store)
    return store


def test_every_query_explains(ready: GraphStore) -> None:
    refused = []
    for one in registry():
        try:
            ready.execute(f"EXPLAIN {one.text}", **_empty(one))
        except StoreError as error:
            refused.append((one.path, one.tokens, error.message()))
    assert refused == []


def _empty(one: Query[Any]) -> dict[str, Any]:
    numbers = dict.fromkeys(("limit", "most", "version", "size", "after"), 1)
    names = ("node_id", "prefix", "tail", "words", "load_id", "source")
    moments = dict.fromkeys(("known_at", "begun_at", "finished_at"))
    known = numbers | dict.fromkeys(names, "") | moments
    return {name: known.get(name, []) for name in one.params}


def test_the_engine_is_recognised(store: GraphStore, database: Endpoint) -> None:
    assert store.engine is {"arcadedb": ARCADEDB, "neo4j": NEO4J}[database.engine]


def test_the_schema_is_applied_once_and_can_be_asked_for_again(bare_database: Endpoint) -> None:
    with connect(bare_database) as store:
        assert schema.state(store) is None
        assert schema.ensure(store) is True
        assert schema.ensure(store) is False
        assert schema.state(store) == schema.SchemaRow(schema.VERSION, 0)


def test_a_schema_that_was_half_applied_is_completed(bare_database: Endpoint) -> None:
    with connect(bare_database) as store:
        for statement in list(schema.statements(store.engine))[:2]:
            store.execute(statement)
        assert schema.ensure(store) is True


def test_a_later_schema_version_is_refused_with_the_way_out(ready: GraphStore) -> None:
    ready.run(SCHEMA_RECORD, version=99)
    with pytest.raises(SchemaMismatch) as caught:
        schema.ensure(ready)
    assert "99" in str(caught.value)
    assert "update this program" in caught.value.hint()


def test_node_ids_are_unique(ready: GraphStore) -> None:
    row = {"node_id": "lot:a:b:c", "code": "c"}
    ready.run(create_nodes([Label.LOT], row), rows=[row])
    with pytest.raises(StoreDuplicate):
        ready.run(create_nodes([Label.ITEM], row), rows=[row])


def test_a_refused_statement_names_its_file(ready: GraphStore) -> None:
    with pytest.raises(StoreRejected) as caught:
        ready.run(query("RETURN nonsense AS rows"))
    assert "RETURN nonsense" in str(caught.value)
    assert caught.value.__cause__ is not None


def test_a_runaway_query_is_stopped(database: Endpoint) -> None:
    with _impatient(database) as store:
        began = time.monotonic()
        with pytest.raises(StoreTimeout):
            store.run(query(FOREVER))
        assert time.monotonic() - began < 20
        _nothing_runs(store)


class Asker:
    """Asks for ever in a thread of its own, until called off."""

    def __init__(self, store: GraphStore) -> None:
        self.cancellation = Cancellation()
        self.caught: list[LotgraphError] = []
        self.thread = Thread(target=self._ask, args=(store,))
        self.thread.start()

    def _ask(self, store: GraphStore) -> None:
        try:
            with under(self.cancellation):
                store.run(query(FOREVER))
        except LotgraphError as error:
            self.caught.append(error)

    def end(self, store: GraphStore) -> None:
        self.cancellation.call_off()
        while not store.cancel(self.cancellation) and self.thread.is_alive():
            self.thread.join(timeout=0.1)
        self.thread.join()


def test_what_one_asker_runs_is_ended_and_no_other(ready: GraphStore) -> None:
    one, other = Asker(ready), Asker(ready)
    runs(ready, 2)
    one.end(ready)
    assert [type(error) for error in one.caught] == [CalledOff]
    runs(ready, 1)
    assert other.thread.is_alive()
    other.end(ready)
    # Ended by its own asker, or it would be a StoreTimeout.
    assert [type(error) for error in other.caught] == [CalledOff]
    _nothing_runs(ready)


def test_what_was_called_off_asks_nothing_more(ready: GraphStore) -> None:
    cancellation = Cancellation()
    cancellation.call_off()
    with under(cancellation), pytest.raises(CalledOff):
        ready.run(query(FOREVER))
    assert ready.cancel(cancellation) == 0


class Interrupted(BaseException):
    """Stands in for a Ctrl-C that comes while the server works."""


@pytest.mark.parametrize("way", ["_at_once", "write"])
def test_an_interrupted_caller_leaves_nothing_running(ready: GraphStore, way: str) -> None:
    def work(tx: Transaction) -> None:
        iterator = tx._send(FOREVER.replace("sum(a * b)", "a * b") + tx._comment, {})
        next(iter(iterator))
        raise Interrupted

    with pytest.raises(Interrupted):
        getattr(ready, way)(work)
    _nothing_runs(ready)


def test_a_read_query_cannot_be_given_wrong_parameters(ready: GraphStore) -> None:
    with pytest.raises(TypeError, match="node_count"):
        ready.run(NODE_COUNT, ids=[])


def test_a_database_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        GraphStore.connect("bolt://127.0.0.1:9", "nobody", "secret-word")
    assert "127.0.0.1:9" in str(caught.value)
    assert "secret-word" not in str(caught.value) + caught.value.hint()


def test_a_nonsense_address_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        GraphStore.connect("ftp://127.0.0.1")


def _impatient(database: Endpoint) -> GraphStore:
    return GraphStore.connect(
        database.uri, database.user, database.password, database.database, timeout=1.0
    )


def _nothing_runs(store: GraphStore) -> None:
    runs(store, 0)


def runs(store: GraphStore, count: int) -> None:
    """Wait until so many endless statements run, and fail if that never comes."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        rows = store.execute("SHOW TRANSACTIONS")
        found = [r for r in rows if re.search(r"range\(1, 100000\)", str(r.get("currentQuery")))]
        if len(found) == count:
            return
        time.sleep(0.2)
    pytest.fail(f"{len(found)} statements run, not {count}")
