"""What nodes have in common beside themselves: line, equipment, operator, product, site.

An attribute is a kind and a value. The values come from links (MADE_ON, AT), from
properties of batches and from the product of a lot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from genealogy.impact.presence import Kept
from genealogy.model.facts import NodeId
from genealogy.model.identifiers import product_of
from genealogy.model.names import Flow, Label, Link
from genealogy.model.times import to_micros
from genealogy.ports import FlowRows, FlowSource, NodeRow
from genealogy.trace.result import TraceQuery
from genealogy.trace.stays import Places

#: The kind of attribute that a link states, by its type and the part its target plays.
_BY_LINK: dict[tuple[Link, str | None], str] = {
    (Link.MADE_ON, "line"): "line",
    (Link.MADE_ON, "equipment"): "equipment",
    (Link.AT, "site"): "site",
    (Link.AT, None): "place",
    (Link.AT, "carrier"): "carrier",
}
#: Those of which a stretch of time may be the cause: one thing that material passes through.
#: Of a place too, where material may lie for long (``genealogy.impact.presence``).
TIMED = frozenset({"supplier", "line", "equipment", "operator", "product"})
_MATERIAL = frozenset({Label.LOT, Label.ITEM, Label.UNIT})
#: Where a batch began and ended, if the source says so.
_SPAN = ("started_at", "ended_at")


@dataclass(frozen=True, slots=True, order=True)
class Attribute:
    """A kind of attribute and its value: a node id where there is a node, else a text."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of the nodes of a trace: attributes, when they were active, where kept.

    ``spans`` are in microseconds since 1970-01-01 UTC, from the first to the last moment
    known; nodes without any are left out.
    """

    attributes: Mapping[NodeId, tuple[Attribute, ...]]
    spans: Mapping[NodeId, tuple[int, int]]
    kept: Kept


def traits(
    source: FlowSource, nodes: Mapping[NodeId, NodeRow], edges: FlowRows, asked: TraceQuery
) -> Traits:
    """The attributes of nodes, read for all of them at once, and when they were active.

    Where they were kept is told by the times of the question ``asked``.
    """
    found: dict[NodeId, set[Attribute]] = defaultdict(set)
    for node_id, row in nodes.items():
        found[node_id].update(_told(row))
    linked = list(_linked(source, nodes))
    told = {NodeId(place) for place in edges.place_id if place}
    told.update(NodeId(one.value) for _, one in linked if one.kind == "place")
    material = {node_id: row.kind for node_id, row in nodes.items() if row.kind in _MATERIAL}
    kept = Kept.of(source, material, told, asked)
    for node_id, attribute in linked:
        found[node_id].update(_with_those_around(attribute, kept.places))
    for node_id, spots in kept.spots.items():
        found[node_id].update(Attribute("place", spot.place) for spot in spots)
    attributes = {node_id: tuple(sorted(held)) for node_id, held in found.items() if held}
    return Traits(attributes, _spans(nodes, edges), kept)


def of_edges(edges: FlowRows, places: Places) -> Iterator[tuple[int, Attribute]]:
    """What edges state by themselves, each with the position of the edge: place and supplier."""
    for i, place in enumerate(edges.place_id):
        if place is not None:
            for one in _with_those_around(Attribute("place", place), places):
                yield i, one
    for i, flow in enumerate(edges.type):
        if flow == Flow.SUPPLIED:
            yield i, Attribute("supplier", edges.source[i])


def _with_those_around(attribute: Attribute, places: Places) -> Iterator[Attribute]:
    """An attribute, and of a place those that it is in."""
    yield attribute
    if attribute.kind == "place":
        yield from (Attribute("place", one) for one in places.above(NodeId(attribute.value)))


def _told(row: NodeRow) -> Iterable[Attribute]:
    # Many sources tell the product by the id of the lot alone.
    if product := row.product_id or product_of(row.node_id):
        yield Attribute("product", product)
    if row.kind != Label.BATCH:
        return
    told = row.properties
    if told.get("operator"):
        yield Attribute("operator", str(told["operator"]))
    if told.get("recipe_revision"):
        recipe = f"{told.get('recipe') or ''} {told['recipe_revision']}".strip()
        yield Attribute("recipe_revision", recipe)


def _linked(
    source: FlowSource, nodes: Mapping[NodeId, NodeRow]
) -> Iterable[tuple[NodeId, Attribute]]:
    for link, kinds in (
        (Link.MADE_ON, {Label.BATCH}),
        (Link.AT, {Label.BATCH, Label.SHIPMENT, Label.UNIT}),
    ):
        asked = [node_id for node_id, row in nodes.items() if row.kind in kinds]
        for row in source.links(asked, link) if asked else ():
            if kind := _BY_LINK.get((link, row.part)):
                yield row.source, Attribute(kind, row.target)


def _spans(nodes: Mapping[NodeId, NodeRow], edges: FlowRows) -> dict[NodeId, tuple[int, int]]:
    """When each batch ran and everything else came into being, by record or by its edges."""
    moments: dict[NodeId, list[int]] = defaultdict(list)
    ends = zip(edges.type, edges.source, edges.target, edges.occurred_at, strict=True)
    for flow, source, target, at in ends:
        if at is not None:
            moments[target].append(at)
            if flow == Flow.PRODUCED:
                moments[source].append(at)
    for node_id, row in nodes.items():
        if told := _recorded_span(row):
            moments[node_id] = told
    return {node_id: (min(found), max(found)) for node_id, found in moments.items() if found}


def _recorded_span(row: NodeRow) -> list[int]:
    told = (row.properties.get(name) for name in _SPAN) if row.kind == Label.BATCH else ()
    return [to_micros(moment) for moment in told if isinstance(moment, datetime)]
