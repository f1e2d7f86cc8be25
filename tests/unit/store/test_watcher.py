"""The watcher in this process: what it starts lives as long as somebody uses it."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from genealogy.errors import StoreError
from genealogy.store.server import folder as files
from genealogy.store.server import living, locks, processes, watch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and locks of POSIX")

# Holds the server's lock for a while before it says who it is, as a watcher does for a moment.
SILENT = """
import os, sys, time
from pathlib import Path
from genealogy.store.server import folder as files, locks, processes
lock = locks.take(files.Folder(Path(sys.argv[1])).server_lock)
print('held', flush=True)
time.sleep(0.5)
files.record_watcher(lock, os.getpid(), processes.observe(os.getpid()).birth)
time.sleep(60)
"""
QUICK = [sys.executable, "-c", "raise SystemExit(7)"]
LASTING = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('deaf', flush=True); time.sleep(60)",
]


@pytest.fixture
def folder(tmp_path: Path) -> files.Folder:
    made = files.Folder(tmp_path / "embedded")
    files.prepare(made)
    made.output.parent.mkdir(exist_ok=True)
    made.output.touch()
    made.user_lock.touch()
    return made


@pytest.fixture
def lock(folder: files.Folder) -> Iterator[int]:
    held = locks.take(folder.server_lock)
    assert held is not None
    yield held
    os.close(held)


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Put back what the watcher takes over."""
    names = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
    before = {name: signal.getsignal(name) for name in names}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


def plan(folder: files.Folder, command: list[str], idle: float | None = None) -> watch.Plan:
    return watch.Plan(str(folder.root), command, 1, 2, "0", 60.0, idle)


def test_the_watcher_ends_with_its_server_and_says_how_it_ended(
    folder: files.Folder, lock: int
) -> None:
    assert watch.watch(plan(folder, QUICK), lock) == 7


def test_the_watcher_records_what_runs(folder: files.Folder, lock: int) -> None:
    watch.watch(plan(folder, QUICK), lock)
    told = json.loads(folder.state.read_text())
    assert (told["watcher"], told["bolt_port"], told["http_port"]) == (os.getpid(), 1, 2)


def test_an_unused_server_is_stopped_after_its_idle_time(folder: files.Folder, lock: int) -> None:
    began = time.monotonic()
    assert watch.watch(plan(folder, LASTING, idle=0.2), lock) == -signal.SIGTERM
    assert time.monotonic() - began < 30


def test_a_used_server_goes_on_until_it_is_told_to_end(folder: files.Folder, lock: int) -> None:
    user = locks.take(folder.user_lock, shared=True)
    assert user is not None
    told = Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM))
    told.start()
    began = time.monotonic()
    assert watch.watch(plan(folder, LASTING, idle=0.2), lock) == -signal.SIGTERM
    assert time.monotonic() - began >= 1.4
    os.close(user)


def test_a_watcher_that_has_not_said_yet_who_it_is_is_stopped_too(folder: files.Folder) -> None:
    command = [sys.executable, "-c", SILENT, folder.root]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as watcher:
        assert watcher.stdout is not None
        watcher.stdout.readline()
        assert living.stop(folder)
        assert watcher.wait() == -signal.SIGTERM


def test_who_holds_the_lock_and_never_says_so_is_not_stopped(
    folder: files.Folder, lock: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(living, "SETTLE_SECONDS", 0.2)
    with pytest.raises(StoreError) as refused:
        living.stop(folder)
    assert refused.value.error_code == "embedded_not_stopped"


def test_one_that_nothing_ends_is_not_waited_for_again_and_again(
    folder: files.Folder, lock: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.record_watcher(lock, os.getpid(), "some time")
    asked = []
    monkeypatch.setattr(processes, "end", lambda *doomed, patience: asked.append(doomed))
    with pytest.raises(StoreError) as refused:
        living.stop(folder)
    assert refused.value.error_code == "embedded_not_stopped"
    assert asked == [(os.getpid(), "some time")]


def test_a_server_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "STOP_SECONDS", 0.2)
    server = subprocess.Popen(STUBBORN, stdout=subprocess.PIPE)
    assert server.stdout is not None
    server.stdout.readline()
    watch._end(server)
    assert server.returncode == -signal.SIGKILL
    server.stdout.close()


def test_output_beyond_its_limit_is_cut(
    folder: files.Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "OUTPUT_LIMIT", 10)
    folder.output.write_bytes(b"x" * 10)
    watch._bound_output(folder)
    assert folder.output.stat().st_size == 10
    folder.output.write_bytes(b"x" * 11)
    watch._bound_output(folder)
    assert folder.output.stat().st_size == 0


def test_nothing_received_is_no_sign() -> None:
    reader, writer = socket.socketpair()
    with reader, writer:
        assert watch._received(reader, 0.01) == set()
        writer.send(bytes([signal.SIGTERM]))
        assert watch._received(reader, 0.01) == {signal.SIGTERM}


@pytest.mark.parametrize("told", ["", "{", "[]", '{"root": "/nowhere"}'])
def test_a_plan_that_was_cut_off_starts_nothing(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(told))
    assert watch.main() == watch.NO_PLAN


def test_a_second_watcher_of_a_folder_gives_way(
    folder: files.Folder, lock: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOCK_SECONDS", 0.1)
    told = {
        "root": str(folder.root), "command": QUICK, "bolt_port": 1, "http_port": 2,
        "version": "0", "query_timeout": 1.0, "idle": None,
    }  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(told)))
    before = os.umask(0o022)
    try:
        assert watch.main() == watch.ANOTHER_SERVER
    finally:
        os.umask(before)
