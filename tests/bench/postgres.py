"""A PostgreSQL of our own for as long as it is needed: Debian's package, a folder, a socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.databases import Skipped

_PACKAGES = Path("/usr/lib/postgresql")
#: As memory allows on a small machine, and no waiting for disks: all is made anew each time.
_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "1GB",
    "fsync": "off",
    "max_wal_size": "4GB",
    "maintenance_work_mem": "512MB",
}


@contextmanager
def postgres() -> Iterator[str]:
    """Start a server with an empty database; the address for a client.

    Raises Skipped where it is not installed or does not start.
    """
    programs = _programs()
    # Not below the folder of the run: its user is another one, who must be let in.
    home = Path(tempfile.mkdtemp(prefix="lotgraph-postgres."))
    try:
        _own(home)
        _run(programs / "initdb", "-D", home / "data", "-U", "bench", "-A", "trust", "-N")
        settings = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
        server = f"-k {home} {settings}"
        control = (programs / "pg_ctl", "-D", home / "data", "-w", "-l", home / "log")
        _run(*control, "-o", server, "start")
        try:
            yield f"host={home} user=bench dbname=postgres"
        finally:
            _run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _programs() -> Path:
    on_path = shutil.which("pg_ctl")
    packaged = sorted(_PACKAGES.glob("*/bin/pg_ctl"))
    if not on_path and not packaged:
        raise Skipped("is not installed (Debian's package postgresql)")
    return Path(on_path or packaged[-1]).resolve().parent


def _own(home: Path) -> None:
    """Give the folder to the user who runs the server; it refuses to run as root."""
    if os.geteuid() == 0:
        try:
            shutil.chown(home, "postgres")
        except LookupError:
            raise Skipped("does not run as root, and there is no user postgres") from None


def _run(*command: object) -> None:
    as_user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    words = list(map(str, command))
    done = subprocess.run(
        words, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, check=False, **as_user,
    )  # fmt: skip
    if done.returncode:
        raise Skipped(f"{words[0]} failed: {done.stderr.strip()[-200:]}")
