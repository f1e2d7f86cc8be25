"""The embedded server is killed under an open engine: the API goes on, and nothing else does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from genealogy.bootstrap import Lotgraph, open_engine, open_store, reopening
from genealogy.errors import StoreError, StoreUnavailable
from genealogy.settings import Settings
from genealogy.store import schema
from genealogy.store.bolt import Transaction
from genealogy.store.embedded import ensure_running, stop, wipe
from genealogy.store.queries import ADVANCE_WATERMARK, NODE_COUNT
from genealogy.store.server import folder as files
from genealogy.store.server import locks
from tests.api.clients import assert_problem, client
from tests.embedded_server import eventually, java_processes, pause, running

pytestmark = pytest.mark.arcadedb
#: What the health check of the container waits for an answer, in seconds.
PATIENCE = 4


@pytest.fixture
def engine(settings: Settings) -> Iterator[Lotgraph]:
    """An engine opened on the test's own server."""
    with open_engine(settings) as opened:
        yield opened


def kill(settings: Settings) -> None:
    """End the server without warning, and return once it is gone."""
    os.kill(running(settings).pid, signal.SIGKILL)
    assert eventually(lambda: not locks.is_held(files.folder_of(settings).server_lock))


class TestTheApi:
    def test_it_answers_again_after_one_refusal(self, settings: Settings, engine: Lotgraph) -> None:
        api = client(engine)
        before = api.get("/ready").json()
        kill(settings)
        answer = api.get("/ready")
        hint = assert_problem(answer, 503, "embedded_gone")["hint"]
        assert int(answer.headers["retry-after"]) > 0
        assert ("Ask again" in hint, "command" in hint) == (True, False)
        assert api.get("/ready").json() == before
        assert_problem(api.get("/v1/lots/24A0871"), 404, "not_found")

    def test_it_finds_the_server_that_another_command_started(
        self, settings: Settings, engine: Lotgraph
    ) -> None:
        api, old = client(engine), running(settings).bolt_port
        kill(settings)
        started = ensure_running(settings)
        assert started.uri != f"bolt://127.0.0.1:{old}"
        assert api.get("/ready").status_code == 503
        assert api.get("/ready").status_code == 200
        assert len(java_processes(settings.data_dir)) == 1

    def test_a_wiped_database_gets_its_schema_again(
        self, settings: Settings, engine: Lotgraph
    ) -> None:
        api = client(engine)
        wipe(settings)
        assert api.get("/ready").status_code == 503
        assert api.get("/ready").status_code == 200
        with open_store(settings) as store:
            assert schema.ensure(store) is False


class TestReopening:
    def test_threads_at_work_see_only_errors_of_ours_and_then_go_on(
        self, settings: Settings, engine: Lotgraph
    ) -> None:
        told, until = list[StoreError](), time.monotonic() + 90

        def ask_until_it_failed_and_works_again() -> bool:
            failed = False
            while time.monotonic() < until:
                try:
                    engine.index.by_code("24A0871", limit=5)
                    engine.ready()
                    if failed:
                        return True
                except StoreError as error:
                    failed = True
                    told.append(error)
                    engine.reopen()
            return False

        with ThreadPoolExecutor(6) as pool:
            asking = [pool.submit(ask_until_it_failed_and_works_again) for _ in range(6)]
            time.sleep(0.5)
            kill(settings)
        assert all(thread.result() for thread in asking)
        assert {error.error_code for error in told} == {"embedded_gone"}
        assert len(java_processes(settings.data_dir)) == 1

    def test_a_server_that_lives_keeps_its_connection(self, settings: Settings) -> None:
        with open_store(settings) as store:
            schema.ensure(store)

            def work(tx: Transaction) -> tuple[int, int]:
                before = tx.one(NODE_COUNT).count
                reopening(store, settings)()
                times.append(None)
                return before, tx.one(NODE_COUNT).count

            times = list[None]()
            assert store.write(work) == (0, 0)
        assert len(times) == 1

    def test_a_write_that_broke_is_not_continued_on_a_new_server(self, settings: Settings) -> None:
        with open_store(settings) as store:
            schema.ensure(store)

            def work(tx: Transaction) -> None:
                tx.run(ADVANCE_WATERMARK, stamp="a", ids=None, told=0)
                if not started:
                    kill(settings)
                    started.append(ensure_running(settings))
                tx.run(NODE_COUNT)

            started = list[object]()
            with pytest.raises(StoreUnavailable):
                store.write(work)
        with open_store(settings) as again:
            found = schema.state(again)
        assert found is not None
        assert found.watermark == 0

    def test_a_stopped_server_is_told_at_once_and_opened_once_for_all(
        self, settings: Settings, engine: Lotgraph
    ) -> None:
        stop(settings)
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            engine.ready()
        assert time.monotonic() - began < PATIENCE
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(engine.reopen) for _ in range(4)]:
                done.result()
        assert engine.ready() == 0
        assert len(java_processes(settings.data_dir)) == 1

    def test_a_server_that_hangs_is_told_in_time(
        self, settings: Settings, engine: Lotgraph
    ) -> None:
        pid = running(settings).pid
        pause(pid)
        began = time.monotonic()
        try:
            with pytest.raises(StoreUnavailable):
                engine.ready()
        finally:
            os.kill(pid, signal.SIGCONT)
        assert time.monotonic() - began < PATIENCE
        assert eventually(lambda: engine.ready() == 0)
