"""From the terms of a request to a question: names resolved, or told with what they may mean."""

from __future__ import annotations

from collections.abc import Sequence

from api import names
from api.schemas.traces import Terms, WindowRequest
from genealogy.bootstrap import Lotgraph
from genealogy.exports.records import Record
from genealogy.model.durations import merged
from genealogy.model.facts import NodeId
from genealogy.trace.result import TraceDirection, TraceQuery, Window

#: Refusals of a question that are about its windows.
OF_WINDOWS = frozenset(
    {
        "event_withdrawn",
        "nothing_in_window",
        "revision_of_nothing",
        "times_of_event",
        "unknown_window",
        "window_ends_first",
        "wrong_window",
    }
)


def question(
    engine: Lotgraph,
    seeds: tuple[NodeId, ...],
    direction: TraceDirection,
    asked: Terms,
    flaws: list[Record],
    language: str,
) -> TraceQuery:
    """The question from these seeds; ``flaws`` gets the names in its terms that mean nothing."""
    return TraceQuery(
        seeds=seeds,
        windows=_windows(engine, asked.windows, flaws, language),
        direction=direction,
        mode=asked.mode,
        as_of=asked.as_of,
        known_at=asked.known_at,
        stops=names.resolve_all(engine, "stops", asked.stops, flaws, language),
        max_depth=asked.max_depth,
        clock_tolerance=merged(asked.clock_tolerance.items()),
        carry_over=merged(asked.carry_over.items()),
        quantities=asked.quantities or asked.dilution is not None,
        dilution=asked.dilution,
    )


def _windows(
    engine: Lotgraph, asked: Sequence[WindowRequest], flaws: list[Record], language: str
) -> tuple[Window, ...]:
    """The windows whose names mean something; ``flaws`` gets the rest."""
    found = []
    for i, window in enumerate(asked):
        at = f"windows/{i}/id"
        if node_id := names.resolve_one(engine, at, window.id, flaws, language, window.kind):
            found.append(Window(window.kind, node_id, window.since, window.until, window.revision))
    return tuple(found)
