"""Stored answers: asked once, and then the same for good.

A stored answer never changes: its record time is pinned, so what is recorded
later is not in it. Where it is no longer kept it is found again; should a
later load have brought records that claim an earlier record time, the answer differs
from the one first given, and that is told rather than served.
"""

from __future__ import annotations

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

import orjson

from api.archive import OF_TRACES, Archive, Form, Stored, TraceAltered
from genealogy.bootstrap import Lotgraph
from genealogy.errors import NotFound, StoreError
from genealogy.exports.digest import digest_of
from genealogy.exports.records import Record, query_record
from genealogy.model.facts import NodeId
from genealogy.model.times import from_micros
from genealogy.ports import Clock
from genealogy.trace.loads import with_load_gaps
from genealogy.trace.result import Trace, TraceQuery
from genealogy.trace.walk import Progress

#: Answers are kept in memory up to so many edges in all, and at least the latest one.
MOST_EDGES = 1_000_000

Q = TypeVar("Q")
A = TypeVar("A")


class TraceChanged(StoreError):
    """Records that came later have changed what a stored trace answers."""

    code = "trace_changed"


@dataclass(frozen=True, slots=True)
class Made(Generic[Q, A]):
    """An answer as it was made: its question with pinned record time, its digest.

    ``unfinished`` are the sources of the loads that had not ended.
    """

    query: Q
    answer: A
    digest: str
    unfinished: tuple[str, ...]


class Kind(Protocol[Q, A]):
    """One kind of question: how it is answered, and how much memory an answer takes."""

    @property
    def form(self) -> Form[Q, A]:
        """How questions and answers are written to files."""
        ...

    @property
    def unknown(self) -> str:
        """The code of the error where nothing is known under an id."""
        ...

    def asked(self, query: Q) -> Record:
        """What tells a question from others."""
        ...

    def make(
        self,
        engine: Lotgraph,
        clock: Clock,
        query: Q,
        watermark: int,
        progress: Progress | None,
    ) -> Made[Q, A]:
        """Answer a question of the data that had a watermark when it was asked."""
        ...

    def again(self, engine: Lotgraph, stored: Stored[Q]) -> Made[Q, A]:
        """Answer a stored question once more."""
        ...

    def size(self, answer: A) -> int:
        """How much there is of an answer, in edges."""
        ...


class OfTraces:
    """Traces."""

    form = OF_TRACES
    unknown = "no_such_trace"

    def asked(self, query: TraceQuery) -> Record:
        """The question without the order of seeds and stops."""
        return {**query_record(query), "seeds": sorted(query.seeds), "stops": sorted(query.stops)}

    def make(
        self,
        engine: Lotgraph,
        clock: Clock,
        query: TraceQuery,
        watermark: int,
        progress: Progress | None,
    ) -> Made[TraceQuery, Trace]:
        """Trace, and pin the record time."""
        trace = engine.trace(query, progress=progress)
        latest = max(trace.edges.recorded_at, default=0)
        known_at = pinned(engine, clock, trace.query.known_at, latest, trace.query.seeds)
        asked = replace(trace.query, known_at=known_at)
        return _made(replace(trace, query=asked, watermark=watermark))

    def again(self, engine: Lotgraph, stored: Stored[TraceQuery]) -> Made[TraceQuery, Trace]:
        """The same trace as it was known then."""
        trace = with_load_gaps(engine.trace(stored.query), stored.unfinished)
        return _made(replace(trace, watermark=stored.watermark))

    def size(self, answer: Trace) -> int:
        """The edges of a trace."""
        return len(answer.edges.edge_id)


def _made(trace: Trace) -> Made[TraceQuery, Trace]:
    return Made(trace.query, trace, digest_of(trace), trace.completeness.unfinished_loads)


def pinned(
    engine: Lotgraph,
    clock: Clock,
    known_at: datetime | None,
    latest: int,
    node_ids: Sequence[NodeId],
) -> datetime:
    """The record time of an answer: as asked, else now, or later where a source is ahead of us.

    ``latest`` is when the last of its movements was recorded, ``node_ids`` what it is about.
    """
    recorded = engine.flows.first_recorded(node_ids).values() if known_at is None else ()
    return known_at or max(clock.now(), from_micros(latest), *recorded)


