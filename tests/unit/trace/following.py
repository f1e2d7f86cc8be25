"""Short forms for tests of traces over genealogies written by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from genealogy.model.facts import NodeId
from genealogy.trace.result import Mode, Trace, TraceDirection, TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.witness import hops
from tests.fakes import MemoryFlows
from tests.genealogies import DAY_ZERO, Genealogy


def follow(drawn: Genealogy, *seeds: str, way: TraceDirection = "forward", **limits: Any) -> Trace:
    """The trace from these seeds."""
    stops = tuple(NodeId(s) for s in limits.pop("stops", ()))
    query = TraceQuery(tuple(map(NodeId, seeds)), way, stops=stops, **limits)
    return trace(MemoryFlows(drawn.facts), query)


def reached(drawn: Genealogy, *seeds: str, **question: Any) -> set[str]:
    """What a trace reaches beside its seeds."""
    answer = follow(drawn, *seeds, **question)
    return {r.node_id for r in answer.reached if r.direction != "seed"}


def loosely(drawn: Genealogy, *seeds: str, **question: Any) -> set[str]:
    """The same in conservative mode."""
    return reached(drawn, *seeds, mode=Mode.CONSERVATIVE, **question)


def exposures(answer: Trace) -> dict[str, int | None]:
    """Day of exposure by node."""
    return {
        r.node_id: None if r.exposure is None else day_of(r.exposure)
        for r in answer.reached
        if r.direction != "seed"
    }


def day_of(moment: datetime) -> int:
    """The number of a day of January 2026."""
    return (moment - DAY_ZERO) // timedelta(days=1)


def path(answer: Trace, node: str, **direction: Any) -> list[str]:
    """The nodes of a witness from seed to end."""
    walk = hops(answer, NodeId(node), **direction)
    return [*(h.before for h in walk), node]


def gaps(answer: Trace) -> list[tuple[str, str]]:
    """Kind and node of each gap."""
    return [(g.kind.value, g.node_id) for g in answer.completeness.gaps]


def frontiers(answer: Trace) -> list[tuple[str, str]]:
    """Reason and node of each frontier."""
    return [(f.reason.value, f.node_id) for f in answer.completeness.frontiers]
