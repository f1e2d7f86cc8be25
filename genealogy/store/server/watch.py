"""The watcher: a small process that starts the server, and stops it when nobody uses it.

It is the server's parent, so that the program that wanted a server can end
without it. Every user of the server shares ``users.lock``; the operating system
lets go of it for a process that dies. Once the watcher can have that lock for
itself, and the idle time since the last user is over, it stops the server.
Run as ``python -m genealogy.store.server.watch`` with a Plan on standard input;
that process ends at once, leaving the watcher behind, or with ANOTHER_SERVER.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from genealogy.store.server import locks, processes
from genealogy.store.server.folder import Folder, Running, record, record_watcher
from genealogy.store.server.runtime import clean_environment

TICK_SECONDS = 30.0
STOP_SECONDS = 30.0
LOCK_SECONDS = 5.0
OUTPUT_LIMIT = 4 << 20
PR_SET_PDEATHSIG = 1
NO_PLAN = 1
ANOTHER_SERVER = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start and when to stop it; ``idle`` is in seconds, None for never."""

    root: str
    command: list[str]
    bolt_port: int
    http_port: int
    version: str
    query_timeout: float
    idle: float | None


def watch(plan: Plan, lock: int) -> int:
    """Start the server, stay until it has ended, and return its exit status."""
    folder = Folder(Path(plan.root))
    with _wakeups() as wakeups:
        record_watcher(lock, os.getpid(), _birth(os.getpid()))
        server = _spawn(plan, lock)
        _record(folder, plan, server.pid)
        return _stay(folder, plan, server, wakeups)


@contextmanager
def _wakeups() -> Iterator[socket.socket]:
    """A socket that can be read once a signal has come: to end, or that the server ended."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    for name in ("SIGTERM", "SIGINT", "SIGCHLD"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, frame: None)
    with reader, writer:
        yield reader
        signal.set_wakeup_fd(-1)


def _spawn(plan: Plan, lock: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        plan.command,
        cwd=plan.root,
        env=clean_environment(os.environ),
        stdin=subprocess.DEVNULL,
        # Safe here and only here: this process has a single thread.
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        # The server holds the lock as well, should the watcher be killed.
        pass_fds=() if sys.platform == "win32" else (lock,),
    )


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _record(folder: Folder, plan: Plan, pid: int) -> None:
    running = Running(
        pid=pid,
        birth=_birth(pid),
        watcher=os.getpid(),
        bolt_port=plan.bolt_port,
        http_port=plan.http_port,
        version=plan.version,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        query_timeout=plan.query_timeout,
    )
    record(folder, running)


def _birth(pid: int) -> str:
    found = processes.observe(pid)
    return found.birth if found else ""


def _stay(
    folder: Folder, plan: Plan, server: subprocess.Popen[bytes], wakeups: socket.socket
) -> int:
    tick = TICK_SECONDS if plan.idle is None else min(TICK_SECONDS, max(0.5, plan.idle / 4))
    while server.poll() is None:
        signs = _received(wakeups, tick)
        if signs & {signal.SIGTERM, signal.SIGINT}:
            _end(server)
        elif plan.idle is not None:
            _end_unused(folder, plan.idle, server)
        _bound_output(folder)
    return server.returncode


def _received(wakeups: socket.socket, wait: float) -> set[int]:
    ready, _, _ = select.select([wakeups], [], [], wait)
    return set(wakeups.recv(256)) if ready else set()


def _is_idle(folder: Folder, idle: float) -> bool:
    # Each user touches the file on coming, so one that came and went between
    # two looks counts too.
    return time.time() - folder.user_lock.stat().st_mtime >= idle


def _end_unused(folder: Folder, idle: float, server: subprocess.Popen[bytes]) -> None:
    with locks.holding(folder.user_lock, wait=0) as alone:
        if not alone:
            # The idle time runs from when somebody was last seen.
            os.utime(folder.user_lock)
        elif _is_idle(folder, idle):
            # Held until the server is gone: a newcomer waits, then starts afresh.
            _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _bound_output(folder: Folder) -> None:
    if folder.output.stat().st_size > OUTPUT_LIMIT:
        os.truncate(folder.output, 0)


def main() -> int:
    """Read the plan, take the server's lock, and go on watching in a process of its own.

    With no whole plan, because whoever was sending it died, nothing happens.
    """
    try:
        plan = Plan(**json.load(sys.stdin))
    except (ValueError, TypeError):
        return NO_PLAN
    os.umask(0o077)
    lock = locks.take(Folder(Path(plan.root)).server_lock, wait=LOCK_SECONDS)
    if lock is None:
        return ANOTHER_SERVER
    # The lock is held before the caller goes on, and the watcher is nobody's
    # child: no one has to wait for it, and no terminal sends it signals.
    if sys.platform != "win32" and os.fork():
        os._exit(0)
    return watch(plan, lock)


if __name__ == "__main__":
    sys.exit(main())
