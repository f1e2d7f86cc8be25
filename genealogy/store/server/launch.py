"""Starting a server: on free ports, to its first answer, or not at all."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import genealogy
from genealogy.errors import DataFolderLocked, StoreFull, StoreUnavailable
from genealogy.settings import Settings
from genealogy.store.server import folder as files
from genealogy.store.server import living, locks, runtime, watch
from genealogy.store.server.answers import Endpoint, allow_seconds, is_ready
from genealogy.store.server.damage import refuse_damage
from genealogy.store.server.folder import Folder

PORT_ATTEMPTS = 4
# A Java program that fails to start goes on running, its other threads waiting for nothing.
FAILED = 'Exception in thread "main"'
Ports = Callable[[], tuple[int, int]]

# Windows only: the watchers that are children of this process.
_watchers: list[subprocess.Popen[bytes]] = []


class PortTaken(Exception):
    """Another program took the port between its choice and its use."""


def free_ports() -> tuple[int, int]:
    """Two ports of the loopback address that nobody uses at this moment."""
    with socket.socket() as one, socket.socket() as two:
        one.bind((runtime.LOOPBACK, 0))
        two.bind((runtime.LOOPBACK, 0))
        return one.getsockname()[1], two.getsockname()[1]


def start(
    folder: Folder,
    settings: Settings,
    installed: runtime.Runtime,
    *,
    owned: bool,
    ports: Ports,
) -> Endpoint:
    """Start a server, or leave none behind.

    Raises StoreUnavailable, StoreFull, DataFolderLocked, or StoreError for a damaged database.
    """
    if files.room(folder) < files.ROOM_TO_START:
        raise StoreFull(folder=folder.root)
    refuse_damage(folder)
    for _ in range(PORT_ATTEMPTS):
        bolt_port, http_port = ports()
        idle = 0.0 if owned else settings.embedded_idle_minutes * 60 or None
        plan = watch.Plan(
            root=str(folder.root),
            command=runtime.command(installed, folder, bolt_port, http_port, settings),
            bolt_port=bolt_port,
            http_port=http_port,
            version=installed.version,
            query_timeout=settings.query_timeout,
            idle=idle,
        )
        try:
            return _launch(folder, settings, plan)
        except PortTaken:
            continue
    raise _failed(folder)


def _launch(folder: Folder, settings: Settings, plan: watch.Plan) -> Endpoint:
    files.new_password(folder)
    files.write_private(folder.log_settings, runtime.LOGGING)
    endpoint = living.address(folder, plan.bolt_port, plan.http_port, settings)
    try:
        _spawn_watcher(folder, plan)
        _await_start(folder, endpoint, settings)
        living.greet(folder, endpoint)
        allow_seconds(endpoint, settings.query_timeout)
    except BaseException:
        # Also on Ctrl-C: nothing half started is left behind.
        living.stop(folder)
        raise
    return endpoint


def _spawn_watcher(folder: Folder, plan: watch.Plan) -> None:
    environment = runtime.clean_environment(os.environ)
    environment["PYTHONPATH"] = str(Path(genealogy.__file__).parents[1])
    with folder.output.open("wb") as output:
        os.chmod(output.fileno(), 0o600)
    with folder.output.open("ab") as output:
        watcher = subprocess.Popen(
            [sys.executable, "-P", "-m", watch.__name__],
            cwd=folder.root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _hand_over(plan, watcher)
        _await_lock(folder, watcher)
    except BaseException:
        # Also on Ctrl-C: a watcher without its orders would wait for them for ever.
        watcher.kill()
        watcher.wait()
        raise


def _hand_over(plan: watch.Plan, watcher: subprocess.Popen[bytes]) -> None:
    assert watcher.stdin is not None
    with suppress(BrokenPipeError), watcher.stdin:
        watcher.stdin.write(json.dumps(asdict(plan)).encode())


def _await_lock(folder: Folder, watcher: subprocess.Popen[bytes]) -> None:
    """Return once the watcher holds the server's lock."""
    if sys.platform != "win32":
        if watcher.wait() != 0:
            raise _start_failed(folder)
        return
    while watcher.poll() is None and not locks.is_held(folder.server_lock):
        time.sleep(living.POLL_SECONDS)
    _watchers.append(watcher)


def _await_start(folder: Folder, endpoint: Endpoint, settings: Settings) -> None:
    deadline = time.monotonic() + settings.embedded_start_timeout
    while not is_ready(endpoint):
        if FAILED in files.printed(folder) or not locks.is_held(folder.server_lock):
            raise _start_failed(folder)
        if time.monotonic() >= deadline:
            raise StoreUnavailable(
                "embedded_start_timeout",
                seconds=f"{settings.embedded_start_timeout:g}",
                tail=files.tail(folder),
                log=folder.log,
            )
        time.sleep(living.POLL_SECONDS)


def _start_failed(folder: Folder) -> Exception:
    """What the last words of a server mean."""
    words = files.printed(folder)
    if "Unable to listen" in words:
        return PortTaken()
    if "No space left on device" in words or "Disk quota exceeded" in words:
        return StoreFull(folder=folder.root)
    if "is locked by another process" in words:
        return DataFolderLocked(folder=folder.root, pid="?")
    return _failed(folder)


def _failed(folder: Folder) -> StoreUnavailable:
    return StoreUnavailable("embedded_start_failed", tail=files.tail(folder), log=folder.log)
