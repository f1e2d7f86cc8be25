"""What goes wrong around the embedded server: ports, disks, interruptions, hanging starts."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from neo4j.exceptions import Neo4jError

from genealogy.bootstrap import open_store
from genealogy.errors import StoreError, StoreFull, StoreUnavailable
from genealogy.settings import Settings
from genealogy.store.embedded import (
    EmbeddedServer,
    ensure_running,
    free_ports,
    out_of_room,
    stop,
)
from genealogy.store.queries import SCHEMA_RECORD
from genealogy.store.server import folder as files
from genealogy.store.server import living, locks
from tests.embedded_server import (
    PAUSED,
    ask,
    eventually,
    java_processes,
    plain_environment,
    running,
    script,
    small,
)

pytestmark = pytest.mark.arcadedb
MEGABYTE = 1 << 20
HEAP_FILLING = (
    "UNWIND range(1, 100000) AS i "
    f"CREATE (l:Lot {{lot_id: toString(i), note: '{'x' * 8_000}'}}) RETURN count(l) AS count"
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The databases folder of a server that stopped as it should, with three lots."""
    settings = small(tmp_path_factory.mktemp("whole"))
    with EmbeddedServer(settings) as endpoint:
        ask(endpoint, "UNWIND range(1, 3) AS i CREATE (l:Lot {lot_id: i}) RETURN i")
        ask(endpoint, "CREATE (p:Product {product_id: 'p'}) RETURN 1 AS one")
        ask(endpoint, "MATCH (p:Product) DELETE p RETURN 1 AS one")
    return files.folder_of(settings).databases


DAMAGES = {
    "cut": lambda file: file.write_bytes(file.read_bytes()[:100]),
    "removed": Path.unlink,
    "overwritten": lambda file: file.write_bytes(b"\0" * 100),
}


@contextmanager
def device(place: Path, size: int) -> Iterator[Path]:
    """A small file system of its own; skips where the tests may not mount one."""
    place.mkdir()
    options = f"size={size}"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("mounting a small file system needs more rights")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


class TestMemory:
    def test_a_full_heap_is_told_and_the_next_command_finds_a_server_again(
        self, settings: Settings
    ) -> None:
        with open_store(settings) as store:
            store.execute("CREATE (l:Lot {lot_id: 'kept'}) RETURN 1 AS one")
            with pytest.raises(StoreUnavailable) as full:
                store.execute(HEAP_FILLING)
        assert full.value.error_code == "embedded_out_of_memory"
        for language in ("en", "zh"):
            assert str(settings.data_dir) in full.value.message(language)
            assert "LOTGRAPH_EMBEDDED_HEAP" in full.value.hint(language)

        assert ask(ensure_running(settings), "MATCH (l:Lot) RETURN l.lot_id AS id") == ["kept"]


