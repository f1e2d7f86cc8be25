"""Stored traces: the question kept as a file, the answer kept in memory or found again.

A stored trace never changes: its record time is pinned, so what is recorded
later is not in it. Should a later load bring records that claim an earlier
record time, the answer found again differs from the one first given, and that
is told rather than served.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from genealogy.bootstrap import Lotgraph
from genealogy.errors import NotFound, StoreError
from genealogy.exports.as_json import write as write_json
from genealogy.exports.files import whole_file
from genealogy.exports.records import query_record
from genealogy.exports.windows import windows_of
from genealogy.model.durations import CarryOver, ClockTolerance, merged, parse_duration
from genealogy.model.facts import NodeId
from genealogy.model.times import from_micros, parse_instant
from genealogy.ports import Clock
from genealogy.trace.loads import with_load_gaps
from genealogy.trace.result import Mode, Trace, TraceQuery
from genealogy.trace.walk import Progress

#: Answers are kept in memory up to so many edges in all, and at least the latest one.
MOST_EDGES = 1_000_000

_ID = re.compile(r"[a-z2-7]{26}")


class TraceChanged(StoreError):
    """Records that came later have changed what a stored trace answers."""

    code = "trace_changed"


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored trace: its question with pinned record time, and the digest of its answer.

    ``unfinished`` are the sources of the loads that had not ended when it was answered.
    """

    trace_id: str
    query: TraceQuery
    watermark: int
    digest: str
    unfinished: tuple[str, ...] = ()


class Shelf:
    """Stored traces of one engine; with a folder they outlive the process."""

    def __init__(self, engine: Lotgraph, clock: Clock, folder: Path | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._folder = folder
        self._stored: dict[str, Stored] = {}
        self._answers: OrderedDict[str, Trace] = OrderedDict()
        self._lock = Lock()

    def store(self, query: TraceQuery, progress: Progress | None = None) -> tuple[Stored, Trace]:
        """Answer a question and keep it; the same question of the same data is kept once."""
        watermark = self._engine.watermark()
        unfinished = self._engine.flows.unfinished_loads()
        for take in count():
            trace_id = id_of(query, watermark, take, unfinished)
            try:
                known = self.find(trace_id)
                return known, self.answer(known)
            except NotFound:
                break
            except TraceChanged:
                # Records dated ahead of their time: the question is asked anew, by another id.
                continue
        trace = self._pinned(self._engine.trace(query, progress=progress))
        loads = trace.completeness.unfinished_loads
        stored = Stored(trace_id, trace.query, watermark, digest_of(trace), loads)
        self._keep(stored, trace)
        return stored, trace

    def find(self, trace_id: str) -> Stored:
        """The stored trace with this id. Raises NotFound."""
        stored = self._stored.get(trace_id) or self._read(trace_id)
        if stored is None:
            raise NotFound("no_such_trace", text=trace_id)
        self._stored[trace_id] = stored
        return stored

    def answer(self, stored: Stored) -> Trace:
        """The answer of a stored trace. Raises TraceChanged when the data no longer give it."""
        with self._lock:
            if stored.trace_id in self._answers:
                self._answers.move_to_end(stored.trace_id)
                return self._answers[stored.trace_id]
        trace = with_load_gaps(self._engine.trace(stored.query), stored.unfinished)
        if digest_of(trace) != stored.digest:
            raise TraceChanged(text=stored.trace_id)
        self._remember(stored.trace_id, trace)
        return trace

    def _pinned(self, trace: Trace) -> Trace:
        """The answer with its record time fixed: now, or later where a source is ahead of us."""
        latest = from_micros(max(trace.edges.recorded_at, default=0))
        seeds = self._engine.flows.first_recorded(trace.query.seeds).values()
        known_at = trace.query.known_at or max(self._clock.now(), latest, *seeds)
        return replace(trace, query=replace(trace.query, known_at=known_at))

    def _keep(self, stored: Stored, trace: Trace) -> None:
        self._remember(stored.trace_id, trace)
        self._stored[stored.trace_id] = stored
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with whole_file(self._folder / f"{stored.trace_id}.json", private=True) as out:
                out.write(orjson.dumps(_record(stored)))

    def _remember(self, trace_id: str, trace: Trace) -> None:
        with self._lock:
            self._answers[trace_id] = trace
            self._answers.move_to_end(trace_id)
            while len(self._answers) > 1 and self._edges() > MOST_EDGES:
                self._answers.popitem(last=False)

    def _edges(self) -> int:
        return sum(len(trace.edges.edge_id) for trace in self._answers.values())

    def _read(self, trace_id: str) -> Stored | None:
        if self._folder is None or not _ID.fullmatch(trace_id):
            return None
        try:
            kept = orjson.loads((self._folder / f"{trace_id}.json").read_bytes())
        except FileNotFoundError:
            return None
        query, unfinished = _query(kept["query"]), tuple(kept.get("unfinished", ()))
        return Stored(trace_id, query, kept["watermark"], kept["digest"], unfinished)


def id_of(query: TraceQuery, watermark: int, take: int = 0, unfinished: Sequence[str] = ()) -> str:
    """The id of a question asked of the data at a watermark: 26 letters and digits.

    ``take`` counts how often the same question of the same data was answered otherwise.
    Loads that are unfinished count too: they begin and end without a change of the data.
    """
    asked = {**query_record(query), "seeds": sorted(query.seeds), "stops": sorted(query.stops)}
    parts = [asked, watermark, *([take] if take else []), *unfinished]
    told = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    return base64.b32encode(hashlib.sha256(told).digest()[:16]).decode().rstrip("=").lower()


def digest_of(trace: Trace) -> str:
    """SHA-256 of the answer as JSON document, in hexadecimal."""
    digest = _Digest()
    write_json(trace, digest)  # type: ignore[arg-type]
    return digest.sha.hexdigest()


class _Digest:
    """A stream that keeps only the digest of what is written to it."""

    def __init__(self) -> None:
        self.sha = hashlib.sha256()

    def write(self, chunk: bytes) -> int:
        self.sha.update(chunk)
        return len(chunk)


def _record(stored: Stored) -> dict[str, Any]:
    return {
        "query": query_record(stored.query),
        "watermark": stored.watermark,
        "digest": stored.digest,
        "unfinished": stored.unfinished,
    }


def _query(record: dict[str, Any]) -> TraceQuery:
    return TraceQuery(
        seeds=tuple(map(NodeId, record["seeds"])),
        direction=record["direction"],
        mode=Mode(record["mode"]),
        as_of=_moment(record["as_of"]),
        known_at=_moment(record["known_at"]),
        stops=tuple(map(NodeId, record["stops"])),
        max_depth=record["max_depth"],
        quantities=record.get("quantities", False),
        dilution=Decimal(record["dilution"]) if "dilution" in record else None,
        carry_over=_lengths(record, "carry_over"),
        windows=windows_of(record.get("windows", ())),
        clock_tolerance=_lengths(record, "clock_tolerance"),
    )


def _lengths(record: dict[str, Any], name: str) -> ClockTolerance | CarryOver:
    return merged((of, parse_duration(told)) for of, told in record.get(name, {}).items())


def _moment(words: str | None) -> datetime | None:
    return None if words is None else parse_instant(words).at
