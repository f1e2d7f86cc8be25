"""What a load tells its caller: rejects with reason and way out, counts, and a rejects file.

Every loader feeds one ``Tally``. Rejects go straight to a file, so that millions
of them need no memory; only the first few are kept to be shown.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from dataclasses import field as column
from pathlib import Path
from types import TracebackType
from typing import IO, Any, ClassVar, Self

from genealogy.errors import LoadError
from genealogy.messages import text
from genealogy.model.facts import Written

#: Told after every batch: file, bytes read so far, bytes to read in all (over all files).
Progress = Callable[[str, int, int], None]

REJECT_COLUMNS = ("file", "line", "field", "value", "reason", "hint", "code")
SAMPLES = 20
VALUE_CHARS = 200

_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to tell about one place in a file; the words are in the catalogue.

    ``line`` is the physical line on which the record starts (1 = first line of the
    file); null when the file as a whole is meant. Reason and way out stand in
    the catalogue as ``reject.<code>`` and ``way_out.<code>``.
    """

    SECTION: ClassVar[str] = "remark"

    file: str
    line: int | None
    field: str | None
    value: str | None
    code: str
    params: Mapping[str, Any] = column(default_factory=dict)

    def reason(self, language: str | None = None) -> str:
        """Why, in the language asked for (default: the session's)."""
        return text(f"{self.SECTION}.{self.code}", language, **self._words())

    def hint(self, language: str | None = None) -> str:
        """The way out, in the language asked for."""
        return text(f"way_out.{self.code}", language, **self._words())

    def _words(self) -> dict[str, Any]:
        places = {"file": self.file, "line": self.line, "field": self.field}
        return {**places, "value": shortened(self.value or ""), **self.params}


@dataclass(frozen=True, slots=True)
class Reject(Remark):
    """One reason why a record, or a whole file, was not loaded."""

    SECTION: ClassVar[str] = "reject"


@dataclass(frozen=True, slots=True)
class Count:
    """What became of the records of one file; read = accepted + duplicates + rejected.

    ``duplicates`` are records that say again what the same load has said before.
    ``written`` counts facts, not records: one record may state several.
    """

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    written: Written = column(default_factory=Written)

    def __add__(self, other: Count) -> Count:
        return Count(
            self.read + other.read,
            self.accepted + other.accepted,
            self.duplicates + other.duplicates,
            self.rejected + other.rejected,
            self.written + other.written,
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of one load.

    ``rejects`` counts reasons (a record may have several) and ``samples`` holds the
    first of them; all are in ``rejects_path`` when there are any. ``refused_files``
    were not read at all. With ``dry_run`` nothing was written.
    """

    source: str
    kind: str
    counts: Mapping[str, Count]
    rejects: int = 0
    rejects_by_code: Mapping[str, int] = column(default_factory=dict)
    samples: tuple[Reject, ...] = ()
    remarks: tuple[Remark, ...] = ()
    refused_files: tuple[str, ...] = ()
    rejects_path: Path | None = None
    dry_run: bool = False

    @property
    def total(self) -> Count:
        """The counts of all files together."""
        return sum(self.counts.values(), Count())

    @property
    def written(self) -> Written:
        """Facts by outcome, over all files."""
        return self.total.written

    @property
    def clean(self) -> bool:
        """Whether every record of every file was accepted."""
        return self.rejects == 0


class RejectsFile:
    """A CSV of rejects that comes into being with the first of them.

    Columns: file, line, field, value, reason, hint, code. A rejects file left at
    ``path`` by an earlier load is removed; any other file there is not touched
    and the load is refused with LoadError, as when the file cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._wanted = path
        self._stream: IO[str] | None = None
        self.path: Path | None = None

    def __enter__(self) -> Self:
        if self._wanted is not None:
            with _told(self._wanted):
                _remove_own(self._wanted)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is None or self._wanted is None:
            return
        try:
            with _told(self._wanted):
                self._stream.close()
        except LoadError:
            # An error on its way already says more.
            if error is None:
                raise

    def add(self, reject: Reject) -> None:
        """Append one reject; nothing happens when no path was given."""
        if self._wanted is None:
            return
        with _told(self._wanted):
            if self._stream is None:
                self._stream = self._open(self._wanted)
            csv.writer(self._stream, lineterminator="\n").writerow(_reject_row(reject))

    def _open(self, path: Path) -> IO[str]:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The byte-order mark makes spreadsheets read Chinese text correctly. File names and
        # values may hold halves of characters, which no encoding can write.
        stream = path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="")
        stream.write(",".join(REJECT_COLUMNS) + "\n")
        self.path = path
        return stream