class TestPorts:
    @pytest.mark.parametrize("taken", ["bolt", "http"])
    def test_a_port_taken_in_between_is_exchanged_for_another(
        self, settings: Settings, taken: str
    ) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            busy, (one, two) = other.getsockname()[1], free_ports()
            offers = [(busy, one) if taken == "bolt" else (one, busy), (one, two)]
            endpoint = ensure_running(settings, ports=lambda: offers.pop(0))
        assert endpoint.uri == f"bolt://127.0.0.1:{one}"
        assert ask(endpoint, "RETURN 1 AS one") == [1]
        assert len(java_processes(settings.data_dir)) == 1

    def test_when_no_port_is_ever_free_the_attempts_end_and_nothing_stays(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("genealogy.store.server.launch.PORT_ATTEMPTS", 1)
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            busy = other.getsockname()[1]
            with pytest.raises(StoreUnavailable) as failed:
                ensure_running(settings, ports=lambda: (busy, free_ports()[0]))
        assert failed.value.error_code == "embedded_start_failed"
        assert str(busy) in str(failed.value)
        assert java_processes(settings.data_dir) == []


class TestStarting:
    def test_a_hanging_start_ends_in_time_with_the_last_words_and_nothing_left(
        self, settings: Settings
    ) -> None:
        hanging = settings.model_copy(
            update={"embedded_java_options": PAUSED, "embedded_start_timeout": 2.0}
        )
        before = time.monotonic()
        with pytest.raises(StoreUnavailable) as late:
            ensure_running(hanging)
        assert time.monotonic() - before < 10
        assert late.value.error_code == "embedded_start_timeout"
        assert "LOTGRAPH_EMBEDDED_START_TIMEOUT" in late.value.hint()
        assert java_processes(settings.data_dir) == []
        assert ask(ensure_running(settings), "RETURN 1 AS one") == [1]

    def test_options_that_java_refuses_are_told_in_its_own_words(self, settings: Settings) -> None:
        with pytest.raises(StoreUnavailable, match="NoSuchOption") as failed:
            ensure_running(
                settings.model_copy(update={"embedded_java_options": "-XX:+NoSuchOption"})
            )
        assert failed.value.error_code == "embedded_start_failed"
        assert str(files.folder_of(settings).log) in failed.value.hint()

    @pytest.mark.parametrize("pattern", ["schema*.json", "dictionary*"])
    @pytest.mark.parametrize("damage", ["cut", "removed", "overwritten"])
    def test_a_damaged_database_is_refused_rather_than_opened_as_an_empty_one(
        self, whole: Path, tmp_path: Path, pattern: str, damage: str
    ) -> None:
        settings = small(tmp_path)
        shutil.copytree(whole, files.folder_of(settings).databases)
        for file in files.folder_of(settings).databases.glob(f"lotgraph/{pattern}"):
            DAMAGES[damage](file)
        with pytest.raises(StoreError) as failed:
            ensure_running(settings)
        assert failed.value.error_code == "embedded_damaged"
        assert "db reset" in failed.value.hint()
        assert java_processes(tmp_path) == []

    def test_one_of_the_two_schemas_is_enough(self, whole: Path, tmp_path: Path) -> None:
        settings = small(tmp_path)
        shutil.copytree(whole, files.folder_of(settings).databases)
        (files.folder_of(settings).databases / "lotgraph" / "schema.json").write_text("{ cut")
        with EmbeddedServer(settings) as endpoint:
            assert ask(endpoint, "MATCH (l:Lot) RETURN count(l) AS n") == [3]

    @pytest.mark.parametrize("moment", [0.0, 0.05, 0.5, 1.0])
    def test_ctrl_c_during_the_start_leaves_nothing_and_the_next_start_works(
        self, settings: Settings, moment: float
    ) -> None:
        body = "print('go', flush=True)\nensure_running(settings)"
        slow = {"embedded_java_options": PAUSED} if moment > 0.1 else {}
        starting = subprocess.Popen(
            script(settings.data_dir, body, **slow),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=plain_environment(),
        )
        with starting:
            assert starting.stdout is not None
            starting.stdout.readline()
            time.sleep(moment)
            starting.send_signal(signal.SIGINT)
            starting.communicate(timeout=30)
        assert starting.returncode != 0
        assert eventually(lambda: not locks.is_held(files.folder_of(settings).server_lock))
        assert java_processes(settings.data_dir) == []
        assert ask(ensure_running(settings), "RETURN 1 AS one") == [1]

    def test_a_start_whose_starter_is_killed_is_taken_over(self, settings: Settings) -> None:
        starting = subprocess.Popen(
            script(settings.data_dir, "ensure_running(settings)"), env=plain_environment()
        )
        assert eventually(lambda: java_processes(settings.data_dir))
        starting.kill()
        starting.wait()
        assert ask(ensure_running(settings), "RETURN 1 AS one") == [1]
        assert len(java_processes(settings.data_dir)) == 1

    def test_ctrl_c_at_a_terminal_does_not_reach_a_running_server(self, settings: Settings) -> None:
        ensure_running(settings)
        [java] = java_processes(settings.data_dir)
        assert os.getsid(java) != os.getsid(0)


class TestFolder:
    def test_a_folder_that_cannot_be_written_is_refused_with_the_reason(
        self, tmp_path: Path
    ) -> None:
        with device(tmp_path / "disk", 4 * MEGABYTE) as disk:
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            with pytest.raises(StoreError) as refused:
                ensure_running(small(disk))
        assert refused.value.error_code == "data_folder_unusable"
        assert "Read-only" in str(refused.value)
        assert "LOTGRAPH_DATA_DIR" in refused.value.hint()

    def test_a_folder_that_became_read_only_is_refused_too(self, tmp_path: Path) -> None:
        with device(tmp_path / "disk", 4 * MEGABYTE) as disk:
            files.prepare(files.folder_of(small(disk)))
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            with pytest.raises(StoreError) as refused:
                ensure_running(small(disk))
        assert refused.value.error_code == "data_folder_unusable"

    def test_a_file_where_the_folder_should_be_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreError) as refused:
            ensure_running(small(tmp_path / "file"))
        assert refused.value.error_code == "data_folder_unusable"

    def test_a_folder_that_is_gone_while_the_database_is_open_is_no_defect(
        self, settings: Settings
    ) -> None:
        with open_store(settings) as store:
            os.kill(running(settings).pid, signal.SIGKILL)
            assert eventually(lambda: not locks.is_held(files.folder_of(settings).server_lock))
            shutil.rmtree(settings.data_dir)
            with pytest.raises(StoreError) as refused:
                store.run(SCHEMA_RECORD, version=1)
            with pytest.raises(StoreUnavailable) as gone:
                store.execute("RETURN 1 AS one")
        assert refused.value.error_code == "data_folder_unusable"
        assert gone.value.error_code == "embedded_gone"


