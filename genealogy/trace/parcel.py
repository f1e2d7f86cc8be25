"""A parcel: how much seed material goes with a movement, as bounds and as a share.

All figures are exact. A bound with a very long denominator is rounded outward, a share
to the nearest, far below any quantity that can be weighed: a chain of ten thousand
mixtures would otherwise have figures of a hundred thousand digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

ZERO, ONE = Fraction(0), Fraction(1)
_LONGEST = 1024
_GRID = 1 << 256


@dataclass(frozen=True, slots=True)
class Parcel:
    """Seed material in some material; null = not known (``most``, ``high``: no limit known).

    ``size`` is how much material there is, in ``unit``; ``low`` and ``high`` bound the
    seed material in each unit of it. ``bulk`` is how much there is in the seed's unit.
    """

    least: Fraction = ZERO
    share: Fraction | None = ZERO
    most: Fraction | None = ZERO
    low: Fraction = ZERO
    high: Fraction | None = ZERO
    size: Fraction | None = None
    unit: str | None = None
    bulk: Fraction | None = None

    @property
    def is_clean(self) -> bool:
        """Whether no seed material can be in it."""
        return self.most == 0


def pure(size: Fraction | None, unit: str | None, total: Fraction | None) -> Parcel:
    """Material that is nothing but seed, of which there is ``total``."""
    if size is None:
        return Parcel(ZERO, None, total, ONE, ONE, None, unit)
    return Parcel(size, size, size, ONE, ONE, size, unit)


def unknown(most: Fraction | None, size: Fraction | None = None, unit: str | None = None) -> Parcel:
    """Material of which only is known that at most so much seed is in it."""
    if most == 0:
        return Parcel(size=size, unit=unit)
    return Parcel(ZERO, None, most, ZERO, None, size, unit)


def bounded(parcel: Parcel, total: Fraction | None) -> Parcel:
    """The parcel with the share within its bounds, all within the total, and no long figures."""
    most = smaller(parcel.most, total)
    least = parcel.least if most is None else min(parcel.least, most)
    share = parcel.share
    if share is not None:
        share = max(share, least) if most is None else min(max(share, least), most)
    if most == 0 or not _is_long(parcel):
        return replace(parcel, least=least, share=share, most=most)
    high = None if parcel.high is None else _upward(parcel.high)
    return replace(
        parcel,
        least=_downward(least),
        share=None if share is None else Fraction(round(share * _GRID), _GRID),
        most=None if most is None else _upward(most),
        low=_downward(parcel.low),
        high=high,
    )


def together(parcels: Sequence[Parcel], size: Fraction | None, unit: str | None) -> Parcel:
    """Parcels in one unit as one, of a size."""
    high: Fraction | None = ZERO
    for parcel in parcels:
        high = larger(high, ZERO if parcel.is_clean else parcel.high)
    return Parcel(
        sum((parcel.least for parcel in parcels), ZERO),
        total_of(parcel.share for parcel in parcels),
        total_of(parcel.most for parcel in parcels),
        min((ZERO if parcel.is_clean else parcel.low for parcel in parcels), default=ZERO),
        high,
        size,
        unit,
    )


def narrowed(parcel: Parcel, known: Parcel) -> Parcel:
    """A parcel of which something is known besides, in its own unit."""
    known = converted(known, parcel.size, parcel.unit)
    least, most = max(parcel.least, known.least), smaller(parcel.most, known.most)
    if most is not None and most < least:
        # The records contradict each other.
        return parcel
    share = parcel.share if known.share is None else known.share
    low, high = max(parcel.low, known.low), smaller(parcel.high, known.high)
    return replace(parcel, least=least, share=share, most=most, low=low, high=high)


def converted(parcel: Parcel, size: Fraction | None, unit: str | None) -> Parcel:
    """The parcel as it is measured where it arrives."""
    if parcel.is_clean or (unit == parcel.unit and size == parcel.size):
        return replace(parcel, size=size, unit=unit)
    if size and parcel.size:
        factor = parcel.size / size
        high = None if parcel.high is None else parcel.high * factor
        return replace(parcel, size=size, unit=unit, low=parcel.low * factor, high=high)
    if unit == parcel.unit:
        return replace(parcel, size=size)
    return replace(parcel, size=size, unit=unit, low=ZERO, high=None)


def total_of(amounts: Iterable[Fraction | None]) -> Fraction | None:
    """The sum; null when a part is not known."""
    total = ZERO
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def smaller(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    """The smaller of two limits, where null is no limit."""
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)


def larger(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    """The larger of two limits, where null is no limit."""
    return None if one is None or other is None else max(one, other)


def less(one: Fraction | None, other: Fraction) -> Fraction | None:
    """A limit less what is taken off it."""
    return None if one is None else one - other


def times(limit: Fraction | None, amount: Fraction) -> Fraction | None:
    """A limit for each unit, for so many units."""
    return None if limit is None else limit * amount


def _is_long(parcel: Parcel) -> bool:
    figures = (parcel.least, parcel.share, parcel.most, parcel.low, parcel.high)
    return any(f is not None and f.denominator.bit_length() > _LONGEST for f in figures)


def _downward(amount: Fraction) -> Fraction:
    return Fraction(floor(amount * _GRID), _GRID)


def _upward(amount: Fraction) -> Fraction:
    return Fraction(ceil(amount * _GRID), _GRID)
