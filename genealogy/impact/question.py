"""What is asked of several cases at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from genealogy.model.durations import ClockTolerance
from genealogy.model.facts import NodeId
from genealogy.ports import Direction
from genealogy.trace.result import Mode, TraceQuery

#: Candidates that are told with their evidence, unless asked otherwise.
LISTED = 50


class Operation(StrEnum):
    """Which nodes are hits.

    INTERSECTION: reached from every case. UNION: from any. ONLY: from the first case and
    from none of the others.
    """

    INTERSECTION = "intersection"
    UNION = "union"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class ComparisonQuery:
    """A question about several cases at once; the rest as in ``TraceQuery``."""

    cases: tuple[NodeId, ...]
    direction: Direction
    operation: Operation = Operation.INTERSECTION
    mode: Mode = Mode.EXACT
    as_of: datetime | None = None
    known_at: datetime | None = None
    stops: tuple[NodeId, ...] = ()
    max_depth: int | None = None
    clock_tolerance: ClockTolerance = ()

    def terms(self) -> TraceQuery:
        """What holds for the trace of each case, still without seeds."""
        return TraceQuery(
            (),
            self.direction,
            self.mode,
            self.as_of,
            self.known_at,
            self.stops,
            self.max_depth,
            clock_tolerance=self.clock_tolerance,
        )


@dataclass(frozen=True, slots=True)
class CauseQuery:
    """A question: the bad cases, good ones to hold them against, and terms as in a trace.

    ``listed`` candidates at most are told, the first in rank; all are tested.
    """

    cases: tuple[NodeId, ...]
    goods: tuple[NodeId, ...] = ()
    mode: Mode = Mode.EXACT
    as_of: datetime | None = None
    known_at: datetime | None = None
    stops: tuple[NodeId, ...] = ()
    max_depth: int | None = None
    listed: int = LISTED
    clock_tolerance: ClockTolerance = ()

    def terms(self) -> TraceQuery:
        """What holds for the trace of each case, still without seeds."""
        return TraceQuery(
            (),
            "backward",
            self.mode,
            self.as_of,
            self.known_at,
            self.stops,
            self.max_depth,
            clock_tolerance=self.clock_tolerance,
        )
