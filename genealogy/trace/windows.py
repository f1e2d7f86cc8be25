"""The window of an edge: from when until when material can pass over it.

Times are microseconds UTC; BEGIN and END stand for "no known limit", because a
time that is not known must exclude nothing. A moment is a window of one point.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container

from genealogy.model.facts import NodeId
from genealogy.model.names import LASTING, Flow
from genealogy.ports import FlowRows

BEGIN = -(1 << 62)
END = 1 << 62


def windows(rows: FlowRows, lots: Container[NodeId]) -> tuple[list[int], list[int]]:
    """Start and end of the window of each edge; ``lots`` holds the parts that are Lots.

    A movement passes when it occurred, or during its interval where it has one.
    Containment lasts. A part stays in its host until it is taken out; of a Lot only
    the pieces built in at that moment are in the host: from ``valid_from`` until
    ``occurred_at`` where the moment is known in part. An end before its start is a
    wrong entry and counts as not known.
    """
    starts = [
        t if t is not None else BEGIN if start is None else start
        for t, start in zip(rows.occurred_at, rows.valid_from, strict=True)
    ]
    ends = [
        end if end is not None and end >= start else END if t is None else t
        for t, start, end in zip(rows.occurred_at, starts, rows.valid_to, strict=True)
    ]
    for i, flow in enumerate(rows.type):
        if flow in LASTING:
            whole = flow != Flow.PART_OF or rows.source[i] not in lots
            starts[i], ends[i] = _lasting(rows, i, whole)
    return starts, ends


def _lasting(rows: FlowRows, i: int, whole: bool) -> tuple[int, int]:
    at = rows.occurred_at[i]
    start = rows.valid_from[i] if rows.valid_from[i] is not None else at
    if start is not None and not whole:
        return start, start if at is None else max(start, at)
    begin, end = BEGIN if start is None else start, rows.valid_to[i]
    return begin, END if end is None or end < begin or not whole else end


def set_window(rows: FlowRows, i: int, opens: int, closes: int) -> None:
    """Let an edge pass from when until when; of one without any time nothing is known still."""
    if rows.occurred_at[i] is rows.valid_from[i] is rows.valid_to[i] is None:
        return
    since, ends = None if opens == BEGIN else opens, closes != END
    if rows.type[i] in LASTING:
        rows.valid_from[i] = since
        # The last moment at which some of a lot was built in, or else the first of all.
        rows.occurred_at[i] = closes if rows.type[i] == Flow.PART_OF and ends else since
    else:
        rows.occurred_at[i], rows.valid_from[i] = (since, None) if ends else (None, since)
    rows.valid_to[i] = closes if ends else None


class Spans:
    """A union of closed intervals, kept disjoint and in order."""

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def meet(self, start: int, end: int) -> bool:
        """Whether any of them has a moment in an interval."""
        at = bisect_left(self._ends, start)
        return start <= end and at < len(self._starts) and self._starts[at] <= end

    def add(self, start: int, end: int) -> bool:
        """Take an interval in; False when all of it was there already."""
        left = bisect_left(self._ends, start)
        right = bisect_right(self._starts, end)
        if right - left == 1 and self._starts[left] <= start and end <= self._ends[left]:
            return False
        if left < right:
            start = min(start, self._starts[left])
            end = max(end, self._ends[right - 1])
        self._starts[left:right] = [start]
        self._ends[left:right] = [end]
        return True
