"""From typed rows to facts: nodes, flows and links, as the tables' meaning says.

``base_quantity`` is the quantity in the base unit of its dimension (kilogram,
litre, metre, square metre, piece). It never looks at the product's base unit,
which another file may tell later: the order of loading changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, NodeId, Source, Value
from genealogy.model.identifiers import Identifier, canonical
from genealogy.model.names import FLOW_ENDS, Flow, Label, Link, Role
from genealogy.model.times import Instant
from loaders.report import Reject
from loaders.tables.dictionary import COMMON, RECORD_ID
from loaders.tables.rows import Row, Unusable, plain, spelt, with_value
from loaders.tables.units import base_quantity
from loaders.tables.values import Parsed


@dataclass(frozen=True, slots=True)
class Movement:
    """How a row becomes a flow: its type, the columns of its ends, times and naming.

    ``since`` and ``until`` are the columns of the interval, for flows that have one.
    ``source_role`` and ``target_role`` are parts the ends play by being in such a row.
    """

    flow: Flow
    source: str
    target: str
    occurred: str
    since: str | None = None
    until: str | None = None
    source_role: Role | None = None
    target_role: Role | None = None
    named_by_ends: bool = False


MOVEMENTS: dict[str, Movement] = {
    "supplies": Movement(
        Flow.SUPPLIED,
        "supplier_id",
        "supplied_id",
        "occurred_at",
        source_role=Role.SUPPLIER,
        target_role=Role.SUPPLIER_LOT,
    ),
    "consumption": Movement(Flow.CONSUMED_BY, "input_id", "batch_id", "occurred_at"),
    "production": Movement(
        Flow.PRODUCED, "batch_id", "output_id", "occurred_at", target_role=Role.PRODUCT_LOT
    ),
    "assembly": Movement(
        Flow.PART_OF, "part_id", "host_id", "installed_at", "installed_at", "removed_at"
    ),
    "containment": Movement(
        Flow.CONTAINED_IN, "child_id", "unit_id", "packed_at", "packed_at", "unpacked_at"
    ),
    "shipment_lines": Movement(Flow.SHIPPED_IN, "content_id", "shipment_id", "loaded_at"),
    "relabels": Movement(Flow.RELABELLED_AS, "from_lot_id", "to_lot_id", "occurred_at"),
}
RETURN = Movement(Flow.RETURNED_IN, "content_id", "shipment_id", "loaded_at")
LOAD = Movement(Flow.LOADED_INTO, "other_id", "vessel_id", "occurred_at", "occurred_at", "ended_at")
DRAW = Movement(Flow.DRAWN_FROM, "vessel_id", "other_id", "occurred_at", "occurred_at", "ended_at")
DELIVERY = Movement(
    Flow.DELIVERED_TO,
    "shipment_id",
    "to_id",
    "received_at",
    "dispatched_at",
    named_by_ends=True,
)
SERIALISATION = Movement(
    Flow.SERIALISED_AS, "lot_id", "item_id", "serialised_at", named_by_ends=True
)

#: Links that node tables state: column → link and the part its target plays.
LINKS: dict[str, dict[str, tuple[Link, str | None]]] = {
    "places": {"parent_id": (Link.AT, "parent"), "party_id": (Link.AT, "party")},
    "units": {"place_id": (Link.AT, None)},
    "batches": {
        "product_id": (Link.OF_PRODUCT, None),
        "site_id": (Link.AT, "site"),
        "line_id": (Link.MADE_ON, "line"),
        "equipment_id": (Link.MADE_ON, "equipment"),
    },
    "shipments": {"from_id": (Link.AT, "from"), "carrier_id": (Link.AT, "carrier")},
    "quality_events": {"about_id": (Link.ABOUT, None), "place_id": (Link.AT, None)},
}
ROLES = {
    "supplier": Role.SUPPLIER,
    "customer": Role.CUSTOMER,
    "carrier": Role.CARRIER,
    "complaint": Role.COMPLAINT,
    "test_result": Role.TEST_RESULT,
    "nonconformance": Role.NONCONFORMANCE,
    "storage_excursion": Role.STORAGE_EXCURSION,
}
_COUNTED = frozenset({Label.LOT, Label.ITEM})
_COMMON_NAMES = frozenset(column.name for column in (*COMMON, RECORD_ID))


def facts_of(row: Row, system: str) -> Iterator[Fact]:
    """The facts one row states; ``system`` is the source system unless the row names one.

    Raises Unusable when a movement joins kinds of node that cannot be joined so.
    """
    source = Source(row.text("source_system") or system, f"{row.file}:{row.line}")
    if row.table.movement:
        yield from _moved(row, _movement(row), source)
    else:
        yield from _described(row, source)


def fact_id(flow: Flow, source: NodeId, target: NodeId, *naming: str) -> str:
    """The name of a movement: 24 hexadecimal digits of a SHA-256 over what names it."""
    named = "\x1f".join((flow, source, target, *naming))
    return sha256(named.encode()).hexdigest()[:24]


def _movement(row: Row) -> Movement:
    if row.table.name == "shipment_lines" and row.flag("returned"):
        return RETURN
    if row.table.name == "vessel_moves":
        return LOAD if row.text("direction") == "load" else DRAW
    return MOVEMENTS[row.table.name]


def _moved(row: Row, movement: Movement, source: Source) -> Iterator[Fact]:
    start, end = row.reference(movement.source), row.reference(movement.target)
    if start is None or end is None:
        return
    _refuse_ends(row, movement, start, end)
    yield _stub(start, source, _role(start, movement.source_role))
    yield _stub(end, source, _role(end, movement.target_role))
    place = row.reference("place_id") if row.table.movement else None
    if place is not None:
        yield _stub(place, source)
    yield _flow(row, movement, source, start, end)


def _flow(
    row: Row, movement: Movement, source: Source, start: Identifier, end: Identifier
) -> FlowFact:
    occurred = row.moment(movement.occurred)
    quantity, uom = _quantity(row, movement)
    place = row.reference("place_id") if row.table.movement else None
    return FlowFact(
        type=movement.flow,
        source_id=start.node_id,
        source_label=start.kind,
        target_id=end.node_id,
        target_label=end.kind,
        fact_id=fact_id(movement.flow, start.node_id, end.node_id, *_naming(row, movement)),
        source=source,
        quantity=quantity,
        uom=uom,
        base_quantity=base_quantity(quantity, uom),
        occurred_at=_at(occurred),
        occurred_offset=occurred.offset if occurred else None,
        valid_from=_at(row.moment(movement.since)),
        valid_to=_at(row.moment(movement.until)),
        recorded_at=_at(row.moment("recorded_at")),
        retracted_at=_at(row.moment("retracted_at")),
        place_id=place.node_id if place else None,
    )


def _naming(row: Row, movement: Movement) -> tuple[str, ...]:
    record_id = row.text("record_id")
    if record_id is not None:
        return ("record", record_id)
    if movement.named_by_ends:
        return ()
    named = (n for n in row.table.names if n in row.values)
    return tuple(f"{name}={row.spellings[name]}" for name in named)


def _quantity(row: Row, movement: Movement) -> tuple[Decimal | None, str | None]:
    if movement.flow is Flow.SERIALISED_AS:
        return Decimal(1), "H87"
    return (row.decimal("quantity"), row.text("uom")) if row.table.movement else (None, None)


def _refuse_ends(row: Row, movement: Movement, start: Identifier, end: Identifier) -> None:
    sources, targets = FLOW_ENDS[movement.flow]
    if start.kind in sources and end.kind in targets and start.node_id != end.node_id:
        return
    field, wrong = (movement.source, start) if start.kind not in sources else (movement.target, end)
    params = {"flow": movement.flow, "first": start.node_id, "second": end.node_id}
    raise Unusable(Reject(row.file, row.line, field, wrong.spelling, "wrong_ends", params))


def _described(row: Row, source: Source) -> Iterator[Fact]:
    node = row.reference(row.table.columns[0].name)
    if node is None:
        return
    yield NodeFact(
        node.kind,
        node.node_id,
        source,
        _roles(row),
        _properties(row),
        _spellings(row, node),
        _at(row.moment("recorded_at")),
    )
    yield from _links(row, node, source)
    yield from _EXTRA.get(row.table.name, _nothing)(row, node, source)


def _links(row: Row, node: Identifier, source: Source) -> Iterator[Fact]:
    for column, (link, part) in LINKS.get(row.table.name, {}).items():
        other = row.reference(column)
        if other is not None:
            yield _stub(other, source)
            yield _link(link, node, other.node_id, other.kind, source, part)


def _of_product(row: Row, node: Identifier, source: Source) -> Iterator[Fact]:
    named = row.reference("product_id")
    product = named.node_id if named else node.product
    if product is not None:
        yield NodeFact(Label.PRODUCT, product, source)
        yield _link(Link.OF_PRODUCT, node, product, Label.PRODUCT, source, None)


def _item(row: Row, node: Identifier, source: Source) -> Iterator[Fact]:
    yield from _of_product(row, node, source)
    if node.lot is not None and "lot_id" not in row.values:
        row = with_value(row, "lot_id", canonical(node.lot))
    yield from _moved(row, SERIALISATION, source)


def _delivery(row: Row, node: Identifier, source: Source) -> Iterator[Fact]:
    yield from _moved(row, DELIVERY, source)


def _nothing(row: Row, node: Identifier, source: Source) -> Iterator[Fact]:
    return iter(())


#: What the rows of some node tables state beside their node and its links.
_EXTRA: dict[str, Callable[[Row, Identifier, Source], Iterator[Fact]]] = {
    "lots": _of_product,
    "items": _item,
    "shipments": _delivery,
}


def _link(
    link: Link, node: Identifier, other: NodeId, label: Label, source: Source, part: str | None
) -> LinkFact:
    return LinkFact(link, node.node_id, node.kind, other, label, source, part)


def _stub(node: Identifier, source: Source, roles: tuple[Role, ...] = ()) -> NodeFact:
    return NodeFact(node.kind, node.node_id, source, roles, {}, _other_spelling(node))


def _role(node: Identifier, role: Role | None) -> tuple[Role, ...]:
    lot_roles = (Role.SUPPLIER_LOT, Role.PRODUCT_LOT)
    fits = role is not None and (node.kind is Label.LOT or role not in lot_roles)
    return (role,) if role is not None and fits else ()


def _roles(row: Row) -> tuple[Role, ...]:
    kinds = (row.text("kind") or "",) if row.table.name == "quality_events" else row.words("roles")
    return tuple(ROLES[kind] for kind in kinds)


def _properties(row: Row) -> dict[str, Value]:
    own = row.table.columns[0].name
    said = {n: _value(v) for n, v in row.values.items() if n not in _COMMON_NAMES and n != own}
    withdrawn = row.moment("retracted_at")
    if withdrawn is not None:
        said["retracted_at"] = withdrawn.at.isoformat()
    # A quality event may be about several things, one row each.
    said.pop("about_id", None)
    return said


def _value(value: Parsed) -> Value:
    if isinstance(value, Instant):
        return value.at
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Identifier | date | tuple):
        return spelt(value)
    return value


def _spellings(row: Row, node: Identifier) -> tuple[str, ...]:
    gs1 = (row.text("gtin"), row.text("gln"))
    found = (*_other_spelling(node), *(number for number in gs1 if number))
    return tuple(dict.fromkeys(found))


def _other_spelling(node: Identifier) -> tuple[str, ...]:
    return () if node.spelling in (node.node_id, node.code) else (node.spelling,)


def _at(instant: Instant | None) -> datetime | None:
    return instant.at if instant else None
