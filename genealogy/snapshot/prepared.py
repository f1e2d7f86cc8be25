"""What a trace prepares before it walks, and a snapshot leaves to the database.

Nodes that exact traces walk in states: vessels that were cleaned or have a policy, and what
was kept in a store. And material of products that pass nothing on, or of which some has no lot
number. They are marked, so that an answer that would come to them is told apart from one
that does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import is_unlotted, product_of
from genealogy.model.names import Link, VesselPolicy
from genealogy.ports import FlowSource, Vessel
from genealogy.trace.unlotted import products_meant


def apart(source: FlowSource, places: Sequence[NodeId]) -> set[NodeId]:
    """The nodes that exact traces walk in states; ``places`` are all there are."""
    if not places:
        return set()
    vessels = source.vessels(places)
    divided = {node_id for node_id, vessel in vessels.items() if _is_divided(vessel)}
    return divided | set(source.stays_at(places).source)


def _is_divided(vessel: Vessel) -> bool:
    return bool(vessel.cleaned) or vessel.policy is not VesselPolicy.FULL_MIX


def special(source: FlowSource) -> frozenset[NodeId]:
    """The products that pass nothing on, or of which some material has no lot number."""
    standing = source.standing()
    nameless = products_meant(source, sorted(standing.unlotted))
    return standing.still.union(product for _, product in nameless)


def still(
    source: FlowSource, products: frozenset[NodeId], material: Iterable[NodeId]
) -> set[NodeId]:
    """Those of these lots and items that are of such products, or have no lot number."""
    lots = list(material) if products else []
    if not lots:
        return set()
    linked = {
        link.source for link in source.links(lots, Link.OF_PRODUCT) if link.target in products
    }
    return linked | {lot for lot in lots if product_of(lot) in products or is_unlotted(lot)}
