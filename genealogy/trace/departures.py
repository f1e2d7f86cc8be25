"""From where shipments set out, for what was loaded into them at a place that nobody says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from genealogy.model.facts import NodeId
from genealogy.model.names import INTO_SHIPMENT, Link
from genealogy.ports import FlowRows, FlowSource
from genealogy.trace.columns import MARK


@dataclass(slots=True)
class Departures:
    """The places of movements, with those from where shipments were sent."""

    source: FlowSource
    _from: dict[NodeId, NodeId | None] = field(default_factory=dict)

    def unsaid(self, rows: FlowRows) -> list[int]:
        """What was loaded into shipments at places that its rows do not tell."""
        told = zip(rows.type, rows.place_id, strict=True)
        return [i for i, (flow, place) in enumerate(told) if flow in INTO_SHIPMENT and not place]

    def learn(self, *readings: FlowRows) -> None:
        """Find out from where the shipments were sent for which that counts."""
        ships = {_shipment(rows, i) for rows in readings for i in self.unsaid(rows)}
        new = sorted(ships.difference(self._from))
        if not new:
            return
        self._from.update(dict.fromkeys(new))
        self._from.update(sent_from(self.source, new))

    def place(self, rows: FlowRows, i: int) -> NodeId | None:
        """Where something moved; what was loaded where nobody says, where its shipment set out."""
        place = rows.place_id[i]
        if place:
            return NodeId(place)
        return self._from.get(_shipment(rows, i)) if rows.type[i] in INTO_SHIPMENT else None


def sent_from(source: FlowSource, shipments: Sequence[NodeId]) -> dict[NodeId, NodeId]:
    """From where each shipment was sent; of several places it may have been any, so then none."""
    origins = dict[NodeId, set[NodeId]]()
    for tie in source.links(shipments, Link.AT):
        if tie.part == "from":
            origins.setdefault(tie.source, set()).add(tie.target)
    return {ship: min(some) for ship, some in origins.items() if len(some) == 1}


def _shipment(rows: FlowRows, i: int) -> NodeId:
    return NodeId(rows.target[i].partition(MARK)[0])
