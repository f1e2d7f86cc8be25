"""Loads EPCIS files: reads, checks, maps and writes in batches, and settles flows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from genealogy.errors import InvalidIdentifier, LoadAborted, LoadError, UnreadableFile
from genealogy.messages import text
from genealogy.model.facts import Fact, NodeId, Source
from genealogy.sinks import EventBook, FactSink, StoredEvent
from loaders.epcis.body import body_of, packed
from loaders.epcis.capture import Capture, Outcome
from loaders.epcis.event import Event, identifiers, without_objects
from loaders.epcis.masterdata import master_facts
from loaders.epcis.parse import parse
from loaders.epcis.raw import BadEvent, Fault, Note, RawEvent, RawMasterData, Unreadable
from loaders.epcis.read import SUFFIXES, first_character, read
from loaders.epcis.stages import stages
from loaders.report import Loaded, Progress, Reject, RejectsFile, Remark, Tally, source_of, tellable

KIND = "epcis"
BATCH_EVENTS = 1_000
_MARKS = (b"EPCIS", b"epcis", b"eventTime", b"eventList")
_HEAD = 65_536
_PACKED = frozenset({".zip", ".gz", ".jsonl", ".ndjson"})
#: The databases take 16 MiB in one message; an event is stored whole, and twice when voided.
LARGEST_MIB = 4
LARGEST = LARGEST_MIB * 2**20
#: The flows of an event are one transaction, which the databases hold in memory: 200,000 flows
#: take a Neo4j of 1 GB too far, an embedded database of 2 GB not.
MOST_OBJECTS = 250_000
_TOO_LARGE = Fault("epcis_too_large", params={"longest": str(LARGEST_MIB)})


@dataclass(frozen=True, slots=True)
class Options:
    """How to load; ``now`` (UTC) is the record time of events without one, null = the clock's."""

    source_system: str = KIND
    batch_events: int = BATCH_EVENTS
    dry_run: bool = False
    strict: bool = False
    rejects_path: Path | None = None
    progress: Progress | None = None
    now: datetime | None = None


def recognises(path: Path) -> bool:
    """Whether a path holds EPCIS files, told by their suffix and first bytes."""
    return any(_may_be_epcis(file.path) for file in _files(path))


def load_epcis(
    paths: Path | Sequence[Path], sink: FactSink, book: EventBook, options: Options | None = None
) -> Loaded:
    """Load files, or all JSON and XML files of folders, into ``sink``.

    ``book`` must show what ``sink`` has written. Rejected events go to the rejects
    file and stop nothing. ``strict`` checks everything first and raises LoadAborted
    (with the report as parameter ``loaded``) when anything is rejected, having
    written nothing. Raises UnreadableFile when there is nothing at a path,
    LoadError when no file is found.
    """
    options = options or Options()
    roots = [paths] if isinstance(paths, Path) else list(paths)
    files = [file for root in roots for file in _files(root)]
    if not files:
        raise LoadError("epcis_no_files", file=", ".join(map(str, roots)))
    with RejectsFile(options.rejects_path) as rejects:

        def run(into: FactSink | None) -> Loaded:
            load = _Load(Tally(rejects), into, book, options, sum(f.size for f in files))
            for file in files:
                load.file(file)
            for packed_file in (name for root in roots for name in _packed_files(root)):
                load.tally.remark(Remark(packed_file, None, None, None, "left_out"))
            name = ", ".join(map(str, roots))
            return load.tally.result(name, KIND, dry_run=options.dry_run)

        if options.strict:
            _refuse_rejects(run(None))
        if options.dry_run:
            return run(None)
        with sink.loading(source_of(*roots)):
            return run(sink)


def _refuse_rejects(checked: Loaded) -> None:
    if not checked.clean:
        raise LoadAborted(count=checked.rejects, loaded=checked)


@dataclass(frozen=True, slots=True)
class _File:
    """One file: where it is, and under which name it is reported."""

    path: Path
    name: str
    size: int


