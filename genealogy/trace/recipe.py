"""A production batch: what goes in is divided over what comes out.

With one kind of output, and all inputs in before any output, each unit of output holds
the same amount of each input material (the recipe), and only which lot of a material
went where is open. Otherwise each input is divided over the outputs it can have reached.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from genealogy.trace.parcel import ZERO, Parcel, larger, less, smaller, times


@dataclass(frozen=True, slots=True)
class Output:
    """What comes out: when its movement ends, and how much it is (null = not comparable)."""

    end: int
    size: Fraction | None
    unit: str | None


@dataclass(slots=True)
class Material:
    """The inputs of one material; ``size`` of all of them together, null = not known."""

    size: Fraction | None
    least: Fraction = ZERO
    share: Fraction | None = ZERO
    most: Fraction | None = ZERO
    low: Fraction | None = None
    high: Fraction | None = ZERO

    def take(self, parcel: Parcel) -> None:
        """Let a parcel go in."""
        self.least += parcel.least
        self.share = _sum(self.share, parcel.share)
        self.most = _sum(self.most, parcel.most)
        low, high = (ZERO, ZERO) if parcel.is_clean else (parcel.low, parcel.high)
        self.low = low if self.low is None else min(self.low, low)
        self.high = larger(self.high, high)

    def part(self, part: Fraction, output: Output) -> Parcel:
        """What an output that is such a part of all outputs holds of this material."""
        share = None if self.share is None else self.share * part
        if self.size is None or output.size == 0:
            least = self.least if part == 1 else ZERO
            return Parcel(least, share, self.most, ZERO, None, output.size, output.unit)
        taken, low = self.size * part, self.low or ZERO
        rest = self.size - taken
        kept = times(self.high, rest)
        least = low * taken if kept is None else max(low * taken, self.least - kept)
        most = smaller(times(self.high, taken), less(self.most, low * rest))
        each = None if output.size is None else taken / output.size
        return Parcel(
            least,
            share,
            most,
            ZERO if each is None else low * each,
            None if each is None else times(self.high, each),
            output.size,
            output.unit,
        )


@dataclass(slots=True)
class Recipe:
    """A batch in which every unit of output holds the same; ``outputs`` are of one kind.

    Where the material of an input is not known all are one material, under null.
    """

    materials: Mapping[Hashable, Material]
    outputs: Sequence[Output]
    _whole: Fraction | None = None

    def __post_init__(self) -> None:
        sizes = [output.size for output in self.outputs]
        self._whole = sum((s or ZERO for s in sizes), ZERO)

    def take(self, parcel: Parcel, material: Hashable, begin: int) -> None:
        """Let a parcel of a material go in."""
        (self.materials.get(material) or self.materials[None]).take(parcel)

    def give(self, output: Output) -> Parcel:
        """What an output holds."""
        part = Fraction(1)
        if len(self.outputs) > 1:
            part = (output.size or ZERO) / self._whole if self._whole else ZERO
        held = [m.part(part, output) for m in self.materials.values() if m.most != 0]
        found = Parcel(size=output.size, unit=output.unit)
        for parcel in held:
            found = Parcel(
                found.least + parcel.least,
                _sum(found.share, parcel.share),
                _sum(found.most, parcel.most),
                found.low + parcel.low,
                _sum(found.high, parcel.high),
                output.size,
                output.unit,
            )
        return found


@dataclass(slots=True)
class Division:
    """A batch without one recipe; ``outputs`` in the order in which they end."""

    outputs: Sequence[Output]
    _ends: list[int] = field(default_factory=list)
    _behind: list[Fraction | None] = field(default_factory=list)
    _each: Fraction | None = ZERO
    _last: tuple[Fraction, Fraction | None] = (ZERO, ZERO)
    _most: Fraction | None = ZERO

    def __post_init__(self) -> None:
        self._ends = [output.end for output in self.outputs]
        behind: list[Fraction | None] = [ZERO]
        for output in reversed(self.outputs):
            alike = output.unit == self.outputs[-1].unit
            behind.append(_sum(behind[-1], output.size if alike else None))
        self._behind = behind[::-1]

    def take(self, parcel: Parcel, material: Hashable, begin: int) -> None:
        """Let a parcel go in, at ``begin`` at the earliest."""
        if parcel.is_clean:
            return
        first = bisect_left(self._ends, begin)
        self._most = _sum(self._most, parcel.most)
        if first == len(self.outputs) - 1:
            least, share = self._last
            self._last = least + parcel.least, _sum(share, parcel.share)
        elif first < len(self.outputs):
            whole = self._behind[first]
            each = None if parcel.share is None or not whole else parcel.share / whole
            self._each = _sum(self._each, each)

    def give(self, output: Output) -> Parcel:
        """What an output holds of what has gone in so far."""
        least, share = self._last if output is self.outputs[-1] else (ZERO, ZERO)
        if output.size is None:
            spread = ZERO if self._each == 0 else None
        else:
            spread = times(self._each, output.size)
        return Parcel(
            least,
            _sum(share, spread),
            self._most,
            ZERO,
            ZERO if self._most == 0 else None,
            output.size,
            output.unit,
        )


def _sum(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else one + other
