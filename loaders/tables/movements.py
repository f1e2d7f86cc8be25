"""Movements of material: which rows move what, and the flow facts they become.

``base_quantity`` is the quantity in the base unit of its dimension (kilogram,
litre, metre, square metre, piece). It never looks at the product's base unit,
which another file may tell later: the order of loading changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from itertools import repeat

from genealogy.model.facts import FlowFact, NodeId, Source
from genealogy.model.identifiers import Identifier, canonical
from genealogy.model.names import FLOW_ENDS, LASTING, Flow, Label, Role
from genealogy.model.times import Instant
from genealogy.model.units import base_quantity
from loaders.report import Reject
from loaders.tables.mentions import Told, sources_of
from loaders.tables.rows import Cells, Rows


@dataclass(frozen=True, slots=True)
class Movement:
    """How a row becomes a flow: its type, the columns of its ends, times and naming.

    ``since`` and ``until`` are the columns of the interval, for flows that have one.
    ``place`` is the column of where it happened, or for a stay came from.
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
    place: str = "place_id"


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
    "stays": Movement(
        Flow.STORED_AT,
        "content_id",
        "stored_at",
        "arrived_at",
        "arrived_at",
        "left_at",
        place="came_from",
    ),
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
INBOUND = Movement(
    Flow.SUPPLIED,
    "from_id",
    "shipment_id",
    "dispatched_at",
    source_role=Role.SUPPLIER,
    named_by_ends=True,
)
SERIALISATION = Movement(
    Flow.SERIALISED_AS, "lot_id", "item_id", "serialised_at", named_by_ends=True
)
#: What stands between many things that were moved at once.
_HUBS = frozenset({Label.BATCH, Label.ITEM, Label.SHIPMENT, Label.UNIT})
_SEPARATOR = "\x1f"
_ONE = Decimal(1)

Amounts = tuple[Iterable[Decimal | None], Iterable[str | None], Iterable[Decimal | None]]


def move(told: Told, rows: Rows, system: str) -> None:
    """Tell the flows of rows, and the nodes they join; ``system`` as for ``facts_of``."""
    for movement, some in movements_of(rows):
        sources = sources_of(some, system)
        told.mention(some, movement.source, sources, movement.source_role)
        told.mention(some, movement.target, sources, movement.target_role)
        if rows.table.movement:
            told.mention(some, movement.place, sources)
            _place(told, movement, some, sources)
        told.facts.extend(_flows(movement, some, sources))


def _place(told: Told, movement: Movement, rows: Rows, sources: list[Source]) -> None:
    """State where batches, units and shipments were: so the rows are found by the place."""
    if movement.place not in rows or movement.flow is Flow.STORED_AT:
        return
    end = movement.source if movement.flow is Flow.PRODUCED else movement.target
    places = rows.references(movement.place)
    for node, place, source in zip(rows.references(end), places, sources, strict=True):
        if node and place and node.kind in _HUBS:
            told.moved_at(node, place, source)


def movements_of(rows: Rows) -> Iterator[tuple[Movement, Rows]]:
    """The movements that rows tell of, each with its rows."""
    table = rows.table.name
    if table == "shipment_lines" and "returned" in rows:
        yield from _split(rows, "returned", {True: RETURN}, MOVEMENTS[table])
    elif table == "vessel_moves":
        yield from _split(rows, "direction", {"load": LOAD}, DRAW)
    elif table == "shipments":
        yield DELIVERY, rows
        if supplied := _from_suppliers(rows):
            yield INBOUND, rows.at(supplied)
    elif table == "items":
        yield SERIALISATION, _with_lots(rows)
    elif table in MOVEMENTS:
        yield MOVEMENTS[table], rows


def wrong_ends(rows: Rows) -> list[Reject]:
    """Why movements join what cannot be joined, one reason a row."""
    return [reason for movement, some in movements_of(rows) for reason in _wrong(movement, some)]


def _split(
    rows: Rows, name: str, special: dict[object, Movement], other: Movement
) -> Iterator[tuple[Movement, Rows]]:
    movements = [special.get(value, other) for value in rows.values(name)]
    for movement in (other, *special.values()):
        positions = [i for i, found in enumerate(movements) if found is movement]
        if positions:
            yield movement, rows.at(positions)


def _from_suppliers(shipments: Rows) -> list[int]:
    """Where the rows of inbound shipments are that a party sent, not a place of one's own."""
    if "kind" not in shipments or "from_id" not in shipments:
        return []
    senders = zip(shipments.values("kind"), shipments.references("from_id"), strict=True)
    return [
        i
        for i, (kind, sender) in enumerate(senders)
        if kind == "inbound" and sender and sender.kind is Label.PARTY
    ]


def _with_lots(items: Rows) -> Rows:
    """The items whose lot is known, if only by their own identifier."""
    own, said = items.references("item_id"), items.references("lot_id")
    lots = [lot or _lot_within(item) for lot, item in zip(said, own, strict=True)]
    ids = [lot.node_id if lot else "" for lot in lots]
    known = items.having("lot_id", Cells(ids, lots, ids))
    return known.at([i for i, lot in enumerate(lots) if lot]) if None in lots else known


