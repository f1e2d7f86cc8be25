"""Names of labels, edge types and properties: the one place where they are spelt.

A test checks every Cypher file against these names.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Label(StrEnum):
    """Node labels. Every node carries ENTITY and one kind; roles come on top.

    SCHEMA, LOAD and CHANGE tell of the database itself and are no entities.
    """

    ENTITY = "Entity"
    LOT = "Lot"
    ITEM = "Item"
    UNIT = "LogisticUnit"
    BATCH = "ProductionBatch"
    SHIPMENT = "Shipment"
    PRODUCT = "Product"
    PARTY = "Party"
    PLACE = "Place"
    QUALITY_EVENT = "QualityEvent"
    EVENT = "TraceEvent"
    SCHEMA = "SchemaVersion"
    LOAD = "Load"
    CHANGE = "Change"


class Role(StrEnum):
    """Second labels that say what part a node plays."""

    SUPPLIER_LOT = "SupplierLot"
    PRODUCT_LOT = "ProductLot"
    SUPPLIER = "Supplier"
    CUSTOMER = "Customer"
    CARRIER = "Carrier"
    COMPLAINT = "Complaint"
    TEST_RESULT = "TestResult"
    NONCONFORMANCE = "Nonconformance"
    STORAGE_EXCURSION = "StorageExcursion"
    CLEANING = "Cleaning"
    EMPTYING = "Emptying"
    UNLOTTED = "Unlotted"


class Flow(StrEnum):
    """Flow edges: the direction of the edge is the direction of the material."""

    SUPPLIED = "SUPPLIED"
    CONSUMED_BY = "CONSUMED_BY"
    PRODUCED = "PRODUCED"
    PART_OF = "PART_OF"
    CONTAINED_IN = "CONTAINED_IN"
    SHIPPED_IN = "SHIPPED_IN"
    DELIVERED_TO = "DELIVERED_TO"
    RETURNED_IN = "RETURNED_IN"
    LOADED_INTO = "LOADED_INTO"
    DRAWN_FROM = "DRAWN_FROM"
    RELABELLED_AS = "RELABELLED_AS"
    SERIALISED_AS = "SERIALISED_AS"
    STORED_AT = "STORED_AT"
    CARRIED_OVER = "CARRIED_OVER"
    MAY_BE = "MAY_BE"


class Link(StrEnum):
    """Edges that carry no material and are never walked by a trace."""

    OF_PRODUCT = "OF_PRODUCT"
    AT = "AT"
    ABOUT = "ABOUT"
    MADE_ON = "MADE_ON"


#: The part of a place (``AT``) at which something was moved into or out of a batch, unit or
#: shipment, by a row about that movement.
MOVED_AT = "movement"


class Confidence(StrEnum):
    """How a flow edge is known."""

    RECORDED = "recorded"
    INFERRED = "inferred"
    OBSERVED = "observed"
    HYPOTHETICAL = "hypothetical"


class Mixing(StrEnum):
    """How inputs of a production batch may reach its outputs.

    BY_TIME: an input reaches outputs made at or after it went in.
    WHOLE: every input may reach every output, as EPCIS says of a transformationID.
    """

    BY_TIME = "by_time"
    WHOLE = "whole"


class VesselPolicy(StrEnum):
    """In which order what was loaded into a vessel leaves it.

    FULL_MIX: every draw may hold all that was loaded since the last cleaning.
    """

    FULL_MIX = "full_mix"
    FIFO = "fifo"
    LIFO = "lifo"


#: Flow edges from each kind of node to each kind of node (design, section 2).
FLOW_ENDS: dict[Flow, tuple[frozenset[Label], frozenset[Label]]] = {
    Flow.SUPPLIED: (
        frozenset({Label.PARTY}),
        frozenset({Label.SHIPMENT, Label.LOT, Label.ITEM, Label.UNIT}),
    ),
    Flow.CONSUMED_BY: (
        frozenset({Label.LOT, Label.ITEM, Label.UNIT}),
        frozenset({Label.BATCH}),
    ),
    Flow.PRODUCED: (
        frozenset({Label.BATCH}),
        frozenset({Label.LOT, Label.ITEM, Label.UNIT}),
    ),
    Flow.PART_OF: (
        frozenset({Label.LOT, Label.ITEM, Label.UNIT}),
        frozenset({Label.ITEM, Label.UNIT}),
    ),
    # A case that carries a serial of its own (SGTIN) is an item that holds items.
    Flow.CONTAINED_IN: (
        frozenset({Label.LOT, Label.ITEM, Label.UNIT}),
        frozenset({Label.UNIT, Label.ITEM}),
    ),
    Flow.SHIPPED_IN: (
        frozenset({Label.LOT, Label.ITEM, Label.UNIT}),
        frozenset({Label.SHIPMENT}),
    ),
    Flow.DELIVERED_TO: (
        frozenset({Label.SHIPMENT}),
        frozenset({Label.PARTY, Label.PLACE}),
    ),
    Flow.RETURNED_IN: (
        frozenset({Label.LOT, Label.ITEM, Label.UNIT}),
        frozenset({Label.SHIPMENT}),
    ),
    Flow.LOADED_INTO: (frozenset({Label.LOT}), frozenset({Label.PLACE})),
    Flow.DRAWN_FROM: (frozenset({Label.PLACE}), frozenset({Label.LOT, Label.BATCH})),
    Flow.RELABELLED_AS: (frozenset({Label.LOT}), frozenset({Label.LOT})),
    Flow.SERIALISED_AS: (frozenset({Label.LOT}), frozenset({Label.ITEM})),
    Flow.STORED_AT: (
        frozenset({Label.LOT, Label.ITEM, Label.UNIT}),
        frozenset({Label.PLACE}),
    ),
    # From run to run on one line: never recorded, made only when a trace asks for it.
    Flow.CARRIED_OVER: (frozenset({Label.BATCH}), frozenset({Label.BATCH})),
    # From a lot to what of its product has no lot number: never recorded, made by a trace.
    Flow.MAY_BE: (frozenset({Label.LOT}), frozenset({Label.LOT})),
}

#: Flows that are kept in the graph.
RECORDED = frozenset(Flow) - {Flow.CARRIED_OVER, Flow.MAY_BE}
#: Those that a trace follows. A stay tells where material was, and leads nowhere by itself.
WALKED = RECORDED - {Flow.STORED_AT}

#: Flows that last: what they join stays so until ``valid_to``. Begun at a time known in part,
#: they have the earliest moment in ``valid_from`` and the latest in ``occurred_at``; any other
#: flow has them in ``occurred_at`` and ``valid_to``. Ended at a time known in part, they have the
#: earliest moment in ``ends_from`` and the latest in ``valid_to``.
LASTING = frozenset({Flow.CONTAINED_IN, Flow.PART_OF, Flow.STORED_AT, Flow.MAY_BE})

#: Flows into a shipment.
INTO_SHIPMENT = frozenset({Flow.SHIPPED_IN, Flow.RETURNED_IN})

#: Times of a flow edge, UTC.
FLOW_TIMES = ("occurred_at", "valid_from", "valid_to", "ends_from", "recorded_at", "retracted_at")

#: Times of nodes that may be known in part: then the property is the earliest moment.
PARTIAL_TIMES = (
    "produced_at",
    "serialised_at",
    "started_at",
    "ended_at",
    "dispatched_at",
    "received_at",
    "occurred_at",
    "reported_at",
)


def latest_of(name: str) -> str:
    """The property with the latest moment of a node's time that is known in part."""
    return f"{name}_latest"


#: Times that nodes carry, UTC, over all kinds.
NODE_TIMES = (*PARTIAL_TIMES, *map(latest_of, PARTIAL_TIMES), "recorded_at", "voided_at")

#: Times of the record of a load, UTC.
LOAD_TIMES = ("begun_at", "finished_at")

#: The side of each flow that has few flows of that type: where known ones are looked up.
FEW_AT: dict[Flow, Literal["source", "target"]] = {
    Flow.SUPPLIED: "target",
    Flow.CONSUMED_BY: "target",
    Flow.PRODUCED: "target",
    Flow.PART_OF: "source",
    Flow.CONTAINED_IN: "source",
    Flow.SHIPPED_IN: "target",
    Flow.DELIVERED_TO: "source",
    Flow.RETURNED_IN: "target",
    Flow.LOADED_INTO: "source",
    Flow.DRAWN_FROM: "target",
    Flow.RELABELLED_AS: "target",
    Flow.SERIALISED_AS: "target",
    Flow.STORED_AT: "source",
    Flow.CARRIED_OVER: "source",
    Flow.MAY_BE: "source",
}
