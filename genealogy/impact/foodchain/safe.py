"""FoodChain-Lab's score in a form that is safe with loops, and linear in weighted elements.

From every weighted station or delivery one walk back; its weight is added to all it
leads over, itself included, once. Without loops the figures are those of the desktop
program. On a loop they differ, on purpose: nothing counts its own weight twice, nothing
is missed, and deliveries that feed each other are taken as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from genealogy.impact.foodchain.desktop import Tracing, linked
from genealogy.impact.foodchain.network import Network, Score, Scores

_NONE = Fraction()


@dataclass(slots=True)
class _Sums:
    """The weight added to each station and delivery, plus and minus apart."""

    stations: dict[str, list[Fraction]] = field(default_factory=lambda: defaultdict(_pair))
    deliveries: dict[str, list[Fraction]] = field(default_factory=lambda: defaultdict(_pair))

    def add(self, weight: Fraction, stations: Iterable[str], deliveries: Iterable[str]) -> None:
        """Add a weight to all that its walk leads over."""
        sign, amount = (0, weight) if weight > 0 else (1, -weight)
        for station in stations:
            self.stations[station][sign] += amount
        for delivery in deliveries:
            self.deliveries[delivery][sign] += amount


def _pair() -> list[Fraction]:
    return [_NONE, _NONE]


def safe_scores(network: Network, *, temporal: bool = True) -> Scores:
    """The scores of a network that may have loops."""
    found = linked(network, temporal=temporal)
    sums = _Sums()
    for station in network.stations.values():
        if station.weight:
            walk = _back(found, found.incoming.get(station.id, ()))
            sums.add(station.weight, {station.id, *_senders(found, walk)}, walk)
    for delivery in network.deliveries.values():
        if delivery.weight:
            walk = _back(found, [delivery.id])
            sums.add(delivery.weight, _senders(found, walk), walk)
    weights = [s.weight for s in network.stations.values()]
    weights += [d.weight for d in network.deliveries.values()]
    plus = sum((w for w in weights if w > 0), _NONE)
    minus = sum((-w for w in weights if w < 0), _NONE)
    return _scores(network, sums, plus, minus)


def _back(found: Tracing, starts: Iterable[str]) -> set[str]:
    walk: set[str] = set()
    pending = list(starts)
    while pending:
        delivery = pending.pop()
        if delivery not in walk:
            walk.add(delivery)
            pending += found.preceding[delivery]
    return walk


def _senders(found: Tracing, walk: Iterable[str]) -> set[str]:
    senders = {found.network.deliveries[d].source for d in walk}
    return {station for station in senders if not found.network.stations[station].kill}


def _scores(network: Network, sums: _Sums, plus: Fraction, minus: Fraction) -> Scores:
    every = [pair[0] - pair[1] for table in (sums.stations, sums.deliveries)
             for pair in table.values()]  # fmt: skip
    whole = max(plus, minus) or Fraction(1)
    greatest = max([_NONE, *every, *(-score for score in every)]) / whole or Fraction(1)

    def score(pair: list[Fraction]) -> Score:
        combined = (pair[0] - pair[1]) / whole
        return Score(
            float(combined),
            float(pair[0] / plus) if plus else 0.0,
            float(pair[1] / minus) if minus else 0.0,
            float(combined / greatest),
        )

    return Scores(
        {s: score(sums.stations.get(s, _pair())) for s in network.stations},
        {d: score(sums.deliveries.get(d, _pair())) for d in network.deliveries},
    )
