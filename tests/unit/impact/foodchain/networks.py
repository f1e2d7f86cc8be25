"""Networks for the tests of FoodChain-Lab's scores: the published example, and random ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from genealogy.impact.foodchain.network import Delivery, Network, PartialDate, Station

#: Deliveries of the program's own unit test: from, to, departure (and arrival, where told).
SENT: dict[str, tuple[str, str, PartialDate, PartialDate]] = {}


def _on(month: int, day: int | None) -> PartialDate:
    return PartialDate(2016, month, day)


def _sent(name: str, source: str, target: str, day: int | None, arrived: int | None = None) -> None:
    arrival = PartialDate() if arrived is None else _on(1, arrived)
    SENT[name] = (source, target, _on(1, day), arrival)


_sent("F1P1_1", "farm1", "producer1", 1)
_sent("F1P1_2", "farm1", "producer1", 1, 3)
_sent("F2P1_1", "farm2", "producer1", 1)
_sent("F2P2_1", "farm2", "producer2", 5)
_sent("F3P2_1", "farm3", "producer2", 5)
_sent("P1T1_1", "producer1", "trader1", 2)
_sent("P1T1_2", "producer1", "trader1", 4)
_sent("P2T1_1", "producer2", "trader1", 6)
_sent("P2T1_2", "producer2", "trader1", 6)
_sent("T1M1_1", "trader1", "market1", 5)
_sent("T1M2_1", "trader1", "market2", None)
_sent("T1M2_2", "trader1", "market2", 7)
_sent("T1M3_1", "trader1", "market3", 7)
FEEDS = {
    "F1P1_1": ("P1T1_1",),
    "F1P1_2": ("P1T1_2",),
    "F2P1_1": ("P1T1_1",),
    "F2P2_1": ("P2T1_1",),
    "F3P2_1": ("P2T1_1", "P2T1_2"),
    "P1T1_1": ("T1M1_1",),
    "P1T1_2": ("T1M2_1",),
    "P2T1_1": ("T1M2_2",),
    "P2T1_2": ("T1M3_1",),
}


def published(
    *,
    weights: Mapping[str, int] | None = None,
    cross: Iterable[str] = (),
    kill: Iterable[str] = (),
) -> Network:
    """The network of the unit test, with weights and flags for stations and deliveries."""
    weighted, crossed, killed = weights or {}, set(cross), set(kill)
    names = {end for source, target, *_ in SENT.values() for end in (source, target)}

    def flags(name: str) -> tuple[Fraction, bool, bool]:
        return Fraction(weighted.get(name, 0)), name in crossed, name in killed

    return Network(
        {name: Station(name, *flags(name)) for name in names},
        {
            name: Delivery(name, source, target, None, departure, arrival, *flags(name))
            for name, (source, target, departure, arrival) in SENT.items()
        },
        frozenset((a, b) for a, after in FEEDS.items() for b in after),
    )


_dates = st.builds(
    PartialDate,
    st.none() | st.just(2020),
    st.none() | st.integers(1, 2),
    st.none() | st.integers(1, 9),
).map(lambda d: replace(d, day=d.day if d.month else None) if d.year else PartialDate())
_weights = st.integers(-2, 3).map(Fraction)


@st.composite
def networks(draw: st.DrawFn, *, loops: bool = True) -> Network:
    """Any small network; without ``loops`` stations come one after the other."""
    names = [f"S{i}" for i in range(draw(st.integers(2, 5)))]
    flags = st.sampled_from([False, False, True])
    stations = {n: Station(n, draw(_weights), draw(flags), draw(flags)) for n in names}
    deliveries: dict[str, Delivery] = {}
    for i in range(draw(st.integers(0, 8))):
        ends = draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
        source, target = ends if loops else sorted(ends)
        lot = draw(st.none() | st.sampled_from(["L1", "L2"]))
        deliveries[f"D{i}"] = Delivery(
            f"D{i}",
            source,
            target,
            lot and f"{source}|{lot}",
            draw(_dates),
            draw(_dates),
            draw(_weights),
            draw(flags),
            draw(flags),
        )
    pairs = [
        (a.id, b.id) for a in deliveries.values() for b in deliveries.values()
        if a.target == b.source
    ]  # fmt: skip
    told = draw(st.lists(st.sampled_from(pairs), max_size=8)) if pairs else []
    return Network(stations, deliveries, frozenset(told))
