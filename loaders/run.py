"""Loads whatever a path holds: the first format that recognises it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from genealogy.errors import LoadError, UnreadableFile
from genealogy.messages import text
from genealogy.ports import FactSink
from loaders.report import Loaded, Progress
from loaders.tables.load import KIND as TABLES
from loaders.tables.load import load_tables
from loaders.tables.load import recognises as holds_tables


class Load(Protocol):
    """How every loader is called."""

    def __call__(
        self,
        path: Path,
        sink: FactSink,
        *,
        source_system: str = ...,
        dry_run: bool = ...,
        strict: bool = ...,
        rejects_path: Path | None = ...,
        progress: Progress | None = ...,
    ) -> Loaded:
        """Load ``path`` into ``sink``; see ``loaders.tables.load.load_tables``."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of input; its title is filed in the catalogue under ``load.<name>``."""

    name: str
    recognises: Callable[[Path], bool]
    load: Load


FORMATS: tuple[Format, ...] = (Format(TABLES, holds_tables, load_tables),)


def format_of(path: Path) -> Format:
    """The format of what a path holds.

    Raises UnreadableFile when there is nothing at the path, LoadError when no format
    recognises it; the hint names the formats that are known.
    """
    if not path.exists():
        raise UnreadableFile(file=str(path), reason=text("unreadable.missing"))
    found = next((known for known in FORMATS if known.recognises(path)), None)
    if found is None:
        names = "; ".join(text(f"load.{known.name}") for known in FORMATS)
        raise LoadError("unknown_format", file=str(path), formats=names)
    return found


def load(
    path: Path,
    sink: FactSink,
    *,
    source_system: str | None = None,
    dry_run: bool = False,
    strict: bool = False,
    rejects_path: Path | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Load what a path holds into ``sink``; the source system defaults to the format's name."""
    found = format_of(path)
    return found.load(
        path,
        sink,
        source_system=source_system or found.name,
        dry_run=dry_run,
        strict=strict,
        rejects_path=rejects_path,
        progress=progress,
    )
