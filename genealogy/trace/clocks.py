"""Edges by clocks that may be off: each may have passed that much earlier or later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from genealogy.model.names import LASTING
from genealogy.ports import FlowRows
from genealogy.trace.result import TraceQuery

#: Times of an edge: occurred_at, valid_from, valid_to.
Times = tuple[int | None, int | None, int | None]


_MICROSECOND = timedelta(microseconds=1)


def slack_of(query: TraceQuery) -> dict[str, int]:
    """By how many microseconds the clock of each source system may be off."""
    return {system: length // _MICROSECOND for system, length in query.clock_tolerance if length}


def times_at(rows: FlowRows, i: int) -> Times:
    """The times of the edge at a position."""
    return rows.occurred_at[i], rows.valid_from[i], rows.valid_to[i]


def widen(rows: FlowRows, slack: Mapping[str, int]) -> FlowRows:
    """The edges, those of each system in ``slack`` with so many microseconds on both sides."""
    told = [
        _lasting(times_at(rows, i), more) if flow in LASTING else _passing(times_at(rows, i), more)
        for i, flow in enumerate(rows.type)
        for more in (slack.get(rows.source_system[i], 0),)
    ]
    occurred, since, until = (list(column) for column in zip(*told, strict=True))
    return replace(rows, occurred_at=occurred, valid_from=since, valid_to=until)


def _passing(times: Times, more: int) -> Times:
    """A movement from ``occurred_at`` until ``valid_to``; the same moment unless that is later."""
    at, since, until = times
    if not more or (at is None and since is None and until is None):
        return times
    if at is None:
        # An end before its start is a wrong entry, also where the clock could set it right.
        wrong = since is not None and until is not None and until < since
        return None, _plus(since, -more), None if wrong else _plus(until, more)
    return at - more, _plus(since, -more), max(at, at if until is None else until) + more


def _lasting(times: Times, more: int) -> Times:
    """Something that began from ``valid_from`` until ``occurred_at``, and ended by ``valid_to``."""
    at, since, until = times
    start = at if since is None else since
    if not more or start is None:
        return at, since, _plus(until, more)
    open_ended = until is None or until < start
    return (
        max(start, start if at is None else at) + more,
        start - more,
        (None if open_ended else _plus(until, more)),
    )


def _plus(moment: int | None, more: int) -> int | None:
    return None if moment is None else moment + more
