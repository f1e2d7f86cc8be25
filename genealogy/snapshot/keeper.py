"""Keeps the snapshot of a database: finds it, brings it up to date, lets it answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from genealogy.errors import LotgraphError
from genealogy.ports import DataState, GraphSource
from genealogy.snapshot import build, files
from genealogy.snapshot import trace as walked
from genealogy.snapshot.content import Content
from genealogy.snapshot.flows import CopiedFlows
from genealogy.snapshot.reach import Reach, reach
from genealogy.snapshot.refresh import refreshed
from genealogy.trace.result import Trace, TraceQuery
from genealogy.trace.walk import Progress

#: A snapshot is made anew, rather than followed up, after writes that told of more nodes, or
#: when rows that were put behind are a larger part of it than one of so many.
MOST_CHANGED = 50_000
LARGEST_PART = 10
#: Attempts to catch up with a database that is written to meanwhile.
_ATTEMPTS = 3
#: What columns that were altered may lead to.
_AMISS = (LookupError, ValueError, ArithmeticError, MemoryError, AssertionError)


class _TooFar(Exception):
    """The database has changed more than can be followed up, or is another."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a snapshot stands to its database; ``reason`` is a word for why it is not used."""

    state: DataState
    folder: Path | None
    header: files.Header | None
    reason: str


