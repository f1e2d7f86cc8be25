"""The life of the embedded server: started once, adopted, recovered, stopped, wiped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from genealogy.errors import DataFolderLocked, StoreError, StoreUnavailable
from genealogy.settings import Settings, read_settings
from genealogy.store.embedded import EmbeddedServer, ensure_running, release, status, stop, wipe
from genealogy.store.server import folder as files
from genealogy.store.server import locks
from tests.embedded_server import (
    ask,
    eventually,
    http,
    java_processes,
    pause,
    plain_environment,
    running,
    script,
    small,
)

pytestmark = pytest.mark.arcadedb


class TestAdopting:
    def test_two_processes_that_start_at_once_end_with_one_server(self, settings: Settings) -> None:
        body = "print(ensure_running(settings).uri)"
        both = [
            subprocess.Popen(
                script(settings.data_dir, body),
                stdout=subprocess.PIPE,
                text=True,
                env=plain_environment(),
            )
            for _ in range(3)
        ]
        addresses = {process.communicate(timeout=60)[0] for process in both}
        assert [process.returncode for process in both] == [0, 0, 0]
        assert len(addresses) == 1
        assert len(java_processes(settings.data_dir)) == 1

    def test_the_server_outlives_who_started_it_and_is_adopted_at_once(
        self, settings: Settings
    ) -> None:
        body = "print(ensure_running(settings).uri)"
        started = subprocess.run(
            script(settings.data_dir, body),
            capture_output=True,
            text=True,
            env=plain_environment(),
            check=True,
        )
        before = time.monotonic()
        assert ensure_running(settings).uri == started.stdout.strip()
        assert time.monotonic() - before < 2

    def test_a_proxy_in_the_environment_is_not_asked(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://192.0.2.1:9")
        assert ask(ensure_running(settings), "RETURN 1 AS one") == [1]

    def test_options_of_other_java_programs_and_our_secrets_stay_outside(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dnot.ours=1")
        monkeypatch.setenv("LOTGRAPH_DATABASE_PASSWORD", "geheim")
        ensure_running(settings)
        inherited = Path(f"/proc/{running(settings).pid}/environ").read_text()
        assert "JAVA_TOOL_OPTIONS" not in inherited
        assert "geheim" not in inherited

    def test_a_longer_time_for_queries_reaches_a_running_server(self, settings: Settings) -> None:
        ensure_running(settings)
        endpoint = ensure_running(settings.model_copy(update={"query_timeout": 300.0}))
        body = {"language": "sql", "command": "select from schema:database"}
        _, reply = http(endpoint, "POST", f"/api/v1/command/{endpoint.database}", body)
        found = {item["key"]: item["value"] for item in reply["result"][0]["settings"]}
        assert found["arcadedb.command.timeout"] == 300_000
        assert running(settings).query_timeout == 300

    def test_a_server_of_another_version_is_replaced(self, settings: Settings) -> None:
        ensure_running(settings)
        folder, old = files.folder_of(settings), running(settings)
        files.record(folder, replace(old, version="25.1.1"))
        ensure_running(settings)
        assert running(settings).pid != old.pid
        assert len(java_processes(settings.data_dir)) == 1


class TestRecovering:
    def test_after_kill_9_the_next_command_finds_all_that_was_committed(
        self, settings: Settings
    ) -> None:
        endpoint = ensure_running(settings)
        ask(endpoint, "UNWIND range(1, 500) AS i CREATE (l:Lot {lot_id: i}) RETURN count(l) AS n")
        os.kill(running(settings).pid, signal.SIGKILL)
        assert eventually(lambda: status(settings).state == "stopped")
        again = ensure_running(settings)
        assert ask(again, "MATCH (l:Lot) RETURN count(l) AS n") == [500]

    def test_a_killed_watcher_takes_its_server_along_and_loses_nothing(
        self, settings: Settings
    ) -> None:
        ask(ensure_running(settings), "CREATE (l:Lot {lot_id: 1}) RETURN 1 AS one")
        os.kill(running(settings).watcher, signal.SIGKILL)
        assert eventually(lambda: status(settings).state == "stopped")
        assert ask(ensure_running(settings), "MATCH (l:Lot) RETURN count(l) AS n") == [1]

    @pytest.mark.parametrize("birth", ["another boot 1", ""])
    def test_a_record_whose_number_now_belongs_to_another_process_harms_nobody(
        self, settings: Settings, birth: str
    ) -> None:
        folder = files.folder_of(settings)
        files.prepare(folder)
        other = files.Running(os.getpid(), birth, os.getpid(), 1, 2, "26", "2026-01-01", 120)
        files.record(folder, other)
        assert status(settings).state == "stopped"
        assert not stop(settings)
        assert not folder.state.exists()

    def test_a_stale_record_is_replaced_by_the_next_start(self, settings: Settings) -> None:
        ensure_running(settings)
        stale = files.folder_of(settings).state.read_text()
        stop(settings)
        files.write_private(files.folder_of(settings).state, stale)
        endpoint = ensure_running(settings)
        assert ask(endpoint, "RETURN 1 AS one") == [1]

    @pytest.mark.parametrize("damage", ["{", None])
    def test_a_server_whose_record_is_lost_is_replaced_and_its_data_kept(
        self, settings: Settings, damage: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("genealogy.store.server.living.SETTLE_SECONDS", 0.5)
        ask(ensure_running(settings), "CREATE (l:Lot {lot_id: 1}) RETURN 1 AS one")
        state = files.folder_of(settings).state
        state.unlink() if damage is None else state.write_text(damage)
        assert ask(ensure_running(settings), "MATCH (l:Lot) RETURN count(l) AS n") == [1]
        assert len(java_processes(settings.data_dir)) == 1

    @pytest.mark.parametrize("password", ["wrong", None])
    def test_a_lost_password_is_said_and_a_restart_makes_another(
        self, settings: Settings, password: str | None
    ) -> None:
        endpoint = ensure_running(settings)
        file = files.folder_of(settings).password
        file.unlink() if password is None else file.write_text(password)
        with pytest.raises(StoreUnavailable) as refused:
            ensure_running(settings)
        assert refused.value.error_code == "embedded_password"
        assert "lotgraph db stop" in refused.value.hint()
        assert endpoint.password not in str(refused.value)
        stop(settings)
        assert ask(ensure_running(settings), "RETURN 1 AS one") == [1]

    def test_a_server_that_does_not_answer_is_told_and_can_still_be_stopped(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("genealogy.store.server.watch.STOP_SECONDS", 1.0)
        ensure_running(settings)
        pause(running(settings).pid)
        assert status(settings).state == "silent"
        with pytest.raises(StoreUnavailable) as silent:
            ensure_running(settings.model_copy(update={"embedded_start_timeout": 1.0}))
        assert silent.value.error_code == "embedded_silent"
        assert stop(settings)
        assert java_processes(settings.data_dir) == []


class TestStopping:
    def test_stop_ends_server_and_watcher_and_says_whether_there_was_one(
        self, settings: Settings
    ) -> None:
        ensure_running(settings)
        watcher = running(settings).watcher
        assert stop(settings)
        assert not stop(settings)
        assert java_processes(settings.data_dir) == []
        assert eventually(lambda: not Path(f"/proc/{watcher}").exists())
        assert status(settings).state == "stopped"

    def test_nothing_is_made_by_stopping_or_asking_where_nothing_is(self, tmp_path: Path) -> None:
        settings = small(tmp_path / "absent")
        assert not stop(settings)
        assert status(settings).state == "stopped"
        wipe(settings)
        assert list(tmp_path.iterdir()) == []

    def test_the_server_stops_by_itself_after_its_last_user(self, settings: Settings) -> None:
        soon = settings.model_copy(update={"embedded_idle_minutes": 0.05})
        ensure_running(soon)
        time.sleep(5)
        assert status(soon).state == "running"
        release(soon)
        assert eventually(lambda: status(soon).state == "stopped")
        assert java_processes(settings.data_dir) == []

    def test_a_user_elsewhere_keeps_the_server(self, settings: Settings) -> None:
        soon = settings.model_copy(update={"embedded_idle_minutes": 0.02})
        ensure_running(soon)
        body = "ensure_running(settings)\nprint('in', flush=True)\ninput()"
        user = subprocess.Popen(
            script(settings.data_dir, body),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=plain_environment(),
        )
        with user:
            assert user.stdout is not None
            assert user.stdout.readline() == b"in\n"
            release(soon)
            time.sleep(4)
            assert status(soon).state == "running"
            # Killed, so that only the operating system can take back what it held.
            user.kill()
        assert eventually(lambda: status(soon).state == "stopped")

    def test_status_tells_process_address_and_room(self, settings: Settings) -> None:
        endpoint = ensure_running(settings)
        about = status(settings)
        assert about.state == "running"
        assert about.uri == endpoint.uri
        assert [about.pid] == java_processes(settings.data_dir)
        assert about.free_bytes > 0
        assert endpoint.password not in repr(about)


class TestOwned:
    def test_the_server_lives_for_the_block(self, settings: Settings) -> None:
        with EmbeddedServer(settings) as endpoint:
            assert ask(endpoint, "RETURN 1 AS one") == [1]
        assert java_processes(settings.data_dir) == []

    def test_the_server_dies_with_its_owner(self, settings: Settings) -> None:
        body = (
            "import os, signal\nEmbeddedServer(settings).__enter__()\n"
            "os.kill(os.getpid(), signal.SIGKILL)"
        )
        subprocess.run(script(settings.data_dir, body), env=plain_environment(), check=False)
        assert eventually(lambda: java_processes(settings.data_dir) == [])


class TestWiping:
    def test_wipe_deletes_the_database_and_nothing_else(self, settings: Settings) -> None:
        ask(ensure_running(settings), "CREATE (l:Lot {lot_id: 1}) RETURN 1 AS one")
        note = settings.data_dir / "note.txt"
        note.write_text("mine")
        wipe(settings)
        folder = files.folder_of(settings)
        assert java_processes(settings.data_dir) == []
        assert not (folder.databases / "lotgraph").exists()
        assert note.read_text() == "mine"
        assert folder.log.exists()
        assert not (folder.root / "deleted").exists()
        assert ask(ensure_running(settings), "MATCH (l:Lot) RETURN count(l) AS n") == [0]

    def test_other_databases_of_the_folder_are_kept(self, settings: Settings) -> None:
        endpoint = ensure_running(settings.model_copy(update={"database_name": "second"}))
        assert endpoint.database == "second"
        ask(endpoint, "CREATE (l:Lot {lot_id: 1}) RETURN 1 AS one")
        wipe(settings)
        again = ensure_running(settings.model_copy(update={"database_name": "second"}))
        assert ask(again, "MATCH (l:Lot) RETURN count(l) AS n") == [1]

    def test_what_an_interrupted_wipe_left_is_removed(self, settings: Settings) -> None:
        files.prepare(files.folder_of(settings))
        left = files.folder_of(settings).root / "deleted" / "part"
        left.mkdir(parents=True)
        wipe(settings)
        assert not left.parent.exists()


def test_the_embedded_functions_refuse_when_another_database_is_configured() -> None:
    settings = read_settings(database_uri="bolt://localhost:7687")
    for function in (ensure_running, stop, status, wipe, release):
        with pytest.raises(StoreError) as refused:
            function(settings)
        assert refused.value.error_code == "embedded_not_used"


def test_a_folder_with_blanks_and_chinese_characters_works_in_a_plain_locale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    settings = small(tmp_path / "批次 数据 %g")
    with EmbeddedServer(settings) as endpoint:
        assert ask(endpoint, "RETURN '批次' AS text") == ["批次"]
        assert (files.folder_of(settings).databases / "lotgraph").is_dir()


def test_the_lock_of_a_running_start_is_waited_for_and_then_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genealogy.store.server.watch.STOP_SECONDS", 0.2)
    folder = files.folder_of(settings)
    files.prepare(folder)
    with locks.holding(folder.start_lock, wait=0), pytest.raises(DataFolderLocked):
        ensure_running(settings.model_copy(update={"embedded_start_timeout": 0.2}))
