"""The folder of the embedded server: its files, who may read them, and the room left."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genealogy.errors import StoreError, StoreFull

if TYPE_CHECKING:
    from genealogy.settings import Settings

#: Name of the server's folder in the data folder.
FOLDER = "embedded"
ROOM_TO_START = 64 << 20
ROOM_TO_WRITE = 8 << 20
TAIL_LINES = 12
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the embedded server of one data folder keeps its things."""

    root: Path

    @property
    def databases(self) -> Path:
        """One folder a database."""
        return self.root / "databases"

    @property
    def config(self) -> Path:
        """Users and groups of the server; made anew at each start."""
        return self.root / "config"

    @property
    def log(self) -> Path:
        """Logs of the server, of bounded size."""
        return self.root / "log"

    @property
    def output(self) -> Path:
        """What server and watcher print, from the last start on."""
        return self.log / "server.out"

    @property
    def log_settings(self) -> Path:
        """Logging configuration handed to Java."""
        return self.root / "logging.properties"

    @property
    def password(self) -> Path:
        """The server's password; readable by its owner only."""
        return self.root / "password"

    @property
    def state(self) -> Path:
        """What runs and at which ports."""
        return self.root / "server.json"

    @property
    def start_lock(self) -> Path:
        """Held while a server is looked for, started or stopped."""
        return self.root / "start.lock"

    @property
    def user_lock(self) -> Path:
        """Shared by every process that uses the server."""
        return self.root / "users.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the server and its watcher for as long as they live."""
        return self.root / "server.lock"


@dataclass(frozen=True, slots=True)
class Running:
    """What is recorded of a server: process, ports, version, seconds a query may take.

    ``birth`` is the operating system's mark of when the process began, which
    tells it from a later process with the same number; ``started_at`` is ISO, UTC.
    """

    pid: int
    birth: str
    watcher: int
    bolt_port: int
    http_port: int
    version: str
    started_at: str
    query_timeout: float


def folder_of(settings: Settings) -> Folder:
    """The folder of the embedded server; raises StoreError if another database is configured."""
    if not settings.embedded:
        raise StoreError("embedded_not_used")
    return Folder(settings.data_dir / FOLDER)


@contextmanager
def usable(folder: Folder) -> Iterator[None]:
    """Turn what the file system refuses into StoreFull or ``data_folder_unusable``."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFull(folder=folder.root) from error
        reason = error.strerror or str(error)
        raise StoreError("data_folder_unusable", folder=folder.root, reason=reason) from error


def prepare(folder: Folder) -> None:
    """Make the folder and its parts, for the owner only, and see that it can be written."""
    with usable(folder):
        for part in (folder.root, folder.databases, folder.config, folder.log):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Refused here, with a reason, on a read-only disk that already has the folder.
        with tempfile.TemporaryFile(dir=folder.root):
            pass


def room(folder: Folder) -> int:
    """Bytes free on the device of the folder, or of its nearest parent that exists."""
    place = next(p for p in (folder.root, *folder.root.parents) if p.exists())
    return shutil.disk_usage(place).free


def out_of_room(settings: Settings) -> bool:
    """Whether the device is so full that the embedded server can no longer write."""
    return room(folder_of(settings)) < ROOM_TO_WRITE


def write_private(path: Path, content: str) -> None:
    """Replace a file in one step with one that only the owner may read."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(fd, "w", encoding="utf-8") as file:
        file.write(content)
    fresh.replace(path)


def new_password(folder: Folder) -> None:
    """Give the next server a password of its own.

    The server keeps the first password it was ever given among its users, so
    these go too: a lost or changed password file never locks anybody out.
    """
    (folder.config / "server-users.jsonl").unlink(missing_ok=True)
    write_private(folder.password, secrets.token_urlsafe(32))


def password(folder: Folder) -> str:
    """The password of the running server; empty when the file is gone."""
    try:
        return folder.password.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""


def record(folder: Folder, running: Running) -> None:
    """Record the running server for other processes."""
    write_private(folder.state, json.dumps(asdict(running), indent=1))


def recorded(folder: Folder) -> Running | None:
    """The server last recorded, alive or not; None if there is none or the record is damaged."""
    try:
        return Running(**json.loads(folder.state.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def record_watcher(lock: int, pid: int, birth: str) -> None:
    """Note who holds the server's lock in the locked file itself, which nobody tidies away."""
    os.ftruncate(lock, 0)
    os.write(lock, f"{pid}\n{birth}".encode())


def recorded_watcher(folder: Folder) -> tuple[int, str] | None:
    """The process that last held the server's lock and the mark of when it began."""
    pid, _, birth = folder.server_lock.read_text("utf-8").partition("\n")
    return (int(pid), birth) if pid.isdigit() else None


def printed(folder: Folder) -> str:
    """What the server has printed since its last start."""
    try:
        return folder.output.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def out_of_memory(folder: Folder) -> bool:
    """Whether the server that was last started ended because its heap was full."""
    return "OutOfMemoryError" in printed(folder)


def tail(folder: Folder) -> str:
    """The last lines of what the server printed and logged."""
    logs = sorted(folder.log.glob("server.log*"), key=lambda log: log.stat().st_mtime)
    logged = logs[-1].read_text("utf-8", errors="replace") if logs else ""
    lines = [*logged.splitlines()[-TAIL_LINES:], *printed(folder).splitlines()[-TAIL_LINES:]]
    return "\n".join(line for line in lines if line.strip())
