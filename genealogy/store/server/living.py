"""The server that a folder has: whether it lives, where it answers, and its end."""

from __future__ import annotations

import time

from genealogy.errors import StoreError, StoreUnavailable
from genealogy.settings import Settings
from genealogy.store.server import folder as files
from genealogy.store.server import locks, processes, runtime, watch
from genealogy.store.server.answers import (
    USER,
    Endpoint,
    NoAnswer,
    WrongPassword,
    answers,
    ensure_database,
)
from genealogy.store.server.folder import Folder, Running

DATABASE = "lotgraph"
POLL_SECONDS = 0.1
SETTLE_SECONDS = 5.0


def recorded_pid(folder: Folder) -> str:
    """The number of the process last recorded, for messages."""
    running = files.recorded(folder)
    return str(running.pid) if running else "?"


def database(settings: Settings) -> str:
    """The name of the database to use."""
    return settings.database_name or DATABASE


def endpoint(folder: Folder, running: Running, settings: Settings) -> Endpoint:
    """Where the recorded server answers."""
    return address(folder, running.bolt_port, running.http_port, settings)


def address(folder: Folder, bolt_port: int, http_port: int, settings: Settings) -> Endpoint:
    """Where a server at these ports answers, with the folder's password."""
    uri = f"bolt://{runtime.LOOPBACK}:{bolt_port}"
    return Endpoint(uri, USER, files.password(folder), http_port, database(settings))


def alive(folder: Folder) -> Running | None:
    """The recorded server, if it is alive and really the one of this folder."""
    running = files.recorded(folder)
    if running is None or not locks.is_held(folder.server_lock):
        return None
    found = processes.observe(running.pid)
    ours = found and found.birth == running.birth and str(folder.root) in found.command
    return running if ours else None


def settled(folder: Folder) -> Running | None:
    """The living server, waiting out the moment in which one is spawned but not yet recorded."""
    deadline = time.monotonic() + SETTLE_SECONDS
    running = alive(folder)
    while running is None and locks.is_held(folder.server_lock) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        running = alive(folder)
    return running


def greet(folder: Folder, endpoint: Endpoint) -> None:
    """Create the database unless it exists, and see that it answers a query.

    Raises StoreUnavailable: ``embedded_password`` or ``embedded_silent``.
    """
    try:
        ensure_database(endpoint)
        answers(endpoint)
    except WrongPassword as error:
        raise StoreUnavailable("embedded_password", file=folder.password) from error
    except NoAnswer as error:
        raise silent(folder, error.params["reason"]) from error


def silent(folder: Folder, reason: str) -> StoreUnavailable:
    """The error that a server lives but does not answer."""
    return StoreUnavailable("embedded_silent", pid=recorded_pid(folder), reason=reason)


def _holder(folder: Folder) -> tuple[int, str] | None:
    """The number and birth of the server's process, or else of its watcher."""
    running = alive(folder)
    return (running.pid, running.birth) if running else files.recorded_watcher(folder)


def stop(folder: Folder) -> bool:
    """Stop whatever holds the server's lock; whether there was anything."""
    if not locks.is_held(folder.server_lock):
        folder.state.unlink(missing_ok=True)
        return False
    for _ in range(round(SETTLE_SECONDS / POLL_SECONDS)):
        # Looked for again each time: a watcher takes the lock before it can say who it is.
        doomed = _holder(folder)
        if doomed is not None and not processes.end(*doomed, patience=watch.STOP_SECONDS):
            break
        with locks.holding(folder.server_lock, wait=POLL_SECONDS) as ended:
            if ended:
                folder.state.unlink(missing_ok=True)
                return True
    raise StoreError("embedded_not_stopped", pid=doomed[0] if doomed else "?")
