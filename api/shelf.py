"""Stored traces: asked once, and then the same for good.

A stored trace never changes: its record time is pinned, so what is recorded
later is not in it. Where its answer is no longer kept it is found again; should a
later load have brought records that claim an earlier record time, the answer differs
from the one first given, and that is told rather than served.
"""

from __future__ import annotations

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Lock

import orjson

from api.archive import Archive, Stored, TraceAltered
from genealogy.bootstrap import Lotgraph
from genealogy.errors import NotFound, StoreError
from genealogy.exports.digest import digest_of
from genealogy.exports.records import query_record
from genealogy.model.times import from_micros
from genealogy.ports import Clock
from genealogy.trace.loads import with_load_gaps
from genealogy.trace.result import Trace, TraceQuery
from genealogy.trace.walk import Progress

#: Answers are kept in memory up to so many edges in all, and at least the latest one.
MOST_EDGES = 1_000_000


class TraceChanged(StoreError):
    """Records that came later have changed what a stored trace answers."""

    code = "trace_changed"


class Shelf:
    """Stored traces of one engine; with a folder they outlive the process."""

    def __init__(self, engine: Lotgraph, clock: Clock, folder: Path | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._archive = Archive(folder) if folder else None
        self._stored: dict[str, Stored] = {}
        self._answers: OrderedDict[str, Trace] = OrderedDict()
        self._lock = Lock()

    def store(self, query: TraceQuery, progress: Progress | None = None) -> tuple[Stored, Trace]:
        """Answer a question and keep it; the same question of the same data is kept once."""
        watermark = self._engine.watermark()
        unfinished = self._engine.flows.standing().unfinished
        for take in count():
            trace_id = id_of(query, watermark, take, unfinished)
            try:
                known = self.find(trace_id)
                return known, self.answer(known)
            except NotFound:
                break
            except (TraceChanged, TraceAltered):
                # The question is asked anew, by another id.
                continue
        trace = self._engine.trace(query, progress=progress)
        after, now = self._engine.watermark(), self._clock.now()
        trace = replace(self._pinned(trace), watermark=watermark)
        loads, digest = trace.completeness.unfinished_loads, digest_of(trace)
        stored = Stored(trace_id, trace.query, watermark, after, now, digest, loads)
        return self._keep(stored, trace)

    def find(self, trace_id: str) -> Stored:
        """The stored trace with this id. Raises NotFound and TraceAltered."""
        stored = self._stored.get(trace_id)
        if stored is None and self._archive is not None:
            stored = self._archive.find(trace_id)
        if stored is None:
            raise NotFound("no_such_trace", text=trace_id)
        return self._stored.setdefault(trace_id, stored)

    def answer(self, stored: Stored) -> Trace:
        """The answer of a stored trace, as it was first given.

        Raises TraceAltered when its file is not the one that was written, and TraceChanged
        when there is none any more and the data no longer give the answer.
        """
        with self._lock:
            if stored.trace_id in self._answers:
                self._answers.move_to_end(stored.trace_id)
                return self._answers[stored.trace_id]
        trace = self._archive.answer(stored) if self._archive else None
        if trace is None:
            trace = with_load_gaps(self._engine.trace(stored.query), stored.unfinished)
            trace = replace(trace, watermark=stored.watermark)
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

    def _keep(self, made: Stored, trace: Trace) -> tuple[Stored, Trace]:
        """Keep an answer, unless the same question was answered meanwhile: one answer stays."""
        kept = self._archive.write(made, trace) if self._archive is not None else made
        stored = self._stored.setdefault(made.trace_id, kept)
        if stored.digest != made.digest:
            return stored, self.answer(stored)
        self._remember(stored.trace_id, trace)
        return stored, trace

    def _remember(self, trace_id: str, trace: Trace) -> None:
        with self._lock:
            self._answers[trace_id] = trace
            self._answers.move_to_end(trace_id)
            while len(self._answers) > 1 and self._edges() > MOST_EDGES:
                self._answers.popitem(last=False)

    def _edges(self) -> int:
        return sum(len(trace.edges.edge_id) for trace in self._answers.values())


def id_of(query: TraceQuery, watermark: int, take: int = 0, unfinished: Sequence[str] = ()) -> str:
    """The id of a question asked of the data at a watermark: 26 letters and digits.

    ``take`` counts how often the same question of the same data was answered otherwise.
    Loads that are unfinished count too: they begin and end without a change of the data.
    """
    asked = {**query_record(query), "seeds": sorted(query.seeds), "stops": sorted(query.stops)}
    parts = [asked, watermark, *([take] if take else []), *unfinished]
    told = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    return base64.b32encode(hashlib.sha256(told).digest()[:16]).decode().rstrip("=").lower()
