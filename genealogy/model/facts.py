"""Facts as loaders hand them to the store: nodes, flows and links with their source.

A fact is one statement by one source record. The store folds the facts about a
node or an edge, so the order in which they arrive changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NewType

from genealogy.model.names import Confidence, Flow, Label, Link, Role

NodeId = NewType("NodeId", str)

#: What a node property may hold. Decimals travel as text, times as aware datetimes.
Value = str | int | bool | datetime


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read: system, then file and line (or event) as one record name."""

    system: str
    record: str


@dataclass(frozen=True, slots=True)
class NodeFact:
    """What one source record says of one node.

    ``recorded_at`` is when the source recorded it (UTC); null means "when it was
    loaded". ``identifiers`` are spellings as found in the source.
    """

    label: Label
    node_id: NodeId
    source: Source
    roles: tuple[Role, ...] = ()
    properties: Mapping[str, Value] = field(default_factory=dict)
    identifiers: tuple[str, ...] = ()
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FlowFact:
    """What one source record says of material moving from one node to another.

    ``fact_id`` names the movement: the same movement told again has the same
    ``fact_id``, and a later ``recorded_at`` with other values is a correction.
    Times are UTC; ``occurred_offset`` keeps the source's offset as ``+08:00``.
    Unknown quantities are null, never zero. ``retracted_at`` is when the
    statement was withdrawn. ``derived`` facts follow from several records: those
    written together are all the versions there are, earlier ones are replaced.
    """

    type: Flow
    source_id: NodeId
    source_label: Label
    target_id: NodeId
    target_label: Label
    fact_id: str
    source: Source
    quantity: Decimal | None = None
    uom: str | None = None
    base_quantity: Decimal | None = None
    occurred_at: datetime | None = None
    occurred_offset: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    ends_from: datetime | None = None
    recorded_at: datetime | None = None
    retracted_at: datetime | None = None
    place_id: NodeId | None = None
    event_id: str | None = None
    confidence: Confidence = Confidence.RECORDED
    derived: bool = False


@dataclass(frozen=True, slots=True)
class LinkFact:
    """A tie that carries no material; ``part`` says which part the target plays."""

    type: Link
    source_id: NodeId
    source_label: Label
    target_id: NodeId
    target_label: Label
    source: Source
    part: str | None = None


Fact = NodeFact | FlowFact | LinkFact


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: counts of facts by outcome."""

    nodes_new: int = 0
    nodes_changed: int = 0
    flows_new: int = 0
    flows_changed: int = 0
    links_new: int = 0
    unchanged: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(
            self.nodes_new + other.nodes_new,
            self.nodes_changed + other.nodes_changed,
            self.flows_new + other.flows_new,
            self.flows_changed + other.flows_changed,
            self.links_new + other.links_new,
            self.unchanged + other.unchanged,
        )
