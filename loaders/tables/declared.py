"""The canonical tables, declared."""

from __future__ import annotations

from genealogy.model.names import Label, VesselPolicy
from loaders.tables.dictionary import (
    QUANTITY,
    Column,
    Table,
    Type,
    choice,
    code,
    moment,
    movement_table,
    node_table,
    reference,
    text,
)

_NAME = text("name", "Name", required=True)
_NAME_ZH = text("name_zh", "Chinese name")
_WHERE = reference("place_id", "Where it happened", Label.PLACE)
_WHEN = moment("occurred_at", "When it happened")
_GLN = Column("gln", Type.GLN, "GS1 global location number")
_COUNTRY = Column("country", Type.COUNTRY, "Country")
_COUNTED = (Label.LOT, Label.ITEM)
_PACKED = (Label.LOT, Label.ITEM, Label.UNIT)
_ANYTHING = (
    Label.LOT,
    Label.ITEM,
    Label.UNIT,
    Label.BATCH,
    Label.SHIPMENT,
    Label.PLACE,
    Label.PARTY,
    Label.PRODUCT,
)

PRODUCTS = node_table(
    "products",
    "Materials and products",
    reference("product_id", "Own number of the product", Label.PRODUCT, required=True),
    _NAME,
    _NAME_ZH,
    Column("gtin", Type.GTIN, "GTIN (UDI-DI)"),
    Column("base_uom", Type.UOM, "Unit in which stock is kept", required=True),
    text("product_line", "Product line"),
    choice(
        "material_type",
        "Kind of material",
        "raw",
        "component",
        "semi_finished",
        "finished",
        "packaging",
    ),
    text("revision", "Revision of the specification"),
    Column(
        "non_propagating",
        Type.BOOL,
        "Whether traces do not go on from it, as from water or labels; empty = false",
    ),
    names=("product_id",),
)
PRODUCT_UNITS = node_table(
    "product_units",
    "Units of one product beside its base unit: what a carton holds, what a piece weighs",
    reference("product_id", "Own number of the product", Label.PRODUCT, required=True),
    Column("uom", Type.UOM, "The unit", required=True),
    Column("factor", Type.FACTOR, "How many base units of the product it is", required=True),
    names=("product_id", "uom"),
)
PARTIES = node_table(
    "parties",
    "Suppliers, customers and carriers",
    reference("party_id", "Own number of the party", Label.PARTY, required=True),
    _NAME,
    _NAME_ZH,
    Column("roles", Type.CHOICES, "What the party is", choices=("supplier", "customer", "carrier")),
    _COUNTRY,
    _GLN,
    text("contact", "Whom to call in a recall"),
    names=("party_id",),
)
PLACES = node_table(
    "places",
    "Sites, warehouses, lines, equipment, vessels, vehicles and cold stores",
    reference("place_id", "Own number of the place", Label.PLACE, required=True),
    _NAME,
    _NAME_ZH,
    choice(
        "place_type",
        "Kind of place",
        "site",
        "warehouse",
        "line",
        "equipment",
        "vessel",
        "vehicle",
        "cold_store",
    ),
    choice(
        "vessel_policy",
        "Order in which what was loaded leaves a vessel; empty = full_mix",
        *VesselPolicy,
    ),
    text("equipment_class", "Class of equipment that traces may name, such as mixer"),
    reference("parent_id", "Place this one is part of", Label.PLACE),
    reference("party_id", "Who runs it", Label.PARTY),
    _GLN,
    _COUNTRY,
    names=("place_id",),
)
LOTS = node_table(
    "lots",
    "Lots (batches) of one product by one assigner",
    reference("lot_id", "Identifier of the lot; or give the next three columns", Label.LOT),
    code("assigner_id", "Who gave the lot its code: supplier or site"),
    reference("product_id", "Product number or GTIN", Label.PRODUCT),
    code("lot_code", "Lot code as printed"),
    *QUANTITY,
    moment("produced_at", "When it was made"),
    Column("expires_on", Type.DATE, "Expiry date"),
    text("status", "Stock status"),
    names=("lot_id",),
    instead=("assigner_id", "product_id", "lot_code"),
)
ITEMS = node_table(
    "items",
    "Serialised units; each is one piece",
    reference("item_id", "Identifier of the item; or give product_id and serial", Label.ITEM),
    reference("product_id", "Product number or GTIN", Label.PRODUCT),
    code("serial", "Serial number as printed"),
    reference("lot_id", "Lot the item belongs to", Label.LOT),
    moment("serialised_at", "When it got its serial number"),
    names=("item_id",),
    instead=("product_id", "serial"),
)
UNITS = node_table(
    "units",
    "Logistic units",
    reference("unit_id", "SSCC, GRAI or own number", Label.UNIT, required=True),
    choice("unit_type", "Kind of unit", "case", "pallet", "tote", "container"),
    reference("place_id", "Where it is kept", Label.PLACE),
    names=("unit_id",),
)
BATCHES = node_table(
    "batches",
    "Runs of a process: order, line, equipment, start and end",
    reference("batch_id", "Order or run number", Label.BATCH, required=True),
    text("process", "Name of the process", required=True),
    reference("product_id", "What is made", Label.PRODUCT),
    reference("site_id", "Site", Label.PLACE),
    reference("line_id", "Line", Label.PLACE),
    reference("equipment_id", "Equipment", Label.PLACE),
    text("operator", "Operator"),
    text("recipe", "Recipe"),
    text("recipe_revision", "Revision of the recipe"),
    moment("started_at", "Start"),
    moment("ended_at", "End"),
    choice("mixing", "How inputs may reach outputs", "by_time", "whole"),
    names=("batch_id",),
    windows=(("started_at", "ended_at"),),
)
SUPPLIES = movement_table(
    "supplies",
    "What suppliers supplied",
    reference("supplier_id", "Supplier", Label.PARTY, required=True),
    reference("supplied_id", "Lot or shipment", Label.LOT, Label.SHIPMENT, required=True),
    *QUANTITY,
    _WHEN,
    names=("supplier_id", "supplied_id", "quantity", "uom", "occurred_at"),
)
CONSUMPTION = movement_table(
    "consumption",
    "What went into batches",
    reference("batch_id", "Batch", Label.BATCH, required=True),
    reference("input_id", "Lot or item that went in", *_COUNTED, required=True),
    *QUANTITY,
    _WHEN,
    _WHERE,
    names=("batch_id", "input_id", "quantity", "uom", "occurred_at", "place_id"),
)
PRODUCTION = movement_table(
    "production",
    "What came out of batches",
    reference("batch_id", "Batch", Label.BATCH, required=True),
    reference("output_id", "Lot or item that came out", *_COUNTED, required=True),
    *QUANTITY,
    _WHEN,
    _WHERE,
    names=("batch_id", "output_id", "quantity", "uom", "occurred_at", "place_id"),
)
ASSEMBLY = movement_table(
    "assembly",
    "Parts built into items",
    reference("part_id", "Lot or item built in", *_COUNTED, required=True),
    reference("host_id", "Item it is built into", Label.ITEM, required=True),
    *QUANTITY,
    moment("installed_at", "When it was built in"),
    moment("removed_at", "When it was taken out; empty = still in"),
    names=("part_id", "host_id", "installed_at"),
    windows=(("installed_at", "removed_at"),),
)
CONTAINMENT = movement_table(
    "containment",
    "What is packed in cases, pallets and totes",
    reference("child_id", "Lot, item or unit packed", *_PACKED, required=True),
    reference("unit_id", "Unit it is packed in", Label.UNIT, required=True),
    *QUANTITY,
    moment("packed_at", "When it was packed"),
    reference("place_id", "Where it was packed", Label.PLACE),
    moment("unpacked_at", "When it was unpacked; empty = still in"),
    names=("child_id", "unit_id", "packed_at"),
    windows=(("packed_at", "unpacked_at"),),
)
SHIPMENTS = node_table(
    "shipments",
    "Shipments, and their delivery",
    reference("shipment_id", "Delivery or shipment number", Label.SHIPMENT, required=True),
    choice("kind", "Kind of shipment", "inbound", "outbound", "transfer", "return"),
    reference(
        "from_id",
        "Party or place it leaves; the supplier, if inbound from a party",
        Label.PARTY,
        Label.PLACE,
    ),
    reference("to_id", "Party or place it goes to", Label.PARTY, Label.PLACE, required=True),
    reference("carrier_id", "Carrier", Label.PARTY),
    code("asn", "Number of the despatch advice"),
    moment("dispatched_at", "When it left"),
    moment("received_at", "When it arrived; empty = in transit"),
    names=("shipment_id", "to_id"),
    windows=(("dispatched_at", "received_at"),),
)
SHIPMENT_LINES = movement_table(
    "shipment_lines",
    "What shipments carry",
    reference("shipment_id", "Shipment", Label.SHIPMENT, required=True),
    reference("content_id", "Lot, item or unit carried", *_PACKED, required=True),
    *QUANTITY,
    moment("loaded_at", "When it was loaded"),
    reference("place_id", "Where it was loaded", Label.PLACE),
    Column("returned", Type.BOOL, "Whether it goes back in the chain; empty = false"),
    names=("shipment_id", "content_id", "quantity", "uom", "loaded_at", "returned"),
)
VESSEL_MOVES = movement_table(
    "vessel_moves",
    "What was loaded into and drawn from tanks and silos",
    reference("vessel_id", "Vessel", Label.PLACE, required=True),
    choice("direction", "Into or out of the vessel", "load", "draw", required=True),
    reference("other_id", "Lot loaded; lot or batch drawn", Label.LOT, Label.BATCH, required=True),
    *QUANTITY,
    moment("occurred_at", "Start of the move"),
    moment("ended_at", "End of the move"),
    names=("vessel_id", "direction", "other_id", "quantity", "uom", "occurred_at"),
    windows=(("occurred_at", "ended_at"),),
)
RELABELS = movement_table(
    "relabels",
    "Lots that got another identity: re-packed, re-classed, merged or split",
    reference("from_lot_id", "Lot before", Label.LOT, required=True),
    reference("to_lot_id", "Lot after", Label.LOT, required=True),
    *QUANTITY,
    _WHEN,
    names=("from_lot_id", "to_lot_id", "quantity", "uom", "occurred_at"),
)
STAYS = movement_table(
    "stays",
    "Where lots, items and units were kept, and when",
    reference("content_id", "Lot, item or unit kept", *_PACKED, required=True),
    reference("stored_at", "Place it was kept at", Label.PLACE, required=True),
    reference("came_from", "Place it came from", Label.PLACE),
    Column("quantity", Type.DECIMAL, "How much came there; empty = unknown, never 0"),
    QUANTITY[1],
    moment("arrived_at", "When it came there"),
    moment("left_at", "When the last of it left; empty = may be there still"),
    names=("content_id", "stored_at", "came_from", "arrived_at"),
    windows=(("arrived_at", "left_at"),),
)
QUALITY_EVENTS = node_table(
    "quality_events",
    "Complaints, test results, nonconformances, storage excursions, cleanings and emptyings",
    reference("event_id", "Number of the event", Label.QUALITY_EVENT, required=True),
    choice(
        "kind",
        "Kind of event",
        "complaint",
        "test_result",
        "nonconformance",
        "storage_excursion",
        "cleaning",
        "emptying",
        required=True,
    ),
    reference("about_id", "What it is about", *_ANYTHING, required=True),
    moment("occurred_at", "When it happened, or began"),
    moment("ended_at", "When it ended"),
    moment("reported_at", "When it was reported"),
    _WHERE,
    text("title", "Short description"),
    text("outcome", "Outcome or verdict"),
    text("severity", "Severity"),
    names=("event_id", "about_id"),
    windows=(("occurred_at", "ended_at"),),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PRODUCTS,
        PRODUCT_UNITS,
        PARTIES,
        PLACES,
        LOTS,
        ITEMS,
        UNITS,
        BATCHES,
        SUPPLIES,
        CONSUMPTION,
        PRODUCTION,
        ASSEMBLY,
        CONTAINMENT,
        SHIPMENTS,
        SHIPMENT_LINES,
        VESSEL_MOVES,
        RELABELS,
        STAYS,
        QUALITY_EVENTS,
    )
}
