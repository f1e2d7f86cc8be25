"""A lot or a vessel as a stock: what came in is mixed, and draws take of what was there.

Draws are asked for in the order in which they end. What certainly left before a draw
began is not there any more; what may have come in by the end of the draw may be in it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction

from genealogy.trace.parcel import ZERO, Parcel, larger, less, narrowed, smaller, times, unknown


@dataclass(slots=True)
class _Used:
    """What has been used up so far, in the order in which it left; sums begin with 0."""

    ends: list[int] = field(default_factory=list)
    size: list[Fraction] = field(default_factory=lambda: [ZERO])
    least: list[Fraction] = field(default_factory=lambda: [ZERO])
    most: list[Fraction | None] = field(default_factory=lambda: [ZERO])

    def add(self, end: int, size: Fraction | None, parcel: Parcel) -> None:
        most, more = self.most[-1], parcel.most
        self.ends.append(end)
        self.size.append(self.size[-1] + (size or ZERO))
        self.least.append(self.least[-1] + parcel.least)
        self.most.append(None if most is None or more is None else most + more)


@dataclass(slots=True)
class Stock:
    """What is in a lot or vessel, counted in ``unit``; ``size`` is how much has come so far.

    ``whole`` is how much there was in all where that is not told by what came in.
    ``sound`` is false when the records contradict each other: more left than came. What is
    known to be clean of what leaves takes up ``clean`` of it in all, null where that is not
    known; ``to_come`` is what comes in, all in all.
    """

    unit: str | None
    whole: Fraction | None = None
    sound: bool = True
    to_come: Fraction | None = None
    clean: Fraction | None = ZERO
    size: Fraction | None = ZERO
    _least: Fraction = ZERO
    _share: Fraction | None = ZERO
    _most: Fraction | None = ZERO
    _low: Fraction | None = None
    _high: Fraction | None = ZERO
    _left: tuple[Fraction, Fraction] = (ZERO, ZERO)
    _blurred: bool = False
    _is_marked: bool = False
    _clean_gone: Fraction = ZERO
    _used: _Used = field(default_factory=_Used)

    def take(self, parcel: Parcel) -> None:
        """Let a parcel come in."""
        is_alike = parcel.unit == self.unit
        self.size = _sum(self.size, parcel.size if is_alike else None)
        self._count(parcel)
        low = parcel.low if is_alike and not parcel.is_clean else ZERO
        high = ZERO if parcel.is_clean else parcel.high if is_alike else None
        self._low = low if self._low is None else min(self._low, low)
        self._high = larger(self._high, high)

    def mark(self, parcel: Parcel) -> None:
        """Take so much of the stock for seed."""
        self._count(parcel)
        each = Fraction(1) if parcel.unit == self.unit else None
        self._low, self._high = ZERO, larger(self._high, each)
        self._is_marked = True

    def _count(self, parcel: Parcel) -> None:
        if self._blurred and not (parcel.is_clean and parcel.size == 0):
            # Of what left before, nobody knows how much it was: the mixture is not known.
            self._share = None
        self._least += parcel.least
        self._share = _sum(self._share, parcel.share)
        self._most = _sum(self._most, parcel.most)

    def give(
        self,
        size: Fraction | None,
        begin: int,
        end: int,
        *,
        uses_up: bool,
        known: Parcel | None = None,
    ) -> Parcel:
        """What a draw of so much takes with it; ``known`` is what else is known of it."""
        parcel = self._drawn(size, begin)
        parcel = parcel if known is None else narrowed(parcel, known)
        if uses_up:
            self._used.add(end, size, parcel)
            if size is None:
                self._blurred = True
            else:
                gone, share = self._left
                self._left = gone + size, share + (parcel.share or ZERO)
                self._share = None if parcel.share is None else self._share
        return parcel

    def give_clean(self, size: Fraction | None) -> Parcel:
        """What a draw takes that holds no seed material, as is known otherwise."""
        if size is None:
            self._blurred = True
        else:
            self._clean_gone += size
        return Parcel(size=size, unit=self.unit)

    def _drawn(self, size: Fraction | None, begin: int) -> Parcel:
        before = bisect_left(self._used.ends, begin)
        most = less(self._most, self._used.least[before])
        if self._most == 0:
            return Parcel(size=size, unit=self.unit)
        rest = self._rest(size, before)
        if not self.sound or (rest is not None and rest < 0):
            # What came in may be another mixture than is recorded, but seed is at most all of it.
            limit = times(self._high, size) if self._is_marked and size is not None else None
            return unknown(smaller(most, limit), size, self.unit)
        low = self._low or ZERO
        if size is None:
            return Parcel(ZERO, None, most, low, self._high, None, self.unit)
        least = max(ZERO, low * size)
        if rest is not None:
            most = less(most, low * rest)
            gone, kept = self._used.most[before], times(self._high, rest)
            if gone is not None and kept is not None:
                least = max(least, self._least - gone - kept)
        most = smaller(most, times(self._high, size))
        return Parcel(least, self._even(size), most, low, self._high, size, self.unit)

    def _all(self) -> Fraction | None:
        """How much there has been so far, less what is clean of it for certain."""
        there = self.size if self.whole is None else self.whole
        if there is None:
            return None
        # What is clean and leaves later, and will not come first, is there already.
        come = ZERO if self.whole is not None else less(self.to_come, there)
        later = (self.clean or ZERO) - self._clean_gone
        return there - self._clean_gone - (ZERO if come is None else max(ZERO, later - come))

    def _rest(self, size: Fraction | None, before: int) -> Fraction | None:
        """What was there besides a draw; null where the stock or the draw is not known."""
        whole = self._all()
        if whole is None or size is None:
            return None
        return whole - self._used.size[before] - size

    def _even(self, size: Fraction) -> Fraction | None:
        """What a draw holds when everything that is there is mixed evenly."""
        if self._low == self._high and self._low is not None:
            return self._low * size
        whole = self._all()
        if self._share is None or whole is None or self.clean is None:
            return None
        gone, share = self._left
        there = (whole - gone, self._share - share)
        if there[0] < size:
            # Which left first is not known.
            there = (whole, self._share)
        return there[1] * size / there[0] if there[0] else ZERO


def _sum(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else one + other
