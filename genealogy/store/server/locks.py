"""Locks on files, kept by the operating system: a dead process holds none."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.05

if sys.platform == "win32":
    import msvcrt

    # Windows has no shared locks here: each sharer locks a byte of its own, and
    # who wants the file alone locks all of them. They lie beyond the content,
    # since nobody else can read what is locked.
    _FIRST, _BYTES = 1 << 30, (1 << 30) - 1

    def _try(fd: int, *, shared: bool) -> bool:
        os.lseek(fd, _FIRST + (os.getpid() if shared else 0), os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1 if shared else _BYTES)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(fd: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def take(path: Path, *, shared: bool = False, wait: float = 0) -> int | None:
    """The open descriptor that holds the lock, or None if others kept it for ``wait`` seconds.

    The lock lasts until every copy of the descriptor is closed; a child that
    inherits it holds the lock too. The file itself is never removed, since a
    lock on a removed file excludes nobody.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    deadline = time.monotonic() + wait
    try:
        while not _try(fd, shared=shared):
            if time.monotonic() >= deadline:
                os.close(fd)
                return None
            time.sleep(POLL_SECONDS)
    except BaseException:
        # Also on Ctrl-C: the lock goes with its descriptor.
        os.close(fd)
        raise
    return fd


def is_held(path: Path) -> bool:
    """Whether anybody holds this lock now."""
    if not path.exists():
        return False
    fd = take(path, shared=True)
    if fd is not None:
        os.close(fd)
    return fd is None


@contextmanager
def holding(path: Path, *, wait: float) -> Iterator[bool]:
    """Hold the lock inside the block; yields False, without it, when the wait was in vain."""
    fd = take(path, wait=wait)
    try:
        yield fd is not None
    finally:
        if fd is not None:
            os.close(fd)
