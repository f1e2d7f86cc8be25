"""Where tables lie: a folder, a zip or one CSV file; what could break out of it is refused."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, Any

from genealogy.errors import UnreadableFile
from genealogy.messages import text
from loaders.report import tellable

SUFFIX = ".csv"

#: Text of tables shrinks five to thirty times; a member beyond this is no table.
MAX_RATIO = 200
MAX_UNPACKED = 200 * 2**30
_RATIO_MATTERS = 2**20
_EVENTS = frozenset({".json", ".jsonld", ".xml"})
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class TableFile:
    """One CSV file: its name in reports, its table, its size in bytes, and how to open it."""

    name: str
    table: str
    size: int
    open: Callable[[], IO[bytes]]


@contextmanager
def table_files(path: Path) -> Iterator[list[TableFile]]:
    """The CSV files at a path, by name; raises UnreadableFile when the path is not to be trusted.

    Files lie directly in the folder or zip; a zip may hold them in one folder of its own.
    """
    if path.is_dir():
        yield _in_folder(path)
    elif path.suffix.lower() == SUFFIX and path.is_file():
        yield [_on_disk(path)]
    else:
        with _opened(path) as archive:
            yield _in_archive(archive, path)


def left_out(path: Path, tables: Container[str]) -> list[str]:
    """Files that may hold records but are not where, or not what, ``table_files`` takes.

    Tables in another format or deeper down, and in a zip also JSON and XML.
    """
    if path.is_dir():
        names = (p.relative_to(path) for p in sorted(path.rglob("*")) if p.is_file())
        found = [n for n in names if len(n.parts) > 1 or n.suffix.lower() != SUFFIX]
        return [tellable(str(n)) for n in found if _may_be_table(n, tables)]
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        members = [PurePosixPath(m.filename) for m in archive.infolist() if not _is_table(m)]
    return [
        str(m) for m in sorted(members) if m.suffix.lower() in _EVENTS or _may_be_table(m, tables)
    ]


def _may_be_table(name: PurePath, tables: Container[str]) -> bool:
    is_named_so = name.name.split(".")[0].lower() in tables and bool(name.suffix)
    return (is_named_so or name.suffix.lower() == SUFFIX) and not _is_hidden(name)


def _is_hidden(name: PurePath) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.parts)


def unreadable(file: str, why: str, **params: Any) -> UnreadableFile:
    """The error for a file that cannot be read, with the reason in words."""
    return UnreadableFile(file=file, reason=text(f"unreadable.{why}", **params))


def _on_disk(path: Path) -> TableFile:
    return TableFile(
        tellable(path.name), path.stem.lower(), path.stat().st_size, lambda: path.open("rb")
    )


def _in_folder(folder: Path) -> list[TableFile]:
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() == SUFFIX)
    for file in files:
        if not file.resolve().is_relative_to(folder.resolve()):
            raise unreadable(str(file), "link")
    return [_on_disk(file) for file in files if file.is_file()]


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise unreadable(str(path), "missing") from error
    except (zipfile.BadZipFile, OSError) as error:
        raise unreadable(str(path), "not_tables") from error
    with archive:
        yield archive


def _in_archive(archive: zipfile.ZipFile, path: Path) -> list[TableFile]:
    members = archive.infolist()
    for member in members:
        _refuse_unsafe(member, path)
    _refuse_bomb(members, path)
    tables = [m for m in members if _is_table(m)]
    _refuse_doubles(tables, path)
    return [_packed(archive, member) for member in sorted(tables, key=lambda m: m.filename)]


def _packed(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> TableFile:
    name = PurePosixPath(member.filename)
    return TableFile(name.name, name.stem.lower(), member.file_size, lambda: archive.open(member))


def _is_table(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename)
    return name.suffix.lower() == SUFFIX and len(name.parts) <= 2 and not _is_hidden(name)


def _refuse_unsafe(member: zipfile.ZipInfo, path: Path) -> None:
    # orig_filename is the name as stored; zipfile cuts the other one at a NUL.
    name = member.orig_filename.replace("\\", "/")
    if name.startswith("/") or ":" in name[:3] or "\0" in name or ".." in name.split("/"):
        raise unreadable(str(path), "path_outside", member=name.replace("\0", "?"))
    if stat.S_ISLNK(member.external_attr >> 16):
        raise unreadable(str(path), "link")
    if member.flag_bits & _ENCRYPTED:
        raise unreadable(str(path), "encrypted")


def _refuse_bomb(members: list[zipfile.ZipInfo], path: Path) -> None:
    for member in members:
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > _RATIO_MATTERS and ratio > MAX_RATIO:
            raise unreadable(str(path), "bomb", member=member.filename, ratio=round(ratio))
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise unreadable(str(path), "too_large", limit=MAX_UNPACKED // 2**30)


def _refuse_doubles(tables: list[zipfile.ZipInfo], path: Path) -> None:
    names = [PurePosixPath(m.filename).name.lower() for m in tables]
    for name in names:
        if names.count(name) > 1:
            raise unreadable(str(path), "double", member=name)
