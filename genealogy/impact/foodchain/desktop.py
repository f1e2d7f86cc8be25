"""The scores of FoodChain-Lab's desktop program (KNIME), formula by formula.

What the formulas are is told in docs/common-cause.md. Two things of the program are not
imitated: deliveries that feed each other in a loop are refused, as there, with a word
about the form that takes them; and where cross-contamination makes a loop the program
misses what it had not come to yet, while here the closure is whole. A station on such a
loop still counts its own weight twice, as there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from itertools import permutations

from genealogy.errors import InvalidInput
from genealogy.impact.foodchain.network import (
    Delivery,
    Links,
    Network,
    PartialDate,
    Score,
    Scores,
    by_end,
    closure,
    explicit,
    reversed_links,
)


@dataclass(frozen=True)
class Tracing:
    """A network ready to be traced: links both ways, with kills applied.

    Kills make the two ways differ: what was killed passes nothing on, and what comes
    before it is still known.
    """

    network: Network
    following: Links
    preceding: Links
    incoming: Links
    outgoing: Links

    def ahead(self, delivery: str) -> set[str]:
        """The deliveries that a delivery went into."""
        return closure(self.following, delivery)

    def behind(self, delivery: str) -> set[str]:
        """The deliveries that went into a delivery."""
        return closure(self.preceding, delivery)

    def stations_ahead(self, delivery: str) -> set[str]:
        """The stations that received a delivery or what was made of it."""
        known = self.network.deliveries
        return {known[d].target for d in (delivery, *self.ahead(delivery)) if not known[d].kill}

    def stations_behind(self, delivery: str) -> set[str]:
        """The stations that sent a delivery or what went into it."""
        known = self.network.deliveries
        senders = {known[d].source for d in (delivery, *self.behind(delivery))}
        return {station for station in senders if not self.network.stations[station].kill}


def tracing(network: Network, *, temporal: bool = True) -> Tracing:
    """Link the deliveries of a network as ``linked`` does.

    Raises InvalidInput for deliveries that feed each other in a loop.
    """
    try:
        TopologicalSorter(explicit(network)).prepare()
    except CycleError as error:
        raise InvalidInput("fcl_loop", text=" → ".join(error.args[1])) from None
    return linked(network, temporal=temporal)


def linked(network: Network, *, temporal: bool = True) -> Tracing:
    """Link the deliveries of a network; loops are taken as they are.

    ``temporal``: cross-contamination respects dates; links that were told never need to.
    """
    completed = {d.id: _dated(d) for d in network.deliveries.values()}
    network = Network(network.stations, completed, network.relations)
    following = explicit(network)
    incoming, outgoing = by_end(network)
    for before, after in (
        *_at_stations(network, incoming, outgoing, temporal),
        *_among_deliveries(network, incoming, following, temporal),
    ):
        following[before].add(after)
    return _killed(Tracing(network, following, reversed_links(following), incoming, outgoing))


def is_before(arrival: PartialDate, departure: PartialDate) -> bool:
    """Whether what arrived may have left again then: the same day and unknown parts may."""
    pairs = zip(
        (arrival.year, arrival.month, arrival.day),
        (departure.year, departure.month, departure.day),
        strict=True,
    )
    for came, left in pairs:
        if came is None or left is None:
            return True
        if came != left:
            return came < left
    return True


def _dated(delivery: Delivery) -> Delivery:
    if delivery.arrival.year is None:
        return replace(delivery, arrival=delivery.departure)
    if delivery.departure.year is None:
        return replace(delivery, departure=delivery.arrival)
    return delivery


def _may_pass(network: Network, before: str, after: str, temporal: bool) -> bool:
    known = network.deliveries
    return not temporal or is_before(known[before].arrival, known[after].departure)


def _at_stations(
    network: Network, incoming: Links, outgoing: Links, temporal: bool
) -> Iterator[tuple[str, str]]:
    """Cross-contamination in a station: whatever came in may be in whatever leaves."""
    for station in network.stations.values():
        if station.cross_contamination:
            for before in incoming.get(station.id, ()):
                for after in outgoing.get(station.id, ()):
                    if before != after and _may_pass(network, before, after, temporal):
                        yield before, after


def _among_deliveries(
    network: Network, incoming: Links, following: Links, temporal: bool
) -> list[tuple[str, str]]:
    """Cross-contamination of deliveries to one station: each may be in what the others are in."""
    found: list[tuple[str, str]] = []
    for arrived in incoming.values():
        flagged = [d for d in sorted(arrived) if network.deliveries[d].cross_contamination]
        for one, other in permutations(flagged, 2):
            found += [
                (one, after)
                for after in following[other]
                if _may_pass(network, one, after, temporal)
            ]
    return found


def _killed(found: Tracing) -> Tracing:
    """Take out what killed stations and deliveries do not pass on."""
    following, preceding, incoming, outgoing = (
        {node: set(others) for node, others in links.items()}
        for links in (found.following, found.preceding, found.incoming, found.outgoing)
    )
    for station in found.network.stations.values():
        if station.kill:
            for delivery in incoming.get(station.id, ()):
                following[delivery] = set()
            for delivery in outgoing.get(station.id, ()):
                preceding[delivery] = set()
            outgoing[station.id] = set()
    for one in found.network.deliveries.values():
        if one.kill:
            for after in following[one.id]:
                preceding[after].discard(one.id)
            following[one.id] = set()
            incoming[one.target].discard(one.id)
    return Tracing(found.network, following, preceding, incoming, outgoing)


@dataclass(frozen=True, slots=True)
class _Weights:
    """The part of all weights that one of the three scores goes by."""

    stations: Mapping[str, Fraction]
    deliveries: Mapping[str, Fraction]
    whole: Fraction

    def of(self, stations: Iterable[str], deliveries: Iterable[str]) -> Fraction:
        """The share of some stations and deliveries; 0 where nothing has weight."""
        if not self.whole:
            return Fraction()
        found = sum((self.stations[s] for s in stations), Fraction())
        return (found + sum((self.deliveries[d] for d in deliveries), Fraction())) / self.whole


def _weights(network: Network) -> tuple[_Weights, _Weights, _Weights]:
    """Those of the score, the positive and the negative score."""
    stations = {s.id: s.weight for s in network.stations.values()}
    deliveries = {d.id: d.weight for d in network.deliveries.values()}
    every = [*stations.values(), *deliveries.values()]
    plus = sum((w for w in every if w > 0), Fraction())
    minus = sum((-w for w in every if w < 0), Fraction())

    def part(sign: int) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
        def cut(weights: dict[str, Fraction]) -> dict[str, Fraction]:
            return {node: max(sign * w, Fraction()) for node, w in weights.items()}

        return cut(stations), cut(deliveries)

    return (
        _Weights(stations, deliveries, max(plus, minus)),
        _Weights(*part(1), plus),
        _Weights(*part(-1), minus),
    )


Reach = tuple[list[str], list[str]]


def desktop_scores(network: Network, *, temporal: bool = True) -> Scores:
    """The scores that the desktop program shows; raises InvalidInput as ``tracing`` does."""
    found = tracing(network, temporal=temporal)
    network = found.network
    ahead = {d: (found.stations_ahead(d), found.ahead(d)) for d in network.deliveries}
    of_station = {s: _of_station(found, ahead, s) for s in network.stations}
    of_delivery: dict[str, Reach] = {
        d: (list(stations), [d, *deliveries]) for d, (stations, deliveries) in ahead.items()
    }
    weights = _weights(network)
    scores = {"s": _scored(weights, of_station), "d": _scored(weights, of_delivery)}
    every = [row[0] for table in scores.values() for row in table.values()]
    greatest = max([Fraction(), *every, *(-score for score in every)]) or Fraction(1)
    lots, max_lot = _lots(found, ahead, weights[0])
    return Scores(
        {s: _score(row, greatest) for s, row in scores["s"].items()},
        {d: _score(row, greatest) for d, row in scores["d"].items()},
        {lot: float(score) for lot, score in lots.items()},
        {station: float(score) for station, score in max_lot.items()},
    )


Ahead = Mapping[str, tuple[set[str], set[str]]]
Row = tuple[Fraction, Fraction, Fraction]


def _of_station(found: Tracing, ahead: Ahead, station: str) -> Reach:
    """What a station scores with; itself twice where a loop leads back to it."""
    stations: set[str] = set()
    deliveries: set[str] = set()
    for sent in found.outgoing.get(station, ()):
        stations |= ahead[sent][0]
        deliveries |= {sent, *ahead[sent][1]}
    return [station, *stations], list(deliveries)


def _scored(
    weights: tuple[_Weights, _Weights, _Weights], reach: Mapping[str, Reach]
) -> dict[str, Row]:
    score, positive, negative = weights
    return {
        node: (score.of(s, d), positive.of(s, d), negative.of(s, d))
        for node, (s, d) in reach.items()
    }


def _score(row: Row, greatest: Fraction) -> Score:
    score, positive, negative = row
    return Score(float(score), float(positive), float(negative), float(score / greatest))


def _lots(
    found: Tracing, ahead: Ahead, weights: _Weights
) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """The score of each lot, without its own weights, and the greatest of each station's."""
    members: Links = defaultdict(set)
    for delivery in found.network.deliveries.values():
        if delivery.lot is not None:
            members[delivery.lot].add(delivery.id)
    lots = {
        lot: weights.of(
            set().union(*(ahead[d][0] for d in own)), set().union(*(ahead[d][1] for d in own))
        )
        for lot, own in members.items()
    }
    max_lot: dict[str, Fraction] = {}
    for lot, own in members.items():
        for station in {found.network.deliveries[d].source for d in own}:
            max_lot[station] = max(lots[lot], max_lot.get(station, lots[lot]))
    return lots, max_lot
