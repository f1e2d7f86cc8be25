"""A network of stations and deliveries, as FoodChain-Lab sees a food chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction


class Tool(StrEnum):
    """Whose scores: the desktop program's, FCL-Web's, or those safe with loops."""

    DESKTOP = "desktop"
    WEB = "web"
    SAFE = "safe"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which any part may be missing."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it names one day."""
        return None not in (self.year, self.month, self.day)


NO_DATE = PartialDate()


@dataclass(frozen=True, slots=True)
class Station:
    """A place of business. Weights may be negative; a killed station passes nothing on."""

    id: str
    weight: Fraction = Fraction()
    cross_contamination: bool = False
    kill: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of (part of) a lot from a station to a station; ``lot`` is the lot's key."""

    id: str
    source: str
    target: str
    lot: str | None = None
    departure: PartialDate = NO_DATE
    arrival: PartialDate = NO_DATE
    weight: Fraction = Fraction()
    cross_contamination: bool = False
    kill: bool = False


@dataclass(frozen=True)
class Network:
    """Stations, deliveries, and which delivery went into which (by id, in pairs).

    Pairs that name a delivery which is not there are passed over.
    """

    stations: Mapping[str, Station]
    deliveries: Mapping[str, Delivery]
    relations: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def marked(
        self,
        *,
        weights: Mapping[str, Fraction] | None = None,
        cross: Iterable[str] = (),
        kill: Iterable[str] = (),
    ) -> Network:
        """The network with these weights instead of its own (if any), and these flags added."""
        crossed, killed = frozenset(cross), frozenset(kill)

        def flags(one: Station | Delivery) -> tuple[Fraction, bool, bool]:
            weight = one.weight if weights is None else weights.get(one.id, Fraction())
            contaminates = one.cross_contamination or one.id in crossed
            return weight, contaminates, one.kill or one.id in killed

        deliveries = {
            d.id: Delivery(d.id, d.source, d.target, d.lot, d.departure, d.arrival, *flags(d))
            for d in self.deliveries.values()
        }
        stations = {s.id: Station(s.id, *flags(s)) for s in self.stations.values()}
        return Network(stations, deliveries, self.relations)

    def merged(self, members: Iterable[str], into: str) -> Network:
        """The network with some stations taken for one, whose weight is the sum of theirs."""
        gone = set(members)
        weight = sum((self.stations[s].weight for s in gone), Fraction())
        stations = {s: station for s, station in self.stations.items() if s not in gone}
        stations[into] = Station(into, weight)

        def name(station: str) -> str:
            return into if station in gone else station

        deliveries = {
            d.id: replace(d, source=name(d.source), target=name(d.target))
            for d in self.deliveries.values()
        }
        return Network(stations, deliveries, self.relations)


@dataclass(frozen=True, slots=True)
class Score:
    """The three scores of a station or delivery, and the first over the greatest of all."""

    score: float
    positive: float
    negative: float
    normalized: float


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of a network by id; lots by their key, and the greatest of each station's lots.

    What a tool does not compute is left out: FCL-Web knows no lots and no negative weights.
    """

    stations: Mapping[str, Score]
    deliveries: Mapping[str, Score]
    lots: Mapping[str, float] = field(default_factory=dict)
    max_lot: Mapping[str, float] = field(default_factory=dict)


Links = dict[str, set[str]]


def by_end(network: Network) -> tuple[Links, Links]:
    """The deliveries that come into each station, and those that leave it."""
    incoming: Links = defaultdict(set)
    outgoing: Links = defaultdict(set)
    for delivery in network.deliveries.values():
        incoming[delivery.target].add(delivery.id)
        outgoing[delivery.source].add(delivery.id)
    return incoming, outgoing


def explicit(network: Network) -> Links:
    """The deliveries into which each one went, by the relations told."""
    following: Links = {delivery: set() for delivery in network.deliveries}
    for before, after in network.relations:
        if before in following and after in following:
            following[before].add(after)
    return following


def reversed_links(links: Mapping[str, Iterable[str]]) -> Links:
    """The same links the other way."""
    found: Links = {node: set() for node in links}
    for before, afters in links.items():
        for after in afters:
            found[after].add(before)
    return found


def closure(links: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """All that is reached from a start over one link or more; the start only by a loop."""
    found: set[str] = set()
    pending = list(links[start])
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending += links[node]
    return found