def _lot_within(item: Identifier | None) -> Identifier | None:
    return canonical(item.lot) if item and item.lot else None


def _wrong(movement: Movement, rows: Rows) -> Iterator[Reject]:
    sources, targets = FLOW_ENDS[movement.flow]
    starts, ends = rows.references(movement.source), rows.references(movement.target)
    for line, start, end in zip(rows.lines, starts, ends, strict=True):
        if start is None or end is None:
            continue
        if start.kind not in sources or end.kind not in targets or start.node_id == end.node_id:
            at_start = start.kind not in sources
            field, wrong = (movement.source, start) if at_start else (movement.target, end)
            params = {"flow": movement.flow, "first": start.node_id, "second": end.node_id}
            yield Reject(rows.file, line, field, wrong.spelling, "wrong_ends", params)


def _flows(movement: Movement, rows: Rows, sources: list[Source]) -> Iterator[FlowFact]:
    quantities, units, bases = _amounts(movement, rows)
    told = rows.moments(movement.occurred)
    # In the order of the fields: names would cost as much again as the facts.
    return map(
        FlowFact,
        repeat(movement.flow),
        rows.spellings(movement.source),
        _kinds(rows.references(movement.source)),
        rows.spellings(movement.target),
        _kinds(rows.references(movement.target)),
        _fact_ids(movement, rows),
        sources,
        quantities,
        units,
        bases,
        _latest(told) if movement.flow in LASTING else times_of(rows, movement.occurred),
        [(moment.offset or None) if moment else None for moment in told],
        times_of(rows, movement.since),
        _ends(movement, rows, told),
        _earliest_ends(movement, rows),
        times_of(rows, "recorded_at"),
        times_of(rows, "retracted_at"),
        _places(movement, rows),
    )


def _ends(
    movement: Movement, rows: Rows, told: Sequence[Instant | None]
) -> Iterable[datetime | None]:
    """Until when each row may have moved its material, or left it where it lay."""
    ends = _latest(rows.moments(movement.until)) if movement.until in rows else [None] * len(told)
    if movement.flow in LASTING:
        return ends
    pairs = zip(ends, told, strict=True)
    return [end or (moment.latest if moment else None) for end, moment in pairs]


def _earliest_ends(movement: Movement, rows: Rows) -> Iterable[datetime | None]:
    """From when on what lasted may have ended, where that is known in part."""
    if movement.flow not in LASTING or movement.until not in rows:
        return repeat(None)
    ends = rows.moments(movement.until)
    return [end.at if end and end.latest else None for end in ends]


def _latest(told: Sequence[Instant | None]) -> list[datetime | None]:
    return [(moment.latest or moment.at) if moment else None for moment in told]


def times_of(rows: Rows, name: str | None) -> Iterable[datetime | None]:
    """The times in a column, in UTC; of those known in part the earliest."""
    if name not in rows:
        return repeat(None)
    return [moment.at if moment else None for moment in rows.moments(name)]


def _places(movement: Movement, rows: Rows) -> Iterable[NodeId | None]:
    if not rows.table.movement or movement.place not in rows:
        return repeat(None)
    return [place.node_id if place else None for place in rows.references(movement.place)]


def _kinds(nodes: Sequence[Identifier | None]) -> list[Label]:
    return [node.kind for node in nodes if node]


def _amounts(movement: Movement, rows: Rows) -> Amounts:
    if movement is SERIALISATION:
        return repeat(_ONE), repeat("H87"), repeat(_ONE)
    if not rows.table.movement:
        return repeat(None), repeat(None), repeat(None)
    quantities, units = rows.values("quantity"), rows.texts("uom")
    # Told apart by spelling too: 1.50 equals 1.5, and both are kept as written.
    keys = list(zip(map(str, quantities), units, strict=True))
    known = dict(zip(keys, quantities, strict=True))
    bases = {key: base_quantity(quantity, key[1]) for key, quantity in known.items()}
    return quantities, units, [bases[key] for key in keys]


def _fact_ids(movement: Movement, rows: Rows) -> Iterator[str]:
    ends = zip(rows.spellings(movement.source), rows.spellings(movement.target), strict=True)
    first = f"{movement.flow}{_SEPARATOR}"
    named = (first + source + _SEPARATOR + target for source, target in ends)
    return map(_digest, map("".join, zip(named, _namings(movement, rows), strict=True)))


def _namings(movement: Movement, rows: Rows) -> Iterable[str]:
    """What names each movement beside its ends: its record id, or the columns that do."""
    if movement.named_by_ends:
        return [""] * len(rows)
    names = [name for name in rows.table.names if name in rows]
    named = map("".join, zip(*(_spelt(rows, name, f"{name}=") for name in names), strict=True))
    if "record_id" not in rows:
        return named
    records = _spelt(rows, "record_id", f"record{_SEPARATOR}")
    return [record or name for record, name in zip(records, named, strict=True)]


def _spelt(rows: Rows, name: str, prefix: str) -> list[str]:
    prefix = _SEPARATOR + prefix
    return [prefix + spelling if spelling else "" for spelling in rows.spellings(name)]


def _digest(text: str) -> str:
    """The name of a movement: 24 hexadecimal digits of a SHA-256 over what names it."""
    return sha256(text.encode()).hexdigest()[:24]