class Tally:
    """Counts records, rejects and written facts while a load runs."""

    def __init__(self, rejects: RejectsFile) -> None:
        self._file = rejects
        self._counts: dict[str, Count] = {}
        self._codes: Counter[str] = Counter()
        self._samples: list[Reject] = []
        self._remarks: list[Remark] = []
        self._refused: list[str] = []

    @property
    def rejects(self) -> int:
        """How many reasons to reject have been met so far."""
        return self._codes.total()

    def accept(self, file: str, records: int = 1) -> None:
        """Count records read and accepted."""
        self._add(file, Count(read=records, accepted=records))

    def duplicate(self, file: str, records: int = 1) -> None:
        """Count records that say again what this load has said before."""
        self._add(file, Count(read=records, duplicates=records))

    def reject(self, file: str, reasons: Sequence[Reject]) -> None:
        """Count one record as read and rejected, and file every reason."""
        self._add(file, Count(read=1, rejected=1))
        self._note(reasons)

    def refuse(self, reason: Reject) -> None:
        """Count a whole file as refused."""
        self._refused.append(reason.file)
        self._add(reason.file, Count())
        self._note((reason,))

    def remark(self, remark: Remark) -> None:
        """Keep something worth telling that rejects nothing."""
        self._remarks.append(remark)

    def wrote(self, file: str, written: Written) -> None:
        """Count the facts that one batch of a file has written."""
        self._add(file, Count(written=written))

    def result(self, source: str, kind: str, *, dry_run: bool = False) -> Loaded:
        """The outcome so far."""
        return Loaded(
            source=source,
            kind=kind,
            counts=dict(self._counts),
            rejects=self.rejects,
            rejects_by_code=dict(self._codes),
            samples=tuple(self._samples),
            remarks=tuple(self._remarks),
            refused_files=tuple(self._refused),
            rejects_path=self._file.path,
            dry_run=dry_run,
        )

    def _add(self, file: str, count: Count) -> None:
        self._counts[file] = self._counts.get(file, Count()) + count

    def _note(self, reasons: Sequence[Reject]) -> None:
        for reason in reasons:
            self._codes[reason.code] += 1
            self._file.add(reason)
        room = SAMPLES - len(self._samples)
        self._samples.extend(_brief(reason) for reason in reasons[:room])


def shortened(value: str, limit: int = VALUE_CHARS) -> str:
    """A value fit for one line of text: without line breaks, cut after ``limit`` characters."""
    flat = " ".join(value[: limit + 1].split())
    return flat if len(value) <= limit else f"{flat[:limit]}…"


def source_of(*paths: Path) -> str:
    """The name by which a load of these paths is known, from whichever folder it is begun."""
    return ", ".join(tellable(str(path.resolve())) for path in paths)


def tellable(name: str) -> str:
    """A file name fit to be written; bytes in it that are not UTF-8 are escaped."""
    return name.encode(errors="backslashreplace").decode()


def _brief(reject: Reject) -> Reject:
    return reject if reject.value is None else replace(reject, value=shortened(reject.value))


def _reject_row(reject: Reject) -> tuple[str, ...]:
    line = "" if reject.line is None else str(reject.line)
    words = (reject.file, line, reject.field or "", shortened(reject.value or ""))
    return tuple(_inert(v) for v in (*words, reject.reason(), reject.hint(), reject.code))


def _inert(value: str) -> str:
    # A spreadsheet would run such a value as a formula; numbers are left as they were.
    if _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turns trouble with the rejects file into an error that names it."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise LoadError("rejects_not_written", path=str(path), why=why) from error


def _remove_own(path: Path) -> None:
    if not path.exists():
        return
    with path.open("rb") as stream:
        head = stream.readline(200).decode("utf-8-sig", errors="replace").strip()
    if head != ",".join(REJECT_COLUMNS):
        raise LoadError("rejects_path_taken", path=str(path))
    path.unlink()
