"""The parts of the embedded server that need no server: locks, processes, platform, folder."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.errors import InvalidInput, MissingDependency, StoreError, StoreFull
from genealogy.settings import read_settings
from genealogy.store.server import folder as files
from genealogy.store.server import locks, processes, runtime
from genealogy.store.server.answers import Endpoint, NoAnswer, create_database, is_ready
from genealogy.store.server.damage import damaged, refuse_damage
from genealogy.store.server.launch import free_ports

HOLDER = (
    "import sys\nfrom pathlib import Path\nfrom genealogy.store.server import locks\n"
    "locks.take(Path(sys.argv[1]), shared=sys.argv[2] == 'shared')\n"
    "print('held', flush=True)\ninput()"
)


@pytest.fixture
def folder(tmp_path: Path) -> files.Folder:
    folder = files.Folder(tmp_path / "embedded")
    files.prepare(folder)
    return folder


class TestLocks:
    def holder(self, path: Path, kind: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(path), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        return process

    def test_a_lock_excludes_others_and_ends_with_a_killed_process(self, tmp_path: Path) -> None:
        path = tmp_path / "lock"
        with self.holder(path, "alone") as process:
            assert locks.is_held(path)
            assert locks.take(path, wait=0.1) is None
            process.send_signal(signal.SIGKILL)
        assert not locks.is_held(path)
        fd = locks.take(path)
        assert fd is not None
        os.close(fd)

    def test_sharers_exclude_only_who_wants_it_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "lock"
        with self.holder(path, "shared") as process:
            fd = locks.take(path, shared=True)
            assert fd is not None
            assert locks.take(path) is None
            os.close(fd)
            process.kill()
        with locks.holding(path, wait=0) as alone:
            assert alone

    def test_a_lock_that_was_never_taken_is_free_and_asking_makes_no_file(
        self, tmp_path: Path
    ) -> None:
        assert not locks.is_held(tmp_path / "lock")
        assert list(tmp_path.iterdir()) == []

    def test_waiting_in_vain_is_told_and_leaves_no_open_file(self, tmp_path: Path) -> None:
        with (
            locks.holding(tmp_path / "lock", wait=0),
            locks.holding(tmp_path / "lock", wait=0.1) as second,
        ):
            assert not second


class TestProcesses:
    def test_a_process_is_known_by_its_beginning_and_its_command(self) -> None:
        mine = processes.observe(os.getpid())
        assert mine is not None
        assert mine == processes.observe(os.getpid())
        assert "python" in mine.command
        assert not processes.is_gone(os.getpid(), mine.birth)

    def test_the_portable_observer_sees_the_same_processes(self) -> None:
        listing = [part.format(pid=os.getpid()) for part in processes.PORTABLE_OBSERVER]
        mine = processes._from_listing(listing)
        assert mine is not None
        assert len(mine.birth.split()) == 5
        assert "python" in mine.command
        gone = [part.format(pid=2**22 + 1) for part in processes.PORTABLE_OBSERVER]
        assert processes._from_listing(gone) is None

    def test_another_process_with_the_same_number_counts_as_gone(self) -> None:
        assert processes.is_gone(os.getpid(), "another boot 1")

    def test_an_ended_process_that_nobody_waited_for_is_gone(self) -> None:
        process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
        with process:
            assert process.stdout is not None
            process.stdout.read()
            assert processes._await_end(process.pid, "any", 5)

    @pytest.mark.parametrize("stubborn", [True, False])
    def test_a_process_is_asked_to_end_and_then_made_to(self, stubborn: bool) -> None:
        body = "import signal, time\n" + (
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if stubborn else ""
        )
        process = subprocess.Popen(
            [sys.executable, "-c", body + "print(1, flush=True)\ntime.sleep(60)"],
            stdout=subprocess.PIPE,
        )
        with process:
            assert process.stdout is not None
            process.stdout.readline()
            found = processes.observe(process.pid)
            assert found is not None
            assert processes.end(process.pid, found.birth, patience=0.5)
        assert process.returncode == -(signal.SIGKILL if stubborn else signal.SIGTERM)

    def test_a_stranger_with_a_recorded_number_is_not_ended(self) -> None:
        assert processes.end(os.getpid(), "another boot 1", patience=0)


class TestPlatform:
    @pytest.mark.parametrize(
        ("system", "machine", "libc"),
        [
            ("Linux", "x86_64", ("glibc", "2.34")),
            ("Linux", "aarch64", ("glibc", "2.41")),
            ("Darwin", "arm64", ("", "")),
            ("Windows", "AMD64", ("", "")),
        ],
    )
    def test_there_are_builds_for(self, system: str, machine: str, libc: tuple[str, str]) -> None:
        assert runtime.unsupported(system, machine, libc) == ""

    @pytest.mark.parametrize(
        ("system", "machine", "libc", "said"),
        [
            ("Linux", "x86_64", ("glibc", "2.31"), "2.31"),
            ("Linux", "x86_64", ("glibc", "2.9"), "2.9"),
            ("Linux", "x86_64", ("", ""), "musl"),
            ("Linux", "x86_64", ("musl", "1.2.5"), "musl"),
            ("Linux", "riscv64", ("glibc", "2.40"), "riscv64"),
            ("Darwin", "x86_64", ("", ""), "Darwin"),
            ("Windows", "ARM64", ("", ""), "ARM64"),
        ],
    )
    def test_there_are_none_for(
        self, system: str, machine: str, libc: tuple[str, str], said: str
    ) -> None:
        assert said in runtime.unsupported(system, machine, libc)

    def test_an_unsupported_system_is_told_the_way_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.28"))
        monkeypatch.setattr("platform.system", lambda: "Linux")
        monkeypatch.setattr("platform.machine", lambda: "x86_64")
        with pytest.raises(MissingDependency) as refused:
            runtime.find_runtime()
        assert refused.value.error_code == "embedded_unsupported"
        assert "LOTGRAPH_DATABASE_URI" in refused.value.hint()

    def test_a_missing_package_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(runtime, "MODULE", "no_such_package_at_all")
        with pytest.raises(MissingDependency) as refused:
            runtime.find_runtime()
        assert "pip install arcadedb-embedded" in refused.value.hint()


class TestCommand:
    def command(self, folder: files.Folder, **given_: object) -> list[str]:
        installed = runtime.Runtime(Path("/j/bin/java"), (Path("/j/a.jar"),), "26")
        return runtime.command(installed, folder, 7001, 7002, read_settings(**given_))

    def test_heap_and_more_options_are_handed_on(self, folder: files.Folder) -> None:
        command = self.command(
            folder, embedded_heap="512m", embedded_java_options="-Da='b c' -XX:+UseSerialGC"
        )
        assert {"-Xmx512m", "-Da=b c", "-XX:+UseSerialGC"} <= set(command)

    @given(seconds=st.floats(0.0001, 100_000))
    def test_the_time_limit_is_never_the_zero_that_means_none(self, seconds: float) -> None:
        assert runtime.milliseconds(seconds) >= 1

    def test_libraries_that_open_other_ways_in_are_left_out(self) -> None:
        names = {jar.name.split("-")[1] for jar in runtime.find_runtime().jars}
        assert not names & {"mcp", "postgresw", "redisw", "graphql", "console"}
        assert {"server", "engine", "bolt"} <= names

    def test_the_environment_is_an_allow_list(self) -> None:
        ours = {"HOME": "/h", "JAVA_TOOL_OPTIONS": "x", "LOTGRAPH_DATABASE_PASSWORD": "y"}
        assert runtime.clean_environment(ours) == {"HOME": "/h", "LC_ALL": "C.UTF-8"}


class TestFolder:
    record = files.Running(1, "boot 2", 3, 4, 5, "26", "2026-11-23T00:00:00+00:00", 120)

    def test_a_record_is_read_back_and_is_private(self, folder: files.Folder) -> None:
        files.record(folder, self.record)
        files.record(folder, replace(self.record, pid=9))
        assert files.recorded(folder) == replace(self.record, pid=9)
        assert stat.S_IMODE(folder.state.stat().st_mode) == 0o600
        assert [f.name for f in folder.root.iterdir() if f.suffix == ".new"] == []

    @pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"pid": 1}', '{"no": "field"}'])
    def test_a_damaged_record_counts_as_none(self, folder: files.Folder, damage: str) -> None:
        folder.state.write_text(damage)
        assert files.recorded(folder) is None

    def test_a_new_password_differs_and_removes_the_old_users(self, folder: files.Folder) -> None:
        files.new_password(folder)
        first = files.password(folder)
        users = folder.config / "server-users.jsonl"
        users.write_text("root")
        files.new_password(folder)
        assert files.password(folder) not in ("", first)
        assert not users.exists()

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
    def test_a_full_device_is_told_from_other_failures(
        self, folder: files.Folder, code: int
    ) -> None:
        with pytest.raises(StoreFull), files.usable(folder):
            raise OSError(code, "full")
        with pytest.raises(StoreError) as other, files.usable(folder):
            raise PermissionError(errno.EACCES, "no")
        assert other.value.error_code == "data_folder_unusable"

    def test_the_last_words_are_few_and_from_both_logs(self, folder: files.Folder) -> None:
        assert files.tail(folder) == ""
        folder.output.write_text("\n".join(f"printed {i}" for i in range(100)))
        (folder.log / "server.log.0").write_text("\n".join(f"logged {i}" for i in range(100)))
        words = files.tail(folder).splitlines()
        assert len(words) <= 2 * files.TAIL_LINES
        assert "logged 99" in words
        assert words[-1] == "printed 99"

    def test_who_holds_the_server_lock_is_noted_in_it(self, folder: files.Folder) -> None:
        fd = locks.take(folder.server_lock)
        assert fd is not None
        assert files.recorded_watcher(folder) is None
        files.record_watcher(fd, 42, "boot 7")
        os.close(fd)
        assert files.recorded_watcher(folder) == (42, "boot 7")


class TestDamage:
    def test_nothing_is_damaged_where_nothing_was_stored(self, folder: files.Folder) -> None:
        (folder.databases / "lotgraph").mkdir()
        (folder.databases / ".instance.id").write_text("x")
        before = sorted(folder.databases.iterdir())
        assert damaged(folder) is None
        assert sorted(folder.databases.iterdir()) == before

    @pytest.mark.parametrize("schema", [None, "", "{", "[]", "null"])
    def test_data_without_a_schema_are_refused(
        self, folder: files.Folder, schema: str | None
    ) -> None:
        database = folder.databases / "lotgraph"
        database.mkdir()
        (database / "Lot_0.1.65536.v0.bucket").write_bytes(b"")
        (database / "dictionary.0.8.v1.dict").write_bytes(b"x" * 8)
        if schema is not None:
            (database / "schema.json").write_text(schema)
        with pytest.raises(StoreError) as refused:
            refuse_damage(folder)
        assert "schema.json" in str(refused.value)


def test_ports_are_free_and_differ() -> None:
    one, two = free_ports()
    assert one != two


@pytest.mark.parametrize("name", ["", "a b", "a;drop database b", "../x", "1a", "x" * 64])
def test_a_name_that_is_no_name_never_becomes_part_of_a_command(name: str) -> None:
    with pytest.raises(InvalidInput):
        create_database(Endpoint("bolt://127.0.0.1:1", "root", "p", 1, "lotgraph"), name)


def test_where_nobody_listens_nobody_is_ready() -> None:
    nowhere = Endpoint("bolt://127.0.0.1:1", "root", "p", free_ports()[1], "lotgraph")
    assert not is_ready(nowhere)
    with pytest.raises(NoAnswer):
        create_database(nowhere, "some")