def _files(root: Path) -> list[_File]:
    if not root.exists():
        raise UnreadableFile(file=str(root), reason=text("unreadable.missing"))
    if root.is_file():
        return [_File(root, tellable(root.name), root.stat().st_size)]
    found = sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    return [_File(p, _name(p, root), p.stat().st_size) for p in found]


def _packed_files(root: Path) -> list[str]:
    """Files of a folder that may hold events but are not read."""
    found = sorted(p for p in root.rglob("*") if p.suffix.lower() in _PACKED and p.is_file())
    return [_name(p, root) for p in found]


def _name(path: Path, root: Path) -> str:
    return tellable(path.relative_to(root).as_posix())


def _may_be_epcis(path: Path) -> bool:
    if path.suffix.lower() not in SUFFIXES:
        return False
    first = first_character(path)
    if first not in ("<", "[", "{"):
        # An empty file is taken, so that the user is told that it is empty.
        return first == ""
    with path.open("rb") as file:
        head = file.read(_HEAD).replace(b"\x00", b"")
    return any(mark in head for mark in _MARKS)


@dataclass(slots=True)
class _Batch:
    """Events read but not yet written, with where each stands, and master data."""

    events: list[tuple[Event, str, int]] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    size: int = 0

    def __len__(self) -> int:
        return len(self.events) + len(self.facts)

    def has_room(self, other: _Batch, most_events: int) -> bool:
        """Whether another batch can be added; the size counts bytes of text."""
        return len(self) < most_events and self.size + other.size <= LARGEST

    def add(self, other: _Batch) -> None:
        """Put another batch behind this one."""
        self.events += other.events
        self.facts += other.facts
        self.size += other.size


