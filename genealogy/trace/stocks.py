"""What a lot or a vessel holds as the trace took it apart: by cleanings, and load by load.

A lot is one stock. A vessel is a stock between two cleanings that part all of its loads
and draws; one that lets go in order, where the records tell the order for certain, is a
stock for each load. So an amount goes where the trace says that the material may go.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Protocol

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.trace.hubs import Hubs, Move, sizes
from genealogy.trace.origins import USES_UP
from genealogy.trace.parcel import ZERO, Parcel, converted, narrowed, smaller, together, total_of
from genealogy.trace.stock import Stock
from genealogy.trace.vessels import FullMix, InOrder
from genealogy.trace.vessels import Move as AtVessel
from genealogy.trace.windows import BEGIN, END

_AT_VESSELS = frozenset({Flow.LOADED_INTO, Flow.DRAWN_FROM})


class Stocks(Protocol):
    """What comes into a lot or vessel, and what it gives."""

    @property
    def is_sound(self) -> bool:
        """Whether no more is known to have left than came."""
        ...

    def take(self, move: Move, parcel: Parcel) -> None:
        """Let a parcel come in."""
        ...

    def give(self, move: Move, known: Parcel | None = None, *, is_clean: bool = False) -> Parcel:
        """What a movement takes with it; one that ``is_clean`` holds no seed material.

        ``known`` is what else is known of it.
        """
        ...


def stocks_of(
    hubs: Hubs, node_id: NodeId, marks: Iterable[Parcel] = (), *, clean: bool, sound: bool
) -> Stocks:
    """A node's stocks before anything came; ``clean``: what the trace left out holds nothing.

    ``marks`` are parts of a lot that are seed; ``sound`` if nothing contradicts its receipts.
    """
    division = hubs.tanks.division(node_id)
    if isinstance(division, InOrder):
        return InTurn(division)
    cuts, open_spans = _cuts(hubs, node_id)
    parts = range(len(cuts) + 1)
    stocks = [_stock(hubs, node_id, cuts, part, clean=clean) for part in parts]
    for stock in stocks:
        stock.sound &= sound
    for mark in marks:
        stocks[0].mark(mark)
    doubts = None
    if open_spans and isinstance(division, FullMix):
        since = [BEGIN, *cuts]
        first = [min((f for f, last in open_spans if last > cut), default=END) for cut in since]
        doubts = Doubts(division, first)
    return Mixed(stocks, cuts, doubts)


@dataclass(slots=True)
class Doubts:
    """A vessel of which is not known what lay before a cleaning and what after it.

    ``first`` is when the first such cleaning can have been since each that is certain.
    """

    division: FullMix
    first: Sequence[int]
    _came: dict[int, Fraction | None] = field(default_factory=lambda: defaultdict(Fraction))

    def take(self, move: Move, parcel: Parcel) -> None:
        """Let a parcel come in, to where it may have lain."""
        for state, _, _ in self.division.loaded(_at_vessel(move)):
            came = self._came[state]
            more = came is None or parcel.most is None
            self._came[state] = None if more else (came or ZERO) + (parcel.most or ZERO)

    def limited(self, move: Move, part: int, parcel: Parcel) -> Parcel:
        """What a draw can hold at most; of a mixture nobody knows how much was washed out."""
        states = [state for state, _, _ in self.division.drawn(_at_vessel(move))]
        most = smaller(parcel.most, total_of(self._came[state] for state in states))
        least = parcel.least if most is None else min(parcel.least, most)
        known = move.end < self.first[part] or parcel.low == parcel.high
        share = parcel.share if known else least if least == most else None
        return replace(parcel, least=least, share=share, most=most)


@dataclass(slots=True)
class Mixed:
    """A stock before each moment of ``cuts``, by which a vessel was clean, and one after."""

    stocks: Sequence[Stock]
    cuts: Sequence[int] = ()
    doubts: Doubts | None = None

    @property
    def is_sound(self) -> bool:
        """Whether no more is known to have left than came."""
        return all(stock.sound for stock in self.stocks)

    def take(self, move: Move, parcel: Parcel) -> None:
        """Let a parcel come in."""
        if move.type == Flow.DELIVERED_TO:
            return
        self.stocks[self._part(move)].take(parcel)
        if self.doubts is not None and move.type in _AT_VESSELS:
            self.doubts.take(move, parcel)

    def give(self, move: Move, known: Parcel | None = None, *, is_clean: bool = False) -> Parcel:
        """What a movement takes with it."""
        part = self._part(move)
        stock = self.stocks[part]
        size = None if move.left is None or move.left.unit != stock.unit else move.left.amount
        if is_clean:
            return stock.give_clean(size)
        used = move.type in USES_UP
        parcel = stock.give(size, move.begin, move.end, uses_up=used, known=known)
        if self.doubts is None or move.type not in _AT_VESSELS:
            return parcel
        return self.doubts.limited(move, part, parcel)

    def _part(self, move: Move) -> int:
        return bisect_left(self.cuts, move.begin)


@dataclass(slots=True)
class InTurn:
    """A vessel whose loads leave in an order: a stock for each, drawn from by its turn."""

    division: InOrder
    _stocks: dict[int, Stock] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """An order is told only where all that left had come."""
        return True

    def take(self, move: Move, parcel: Parcel) -> None:
        """Let a load come in; what is merely delivered there is in no draw."""
        number = self.division.loads.get(move.edge_id)
        if number is not None:
            stock = self._stocks[number] = Stock("")
            stock.take(converted(parcel, Fraction(self.division.sizes[number]), ""))

    def give(self, move: Move, known: Parcel | None = None, *, is_clean: bool = False) -> Parcel:
        """What a draw takes of the loads whose turn it is."""
        amounts = [Fraction(amount) for amount in self.division.amounts.get(move.edge_id, ())]
        loads = self.division.draws.get(move.edge_id, ())
        parts = [
            self._part(load, amount, move, is_clean=is_clean)
            for load, amount in zip(loads, amounts, strict=True)
        ]
        parcel = together(parts, sum(amounts, ZERO), "")
        return parcel if known is None else narrowed(parcel, known)

    def _part(self, load: int, amount: Fraction, move: Move, *, is_clean: bool) -> Parcel:
        stock = self._stocks.get(load)
        if stock is None:
            return Parcel()
        if is_clean:
            return stock.give_clean(amount)
        return stock.give(amount, move.begin, move.end, uses_up=True)


def _at_vessel(move: Move) -> AtVessel:
    return AtVessel(move.edge_id, move.begin, move.end, None, None)


def _cuts(hubs: Hubs, node_id: NodeId) -> tuple[list[int], list[tuple[int, int]]]:
    """When a vessel was clean for certain, and when it may have been before or after a movement."""
    told = hubs.tanks.cleaned.get(node_id, ())
    if not told:
        return [], []
    moves = [m for m in (*hubs.into[node_id], *hubs.out[node_id]) if m.type in _AT_VESSELS]
    begins, ends = sorted(m.begin for m in moves), sorted(m.end for m in moves)
    # All that had begun by the latest moment of the cleaning had ended before its earliest.
    parts = [bisect_right(begins, last) == bisect_left(ends, first) for first, last in told]
    cuts = sorted(last for (_, last), apart in zip(told, parts, strict=True) if apart)
    return cuts, [span for span, apart in zip(told, parts, strict=True) if not apart]


def _stock(hubs: Hubs, node_id: NodeId, cuts: Sequence[int], part: int, *, clean: bool) -> Stock:
    unit = hubs.unit(node_id)
    into, out = (
        [m for m in moves if bisect_left(cuts, m.begin) == part]
        for moves in (hubs.into[node_id], hubs.out[node_id])
    )
    came = [m for m in into if m.type != Flow.DELIVERED_TO]
    told, own = total_of(sizes(came, unit)) if came else None, hubs.recorded(node_id)
    whole = None
    if told is None and len(came) < 2 and own is not None and own.unit == unit:
        whole = told = own.amount
    used = [m for m in out if m.type in USES_UP]
    gone = sum((m.left.amount for m in used if m.left and m.left.unit == unit), ZERO)
    unreached = [m.left for m in used if not m.carries] if clean else []
    free = total_of(m.amount if m is not None and m.unit == unit else None for m in unreached)
    sound = told is None or gone <= told
    # Where nothing is recorded to have come, nobody knows how much there was.
    begun = ZERO if came or whole is not None else None
    return Stock(unit, whole, sound=sound, to_come=told, clean=free, size=begun)
