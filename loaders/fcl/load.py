"""Loads FCL-Web JSON files: reads, checks, maps and writes one file after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from genealogy.errors import InvalidIdentifier, LoadAborted, UnreadableFile
from genealogy.messages import text
from genealogy.model.facts import Fact
from genealogy.sinks import FactSink
from loaders.fcl.check import Checked, checked
from loaders.fcl.document import read_document
from loaders.fcl.facts import facts_of
from loaders.report import Loaded, Progress, Reject, RejectsFile, Remark, Tally, source_of, tellable

KIND = "fcl"
SUFFIX = ".json"
_CHUNK = 1 << 20
#: What a file of FoodChain-Lab holds wherever it stands, and what makes it an EPCIS file.
_MARKS = (b'"stations"', b'"deliver')
_OTHER = (b"EPCIS", b"epcis", b"eventList")
BATCH = 5_000
#: Larger than any network that FCL-Web, which runs in a browser, can open.
MOST_BYTES = 256 * 2**20


def recognises(path: Path) -> bool:
    """Whether a path holds FCL-Web JSON, told by what the files hold."""
    return any(_may_be_fcl(file) for file in _files(path))


def load_fcl(
    path: Path,
    sink: FactSink,
    *,
    source_system: str = KIND,
    dry_run: bool = False,
    strict: bool = False,
    rejects_path: Path | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Load a file, or all such files of a folder, into ``sink``.

    Stations, lots and deliveries of several files are the same where their ids and the
    source system are; give each investigation a source system of its own. Rejected rows
    stop nothing; ``dry_run`` writes nothing; ``strict`` raises LoadAborted when anything
    is rejected, having written nothing. A file that cannot be read is refused as a whole.
    """
    files = [file for file in _files(path) if _may_be_fcl(file)]
    with RejectsFile(rejects_path) as rejects:

        def run(into: FactSink | None) -> Loaded:
            load = _Load(Tally(rejects), into, source_system, progress, sum(map(_size, files)))
            for file in files:
                load.file(file, _name(file, path))
            for other in _others(path, files):
                load.tally.remark(Remark(_name(other, path), None, None, None, "left_out"))
            return load.tally.result(str(path), KIND, dry_run=dry_run)

        if strict:
            found = run(None)
            if not found.clean:
                raise LoadAborted(count=found.rejects, loaded=found)
        if dry_run:
            return run(None)
        with sink.loading(source_of(path)):
            return run(sink)


@dataclass(slots=True)
class _Load:
    """One pass over the files of a load; without a sink it only checks."""

    tally: Tally
    sink: FactSink | None
    system: str
    progress: Progress | None
    bytes_all: int
    bytes_done: int = 0

    def file(self, path: Path, name: str) -> None:
        """Load one file."""
        try:
            self._write(checked(read_document(path), name), name)
        except UnreadableFile as error:
            why = {"why": error.params["reason"]}
            self.tally.refuse(Reject(name, None, None, None, "fcl_not_read", why))
        self.bytes_done += _size(path)
        if self.progress is not None:
            self.progress(name, self.bytes_done, self.bytes_all)

    def _write(self, found: Checked, name: str) -> None:
        facts = self._facts(found, name)
        if facts is None:
            return
        for remark in found.remarks:
            self.tally.remark(remark)
        self._count(found, name)
        if self.sink is not None:
            for i in range(0, len(facts), BATCH):
                self.tally.wrote(name, self.sink.write(facts[i : i + BATCH]))

    def _facts(self, found: Checked, name: str) -> list[Fact] | None:
        """The facts of a file; null, and the file refused, where a name cannot be an id."""
        try:
            return list(facts_of(found, name, self.system))
        except InvalidIdentifier as error:
            why = {"why": error.message()}
            value = str(error.params.get("text", ""))
            self.tally.refuse(Reject(name, None, None, value, "bad_identifier", why))
            return None

    def _count(self, found: Checked, name: str) -> None:
        for reasons in found.rejects:
            self.tally.reject(name, reasons)
        self.tally.duplicate(name, found.duplicates)
        rows = len(found.stations) + len(found.deliveries) + len(found.relations)
        self.tally.accept(name, rows)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise UnreadableFile(file=str(path), reason=text("unreadable.missing"))
    if path.is_file():
        return [path]
    return sorted(p for p in path.rglob(f"*{SUFFIX}") if p.is_file())


def _others(path: Path, ours: Collection[Path]) -> list[Path]:
    """The files of a folder that are not loaded."""
    if path.is_file():
        return []
    return sorted(p for p in path.rglob("*") if p.is_file() and p not in ours)


def _size(path: Path) -> int:
    return path.stat().st_size


def _name(path: Path, root: Path) -> str:
    return tellable(path.name if path == root else path.relative_to(root).as_posix())


def _may_be_fcl(path: Path) -> bool:
    if path.suffix.lower() != SUFFIX or not 0 < _size(path) <= MOST_BYTES:
        return False
    wanted, before = set(_MARKS), b""
    for i, chunk in enumerate(_chunks(path)):
        if i == 0 and (not _is_object(chunk) or any(mark in chunk for mark in _OTHER)):
            return False
        wanted -= {mark for mark in wanted if mark in before + chunk}
        if not wanted:
            return True
        before = chunk[-16:]
    return False


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _is_object(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
