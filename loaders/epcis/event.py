"""EPCIS events as values: the five types, with what, when, where and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import Identifier, unlotted_id
from genealogy.model.names import Label


class EventType(StrEnum):
    """The event types of EPCIS 2.0."""

    OBJECT = "ObjectEvent"
    AGGREGATION = "AggregationEvent"
    TRANSACTION = "TransactionEvent"
    TRANSFORMATION = "TransformationEvent"
    ASSOCIATION = "AssociationEvent"


class Action(StrEnum):
    """What an event does to the life of its objects."""

    ADD = "ADD"
    OBSERVE = "OBSERVE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount of a lot or class; null amount is unknown, null unit means pieces."""

    of: Identifier
    amount: Decimal | None = None
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Something an event is about: a node that material flows can join, and how much of it."""

    node_id: NodeId
    label: Label
    amount: Decimal | None
    uom: str | None


@dataclass(frozen=True, slots=True)
class BizTransaction:
    """A business document; type is null where the source says none."""

    type: str | None
    id: str


@dataclass(frozen=True, slots=True)
class End:
    """One source or destination: an owning party, a possessing party or a location."""

    type: str
    id: Identifier


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """A withdrawal of an earlier event; time in UTC."""

    declared_at: datetime
    reason: str | None = None
    corrective_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``epcs`` and ``quantities`` are the children where there is a parent.

    Times are UTC; ``offset`` is the zone of the place where it happened.
    ``item_lots`` are items whose identifiers also name their lot.
    ``recorded_at`` is null when the source gives no record time. ``ilmd`` holds
    attributes of what was created, ``extra`` sensor data and extensions, both
    under expanded names and with every scalar as text.
    """

    event_id: str
    type: EventType
    at: datetime
    offset: str
    recorded_at: datetime | None = None
    action: Action | None = None
    step: str | None = None
    disposition: str | None = None
    persistent_set: tuple[str, ...] = ()
    persistent_unset: tuple[str, ...] = ()
    parent: Identifier | None = None
    epcs: tuple[Identifier, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    input_epcs: tuple[Identifier, ...] = ()
    input_quantities: tuple[Quantity, ...] = ()
    output_epcs: tuple[Identifier, ...] = ()
    output_quantities: tuple[Quantity, ...] = ()
    item_lots: tuple[tuple[NodeId, NodeId], ...] = ()
    transformation_id: str | None = None
    read_point: Identifier | None = None
    biz_location: Identifier | None = None
    transactions: tuple[BizTransaction, ...] = ()
    sources: tuple[End, ...] = ()
    destinations: tuple[End, ...] = ()
    ilmd: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    error: ErrorDeclaration | None = None

    @property
    def node_id(self) -> NodeId:
        """The id of the event's node."""
        return NodeId(f"event:{self.event_id}")

    @property
    def place(self) -> Identifier | None:
        """Where the objects are after the event, else where it was read."""
        return self.biz_location or self.read_point

    @property
    def contents(self) -> tuple[Content, ...]:
        """The objects of the event that material flows can join, each node once."""
        return contents(self.epcs, self.quantities)

    @property
    def inputs(self) -> tuple[Content, ...]:
        """What a transformation used up."""
        return contents(self.input_epcs, self.input_quantities)

    @property
    def outputs(self) -> tuple[Content, ...]:
        """What a transformation made."""
        return contents(self.output_epcs, self.output_quantities)

    @property
    def despatch_advice(self) -> str | None:
        """The URI of the despatch advice, the name that sender and receiver share."""
        # A bare number is unique only within its sender, so it joins nothing.
        ids = [t.id for t in self.transactions if t.type == "desadv" and ":" in t.id]
        return min(ids, default=None)


_MATERIAL = frozenset({Label.LOT, Label.ITEM, Label.UNIT})
PIECES = "H87"


def contents(epcs: tuple[Identifier, ...], quantities: tuple[Quantity, ...]) -> tuple[Content, ...]:
    """Objects and quantities as material; the same lot and unit told twice is added up."""
    found: dict[tuple[NodeId, str | None], Content] = {}
    for content in (*map(_of_epc, epcs), *map(_of_quantity, quantities)):
        if content.label in _MATERIAL:
            key = (content.node_id, content.uom)
            found[key] = _summed(found[key], content) if key in found else content
    return tuple(found.values())


def _of_epc(epc: Identifier) -> Content:
    if epc.kind is Label.ITEM:
        return Content(epc.node_id, epc.kind, Decimal(1), PIECES)
    return Content(epc.node_id, epc.kind, None, None)


def _of_quantity(quantity: Quantity) -> Content:
    node_id, label = material(quantity.of)
    uom = quantity.uom or (PIECES if quantity.amount is not None else None)
    return Content(node_id, label, quantity.amount, uom)


def _summed(first: Content, second: Content) -> Content:
    if first.label is Label.ITEM or first.amount is None:
        return first
    # Some and an unknown amount are together unknown, whichever stands first.
    amount = None if second.amount is None else first.amount + second.amount
    return replace(first, amount=amount)


def material(of: Identifier) -> tuple[NodeId, Label]:
    """The node that stands for an amount: the lot, or the product's quantity of unknown lot."""
    if of.kind is Label.PRODUCT:
        return unlotted_id(of.node_id), Label.LOT
    return of.node_id, of.kind


def identifiers(event: Event) -> Iterator[tuple[str, Identifier]]:
    """Every object the event names, with the part it plays."""
    if event.parent is not None:
        yield "parent", event.parent
    child = "child" if event.type in (EventType.AGGREGATION, EventType.ASSOCIATION) else "epc"
    parts = (
        (child, event.epcs, event.quantities),
        ("input", event.input_epcs, event.input_quantities),
        ("output", event.output_epcs, event.output_quantities),
    )
    for part, epcs, quantities in parts:
        yield from ((part, epc) for epc in epcs)
        yield from ((part, quantity.of) for quantity in quantities)


def without_objects(event: Event) -> Event:
    """The event with all but the objects it names."""
    return replace(
        event,
        epcs=(),
        quantities=(),
        input_epcs=(),
        input_quantities=(),
        output_epcs=(),
        output_quantities=(),
        item_lots=(),
    )
