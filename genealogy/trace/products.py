"""The names of a product: its own, and its GTIN, by which lots and items may name it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import InvalidIdentifier, canonical
from genealogy.model.names import Label, Link
from genealogy.ports import FlowSource, NodeRow


def names_of(
    source: FlowSource, products: Sequence[NodeId], known_at: datetime | None = None
) -> dict[NodeId, list[NodeId]]:
    """What each of these products is called: itself, its GTIN, or what has it as GTIN.

    Products that share a GTIN are not one: each has the lots that name the GTIN alone.
    """
    found = {product: [product] for product in products}
    if not products:
        return found
    rows = source.nodes(products, known_at=known_at)
    named = [(row.node_id, gtin) for row in rows if (gtin := _gtin_of(row))]
    named += [(tie.source, tie.target) for tie in source.links(products, Link.OF_PRODUCT)]
    for product, other in named:
        if other not in found[product]:
            found[product].append(other)
    return found


def _gtin_of(row: NodeRow) -> NodeId | None:
    """The product that the GTIN of a product names by itself."""
    try:
        return canonical(row.properties.get("gtin") or "", Label.PRODUCT).node_id
    except InvalidIdentifier:
        return None
