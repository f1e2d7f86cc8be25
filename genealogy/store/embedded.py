"""The embedded database server of a data folder: found, started, stopped, wiped.

One server serves all processes that use a data folder. It outlives the process
that started it, so that the next command finds it running, and stops by itself
some time after its last user has gone. Whoever wants it shares a lock on a file
until his process ends; who starts or stops it holds another one alone.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal

from genealogy.errors import DataFolderLocked
from genealogy.messages import text
from genealogy.settings import Settings
from genealogy.store.server import folder as files
from genealogy.store.server import launch, living, locks, runtime, watch
from genealogy.store.server.answers import (
    Endpoint,
    allow_seconds,
    create_database,
    databases,
    drop_database,
    is_ready,
)
from genealogy.store.server.folder import Folder, folder_of, out_of_room
from genealogy.store.server.launch import Ports, free_ports
from genealogy.store.server.living import DATABASE

__all__ = [
    "DATABASE",
    "EmbeddedServer",
    "Endpoint",
    "Status",
    "create_database",
    "databases",
    "drop_database",
    "ensure_running",
    "out_of_room",
    "release",
    "status",
    "stop",
    "wipe",
]

# Open descriptors by folder: this process is counted as a user for as long as they stay open.
_uses: dict[Path, int] = {}


@dataclass(frozen=True, slots=True)
class Status:
    """How the embedded server of a data folder is: its process, address, age and room.

    ``started_at`` is ISO, UTC; ``free_bytes`` is what the device has left.
    """

    state: Literal["running", "silent", "stopped"]
    folder: Path
    log: Path
    free_bytes: int
    pid: int | None = None
    uri: str | None = None
    http_port: int | None = None
    version: str | None = None
    started_at: str | None = None


def ensure_running(
    settings: Settings, *, owned: bool = False, ports: Ports = free_ports
) -> Endpoint:
    """The address of the folder's server, which is started if none runs.

    This process counts as a user of it until ``release`` or its end. A server
    started with ``owned`` stops as soon as it has no user, without idle time.
    Raises StoreUnavailable, StoreFull, DataFolderLocked, StoreError (folder not
    writable, another database configured) or MissingDependency.
    """
    folder = folder_of(settings)
    installed = runtime.find_runtime()
    files.prepare(folder)
    with files.usable(folder), _alone(folder, settings):
        _join(folder)
        found = _adopt(folder, settings, installed)
        if found is not None:
            return found
        # Whatever is left has no record, or another version, or is ending: of no use.
        living.stop(folder)
        return launch.start(folder, settings, installed, owned=owned, ports=ports)


def stop(settings: Settings) -> bool:
    """Stop the folder's server, whoever uses it; whether there was one.

    Raises StoreError (``embedded_not_stopped``) if it cannot be stopped.
    """
    folder = folder_of(settings)
    release(settings)
    if not folder.root.exists():
        return False
    with files.usable(folder), _alone(folder, settings):
        return living.stop(folder)


def release(settings: Settings) -> None:
    """Stop counting this process as a user of the folder's server."""
    descriptor = _uses.pop(folder_of(settings).root, None)
    if descriptor is not None:
        os.close(descriptor)


def status(settings: Settings) -> Status:
    """How the folder's server is; starts nothing and waits for at most a few seconds."""
    folder = folder_of(settings)
    about = Status("stopped", folder.root, folder.output, files.room(folder))
    with files.usable(folder):
        running = living.alive(folder)
        if running is None:
            return about
        endpoint = living.endpoint(folder, running, settings)
    return replace(
        about,
        state="running" if is_ready(endpoint) else "silent",
        pid=running.pid,
        uri=endpoint.uri,
        http_port=running.http_port,
        version=running.version,
        started_at=running.started_at,
    )


def wipe(settings: Settings) -> None:
    """Stop the server and delete its database, and nothing else in the data folder."""
    folder = folder_of(settings)
    release(settings)
    if folder.root.exists():
        with files.usable(folder), _alone(folder, settings):
            living.stop(folder)
            _delete(folder.databases / living.database(settings), folder.root / "deleted")


def _delete(doomed: Path, aside: Path) -> None:
    _remove(aside)
    if doomed.exists():
        # Set aside in one step, so that an interruption leaves no half database.
        doomed.replace(aside)
        _remove(aside)


def _remove(place: Path) -> None:
    if place.exists():
        shutil.rmtree(place)


class EmbeddedServer:
    """A server for the length of a with block; it does not outlive its process either."""

    def __init__(self, settings: Settings, *, ports: Ports = free_ports) -> None:
        self._settings = settings
        self._ports = ports

    def __enter__(self) -> Endpoint:
        return ensure_running(self._settings, owned=True, ports=self._ports)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        stop(self._settings)


@contextmanager
def _alone(folder: Folder, settings: Settings) -> Iterator[None]:
    # Whoever holds the lock may be starting a server, and then stopping a failed one.
    wait = settings.embedded_start_timeout + watch.STOP_SECONDS
    with locks.holding(folder.start_lock, wait=wait) as held:
        if not held:
            raise DataFolderLocked(folder=folder.root, pid=living.recorded_pid(folder))
        yield


def _join(folder: Folder) -> None:
    if folder.root not in _uses:
        # Kept from us only while the watcher stops an unused server.
        wait = watch.STOP_SECONDS + living.SETTLE_SECONDS
        descriptor = locks.take(folder.user_lock, shared=True, wait=wait)
        if descriptor is None:
            raise DataFolderLocked(folder=folder.root, pid=living.recorded_pid(folder))
        _uses[folder.root] = descriptor
    os.utime(folder.user_lock)


def _adopt(folder: Folder, settings: Settings, installed: runtime.Runtime) -> Endpoint | None:
    running = living.settled(folder)
    if running is None or running.version != installed.version:
        return None
    endpoint = living.endpoint(folder, running, settings)
    if not _await_adopted(folder, endpoint, settings):
        return None
    living.greet(folder, endpoint)
    if settings.query_timeout > running.query_timeout:
        allow_seconds(endpoint, settings.query_timeout)
        files.record(folder, replace(running, query_timeout=settings.query_timeout))
    return endpoint


def _await_adopted(folder: Folder, endpoint: Endpoint, settings: Settings) -> bool:
    """Whether the server gets ready; False when it ends before that."""
    deadline = time.monotonic() + settings.embedded_start_timeout
    while not is_ready(endpoint):
        if living.alive(folder) is None:
            return False
        if time.monotonic() >= deadline:
            raise living.silent(folder, text("embedded.no_database"))
        time.sleep(living.POLL_SECONDS)
    return True