@dataclass(slots=True)
class Keeper:
    """The snapshot of one database below a folder; safe to use from several threads.

    Files are made by ``build`` alone. What is written later is followed up in memory.
    ``rebuilds`` lets a snapshot that cannot be followed up be made anew in the background,
    which is for programs that go on.
    """

    source: GraphSource
    base: Path
    rebuilds: bool = False
    _content: Content | None = None
    _folder: Path | None = None
    _damaged: Path | None = None
    _builder: Thread | None = None
    _lock: Any = field(default_factory=Lock, repr=False)

    def build(self, progress: build.Progress | None = None) -> files.Header:
        """Make a snapshot of the whole database and let it be the current one."""
        identity = self.source.name()
        content = build.build(self.source, progress)
        files.save(content, self.base, identity)
        with self._lock:
            self._content = self._folder = None
        # Only what can be read again counts as made.
        return self._opened(identity)[1]

    def drop(self) -> bool:
        """Remove the snapshot of the database; whether there was one."""
        identity = self.source.state().identity
        with self._lock:
            self._content = self._folder = None
        return identity is not None and files.drop(self.base, identity)

    def status(self) -> Status:
        """How the snapshot stands, with all files read and compared."""
        state = self.source.state()
        if state.identity is None:
            return Status(state, None, None, "none")
        folder = header = None
        try:
            folder = files.current(self.base, state.identity)
            if folder is None:
                return Status(state, None, None, "none")
            header = files.header_of(folder, state.identity)
            files.check(folder, header, thoroughly=True)
        except files.SnapshotDamaged:
            return Status(state, folder, header, "damaged")
        return Status(state, folder, header, self._reason(state))

    def _reason(self, state: DataState) -> str:
        content = self.fresh()
        if content is None:
            return "stale"
        return "fresh" if content.watermark >= state.watermark else "behind"

    def trace(self, query: TraceQuery, progress: Progress | None = None) -> Trace | None:
        """The answer of the snapshot, which names its watermark; null where it cannot tell.

        What has to be prepared with the help of the database is prepared anew if that was
        written to meanwhile.
        """
        for _ in range(_ATTEMPTS):
            flows = self.flows()
            if flows is None:
                return None
            with suppress(files.SnapshotDamaged), self.vouched():
                found = walked.trace(flows, query, progress=progress)
                if found is not None:
                    return found
                found = walked.prepared_trace(flows, query, progress=progress)
                if found is None or self.source.state() == flows.content.state:
                    return found
        return None

    def reach(self, query: TraceQuery, progress: Progress | None = None) -> Reach | None:
        """The answer of the snapshot as arrays; null where these do not tell it."""
        flows = self.flows()
        with suppress(files.SnapshotDamaged), self.vouched():
            return None if flows is None else reach(flows, query, progress=progress)
        return None

    def flows(self) -> CopiedFlows | None:
        """The snapshot as a source of flows, brought up to date; null where there is none."""
        # Asked first: of a load that ends meanwhile, part may be missing in the snapshot.
        unfinished = self.source.standing().unfinished if self.base.is_dir() else ()
        content = self.fresh()
        return None if content is None else CopiedFlows(self.source, content, unfinished)

    def warm(self) -> None:
        """Open the snapshot, if there is one, read all of it, and have the compiled walk at hand.

        One that turns out to be damaged is not used any more.
        """
        content = self.fresh()
        with suppress(files.SnapshotDamaged):
            self._examine()
            if content is not None:
                walked.rehearse(content)

    @contextmanager
    def vouched(self) -> Iterator[None]:
        """Use the snapshot; raises SnapshotDamaged where altered files may be why that failed."""
        try:
            yield
        except _AMISS:
            self._examine()
            raise

    def _examine(self) -> None:
        """Read and compare all files in use; raises SnapshotDamaged, and uses them no more."""
        folder = self._folder
        if folder is None:
            return
        try:
            files.check(folder, files.header_of(folder, folder.parent.name), thoroughly=True)
        except files.SnapshotDamaged:
            self._damaged = folder
            raise

    def fresh(self) -> Content | None:
        """The snapshot with all that the database has accepted; null where there is none.

        None is used that is damaged, of another database, or too far behind to follow up:
        then a new one is made in the background, if ``rebuilds``.
        """
        # Most have none; then the database need not be asked.
        state = self.source.state() if self.base.is_dir() else None
        if state is None or state.identity is None:
            return None
        with self._lock:
            try:
                content = self._known(state.identity)
                return None if content is None else self._caught_up(content, state)
            except (files.SnapshotDamaged, _TooFar):
                self._content = self._folder = None
                self._make_anew()
                return None

    def _known(self, identity: str) -> Content | None:
        """What was opened and followed up before, unless a later one was built since."""
        folder = files.current(self.base, identity)
        if folder is None:
            return None
        if folder == self._damaged:
            raise files.SnapshotDamaged(path=str(folder))
        if self._content is None or folder != self._folder:
            self._content, self._folder = files.load(folder, identity), folder
        return self._content

    def _caught_up(self, content: Content, state: DataState) -> Content | None:
        """The snapshot in the present state; null if that changes all the time.

        Raises _TooFar when it cannot follow.
        """
        for _ in range(_ATTEMPTS):
            if content.state == state:
                self._content = content
                return content
            followed = self._followed(content, state)
            now = self.source.state()
            if now == state:
                if followed is None:
                    raise _TooFar
                content = followed
            # Else it was written to while it was read: rows may be of different states.
            state = now
        return None

    def _followed(self, content: Content, state: DataState) -> Content | None:
        if content.watermark >= state.watermark:
            # A database restored from earlier: what was told since is not what was copied.
            return None
        changed = self.source.changed(content.state, state.watermark, MOST_CHANGED)
        followed = None if changed is None else refreshed(content, self.source, changed, state)
        if followed is None:
            return None
        base = len(followed.records.base.edge_id)
        grown = len(followed.forward.head) - base
        return None if grown > max(MOST_CHANGED, base // LARGEST_PART) else followed

    def _make_anew(self) -> None:
        """Build in the background, unless that is under way."""
        if self.rebuilds and (self._builder is None or not self._builder.is_alive()):
            self._builder = Thread(target=self._build_aside, daemon=True)
            self._builder.start()

    def _build_aside(self) -> None:
        # A database that does not answer now is asked again at the next question.
        with suppress(LotgraphError):
            self.build()

    def _opened(self, identity: str) -> tuple[Path, files.Header]:
        folder = files.current(self.base, identity)
        if folder is None:
            raise files.SnapshotDamaged(path=str(self.base / identity))
        return folder, files.header_of(folder, identity)
