"""Nodes and links that one event states: itself, its objects, places, parties and hubs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from genealogy.model.facts import Fact, LinkFact, NodeFact, NodeId, Source, Value
from genealogy.model.identifiers import Identifier
from genealogy.model.names import MOVED_AT, Label, Link, Mixing, Role
from genealogy.model.times import parse_instant
from loaders.epcis.body import packed
from loaders.epcis.event import (
    Action,
    ErrorDeclaration,
    Event,
    EventType,
    identifiers,
    material,
)
from loaders.epcis.known import Known
from loaders.epcis.production import batch_id, is_relabel, lot_code, lots_of_items
from loaders.epcis.shipments import (
    end_user,
    is_dispatch,
    is_receipt,
    is_return,
    may_be_shipment,
    shipment_id,
    suppliers,
    targets,
)
from loaders.epcis.vocabulary import END_USE, local_name

#: Attributes of created lots and items that are kept as properties, by local name.
_ATTRIBUTES = {
    "lotNumber": "lot_code",
    "itemExpirationDate": "expires_on",
    "expirationDate": "expires_on",
    "bestBeforeDate": "best_before",
    "sellByDate": "sell_by",
    "countryOfOrigin": "country",
    "harvestStartDate": "harvested_from",
    "harvestEndDate": "harvested_to",
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def event_node(known: Known, body: str) -> NodeFact:
    """The event itself; its body and times let flows be worked out again."""
    event = known.event
    values: dict[str, Value | None] = {
        "event_type": str(event.type),
        "source_system": known.source.system,
        "source_record": known.source.record,
    }
    said = _said(known, body) if event.error is None else _withdrawn(event.error, body)
    return _node(Label.EVENT, event.node_id, known, values | said)


def _said(known: Known, body: str) -> dict[str, Value | None]:
    event = known.event
    return {
        "body": packed(body),
        "action": str(event.action) if event.action else None,
        "biz_step": event.step,
        "disposition": event.disposition,
        "persistent_set": ", ".join(event.persistent_set) or None,
        "persistent_unset": ", ".join(event.persistent_unset) or None,
        "occurred_at": event.at,
        "occurred_offset": event.offset,
        "read_point": event.read_point.node_id if event.read_point else None,
        "biz_location": event.biz_location.node_id if event.biz_location else None,
        "transactions": ", ".join(f"{t.type or '?'}={t.id}" for t in event.transactions) or None,
        "recorded_at": known.recorded_at,
    }


def _withdrawn(error: ErrorDeclaration, body: str) -> dict[str, Value | None]:
    """What a declaration says; its copy of the event counts only while the event is unknown."""
    return {
        "void_body": packed(body),
        "voided_at": error.declared_at,
        "void_reason": error.reason,
        "corrected_by": ", ".join(error.corrective_ids) or None,
    }


def _node(
    label: Label, node_id: NodeId, known: Known, values: Mapping[str, Value | None]
) -> NodeFact:
    return NodeFact(
        label,
        node_id,
        known.source,
        properties={k: v for k, v in values.items() if v is not None},
        recorded_at=known.event.recorded_at,
    )


def named_nodes(known: Known) -> Iterator[Fact]:
    """Everything the event names, with the spellings found and what it says of each."""
    event, source = known.event, known.source
    for part, thing in identifiers(event):
        yield from _thing(known, part, thing)
    places = (event.read_point, event.biz_location)
    ends = (end.id for end in (*event.sources, *event.destinations))
    for place in (*(p for p in places if p is not None), *ends):
        yield mention(place, source)
    for item, lot in lots_of_items(event):
        yield NodeFact(Label.LOT, lot, source)
        yield NodeFact(Label.ITEM, item, source)
    yield from _hub(known)
    yield from _shipment(known)
    yield from _packed(known)


def mention(identifier: Identifier, source: Source, *, roles: tuple[Role, ...] = ()) -> NodeFact:
    """A node that is named under a spelling."""
    spelt = (identifier.spelling,) if identifier.spelling != identifier.node_id else ()
    return NodeFact(identifier.kind, identifier.node_id, source, roles=roles, identifiers=spelt)


def _thing(known: Known, part: str, thing: Identifier) -> Iterator[Fact]:
    event, source = known.event, known.source
    node_id, label = material(thing)
    if thing.kind is Label.PRODUCT:
        yield mention(thing, source)
        yield NodeFact(label, node_id, source, (Role.UNLOTTED,), {"unlotted": True})
        yield _of_product(node_id, label, thing.node_id, source)
    else:
        yield mention(thing, source, roles=_roles(event, part, label))
    if thing.product is not None:
        yield _of_product(node_id, label, thing.product, source)
    values = created(event, part)
    if values and label in (Label.LOT, Label.ITEM):
        yield _node(label, node_id, known, values)
    yield LinkFact(Link.ABOUT, event.node_id, Label.EVENT, node_id, label, source, part=part)


def _roles(event: Event, part: str, label: Label) -> tuple[Role, ...]:
    if label is not Label.LOT:
        return ()
    if part == "output":
        return (Role.PRODUCT_LOT,)
    if is_receipt(event) and not is_return(event) and suppliers(event):
        return (Role.SUPPLIER_LOT,)
    return ()


def _of_product(node_id: NodeId, label: Label, product: NodeId, source: Source) -> LinkFact:
    return LinkFact(Link.OF_PRODUCT, node_id, label, product, Label.PRODUCT, source)


def created(event: Event, part: str) -> dict[str, Value | None]:
    """Attributes of what the event creates, as properties of the lot or item."""
    adds = event.type is EventType.OBJECT and event.action is Action.ADD and part == "epc"
    if not event.ilmd or not (adds or part == "output"):
        return {}
    values: dict[str, Value | None] = {"lot_code": lot_code(event)}
    for name, value in event.ilmd.items():
        local = local_name(name)
        if local in _ATTRIBUTES and isinstance(value, str) and value:
            values[_ATTRIBUTES[local]] = value
        elif local in ("productionDate", "productionDateTime"):
            values |= _produced(value)
    return values


def _produced(value: Any) -> dict[str, Value | None]:
    if not isinstance(value, str):
        return {}
    try:
        return {"produced_at": parse_instant(value).at}
    except ValueError:
        return {"produced_on": value} if _DAY.match(value) else {}


def _hub(known: Known) -> Iterator[Fact]:
    event = known.event
    if event.type is not EventType.TRANSFORMATION or is_relabel(event):
        return
    hub, shared = batch_id(event), event.transformation_id is not None
    values: dict[str, Value | None] = {
        "process": event.step or "transformation",
        "mixing": str(Mixing.WHOLE if shared else Mixing.BY_TIME),
        # Several events may share the hub; its span follows from their flows.
        "started_at": None if shared else event.at,
        "ended_at": None if shared else event.at,
    }
    yield _node(Label.BATCH, hub, known, values)
    yield LinkFact(
        Link.ABOUT, event.node_id, Label.EVENT, hub, Label.BATCH, known.source, part="batch"
    )
    yield from _placed(known, hub, Label.BATCH, "site")


def _placed(known: Known, node: NodeId, label: Label, part: str) -> Iterator[Fact]:
    """Where what an event moves things in or out of was then."""
    if known.event.place is not None:
        place = known.event.place.node_id
        yield LinkFact(Link.AT, node, label, place, Label.PLACE, known.source, part=part)


def _shipment(known: Known) -> Iterator[Fact]:
    event, source = known.event, known.source
    if not (is_dispatch(event) or may_be_shipment(event)):
        return
    shipment = shipment_id(event)
    values: dict[str, Value | None] = {"kind": _kind(event), "asn": event.despatch_advice}
    if is_dispatch(event):
        values["dispatched_at"] = event.at
    yield _node(Label.SHIPMENT, shipment, known, values)
    yield LinkFact(
        Link.ABOUT, event.node_id, Label.EVENT, shipment, Label.SHIPMENT, source, part="shipment"
    )
    yield from _placed(known, shipment, Label.SHIPMENT, MOVED_AT)
    yield from _parties(event, source)


def _packed(known: Known) -> Iterator[Fact]:
    event, parent = known.event, known.event.parent
    links = event.type in (EventType.AGGREGATION, EventType.ASSOCIATION)
    if links and parent is not None and parent.kind in (Label.ITEM, Label.UNIT):
        yield from _placed(known, parent.node_id, parent.kind, MOVED_AT)


def _kind(event: Event) -> str:
    if is_return(event):
        return "return"
    return "outbound" if is_dispatch(event) or event.despatch_advice else "inbound"


def _parties(event: Event, source: Source) -> Iterator[Fact]:
    for party in suppliers(event):
        yield NodeFact(Label.PARTY, party.node_id, source, roles=(Role.SUPPLIER,))
    for target in targets(event):
        if target.kind is Label.PARTY:
            yield NodeFact(Label.PARTY, target.node_id, source, roles=(Role.CUSTOMER,))
    if event.step in END_USE and not event.destinations:
        yield NodeFact(
            Label.PARTY, end_user(event).node_id, source, properties={"name": "end user"}
        )


def located(event: Event, source: Source) -> Iterator[Fact]:
    """Items placed at a location by an association whose parent is a place."""
    parent = event.parent
    if event.type is not EventType.ASSOCIATION or parent is None:
        return
    if parent.kind is Label.PLACE and event.action is Action.ADD:
        for content in event.contents:
            yield LinkFact(
                Link.AT, content.node_id, content.label, parent.node_id, Label.PLACE, source
            )


def facts_about(known: Known) -> Iterator[Fact]:
    """All nodes and links of one event except the event's own node."""
    yield from named_nodes(known)
    yield from located(known.event, known.source)
