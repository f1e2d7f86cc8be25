"""Processes of this machine, told apart by when they began."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.05
# Each prints one line: when the process began, padded to a width, and its command line.
OBSERVERS = {
    "win32": (
        "powershell",
        "-NoProfile",
        "-Command",
        "Get-CimInstance Win32_Process -Filter 'ProcessId={pid}' | ForEach-Object "
        "{{ $_.CreationDate.Ticks.ToString().PadRight(24) + $_.CommandLine }}",
    )
}
PORTABLE_OBSERVER = ("ps", "-ww", "-p", "{pid}", "-o", "lstart=", "-o", "command=")
BIRTH_WIDTH = 24


@dataclass(frozen=True, slots=True)
class Process:
    """A living process: a mark of when it began, and its command line."""

    birth: str
    command: str


def observe(pid: int) -> Process | None:
    """The process with this number; None if there is none or it has ended."""
    if sys.platform == "linux":
        return _from_proc(Path("/proc") / str(pid))
    observer = OBSERVERS.get(sys.platform, PORTABLE_OBSERVER)
    return _from_listing([part.format(pid=pid) for part in observer])


def _from_proc(place: Path) -> Process | None:
    try:
        # The name before the last bracket may hold blanks and brackets itself.
        fields = (place / "stat").read_text(errors="replace").rpartition(")")[2].split()
        command = (place / "cmdline").read_bytes().replace(b"\0", b" ")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    ended = fields[0] in "ZX"
    return None if ended else Process(f"{boot} {fields[19]}", os.fsdecode(command))


def _from_listing(observer: list[str]) -> Process | None:
    shown = subprocess.run(observer, capture_output=True, text=True, check=False)
    line = shown.stdout.strip()
    if not line:
        return None
    return Process(line[:BIRTH_WIDTH].strip(), line[BIRTH_WIDTH:].strip())


def is_gone(pid: int, birth: str) -> bool:
    """Whether that process has ended, even if its number is in use again."""
    found = observe(pid)
    return found is None or found.birth != birth


def end(pid: int, birth: str, *, patience: float) -> bool:
    """Ask a process to end, insist after ``patience`` seconds; whether it is gone.

    Windows knows no asking: there the write-ahead log is replayed at the next start.
    """
    for sign in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        if is_gone(pid, birth):
            return True
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return True
        if _await_end(pid, birth, patience):
            return True
    return False


def _await_end(pid: int, birth: str, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not is_gone(pid, birth):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