class TestFullDisk:
    def test_no_server_is_started_on_a_disk_without_room(self, tmp_path: Path) -> None:
        with device(tmp_path / "disk", 20 * MEGABYTE) as disk:
            settings = small(disk)
            with pytest.raises(StoreFull) as full:
                ensure_running(settings)
            assert not stop(settings)
        assert str(disk) in str(full.value)
        assert "LOTGRAPH_DATA_DIR" in full.value.hint()

    def test_no_byte_left_is_told_as_a_full_disk(self, tmp_path: Path) -> None:
        with device(tmp_path / "disk", MEGABYTE) as disk:
            settings = small(disk)
            files.prepare(files.folder_of(settings))
            fill(disk / "filler")
            with pytest.raises(StoreFull), files.usable(files.folder_of(settings)):
                files.new_password(files.folder_of(settings))

    def test_a_disk_that_fills_up_loses_nothing_that_was_committed(self, tmp_path: Path) -> None:
        with device(tmp_path / "disk", 120 * MEGABYTE) as disk:
            settings = small(disk)
            with EmbeddedServer(settings) as endpoint:
                assert not out_of_room(settings)
                kept = write_until_refused(endpoint, disk)
                assert out_of_room(settings)
            (disk / "filler").unlink()
            with EmbeddedServer(settings) as again:
                found = ask(again, "MATCH (l:Lot) RETURN l.lot_id AS id")
        assert len(kept) > 0
        assert set(kept) <= set(found)


def fill(file: Path) -> None:
    """Write until the device is full."""
    with file.open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 4096)
        except OSError:
            return


def write_until_refused(endpoint: living.Endpoint, disk: Path) -> list[int]:
    """Ids of the lots whose commit was confirmed, on a disk that is filled meanwhile."""
    kept: list[int] = []
    try:
        for number in range(2000):
            if number == 20:
                fill(disk / "filler")
            query = "CREATE (l:Lot {lot_id: $id, text: $text}) RETURN 1 AS one"
            ask(endpoint, query, id=number, text="x" * 50_000)
            kept.append(number)
    except Neo4jError:
        return kept
    pytest.fail("the device never filled up")
