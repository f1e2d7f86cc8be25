"""What the tests of the embedded server share: small settings, and a look at its processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from neo4j import Driver, GraphDatabase

from genealogy.settings import Settings, read_settings
from genealogy.store.embedded import Endpoint
from genealogy.store.server import folder as files
from genealogy.store.server.answers import _login

SMALL = {"embedded_heap": "256m", "embedded_java_options": "-XX:+UseSerialGC"}
# Java waits before it does anything at all, for as long as a file exists that it makes.
PAUSED = "-XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:+PauseAtStartup"


def small(folder: Path, **more: Any) -> Settings:
    """Settings for a small server in this folder, whatever the environment says."""
    unset = dict.fromkeys(("database_uri", "database_user", "database_password"))
    return read_settings(data_dir=folder, **(SMALL | unset | more))


def driver_for(endpoint: Endpoint) -> Driver:
    """A driver on the server; close it."""
    return GraphDatabase.driver(endpoint.uri, auth=(endpoint.user, endpoint.password))


def ask(endpoint: Endpoint, query: str, **parameters: Any) -> list[Any]:
    """The first column of the answer to a query."""
    with driver_for(endpoint) as driver, driver.session(database=endpoint.database) as session:
        return [record[0] for record in session.run(query, parameters)]  # type: ignore[arg-type]


def http(endpoint: Endpoint, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Status and content of a request as the server's own user."""
    connection = HTTPConnection("127.0.0.1", endpoint.http_port, timeout=10)
    try:
        connection.request(method, path, json.dumps(body) if body else None, _login(endpoint))
        response = connection.getresponse()
        content = response.read()
        return response.status, json.loads(content) if content.startswith(b"{") else content
    finally:
        connection.close()


def running(settings: Settings) -> files.Running:
    """The record of the folder's server."""
    found = files.recorded(files.folder_of(settings))
    assert found is not None
    return found


def java_processes(folder: Path) -> list[int]:
    """The Java processes that work on this folder, from the process table itself."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True)
    lines = [line.split(None, 1) for line in listed.stdout.splitlines()]
    return [int(pid) for pid, args in lines if "ArcadeDBServer" in args and str(folder) in args]


def pause(pid: int) -> None:
    """Stop a process where it is; on Linux it is waited for its last thread to stop."""
    os.kill(pid, signal.SIGSTOP)
    threads = Path(f"/proc/{pid}/task")
    assert eventually(lambda: all(map(_is_stopped, threads.glob("*/stat"))))


def _is_stopped(thread: Path) -> bool:
    return thread.read_text().rpartition(")")[2].split()[0] == "T"


def script(folder: Path, body: str, **more: Any) -> list[str]:
    """The command line of another Python process that runs ``body`` with ``settings`` at hand."""
    given = repr(SMALL | more)
    return [
        sys.executable,
        "-c",
        "from genealogy.settings import read_settings\n"
        "from genealogy.store.embedded import *\n"
        f"settings = read_settings(data_dir={str(folder)!r}, **{given})\n{body}",
    ]


def plain_environment(**more: str) -> dict[str, str]:
    """This environment without settings of ours."""
    return {k: v for k, v in os.environ.items() if not k.startswith("LOTGRAPH_")} | more


def eventually(condition: Callable[[], object], seconds: float = 45) -> bool:
    """Whether the condition becomes true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
