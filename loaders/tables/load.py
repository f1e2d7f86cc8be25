"""Loads canonical tables: each file is checked, typed, mapped and written in batches."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from genealogy.errors import LoadAborted, LoadError
from genealogy.model.facts import Fact, NodeFact
from genealogy.ports import FactSink
from loaders.report import Loaded, Progress, Reject, RejectsFile, Remark, Tally
from loaders.tables.container import SUFFIX, TableFile, table_files
from loaders.tables.declared import TABLES
from loaders.tables.encoding import check_utf8
from loaders.tables.facts import facts_of
from loaders.tables.records import Record, Records
from loaders.tables.rows import Header, Row, Unusable, read_header, typed_row
from loaders.tables.seen import Seen

KIND = "tables"
BATCH_ROWS = 5_000

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError)


@dataclass(slots=True)
class _Batch:
    """The facts of some rows; what is only mentioned is stated once a batch."""

    facts: list[Fact] = field(default_factory=list)
    rows: int = 0
    _mentioned: set[tuple[object, ...]] = field(default_factory=set)

    def add(self, facts: list[Fact]) -> None:
        self.rows += 1
        self.facts.extend(fact for fact in facts if self._is_new(fact))

    def _is_new(self, fact: Fact) -> bool:
        if not isinstance(fact, NodeFact) or fact.properties:
            return True
        mention = (fact.node_id, fact.label, fact.roles, fact.identifiers, fact.source.system)
        known = mention in self._mentioned
        self._mentioned.add(mention)
        return not known


@dataclass(slots=True)
class _Load:
    """One pass over the files of a load; without a sink it only checks."""

    tally: Tally
    sink: FactSink | None
    system: str
    batch_rows: int
    progress: Progress | None
    bytes_all: int
    bytes_done: int = 0

    def file(self, file: TableFile) -> None:
        """Load one file, or refuse it whole."""
        trouble = _unreadable(file)
        if trouble is not None:
            self.tally.refuse(trouble)
        else:
            self._read(file)
        self.bytes_done += file.size
        self._tell(file, 0)

    def _read(self, file: TableFile) -> None:
        with file.open() as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as stream:
            records = Records(stream)
            header = self._header(file, next(records, None))
            if header is None:
                return
            for batch in self._batches(file, header, records):
                self._write(file, batch)
                self._tell(file, raw.tell())

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

    def _batches(self, file: TableFile, header: Header, records: Records) -> Iterator[_Batch]:
        batch, seen = _Batch(), Seen()
        for record in records:
            facts = self._facts(file, header, record, seen)
            if facts is not None:
                batch.add(facts)
            if batch.rows >= self.batch_rows:
                yield batch
                batch = _Batch()
        yield batch

    def _facts(
        self, file: TableFile, header: Header, record: Record, seen: Seen
    ) -> list[Fact] | None:
        try:
            row = typed_row(TABLES[file.table], file.name, header, record)
            facts = list(facts_of(row, self.system))
            if _said_before(row, seen):
                self.tally.duplicate(file.name)
                return None
        except Unusable as trouble:
            self.tally.reject(file.name, trouble.reasons)
            return None
        self.tally.accept(file.name)
        return facts

    def _write(self, file: TableFile, batch: _Batch) -> None:
        if self.sink is not None and batch.facts:
            self.tally.wrote(file.name, self.sink.write(batch.facts))

    def _tell(self, file: TableFile, position: int) -> None:
        if self.progress is not None:
            self.progress(file.name, self.bytes_done + position, self.bytes_all)


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
            size = sum(file.size for file in ours)
            load = _Load(tally, into, source_system, batch_rows, progress, size)
            for file in ours:
                load.file(file)
            return tally.result(str(path), KIND, dry_run=dry_run)

        if strict:
            _refuse_rejects(run(None))
        return run(None if dry_run else sink)


def _refuse_rejects(checked: Loaded) -> None:
    if not checked.clean:
        raise LoadAborted(count=checked.rejects, loaded=checked)


def _known(path: Path, files: list[TableFile]) -> list[TableFile]:
    order = list(TABLES)
    ours = [file for file in files if file.table in TABLES]
    if not ours:
        raise LoadError("no_tables", file=str(path), names=", ".join(order))
    return sorted(ours, key=lambda file: order.index(file.table))


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


def _said_before(row: Row, seen: Seen) -> bool:
    """Whether this very row came before; raises Unusable when another one contradicts it."""
    earlier = seen.earlier(row)
    if earlier is None:
        return False
    line, same = earlier
    if not same:
        record_id = row.text("record_id")
        field = "record_id" if record_id else ", ".join(row.table.names)
        raise Unusable(
            Reject(row.file, row.line, field, record_id, "contradiction", {"first": line})
        )
    return True