class Answers(Generic[Q, A]):
    """Stored answers of one kind and engine; with a folder they outlive the process."""

    def __init__(
        self, engine: Lotgraph, clock: Clock, folder: Path | None, kind: Kind[Q, A]
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._kind = kind
        self._archive: Archive[Q, A] | None = Archive(folder, kind.form) if folder else None
        self._stored: dict[str, Stored[Q]] = {}
        self._answers: OrderedDict[str, A] = OrderedDict()
        self._lock = Lock()

    def store(self, query: Q, progress: Progress | None = None) -> tuple[Stored[Q], A]:
        """Answer a question and keep it; the same question of the same data is kept once."""
        watermark = self._engine.watermark()
        unfinished = self._engine.flows.standing().unfinished
        for take in count():
            trace_id = id_of(self._kind.asked(query), watermark, take, unfinished)
            try:
                known = self.find(trace_id)
                return known, self.answer(known)
            except NotFound:
                break
            except (TraceChanged, TraceAltered):
                # The question is asked anew, by another id.
                continue
        made = self._kind.make(self._engine, self._clock, query, watermark, progress)
        after, now = self._engine.watermark(), self._clock.now()
        about = (watermark, after, now, made.digest, made.unfinished)
        return self._keep(Stored(trace_id, made.query, *about), made.answer)

    def find(self, trace_id: str) -> Stored[Q]:
        """The stored answer with this id. Raises NotFound and TraceAltered."""
        stored = self._stored.get(trace_id)
        if stored is None and self._archive is not None:
            stored = self._archive.find(trace_id)
        if stored is None:
            raise NotFound(self._kind.unknown, text=trace_id)
        return self._stored.setdefault(trace_id, stored)

    def answer(self, stored: Stored[Q]) -> A:
        """A stored answer as it was first given.

        Raises TraceAltered when its file is not the one that was written, and TraceChanged
        when there is none any more and the data no longer give the answer.
        """
        with self._lock:
            if stored.trace_id in self._answers:
                self._answers.move_to_end(stored.trace_id)
                return self._answers[stored.trace_id]
        answer = self._archive.answer(stored) if self._archive else None
        if answer is None:
            made = self._kind.again(self._engine, stored)
            if made.digest != stored.digest:
                raise TraceChanged(text=stored.trace_id)
            answer = made.answer
        self._remember(stored.trace_id, answer)
        return answer

    def _keep(self, made: Stored[Q], answer: A) -> tuple[Stored[Q], A]:
        """Keep an answer, unless the same question was answered meanwhile: one answer stays."""
        kept = self._archive.write(made, answer) if self._archive is not None else made
        stored = self._stored.setdefault(made.trace_id, kept)
        if stored.digest != made.digest:
            return stored, self.answer(stored)
        self._remember(stored.trace_id, answer)
        return stored, answer

    def _remember(self, trace_id: str, answer: A) -> None:
        with self._lock:
            self._answers[trace_id] = answer
            self._answers.move_to_end(trace_id)
            while len(self._answers) > 1 and self._edges() > MOST_EDGES:
                self._answers.popitem(last=False)

    def _edges(self) -> int:
        return sum(map(self._kind.size, self._answers.values()))


class Shelf(Answers[TraceQuery, Trace]):
    """Stored traces."""

    def __init__(self, engine: Lotgraph, clock: Clock, folder: Path | None = None) -> None:
        super().__init__(engine, clock, folder, OfTraces())


def id_of(asked: Record, watermark: int, take: int = 0, unfinished: Iterable[str] = ()) -> str:
    """The id of a question asked of the data at a watermark: 26 letters and digits.

    ``take`` counts how often the same question of the same data was answered otherwise.
    Loads that are unfinished count too: they begin and end without a change of the data.
    """
    parts: list[Any] = [asked, watermark, *([take] if take else []), *unfinished]
    told = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    return base64.b32encode(hashlib.sha256(told).digest()[:16]).decode().rstrip("=").lower()
