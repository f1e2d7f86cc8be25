"""A file with the marks one asked for, for FoodChain-Lab to open and score itself."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from genealogy.exports.as_fcl import VERSION, exchange
from genealogy.exports.records import Record
from genealogy.impact.foodchain.network import Delivery, Network, Station
from loaders.fcl.check import LOT_KEY, Sent, checked
from loaders.fcl.document import Document


def marked_document(document: Document, network: Network) -> Record:
    """The FCL-Web document of a network that was made of a document.

    Rows that cannot be used are left out; stations that were taken for one are one.
    Weights that are no decimal fractions are rounded as JSON's numbers are.
    """
    found = checked(document, "")
    stations = [
        {**row.cells, "ID": name}
        if (row := found.stations.get(name)) is not None
        else {"ID": name, "Name": name}
        for name in network.stations
    ]
    deliveries = [
        _delivery(found.deliveries[name], one) for name, one in network.deliveries.items()
    ]
    relations = [{"from": before, "to": after} for before, after in sorted(network.relations)]
    tracing = {
        "version": VERSION,
        "nodes": _marks(network.stations.values()),
        "deliveries": _marks(network.deliveries.values()),
    }
    return exchange(stations, deliveries, relations, tracing, document.settings)


def _delivery(sent: Sent, one: Delivery) -> Record:
    """The row of a delivery, from and to where it is now."""
    told = {**sent.row.cells, "ID": one.id, "from": one.source, "to": one.target}
    # What several stations called alike stays apart when they are one.
    return told if one.source == sent.delivery.source else {**told, LOT_KEY: one.lot}


def _marks(elements: Iterable[Station | Delivery]) -> list[Record]:
    return [
        {
            "id": one.id,
            "weight": _number(one.weight),
            "crossContamination": one.cross_contamination,
            "killContamination": one.kill,
            "observed": False,
        }
        for one in elements
    ]


def _number(weight: Fraction) -> int | float:
    return int(weight) if weight.denominator == 1 else float(weight)
