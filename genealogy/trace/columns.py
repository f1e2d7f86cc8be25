"""Flow edges as columns: pick some, put others behind, show them as of a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from operator import itemgetter

from genealogy.model.facts import NodeId
from genealogy.model.names import LASTING, Confidence, Flow
from genealogy.ports import FlowRows

#: Stands between the id of a node or edge and what tells a state or copy of it from others.
MARK = "\x1e"
NAMES = tuple(column.name for column in fields(FlowRows))


def append(rows: FlowRows, more: FlowRows) -> None:
    """Put the edges of ``more`` behind those of ``rows``."""
    for name in NAMES:
        getattr(rows, name).extend(getattr(more, name))


def joined(rows: FlowRows, more: FlowRows) -> FlowRows:
    """The edges of both, in new columns."""
    return FlowRows(*(getattr(rows, name) + getattr(more, name) for name in NAMES))


def append_unrecorded(
    rows: FlowRows,
    flow: Flow,
    ends: tuple[NodeId, NodeId],
    times: tuple[int | None, int | None, int | None],
    confidence: Confidence,
    place: NodeId | None = None,
) -> None:
    """Put an edge behind the others that nobody recorded.

    ``times`` are occurred_at, valid_from and valid_to in microseconds UTC.
    """
    source, target = ends
    named = " ".join((flow.lower().replace("_", " "), *([place] if place else []), source, target))
    known = {
        "source": source,
        "target": target,
        "type": flow,
        "edge_id": named,
        "recorded_at": 0,
        "place_id": place,
        "source_system": "lotgraph",
        "source_record": flow.lower(),
        "confidence": confidence,
        **dict(zip(("occurred_at", "valid_from", "valid_to"), times, strict=True)),
    }
    for name in NAMES:
        getattr(rows, name).append(known.get(name))


def select(rows: FlowRows, picks: Sequence[int]) -> FlowRows:
    """The edges at these positions, in this order."""
    if len(picks) < 2:
        return FlowRows(*([getattr(rows, name)[i] for i in picks] for name in NAMES))
    pick = itemgetter(*picks)
    return FlowRows(*(list(pick(getattr(rows, name))) for name in NAMES))


def as_of(rows: FlowRows, until: int | None) -> FlowRows:
    """The edges as they stood at ``until`` (microseconds UTC; null means now).

    An edge that began later is left out. A later end or receipt had not happened
    yet, so it is null: a delivery under way at that time is one without receipt.
    What may have moved at a time before or after had moved by then, or not at all.
    """
    if until is None:
        return rows
    starts = zip(rows.occurred_at, rows.valid_from, strict=True)
    past = select(rows, [i for i, start in enumerate(starts) if _begun(start, until)])
    for column in (past.occurred_at, past.valid_from):
        column[:] = [t if t is None or t <= until else None for t in column]
    ends = zip(past.valid_to, past.occurred_at, past.type, strict=True)
    past.valid_to[:] = [
        end if end is None or end <= until else None if at is None or flow in LASTING else until
        for end, at, flow in ends
    ]
    return past


def _begun(start: tuple[int | None, int | None], until: int) -> bool:
    known = [t for t in start if t is not None]
    return not known or min(known) <= until
