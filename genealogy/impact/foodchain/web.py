"""The scores of FCL-Web: the share of outbreaks whose way back leads over something.

An outbreak is a station or delivery of positive weight; how great it is makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from genealogy.impact.foodchain.network import (
    Links,
    Network,
    PartialDate,
    Score,
    Scores,
    by_end,
    explicit,
    reversed_links,
)


class Dates(StrEnum):
    """What dates do to cross-contamination.

    EXPLICIT: those that were told count. INFERRED: also what follows from the relations
    told, forward for arrivals and backward for departures. NONE: none counts.
    """

    EXPLICIT = "explicit"
    INFERRED = "inferred"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Hidden:
    """What the user does not see, or has put into a group: it does not count.

    A way back goes on over a hidden station, but not over a hidden delivery.
    """

    stations: frozenset[str] = frozenset()
    deliveries: frozenset[str] = frozenset()


def web_scores(
    network: Network, *, dates: Dates = Dates.EXPLICIT, hidden: Hidden | None = None
) -> Scores:
    """The scores that FCL-Web shows; loops are no trouble to it."""
    hidden = hidden or Hidden()
    preceding, incoming = _links(network, dates)
    ill = (s.id for s in network.stations.values() if s.weight > 0)
    bad = (d.id for d in network.deliveries.values() if d.weight > 0)
    walks = [
        *(
            _walk(network, preceding, incoming[s], hidden, {s})
            for s in ill
            if s not in hidden.stations
        ),
        *(
            _walk(network, preceding, {d}, hidden, set(), own=d)
            for d in bad
            if d not in hidden.deliveries
        ),
    ]
    count = len(walks) or 1
    return Scores(
        {s: _score(sum(s in stations for stations, _ in walks) / count) for s in network.stations},
        {d: _score(sum(d in found for _, found in walks) / count) for d in network.deliveries},
    )


def _score(share: float) -> Score:
    return Score(share, share, 0.0, share)


def _walk(
    network: Network,
    preceding: Links,
    starts: Iterable[str],
    hidden: Hidden,
    stations: set[str],
    own: str | None = None,
) -> tuple[set[str], set[str]]:
    """The stations and deliveries that a way back leads over.

    A killed delivery passes nothing on, so a way back from what came of it does not reach
    it, unless it starts there (``own``); nor does one from beyond a killed station.
    """
    deliveries: set[str] = set()
    pending = list(starts)
    while pending:
        at = pending.pop()
        delivery = network.deliveries[at]
        killed = delivery.kill and at != own
        if at in deliveries or at in hidden.deliveries or killed:
            continue
        deliveries.add(at)
        source = network.stations[delivery.source]
        if not source.kill:
            stations.add(source.id)
            pending += preceding[at]
    return stations - hidden.stations, deliveries


def _links(network: Network, dates: Dates) -> tuple[Links, Links]:
    """The deliveries that went into each one, and those that came into each station."""
    following = explicit(network)
    preceding = reversed_links(following)
    incoming, outgoing = by_end(network)
    earliest, latest = _bounds(network, following, preceding, dates)
    for station in network.stations.values():
        if station.cross_contamination:
            for after in outgoing.get(station.id, ()):
                preceding[after] |= {
                    before
                    for before in incoming.get(station.id, ())
                    if before != after and earliest[before] <= latest[after]
                }
    return preceding, {s: incoming.get(s, set()) for s in network.stations}


Bounds = tuple[dict[str, date], dict[str, date]]


def _bounds(network: Network, following: Links, preceding: Links, dates: Dates) -> Bounds:
    """The earliest day on which each delivery came, and the latest on which it left."""
    arrivals = {d.id: _day(d.arrival) for d in network.deliveries.values()}
    departures = {d.id: _day(d.departure) for d in network.deliveries.values()}
    if dates is Dates.NONE:
        arrivals, departures = dict.fromkeys(arrivals), dict.fromkeys(departures)
    if dates is Dates.INFERRED:
        bounds = _inferred(network, following, preceding, arrivals, departures)
        _reopen(bounds, arrivals, departures)
        return _inferred(network, following, preceding, arrivals, departures)
    return (
        {d: day or date.min for d, day in arrivals.items()},
        {d: day or date.max for d, day in departures.items()},
    )


def _day(told: PartialDate) -> date | None:
    """The day, if one is named: FCL-Web passes over dates that are known in part."""
    if told.year is None or told.month is None or told.day is None:
        return None
    return date(told.year, told.month, told.day)


Days = dict[str, date | None]


def _inferred(
    network: Network, following: Links, preceding: Links, arrivals: Days, departures: Days
) -> Bounds:
    """Earliest arrivals, pushed forward, and latest departures, pushed backward."""
    earliest = _pushed(
        preceding,
        {d: max(arrivals[d] or date.min, departures[d] or date.min) for d in network.deliveries},
        max,
    )
    latest = _pushed(
        following,
        {d: min(arrivals[d] or date.max, departures[d] or date.max) for d in network.deliveries},
        min,
    )
    return earliest, latest


def _pushed(
    links: Links, own: dict[str, date], pick: Callable[[Iterable[date]], date]
) -> dict[str, date]:
    """The days with those before taken into account, until nothing changes."""
    found = dict(own)
    changed = True
    while changed:
        changed = False
        for delivery, others in links.items():
            day = pick([found[delivery], *(found[other] for other in others)])
            if day != found[delivery]:
                found[delivery], changed = day, True
    return found


def _reopen(bounds: Bounds, arrivals: Days, departures: Days) -> None:
    """Take a date that contradicts the bounds for one that was not told."""
    earliest, latest = bounds
    for delivery in arrivals:
        if earliest[delivery] > latest[delivery]:
            arrivals[delivery] = departures[delivery] = None


def common_links(scores: Scores) -> list[str]:
    """The stations over which the way back of every outbreak leads."""
    return sorted(s for s, found in scores.stations.items() if found.score == 1.0)
