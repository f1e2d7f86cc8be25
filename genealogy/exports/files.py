"""Whole files or none: written beside the target under another name, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from genealogy.errors import InvalidInput
from genealogy.exports.registry import Export
from genealogy.trace.result import Trace


def write_file(export: Export, trace: Trace, path: Path) -> None:
    """Write the trace to a file that appears, or is replaced, only when it is whole.

    Raises InvalidInput when the file cannot be written.
    """
    with whole_file(path) as out:
        export.write(trace, out)


@contextmanager
def whole_file(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A binary stream that becomes the file at ``path`` when the block ends well.

    A private file only its owner can read. A device or pipe is written to directly.
    Raises InvalidInput when the file cannot be written.
    """
    try:
        with _direct(path) if _is_special(path) else _renamed(path, private) as out:
            yield out
    except OSError as error:
        raise InvalidInput("unwritable_file", path=str(path), reason=error.strerror) from error


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def _direct(path: Path) -> Iterator[BinaryIO]:
    with path.open("wb") as out:
        yield out


@contextmanager
def _renamed(path: Path, private: bool) -> Iterator[BinaryIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            yield cast(BinaryIO, out)
            out.flush()
            os.fsync(out.fileno())
        if not private:
            _publish(Path(name))
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _publish(made: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    made.chmod(0o666 & ~mask)
