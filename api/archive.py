"""Stored answers as files: the question and digest for good, the answer while there is room."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from api.trace_file import Damaged, read, write
from genealogy.errors import InvalidInput, StoreError
from genealogy.exports.files import whole_file
from genealogy.trace.result import Trace, TraceQuery

#: Answers are kept for so many seconds, and up to so many bytes in all; the latest one always.
MOST_AGE = 90 * 86_400.0
MOST_BYTES = 2 << 30
#: A file that is being written for longer (seconds) was given up.
_UNFINISHED = 86_400.0

_ID = re.compile(r"[a-z2-7]{26}")
_ANSWER = ".answer"
_MAKING = ".making-"


class TraceAltered(StoreError):
    """A file of a stored answer is not the one that was written."""

    code = "trace_altered"


class TraceUnkept(StoreError):
    """A question was answered but the answer cannot be stored."""

    code = "trace_unkept"


Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Stored(Generic[Q]):
    """A stored answer: its question with pinned record time, and the digest of the answer.

    The data had ``watermark`` when the question was asked, and ``watermark_after`` when it
    was answered, at ``answered_at`` (UTC). ``unfinished`` are the sources of the loads that
    had not ended. ``kept`` is the digest of the file that holds the answer.
    """

    trace_id: str
    query: Q
    watermark: int
    watermark_after: int
    answered_at: datetime
    digest: str
    unfinished: tuple[str, ...] = ()
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Form(Generic[Q, A]):
    """How answers of one kind are written to files, and read back as ``trace_file`` does."""

    stored: TypeAdapter[Stored[Q]]
    write: Callable[[A, BinaryIO], str]
    read: Callable[[BinaryIO, str], A | None]


OF_TRACES: Form[TraceQuery, Trace] = Form(TypeAdapter(Stored[TraceQuery]), write, read)


class Archive(Generic[Q, A]):
    """A folder of stored answers, readable by its owner only; several servers may share it."""

    def __init__(self, folder: Path, form: Form[Any, Any] = OF_TRACES) -> None:
        self._folder = folder
        self._form: Form[Q, A] = form

    def write(self, stored: Stored[Q], answer: A) -> Stored[Q]:
        """Keep an answer, and tell how; what another server has kept under its id stays instead.

        Answers that are too old or too many make room. Raises TraceUnkept.
        """
        try:
            return self._first(stored, answer)
        except (InvalidInput, OSError) as error:
            raise TraceUnkept(folder=str(self._folder)) from error

    def find(self, trace_id: str) -> Stored[Q] | None:
        """What is known of an answer; null when nothing is. Raises TraceAltered."""
        if not _ID.fullmatch(trace_id):
            return None
        try:
            kept = self._record(trace_id).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        stored = self._unsealed(kept, trace_id)
        if stored.trace_id != trace_id:
            raise TraceAltered(text=trace_id)
        return stored

    def answer(self, stored: Stored[Q]) -> A | None:
        """The answer as it was given; null when it has made room. Raises TraceAltered.

        Null too when another version of the program wrote it in a form that was given up.
        """
        try:
            with self._answer(stored).open("rb") as source:
                return self._form.read(source, stored.kept)
        except FileNotFoundError:
            return None
        except Damaged as error:
            raise TraceAltered(text=stored.trace_id) from error

    def _first(self, stored: Stored[Q], answer: A) -> Stored[Q]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = self._folder / f"{_MAKING}{secrets.token_hex(8)}"
        with whole_file(made, private=True) as out:
            stored = replace(stored, kept=self._form.write(answer, out))
        # By its digest: another server may answer the same question at the same time.
        made.replace(self._answer(stored))
        with whole_file(made, private=True) as out:
            out.write(self._sealed(stored))
        try:
            os.link(made, self._record(stored.trace_id))
        except FileExistsError:
            stored = self.find(stored.trace_id) or stored
        finally:
            made.unlink()
        self._make_room(stored)
        return stored

    def _record(self, trace_id: str) -> Path:
        return self._folder / f"{trace_id}.json"

    def _answer(self, stored: Stored[Q]) -> Path:
        return self._folder / f"{stored.trace_id}.{stored.kept[:16]}{_ANSWER}"

    def _make_room(self, latest: Stored[Q]) -> None:
        now, room = latest.answered_at.timestamp(), MOST_BYTES
        kept = self._answer(latest).name
        for path, size, written in sorted(self._files(), key=lambda one: one[2], reverse=True):
            room -= size
            old = now - written > (_UNFINISHED if path.name.startswith(_MAKING) else MOST_AGE)
            if (old or room < 0) and path.name != kept:
                path.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[Path, int, float]]:
        """Answers, and what was left unfinished: size in bytes, and when they were written."""
        for path in (*self._folder.glob(f"*{_ANSWER}"), *self._folder.glob(f"{_MAKING}*")):
            with suppress(FileNotFoundError):
                about = path.stat()
                yield path, about.st_size, about.st_mtime

    def _sealed(self, stored: Stored[Q]) -> bytes:
        told = self._form.stored.dump_python(stored, mode="json")
        return orjson.dumps({"seal": _seal(told), "stored": told})

    def _unsealed(self, kept: bytes, trace_id: str) -> Stored[Q]:
        try:
            sealed = orjson.loads(kept)
            if _seal(sealed["stored"]) == sealed["seal"]:
                return self._form.stored.validate_python(sealed["stored"])
        except (orjson.JSONDecodeError, ValidationError, KeyError, TypeError) as error:
            raise TraceAltered(text=trace_id) from error
        raise TraceAltered(text=trace_id)


def _seal(told: object) -> str:
    # Over what stands in the file, so that later versions may add what they like.
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