@dataclass(slots=True)
class _Load:
    """One pass over the files of a load; without a sink it only checks."""

    tally: Tally
    sink: FactSink | None
    book: EventBook
    options: Options
    bytes_all: int
    bytes_done: int = 0
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _remarked: set[tuple[str, str]] = field(default_factory=set)
    _checked: _CheckedBook | None = None

    def __post_init__(self) -> None:
        self.now = self.options.now or self.now
        if self.sink is None:
            self._checked = _CheckedBook(self.book)

    def file(self, file: _File) -> None:
        """Load one file, or refuse the part of it that cannot be read."""
        try:
            for batch in self._batches(file):
                self._write(file, batch)
        except OSError as error:
            why = {"why": error.strerror or str(error)}
            self.tally.refuse(Reject(file.name, None, None, None, "epcis_not_opened", why))
        self.bytes_done += file.size
        self._tell(file, 0)

    def _batches(self, file: _File) -> Iterator[_Batch]:
        batch, read_any = _Batch(), False
        try:
            for found in read(file.path, lambda done: self._tell(file, done)):
                read_any = True
                taken = self._take(file, found)
                if not batch.has_room(taken, self.options.batch_events):
                    yield batch
                    batch = _Batch()
                batch.add(taken)
        except Unreadable as error:
            self._unreadable(file, error, read_any)
        yield batch

    def _unreadable(self, file: _File, error: Unreadable, read_any: bool) -> None:
        reject = _reject(file, error.line, error.fault)
        if read_any:
            self.tally.reject(file.name, [reject])
        else:
            self.tally.refuse(reject)

    def _take(self, file: _File, found: RawEvent | RawMasterData | BadEvent | Note) -> _Batch:
        match found:
            case RawEvent():
                return self._event(file, found)
            case BadEvent():
                self.tally.reject(file.name, [_reject(file, found.line, found.fault)])
            case RawMasterData():
                return self._master_data(file, found)
            case Note():
                self._remark(file, found.line, found.code)
        return _Batch()

    def _event(self, file: _File, raw: RawEvent) -> _Batch:
        parsed = parse(raw)
        for code in parsed.notes:
            self._remark(file, raw.line, code)
        body = body_of(parsed.event) if parsed.event else ""
        faults = (*parsed.faults, *_bounds(parsed.event, body))
        if parsed.event is None or faults:
            reasons = [_reject(file, raw.line, fault) for fault in faults]
            self.tally.reject(file.name, reasons)
            return _Batch()
        return _Batch([(parsed.event, body, raw.line)], size=_bytes(body))

    def _master_data(self, file: _File, data: RawMasterData) -> _Batch:
        size = sum(map(_bytes, data.attributes.values()))
        if size > LARGEST:
            self._remark(file, data.line, "epcis_large_master_data")
            return _Batch()
        try:
            facts = list(master_facts(data, self._source(file, data.line)))
        except InvalidIdentifier:
            self._remark(file, data.line, "epcis_master_data")
            return _Batch()
        return _Batch(facts=facts, size=size)

    def _write(self, file: _File, batch: _Batch) -> None:
        capture = Capture(self._checked or self.book, self.now)
        capture.recall([event for event, _, _ in batch.events])
        for event, body, line in batch.events:
            outcome = capture.take(event, body, self._source(file, line))
            self._count(file, event, line, outcome)
        if self._checked is not None:
            self._checked.remember(capture.stored())
        if self.sink is not None:
            facts = [*batch.facts, *capture.facts()]
            for portion in stages(facts) if facts else ():
                self.tally.wrote(file.name, self.sink.write(portion))

    def _count(self, file: _File, event: Event, line: int, outcome: Outcome) -> None:
        if outcome is Outcome.NEW:
            self.tally.accept(file.name)
        elif outcome is Outcome.REPEATED:
            self.tally.duplicate(file.name)
        else:
            fault = Fault("epcis_contradiction", "eventID", event.event_id)
            self.tally.reject(file.name, [_reject(file, line, fault)])

    def _source(self, file: _File, line: int) -> Source:
        return Source(self.options.source_system, f"{file.name}:{line}")

    def _remark(self, file: _File, line: int | None, code: str) -> None:
        """Tell once a file; a million events may all have the same peculiarity."""
        if (file.name, code) not in self._remarked:
            self._remarked.add((file.name, code))
            self.tally.remark(Remark(file.name, line, None, None, code))

    def _tell(self, file: _File, position: int) -> None:
        if self.options.progress is not None:
            self.options.progress(file.name, self.bytes_done + position, self.bytes_all)


def _bounds(event: Event | None, body: str) -> Iterator[Fault]:
    """Why an event is more than the databases take."""
    if event is None or _bytes(body) <= LARGEST:
        return
    count = sum(1 for _ in identifiers(event))
    if count > MOST_OBJECTS:
        params = {"count": f"{count:,}", "most": f"{MOST_OBJECTS:,}"}
        yield Fault("epcis_too_many", "eventID", event.event_id, params)
    elif _bytes(body_of(without_objects(event))) > LARGEST or _bytes(packed(body)) > LARGEST:
        yield _TOO_LARGE


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def _reject(file: _File, line: int | None, fault: Fault) -> Reject:
    return Reject(file.name, line, fault.field, fault.value, fault.code, fault.params)


@dataclass(slots=True)
class _CheckedBook:
    """What a dry run would have written, over what is there."""

    book: EventBook
    _events: dict[NodeId, StoredEvent] = field(default_factory=dict)

    def events(self, event_ids: Sequence[NodeId]) -> list[StoredEvent]:
        """The events with these ids, those of this run first."""
        own = {i: self._events[i] for i in event_ids if i in self._events}
        return [*own.values(), *self.book.events([i for i in event_ids if i not in own])]

    def events_about(self, node_ids: Sequence[NodeId]) -> list[StoredEvent]:
        """Nothing: a dry run settles no flows."""
        return []

    def remember(self, events: Sequence[StoredEvent]) -> None:
        """Keep events that would have been written."""
        self._events |= {event.event_id: event for event in events}
