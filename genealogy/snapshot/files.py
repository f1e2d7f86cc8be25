"""A snapshot as files: arrays that are mapped into memory, and a header that vouches for them.

A folder ``<base>/<identity of the database>/`` holds one folder a build, and the file
``current`` that names the one that counts; it is replaced in one step, so readers find
either the one or the other. Separate ``.npy`` files, since ``.npz`` is never mapped.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import orjson

from genealogy.errors import InvalidInput
from genealogy.model.facts import NodeId
from genealogy.ports import DataState
from genealogy.snapshot.content import Content, Nodes
from genealogy.snapshot.graph import Scale, Side, is_sound
from genealogy.snapshot.records import Layers, Records
from genealogy.snapshot.texts import Coded, Names, Texts

T = TypeVar("T")
Ints = npt.NDArray[Any]
FORMAT = 1
HEADER, CURRENT = "header.json", "current"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")
_CHUNK = 1 << 22


class SnapshotDamaged(InvalidInput):
    """The files of a snapshot are not as they were written, or of another database."""

    code = "snapshot_damaged"


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a snapshot's files: of which data, and how each file was when written."""

    identity: str
    watermark: int
    stamp: str | None
    nodes: int
    edges: int
    scale: dict[str, int]
    still: list[str]
    files: dict[str, dict[str, int]]
    format: int = FORMAT


def save(content: Content, base: Path, identity: str) -> Path:
    """Write a snapshot beside what is there, make it the current one; its folder.

    Raises InvalidInput when the folder cannot be written to.
    """
    home = base / identity
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        former = _named(home)
        folder = Path(tempfile.mkdtemp(prefix=f"at-{content.watermark}-", dir=home))
        _write(content, folder, identity)
        _point_to(home, folder)
        _sweep(home, {folder.name, former})
    except OSError as error:
        raise InvalidInput("unwritable_file", path=str(home), reason=error.strerror) from error
    return folder


def _write(content: Content, folder: Path, identity: str) -> None:
    for name, column in _columns(content):
        np.save(folder / f"{name}.npy", column)
    scale = {part.name: getattr(content.scale, part.name) for part in fields(Scale)}
    files = {path.name: _told(path) for path in sorted(folder.glob("*.npy"))}
    counts = len(content.nodes), len(content.forward.head)
    state = content.state
    header = Header(
        identity, state.watermark, state.stamp, *counts, scale, sorted(content.still), files
    )
    body = orjson.dumps(header)
    _write_whole(folder / HEADER, b"%08x\n%s" % (zlib.crc32(body), body))


def _columns(content: Content) -> Iterator[tuple[str, Ints]]:
    yield from _flat("nodes", content.nodes)
    for name, side in (("forward", content.forward), ("backward", content.backward)):
        yield from ((f"{name}.{part}", column) for part, column in _of_side(side))
    yield from _flat("records", content.records)


#: Columns of a side that may say the same as another, which is that.
_SAME = {"split": "stop", "closes": "opens"}


def _of_side(side: Side) -> Iterator[tuple[str, Ints]]:
    """The columns of a side, without those that say the same as another."""
    columns = {part.name: getattr(side, part.name) for part in fields(side)}
    for name, other in _SAME.items():
        if np.array_equal(columns[name], columns[other]):
            del columns[name]
    if np.array_equal(side.begin[1:], side.stop[:-1]):
        # One row ends where the next one begins.
        first = side.begin[:1] if len(side.begin) else np.zeros(1, dtype=np.int32)
        columns["bounds"] = np.concatenate((first, side.stop))
        del columns["begin"], columns["stop"]
    yield from ((name, column) for name, column in columns.items() if column is not None)


def _side(found: dict[str, Ints]) -> Side:
    """A side of the columns that were written of it."""
    if "bounds" in found:
        bounds = found.pop("bounds")
        found |= {"begin": bounds[:-1], "stop": bounds[1:]}
    same = {name: found[other] for name, other in _SAME.items() if name not in found}
    known: dict[str, Any] = {"edge": None, **same, **found}
    return Side(**known)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Ints]]:
    if isinstance(value, Names | Layers):
        # What came later is not written: files are made of what has just been read whole.
        yield from _flat(name, value.base)
    elif is_dataclass(value):
        for part in fields(value):
            yield from _flat(f"{name}.{part.name}", getattr(value, part.name))
    else:
        yield name, value


def _told(path: Path) -> dict[str, int]:
    stat = path.stat()
    return {"size": stat.st_size, "written": stat.st_mtime_ns, "crc": _crc(path)}


def _crc(path: Path) -> int:
    crc = 0
    with path.open("rb") as source:
        while block := source.read(_CHUNK):
            crc = zlib.crc32(block, crc)
    return crc


