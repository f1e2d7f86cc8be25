"""Stored traces as files: the question with its digest for good, the answer while there is room."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

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
    """A file of a stored trace is not the one that was written."""

    code = "trace_altered"


class TraceUnkept(StoreError):
    """A trace was answered but cannot be stored."""

    code = "trace_unkept"


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored trace: its question with pinned record time, and the digest of its answer.

    The data had ``watermark`` when the question was asked, and ``watermark_after`` when it
    was answered, at ``answered_at`` (UTC). ``unfinished`` are the sources of the loads that
    had not ended. ``kept`` is the digest of the file that holds the answer.
    """

    trace_id: str
    query: TraceQuery
    watermark: int
    watermark_after: int
    answered_at: datetime
    digest: str
    unfinished: tuple[str, ...] = ()
    kept: str = ""


_STORED = TypeAdapter(Stored)


class Archive:
    """A folder of stored traces, readable by its owner only; several servers may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, stored: Stored, trace: Trace) -> Stored:
        """Keep a trace, and tell how; what another server has kept under its id stays instead.

        Answers that are too old or too many make room. Raises TraceUnkept.
        """
        try:
            return self._first(stored, trace)
        except (InvalidInput, OSError) as error:
            raise TraceUnkept(folder=str(self._folder)) from error

    def find(self, trace_id: str) -> Stored | None:
        """What is known of a trace; null when nothing is. Raises TraceAltered."""
        if not _ID.fullmatch(trace_id):
            return None
        try:
            kept = self._record(trace_id).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        stored = _unsealed(kept, trace_id)
        if stored.trace_id != trace_id:
            raise TraceAltered(text=trace_id)
        return stored

    def answer(self, stored: Stored) -> Trace | None:
        """The answer as it was given; null when it has made room. Raises TraceAltered.

        Null too when another version of the program wrote it in a form that was given up.
        """
        try:
            with self._answer(stored).open("rb") as source:
                return read(source, stored.kept)
        except FileNotFoundError:
            return None
        except Damaged as error:
            raise TraceAltered(text=stored.trace_id) from error

    def _first(self, stored: Stored, trace: Trace) -> Stored:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = self._folder / f"{_MAKING}{secrets.token_hex(8)}"
        with whole_file(made, private=True) as out:
            stored = replace(stored, kept=write(trace, out))
        # By its digest: another server may answer the same question at the same time.
        made.replace(self._answer(stored))
        with whole_file(made, private=True) as out:
            out.write(_sealed(stored))
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

    def _answer(self, stored: Stored) -> Path:
        return self._folder / f"{stored.trace_id}.{stored.kept[:16]}{_ANSWER}"

    def _make_room(self, latest: Stored) -> None:
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


def _sealed(stored: Stored) -> bytes:
    told = _STORED.dump_python(stored, mode="json")
    return orjson.dumps({"seal": _seal(told), "stored": told})


def _unsealed(kept: bytes, trace_id: str) -> Stored:
    try:
        sealed = orjson.loads(kept)
        if _seal(sealed["stored"]) == sealed["seal"]:
            return _STORED.validate_python(sealed["stored"])
    except (orjson.JSONDecodeError, ValidationError, KeyError, TypeError) as error:
        raise TraceAltered(text=trace_id) from error
    raise TraceAltered(text=trace_id)


def _seal(told: object) -> str:
    # Over what stands in the file, so that later versions may add what they like.
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
