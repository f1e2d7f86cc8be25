"""What a supplier sent, and when: by rows that say so, and by shipments from where it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Link
from genealogy.trace.places import places_within
from genealogy.trace.spans import Records, Span
from genealogy.trace.windows import BEGIN, END, windows

#: Shipments of what one has already, unless they are known to be from the supplier.
_ONES_OWN = frozenset({"transfer", "return"})


def supplied(records: Records, party: NodeId, span: Span) -> Iterator[NodeId]:
    """The lots and shipments of a supplier that may have been sent or received in a span.

    A lot was received with each shipment from there in which it came, or what held it.
    """
    sent = _sent(records, party)
    came_in = _came_in(records, list(sent))
    others = sorted({ship for ships in came_in.values() for ship in ships}.difference(sent))
    inward = {*sent, *_inward(records, others)}
    received = _received(records, sorted(inward))
    for node, times in sent.items():
        ships = [node, *inward.intersection(came_in.get(node, ()))]
        told = [*times, *(time for ship in ships for time in received.get(ship, ()))]
        if any(span.meets(*time) for time in told):
            yield node


def _sent(records: Records, party: NodeId) -> dict[NodeId, list[Span]]:
    """What it sent, and when that may have left."""
    rows = records.edges([party], "forward")
    found: dict[NodeId, list[Span]] = {}
    for node, flow, since, until in zip(rows.target, rows.type, *windows(rows, ()), strict=True):
        if flow == Flow.SUPPLIED:
            found.setdefault(node, []).append(Span(since, until))
    owned = [tie.source for tie in records.links_to([party], Link.AT) if tie.part == "party"]
    here = [party, *(place for one in owned for place in places_within(records.source, one))]
    ties = records.links_to(list(dict.fromkeys(here)), Link.AT)
    left = sorted({tie.source for tie in ties if tie.part == "from"}.difference(found))
    for row in records.nodes(left):
        found[row.node_id] = [records.lasted(row, "dispatched_at", "dispatched_at")]
    return found


def _came_in(records: Records, nodes: Sequence[NodeId]) -> dict[NodeId, set[NodeId]]:
    """The shipments in which each node travelled, by itself or within what held it then."""
    found = defaultdict[NodeId, set[NodeId]](set)
    inside = {(node, node, BEGIN, END) for node in nodes}
    seen = set(inside)
    while inside:
        holders = defaultdict[NodeId, list[tuple[NodeId, int, int]]](list)
        for node, holder, since, until in inside:
            holders[holder].append((node, since, until))
        rows = records.edges(sorted(holders), "forward")
        opens, closes = windows(rows, ())
        inside = set()
        for i, flow in enumerate(rows.type):
            for node, since, until in holders[rows.source[i]]:
                within = max(since, opens[i]), min(until, closes[i])
                if within[0] > within[1]:
                    continue
                if flow == Flow.SHIPPED_IN:
                    found[node].add(rows.target[i])
                elif flow == Flow.CONTAINED_IN:
                    inside.add((node, rows.target[i], *within))
        inside -= seen
        seen |= inside
    return found


def _inward(records: Records, shipments: Sequence[NodeId]) -> Iterator[NodeId]:
    """Those of these shipments that may have come from a supplier: not from a place of one's own.

    Where nobody says from where a shipment left, it may be one.
    """
    if not shipments:
        return
    ties = records.source.links(shipments, Link.AT)
    elsewhere = {tie.source for tie in ties if tie.part == "from"}
    for row in records.nodes(shipments):
        kind = row.properties.get("kind")
        if kind == "inbound" or (row.node_id not in elsewhere and kind not in _ONES_OWN):
            yield row.node_id


def _received(records: Records, nodes: Collection[NodeId]) -> dict[NodeId, list[Span]]:
    """When shipments among these nodes were received."""
    rows = records.edges(list(nodes), "forward")
    found: dict[NodeId, list[Span]] = {}
    for node, flow, since, until in zip(rows.source, rows.type, *windows(rows, ()), strict=True):
        if flow == Flow.DELIVERED_TO:
            found.setdefault(node, []).append(Span(since, until))
    return found
