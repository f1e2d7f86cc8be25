"""Flow facts of one type as one write tells them, and the values by which edges are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.names import FEW_AT, Confidence, Flow
from genealogy.model.times import iso
from genealogy.model.versions import Version
from genealogy.store.codec import decimal_or_null, iso_or_null

#: One edge to be written: source, target, then the values in the order of the query files.
Row = tuple[NodeId, NodeId, list[Any]]


@dataclass(frozen=True, slots=True)
class ToldFlows:
    """What is told of flows of one type.

    ``groups`` are the facts by the flow they tell of, ``rows`` the edges of flows told
    of once, if they are new. ``anchors`` are the ends where few flows of the type meet:
    there it is looked up what is known.
    """

    groups: dict[str, list[FlowFact]]
    rows: dict[str, Row]
    anchors: frozenset[NodeId]

    @classmethod
    def of(cls, flow: Flow, facts: Sequence[FlowFact], now: datetime) -> ToldFlows:
        """Sort the facts of one type; ``now`` (UTC) dates those without record time."""
        groups: dict[str, list[FlowFact]] = {}
        for fact in facts:
            groups.setdefault(fact.fact_id, []).append(fact)
        told_at = iso(now)
        singles = (group[0] for group in groups.values() if len(group) == 1)
        rows = {fact.fact_id: _row(fact, told_at) for fact in singles}
        return cls(groups, rows, frozenset(anchor(flow, fact) for fact in facts))


def anchor(flow: Flow, fact: FlowFact) -> NodeId:
    """The end of a flow that has few flows of its type."""
    return fact.source_id if FEW_AT[flow] == "source" else fact.target_id


def version_row(fact: FlowFact, version: Version) -> Row:
    """The edge of one version of what a fact tells of."""
    (quantity, uom, base, occurred, offset, begin, end, ends_from, place, event, confidence) = (
        version.values
    )
    return (
        fact.source_id,
        fact.target_id,
        [
            fact.fact_id,
            decimal_or_null(quantity),
            uom,
            decimal_or_null(base),
            iso_or_null(occurred),
            offset,
            iso_or_null(begin),
            iso_or_null(end),
            iso_or_null(ends_from),
            iso_or_null(version.recorded_at),
            iso_or_null(version.retracted_at),
            place,
            event,
            *version.source,
            str(Confidence(confidence)),
        ],
    )


def _row(fact: FlowFact, told_at: str) -> Row:
    return (
        fact.source_id,
        fact.target_id,
        [
            fact.fact_id,
            decimal_or_null(fact.quantity),
            fact.uom,
            decimal_or_null(fact.base_quantity),
            iso_or_null(fact.occurred_at),
            fact.occurred_offset,
            iso_or_null(fact.valid_from),
            iso_or_null(fact.valid_to),
            iso_or_null(fact.ends_from),
            iso_or_null(fact.recorded_at) or told_at,
            iso_or_null(fact.retracted_at),
            fact.place_id,
            fact.event_id,
            fact.source.system,
            fact.source.record,
            str(fact.confidence),
        ],
    )
