"""Cases: what is compared or explained. A complaint stands for what it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from genealogy.errors import InvalidQuery, NotFound
from genealogy.model.facts import NodeId
from genealogy.model.names import Label, Link
from genealogy.model.times import to_micros
from genealogy.ports import FlowSource, NodeRow
from genealogy.trace.known import MOVING, refuse_not_known_then
from genealogy.trace.result import TraceQuery

_EVENTS = frozenset({Label.QUALITY_EVENT, Label.EVENT})
#: When an event was known at the latest: what came after cannot have caused it.
_TIMES = ("occurred_at", "reported_at")


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its node, the nodes it stands for, and when it was reported.

    ``known_by`` is in microseconds since 1970-01-01 UTC; null for what is no event, or
    an event without a time.
    """

    node_id: NodeId
    seeds: tuple[NodeId, ...]
    known_by: int | None = None


def cases_of(
    source: FlowSource, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
) -> tuple[Case, ...]:
    """The cases that these nodes are, each once and in their order.

    A quality event (or EPCIS event) stands for what it is about, as far as that moves.
    Raises NotFound for a node that is not known, or an event that was not known by then,
    and InvalidQuery for an event that is about nothing through which material passes.
    """
    wanted = list(dict.fromkeys(node_ids))
    kinds = source.kinds(wanted)
    for node_id in wanted:
        if node_id not in kinds:
            raise NotFound(kind="node", text=node_id, near="")
    events = [node_id for node_id in wanted if kinds[node_id] in _EVENTS]
    if events:
        refuse_not_known_then(source, TraceQuery(tuple(events), "backward", known_at=known_at))
    about = _about(source, events)
    rows = {row.node_id: row for row in source.nodes(events, known_at=known_at)} if events else {}
    return tuple(_case(node_id, about, rows) for node_id in wanted)


def _about(source: FlowSource, events: Sequence[NodeId]) -> dict[NodeId, tuple[NodeId, ...]]:
    """What of that moves each event is about, in order."""
    if not events:
        return {}
    found: dict[NodeId, set[NodeId]] = defaultdict(set)
    links = source.links(events, Link.ABOUT)
    kinds = source.kinds(sorted({link.target for link in links}))
    for link in links:
        if kinds.get(link.target) in MOVING:
            found[link.source].add(link.target)
    return {event: tuple(sorted(found[event])) for event in events}


def _case(
    node_id: NodeId, about: Mapping[NodeId, tuple[NodeId, ...]], rows: Mapping[NodeId, NodeRow]
) -> Case:
    if node_id not in about:
        return Case(node_id, (node_id,))
    if not about[node_id]:
        raise InvalidQuery("case_about_nothing", text=node_id)
    told = rows[node_id].properties
    times = [to_micros(told[name]) for name in _TIMES if isinstance(told.get(name), datetime)]
    return Case(node_id, about[node_id], max(times, default=None))
