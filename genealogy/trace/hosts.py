"""Hosts that held a part for a while: from when until when the part exposed them.

A host stays in the answer after a part was taken out of it, for it was exposed; when it
was tells what to look at.
"""

from __future__ import annotations

from typing import NamedTuple

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.model.times import to_micros
from genealogy.trace.result import Trace


class Exposed(NamedTuple):
    """A part that was in a host, from when (null: unknown) until when, in microseconds UTC."""

    part: NodeId
    since: int | None
    until: int


def exposed_hosts(trace: Trace) -> dict[NodeId, list[Exposed]]:
    """The parts by which hosts were exposed forward and that were taken out again."""
    edges = trace.edges
    if Flow.PART_OF not in edges.type:
        return {}
    came = {
        r.node_id: None if r.exposure is None else to_micros(r.exposure)
        for r in trace.reached
        if r.direction != "backward"
    }
    found: dict[NodeId, list[Exposed]] = {}
    for i, flow in enumerate(edges.type):
        part, host, until = edges.source[i], edges.target[i], edges.valid_to[i]
        if flow != Flow.PART_OF or until is None or part not in came or host not in came:
            continue
        start = edges.valid_from[i] if edges.valid_from[i] is not None else edges.occurred_at[i]
        since = max((t for t in (start, came[part]) if t is not None), default=None)
        if since is None or since <= until:
            found.setdefault(host, []).append(Exposed(part, since, until))
    return {host: sorted(told, key=lambda e: (e.until, e.part)) for host, told in found.items()}