def _point_to(home: Path, folder: Path) -> None:
    _write_whole(home / CURRENT, folder.name.encode())


def _write_whole(path: Path, body: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    with os.fdopen(handle, "wb") as out:
        out.write(body)
        out.flush()
        os.fsync(out.fileno())
    os.replace(name, path)


def _named(home: Path) -> str | None:
    try:
        return (home / CURRENT).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _sweep(home: Path, keep: Collection[str | None]) -> None:
    """Remove earlier builds but the last: who walks it may still have to map its records."""
    for folder in home.glob("at-*"):
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)


def drop(base: Path, identity: str) -> bool:
    """Remove the snapshot of a database; whether there was one."""
    home = base / identity
    there = home.exists()
    shutil.rmtree(home, ignore_errors=True)
    return there


def current(base: Path, identity: str) -> Path | None:
    """The folder of the current snapshot of a database, if there is one."""
    try:
        name = (base / identity / CURRENT).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError):
        raise SnapshotDamaged(path=str(base / identity / CURRENT)) from None
    folder = base / identity / name
    if not _NAME.fullmatch(name.replace("_", "-")) or not folder.is_dir():
        raise SnapshotDamaged(path=str(folder))
    return folder


def header_of(folder: Path, identity: str) -> Header:
    """The header of a snapshot of this database.

    Raises SnapshotDamaged when it cannot be read, is of another format or database.
    """
    path = folder / HEADER
    try:
        crc, _, body = path.read_bytes().partition(b"\n")
        if int(crc, 16) != zlib.crc32(body):
            raise SnapshotDamaged(path=str(path))
        header = Header(**orjson.loads(body))
    except (OSError, ValueError, TypeError):
        raise SnapshotDamaged(path=str(path)) from None
    if (header.format, header.identity) != (FORMAT, identity):
        raise SnapshotDamaged(path=str(path))
    return header


def check(folder: Path, header: Header, *, thoroughly: bool = False) -> None:
    """Raise SnapshotDamaged unless all files are as they were written.

    A file with the size and time of then is taken to be; others are read and compared,
    as all are if ``thoroughly``.
    """
    for name, told in header.files.items():
        path = folder / name
        try:
            stat = path.stat()
            same = (stat.st_size, stat.st_mtime_ns) == (told["size"], told["written"])
            sound = stat.st_size == told["size"] and (
                (same and not thoroughly) or _crc(path) == told["crc"]
            )
        except OSError:
            sound = False
        if not sound:
            raise SnapshotDamaged(path=str(path))


def load(folder: Path, identity: str) -> Content:
    """Map a snapshot of this database. Raises SnapshotDamaged as ``header_of`` and ``check``."""
    header = header_of(folder, identity)
    check(folder, header)
    try:
        content = _mapped(folder, header)
    except (OSError, ValueError, KeyError):
        raise SnapshotDamaged(path=str(folder)) from None
    nodes = len(content.nodes)
    if not all(is_sound(side, nodes) for side in (content.forward, content.backward)):
        raise SnapshotDamaged(path=str(folder))
    return content


def _mapped(folder: Path, header: Header) -> Content:
    def column(name: str) -> Ints:
        mapped: Ints = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return mapped.view(np.ndarray)

    @cache
    def records() -> Layers:
        try:
            return Layers((_made(Records, "records", column),))
        except (OSError, ValueError):
            # Removed since, or by hand.
            raise SnapshotDamaged(path=str(folder)) from None

    sides = {}
    for name in ("forward", "backward"):
        parts = ["bounds", *(part.name for part in fields(Side))]
        there = [part for part in parts if f"{name}.{part}.npy" in header.files]
        sides[name] = _side({part: column(f"{name}.{part}") for part in there})
    return Content(
        _made(Nodes, "nodes", column),
        sides["forward"],
        sides["backward"],
        records,
        Scale(**header.scale),
        DataState(header.identity, header.watermark, header.stamp),
        frozenset(map(NodeId, header.still)),
    )


_PARTS: Mapping[str, type] = {"Texts": Texts, "Coded": Coded}


def _names(name: str, column: Any) -> Names:
    return Names(_made(Texts, name, column))


def _made(kind: type[T], name: str, column: Any) -> T:
    """A dataclass of columns, read by their names."""
    found = {}
    for part in fields(kind):  # type: ignore[arg-type]
        inner = _PARTS.get(str(part.type))
        path = f"{name}.{part.name}"
        if part.type == "Names":
            found[part.name] = _names(path, column)
            continue
        found[part.name] = _made(inner, path, column) if inner else column(path)
    return kind(**found)
