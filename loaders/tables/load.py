"""Loads canonical tables: each file is checked, typed, mapped and written in batches."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from genealogy.errors import LoadAborted, LoadError
from genealogy.model.facts import Fact, FlowFact, NodeId, Written
from genealogy.model.names import FEW_AT
from genealogy.sinks import FactSink
from loaders.report import Loaded, Progress, Reject, RejectsFile, Remark, Tally, source_of
from loaders.tables.container import SUFFIX, TableFile, left_out, table_files
from loaders.tables.declared import TABLES
from loaders.tables.encoding import check_utf8
from loaders.tables.facts import facts_of
from loaders.tables.movements import wrong_ends
from loaders.tables.parts import GIVING, Parts
from loaders.tables.records import Block, Record, Records
from loaders.tables.rows import Faults, Header, Rows, Unusable, note, read_header, typed_rows
from loaders.tables.seen import Seen

KIND = "tables"
BATCH_ROWS = 5_000

_PLACE = {name: place for place, name in enumerate(TABLES)}
# Batches come before lots: while they are written it is found out what parts the lots play.
_FIRST = frozenset({"products", "product_units", "parties", "places", "batches"})
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError)


@dataclass(frozen=True, slots=True)
class _Step:
    """Some rows of a file, read: the facts they state, and the bytes read so far in all."""

    file: str
    facts: list[Fact]
    bytes_done: int


@dataclass(slots=True)
class _Load:
    """One pass over the files of a load, as steps that are checked when they are taken."""

    tally: Tally
    system: str
    batch_rows: int
    bytes_done: int = 0
    parts: Parts = field(default_factory=Parts)

    def steps(self, files: Sequence[TableFile], *, ahead: bool = True) -> Iterator[_Step]:
        """Read file after file; one that cannot be read is refused whole.

        With ``ahead``, what gives lots a part is read before the lots, and again in its turn.
        """
        for file in files:
            if ahead and file.table == "lots":
                self._look_ahead(files)
            trouble = _unreadable(file)
            if trouble is not None:
                self.tally.refuse(trouble)
            else:
                yield from self._read(file)
            self.bytes_done += file.size
            yield _Step(file.name, [], self.bytes_done)

    def _look_ahead(self, files: Iterable[TableFile]) -> None:
        for file in files:
            if file.table in GIVING and _unreadable(file) is None:
                unheard = _Load(Tally(RejectsFile(None)), self.system, self.batch_rows)
                self.parts.learn(file.table, (rows for rows, _ in unheard.accepted(file)))

    def _read(self, file: TableFile) -> Iterator[_Step]:
        rest: list[Fact] = []
        done = self.bytes_done
        for rows, read in self.accepted(file):
            done = self.bytes_done + read
            told = facts_of(rows, self.system, self.parts) if len(rows) else []
            facts, rest = _cut(rest + told)
            yield _Step(file.name, facts, done)
        if rest:
            yield _Step(file.name, rest, done)

    def accepted(self, file: TableFile) -> Iterator[tuple[Rows, int]]:
        """The rows of a file that can be used, block by block, and the bytes read by then."""
        with file.open() as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as stream:
            records = Records(stream)
            header = self._header(file, next(records, None))
            if header is None:
                return
            seen, is_empty = Seen(), True
            for block in records.blocks(self.batch_rows):
                is_empty = is_empty and not (block.rows or block.broken)
                yield self._checked(file, header, block, seen), raw.tell()
            if is_empty:
                self.tally.remark(Remark(file.name, None, None, None, "header_only"))

    def _header(self, file: TableFile, record: Record | None) -> Header | None:
        if record is None:
            self.tally.refuse(Reject(file.name, None, None, None, "empty_file"))
            return None
        try:
            header = read_header(TABLES[file.table], file.name, record)
        except Unusable as trouble:
            self.tally.refuse(trouble.reasons[0])
            return None
        if header.unknown:
            names = ", ".join(header.unknown)
            params = {"columns": names}
            self.tally.remark(
                Remark(file.name, record.line, names, None, "unknown_columns", params)
            )
        return header

    def _checked(self, file: TableFile, header: Header, block: Block, seen: Seen) -> Rows:
        rows, faults = typed_rows(TABLES[file.table], file.name, header, block)
        rows = _less(rows, faults, wrong_ends(rows))
        earlier = seen.earlier(rows)
        rows = _less(rows, faults, _contradictions(rows, earlier))
        new = rows.without(earlier) if earlier else rows
        for line in sorted(faults):
            self.tally.reject(file.name, faults[line])
        self.tally.duplicate(file.name, len(rows) - len(new))
        self.tally.accept(file.name, len(new))
        return new


def _cut(facts: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    """The facts of one write, and those at the end that go better with the next ones.

    Two writes that tell of flows at the same node cannot go on side by side, and tables
    have the rows of one batch or shipment together.
    """
    last = _anchor(facts[-1]) if facts else None
    end = len(facts)
    while last is not None and end and _anchor(facts[end - 1]) == last:
        end -= 1
    return (facts[:end], facts[end:]) if end else (facts, [])


def _anchor(fact: Fact) -> NodeId | None:
    """The node at which a flow is looked up."""
    if not isinstance(fact, FlowFact):
        return None
    return fact.source_id if FEW_AT[fact.type] == "source" else fact.target_id


def _less(rows: Rows, faults: Faults, reasons: list[Reject]) -> Rows:
    """The rows without those that there are reasons against, which are noted."""
    if not reasons:
        return rows
    note(faults, reasons)
    return rows.without(faults)


def _contradictions(rows: Rows, earlier: Mapping[int, tuple[int, bool]]) -> list[Reject]:
    """Why rows that say otherwise than earlier ones of the same name are not believed."""
    found = []
    records = zip(rows.lines, rows.texts("record_id"), strict=True) if earlier else ()
    for line, record_id in records:
        first, same = earlier.get(line, (0, True))
        if not same:
            field = "record_id" if record_id else ", ".join(rows.table.names)
            params = {"first": first}
            found.append(Reject(rows.file, line, field, record_id, "contradiction", params))
    return found


@dataclass(slots=True)
class _Writing:
    """Steps on their way to the sink: told as done, in order, when they are written."""

    tally: Tally
    sink: FactSink | None
    progress: Progress | None
    bytes_all: int
    _waiting: deque[_Step] = field(default_factory=deque)

    def run(self, steps: Iterable[_Step]) -> None:
        """Write all steps; the next ones are read while the sink is still busy."""
        stream = self.sink.stream if self.sink else _nowhere
        with closing(stream(self._batches(steps))) as written:
            for outcome in written:
                self._tell(until_written=True)
                step = self._waiting.popleft()
                self.tally.wrote(step.file, outcome)
                self._done(step)
        self._tell(until_written=False)

    def _batches(self, steps: Iterable[_Step]) -> Iterator[list[Fact]]:
        for step in steps:
            self._waiting.append(step)
            if step.facts:
                yield step.facts

    def _tell(self, *, until_written: bool) -> None:
        while self._waiting and not (until_written and self._waiting[0].facts):
            self._done(self._waiting.popleft())

    def _done(self, step: _Step) -> None:
        if self.progress is not None:
            self.progress(step.file, step.bytes_done, self.bytes_all)


def _nowhere(batches: Iterable[Sequence[Fact]]) -> Generator[Written, None, None]:
    for _ in batches:
        yield Written()


def recognises(path: Path) -> bool:
    """Whether a path holds canonical tables, told by the names of its files."""
    if path.is_file() and path.suffix.lower() != SUFFIX and not zipfile.is_zipfile(path):
        return False
    with table_files(path) as files:
        return any(file.table in TABLES for file in files)


def load_tables(
    path: Path,
    sink: FactSink,
    *,
    source_system: str = KIND,
    batch_rows: int = BATCH_ROWS,
    dry_run: bool = False,
    strict: bool = False,
    rejects_path: Path | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Load a folder, zip or CSV file of canonical tables into ``sink``.

    Rejected records go to ``rejects_path`` and stop nothing. ``dry_run`` writes
    nothing; ``strict`` checks everything first and raises LoadAborted (with the
    report as parameter ``loaded``) when anything is rejected, having written
    nothing. Raises UnreadableFile for a path that is damaged or not to be trusted,
    LoadError when it holds no table.
    """
    with RejectsFile(rejects_path) as rejects, table_files(path) as files:
        ours = _known(path, files)

        def run(into: FactSink | None) -> Loaded:
            tally = Tally(rejects)
            _remark_unknown(tally, files)
            for name in left_out(path, TABLES):
                tally.remark(Remark(name, None, None, None, "left_out"))
            size = sum(file.size for file in ours)
            steps = _Load(tally, source_system, batch_rows).steps(ours, ahead=into is not None)
            _Writing(tally, into, progress, size).run(steps)
            return tally.result(str(path), KIND, dry_run=dry_run)

        if strict:
            _refuse_rejects(run(None))
        if dry_run:
            return run(None)
        with sink.loading(source_of(path)):
            return run(sink)


def _refuse_rejects(checked: Loaded) -> None:
    if not checked.clean:
        raise LoadAborted(count=checked.rejects, loaded=checked)


def _known(path: Path, files: list[TableFile]) -> list[TableFile]:
    ours = [file for file in files if file.table in TABLES]
    if not ours:
        raise LoadError("no_tables", file=str(path), names=", ".join(TABLES))
    return sorted(ours, key=lambda file: (file.table not in _FIRST, _PLACE[file.table]))


def _remark_unknown(tally: Tally, files: list[TableFile]) -> None:
    for file in files:
        if file.table not in TABLES:
            params = {"names": ", ".join(TABLES)}
            tally.remark(Remark(file.name, None, None, None, "unknown_table", params))


def _unreadable(file: TableFile) -> Reject | None:
    try:
        with file.open() as stream:
            trouble = check_utf8(stream)
    except _DAMAGED as error:
        return Reject(file.name, None, None, None, "damaged_file", {"why": error})
    if trouble is None:
        return None
    return Reject(file.name, trouble.line, None, None, "not_utf8", {"guess": trouble.guess})
