"""Loads whatever a path holds, by the one format that recognises it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from genealogy.errors import LoadError, UnreadableFile
from genealogy.messages import text
from genealogy.sinks import EventBook, FactSink
from loaders import epcis, fcl
from loaders.report import Loaded, Progress
from loaders.tables.load import KIND as TABLES
from loaders.tables.load import load_tables
from loaders.tables.load import recognises as holds_tables


@dataclass(frozen=True, slots=True)
class How:
    """How to load, whatever the format; see ``load``."""

    source_system: str
    dry_run: bool = False
    strict: bool = False
    rejects_path: Path | None = None
    progress: Progress | None = None


class Load(Protocol):
    """How the loader of every format is called."""

    def __call__(self, path: Path, sink: FactSink, book: EventBook, how: How) -> Loaded:
        """Load ``path`` into ``sink``."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of input; its title is filed in the catalogue under ``load.<name>``."""

    name: str
    recognises: Callable[[Path], bool]
    load: Load


def _tables(path: Path, sink: FactSink, book: EventBook, how: How) -> Loaded:
    return load_tables(
        path,
        sink,
        source_system=how.source_system,
        dry_run=how.dry_run,
        strict=how.strict,
        rejects_path=how.rejects_path,
        progress=how.progress,
    )


def _epcis(path: Path, sink: FactSink, book: EventBook, how: How) -> Loaded:
    options = epcis.Options(
        source_system=how.source_system,
        dry_run=how.dry_run,
        strict=how.strict,
        rejects_path=how.rejects_path,
        progress=how.progress,
    )
    return epcis.load_epcis(path, sink, book, options)


def _fcl(path: Path, sink: FactSink, book: EventBook, how: How) -> Loaded:
    return fcl.load_fcl(
        path,
        sink,
        source_system=how.source_system,
        dry_run=how.dry_run,
        strict=how.strict,
        rejects_path=how.rejects_path,
        progress=how.progress,
    )


#: How every zip that is not empty begins.
_ZIP = b"PK\x03\x04"

FORMATS: tuple[Format, ...] = (
    Format(TABLES, holds_tables, _tables),
    Format("epcis", epcis.recognises, _epcis),
    Format(fcl.KIND, fcl.recognises, _fcl),
)


def format_of(path: Path) -> Format:
    """The format of what a path holds.

    Raises UnreadableFile when there is nothing at the path or the file there is empty,
    damaged or cut off, LoadError when no format
    recognises it (the hint names those that are known) or when several do: loading
    by one of them would leave the rest out unseen.
    """
    if not path.exists():
        raise UnreadableFile(file=str(path), reason=text("unreadable.missing"))
    found = [known for known in FORMATS if known.recognises(path)]
    if not found:
        _refuse_damaged(path)
        raise LoadError("unknown_format", file=str(path), formats=_titles(FORMATS))
    if len(found) > 1:
        raise LoadError("mixed_formats", file=str(path), formats=_titles(found))
    return found[0]


def load(
    path: Path,
    sink: FactSink,
    book: EventBook,
    *,
    source_system: str | None = None,
    dry_run: bool = False,
    strict: bool = False,
    rejects_path: Path | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Load what a path holds into ``sink``; ``book`` must show what the sink has written.

    The source system defaults to the format's name. Rejected records go to
    ``rejects_path`` and stop nothing; ``dry_run`` writes nothing; ``strict`` raises
    LoadAborted when anything is rejected, having written nothing.
    """
    found = format_of(path)
    how = How(source_system or found.name, dry_run, strict, rejects_path, progress)
    return found.load(path, sink, book, how)


def _refuse_damaged(path: Path) -> None:
    why = _damage(path) if path.is_file() else None
    if why is not None:
        raise UnreadableFile(file=str(path), reason=why)


def _damage(path: Path) -> str | None:
    """Why a file that is of a known kind by its name or first bytes cannot be told to be so."""
    with path.open("rb") as file:
        head = file.read(len(_ZIP))
    if not head:
        return text("unreadable.empty")
    if head == _ZIP or path.suffix.lower() == ".zip":
        return None if _opens(path) else text("unreadable.damaged_zip")
    return epcis.damage(path)


def _opens(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path):
            return True
    except zipfile.BadZipFile:
        return False


def _titles(formats: Sequence[Format]) -> str:
    return "; ".join(text(f"load.{known.name}") for known in formats)
