"""What one run may have left on a line for the next: edges that nobody recorded.

Batch after batch on one line or equipment, unless more time lies between than is asked
for, or a recorded cleaning. Such an edge is hypothetical: only made when asked for, and
marked in the answer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from genealogy.model.facts import NodeId
from genealogy.model.names import Confidence, Flow, Label, Link, Mixing, latest_of
from genealogy.model.times import to_micros
from genealogy.ports import Direction, FlowRows, FlowSource, NodeRow, Reading
from genealogy.trace.beside import Beside
from genealogy.trace.columns import append_unrecorded, joined
from genealogy.trace.windows import BEGIN, END

#: Stands for every class of equipment.
EVERY = "*"


class Run(NamedTuple):
    """A batch on a line: the earliest moment it may have begun, the latest it may have ended."""

    since: int
    until: int
    batch: NodeId


@dataclass(frozen=True, slots=True)
class Line:
    """The runs on one line or equipment in order of their beginning, and its cleanings.

    ``longest`` is the most that may lie between two runs, in microseconds.
    """

    place: NodeId
    runs: Sequence[Run]
    cleaned: Sequence[tuple[int, int]]
    longest: int

    def pairs(self) -> Iterator[tuple[Run, Run]]:
        """Each run with those that may have taken over what it left."""
        latest = list(accumulate((run.until for run in self.runs), max))
        for at, run in enumerate(self.runs):
            for before in range(at - 1, -1, -1):
                if latest[before] < run.since:
                    break
                if self.runs[before].until >= run.since:
                    yield run, self.runs[before]
            yield from ((run, other) for other in self._after(at))

    def _after(self, at: int) -> Iterator[Run]:
        run, ended = self.runs[at], END
        for other in self.runs[at + 1 :]:
            if other.since > ended or other.since - run.until > self.longest:
                return
            if other.since >= run.until:
                # What comes after this one takes over from it, not from the run before.
                ended = min(ended, other.until)
            if not self._cleaned(run.until, other.since):
                yield other

    def _cleaned(self, since: int, until: int) -> bool:
        """Whether a cleaning lies for certain between two moments."""
        low = bisect_left(self.cleaned, (since, since))
        return since < until and any(last <= until for _, last in self.cleaned[low:])


@dataclass(slots=True)
class CarriedOver(Beside, FlowSource):
    """A source of flows with hypothetical ones from run to run.

    ``longest`` tells by class of equipment how many microseconds may lie between runs, and
    ``slack`` how many the clock of a system may be off: the times of runs tell of no system.
    """

    longest: Mapping[str, int]
    known_at: datetime | None = None
    slack: Mapping[str, int] = field(default_factory=dict)
    _pairs: dict[NodeId, list[tuple[NodeId, Run, Run]]] = field(default_factory=dict)
    _lines: set[NodeId] = field(default_factory=set)
    _whole: set[NodeId] = field(default_factory=set)

    def edges(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading:
        """All flow edges leaving (forward) or entering (backward) the frontier, and those."""
        reading = self.source.edges(frontier, direction, known_at=known_at)
        kinds = self.source.kinds(frontier)
        batches = [node for node in frontier if kinds.get(node) == Label.BATCH]
        if not batches:
            return reading
        self._learn(batches)
        more = [
            (place, one, other)
            for batch in batches
            for place, one, other in self._pairs.get(batch, ())
            if (one if direction == "forward" else other).batch == batch
        ]
        # Of a batch without any other flow nobody else tells how it mixed.
        mixed = {*reading.mixed, *self._whole.intersection(batches)}
        return replace(reading, rows=joined(reading.rows, _rows(more)), mixed=mixed)

    def _learn(self, batches: Sequence[NodeId]) -> None:
        """Read the lines of these batches with all that ran on them."""
        made_on = {link.target for link in self.source.links(batches, Link.MADE_ON)}
        new = sorted(made_on - self._lines)
        self._lines.update(new)
        places = {row.node_id: self._most(row) for row in self._nodes(new)}
        asked = [place for place in new if places.get(place) is not None]
        if not asked:
            return
        vessels = self.source.vessels(asked, known_at=self.known_at)
        runs, slack = self._runs(asked), max(self.slack.values(), default=0)
        for place in asked:
            told = vessels[place].cleaned if place in vessels else ()
            cleaned = sorted((one.earliest - slack, one.latest + slack) for one in told)
            line = Line(place, sorted(runs.get(place, ())), cleaned, places[place] or 0)
            for one, other in line.pairs():
                for run in {one.batch, other.batch}:
                    self._pairs.setdefault(run, []).append((place, one, other))

    def _most(self, place: NodeRow) -> int | None:
        """How much may lie between two runs on a line of its class; null for no carry-over."""
        found = (self.longest.get(name) for name in (*classes_of(place), EVERY))
        return next((most for most in found if most is not None), None)

    def _runs(self, places: Sequence[NodeId]) -> dict[NodeId, set[Run]]:
        links = self.source.links_to(places, Link.MADE_ON)
        batches = {row.node_id: row.properties for row in self._nodes([k.source for k in links])}
        self._whole.update(b for b, told in batches.items() if told.get("mixing") == Mixing.WHOLE)
        found: dict[NodeId, set[Run]] = {}
        slack = max(self.slack.values(), default=0)
        for link in links:
            if link.source in batches:
                run = _run(link.source, batches[link.source], slack)
                found.setdefault(link.target, set()).add(run)
        return found

    def _nodes(self, ids: Iterable[NodeId]) -> list[NodeRow]:
        return self.source.nodes(list(dict.fromkeys(ids)), known_at=self.known_at)


def classes_of(place: NodeRow) -> tuple[str, ...]:
    """The classes of a line or equipment, the narrower first."""
    told = (place.properties.get(name) for name in ("equipment_class", "place_type"))
    return tuple(name for name in told if name)


def _run(batch: NodeId, told: Mapping[str, Any], slack: int) -> Run:
    ends = (told.get(name) for name in (latest_of("ended_at"), "ended_at"))
    ended = next((moment for moment in ends if moment), None)
    began = told.get("started_at")
    since = BEGIN if began is None else to_micros(began)
    until = END if ended is None else max(since, to_micros(ended)) + slack
    return Run(since if since == BEGIN else since - slack, until, batch)


def _rows(pairs: Iterable[tuple[NodeId, Run, Run]]) -> FlowRows:
    """The flow from each run to the other, while that lasted."""
    rows = FlowRows()
    for place, one, other in dict.fromkeys(pairs):
        since, until = max(one.since, other.since), other.until
        begun = None if since == BEGIN else since
        times = (begun, None, until) if until != END else (None, begun, None)
        ends = one.batch, other.batch
        append_unrecorded(rows, Flow.CARRIED_OVER, ends, times, Confidence.HYPOTHETICAL, place)
    return rows
