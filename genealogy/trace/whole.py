"""Items, logistic units and shipments: they move as a whole, with what is in them then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction

from genealogy.trace.parcel import ZERO, Parcel, larger, total_of


class Stay(Enum):
    """How a parcel is inside: for good since it came, while it is packed, until it is taken out."""

    SURE = 1
    INSIDE = 2
    BUILT_IN = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A parcel that came in, and from when until when it can have come or was inside.

    ``sure`` is from when until when it was inside for certain.
    """

    parcel: Parcel
    begin: int
    end: int
    stay: Stay
    sure: tuple[int, int]


@dataclass(slots=True)
class Whole:
    """Something that is not divided; ``is_item`` when it is one piece itself."""

    is_item: bool = False
    divided: bool = False
    _pieces: list[Piece] = field(default_factory=list)

    def take(self, piece: Piece) -> None:
        """Let a parcel come in."""
        self._pieces.append(piece)

    def give(self, begin: int, end: int, size: Fraction | None, unit: str | None) -> Parcel:
        """What goes with it when it moves between these times."""
        possible = [p for p in self._pieces if _possible(p, begin, end)]
        least = sum((p.parcel.least for p in self._pieces if _certain(p, begin, end)), ZERO)
        share = total_of(p.parcel.share for p in possible if not _removed(p, begin))
        most = total_of(p.parcel.most for p in possible)
        whole = all(_certain(p, begin, end) for p in possible) and not self.is_item
        bulk = total_of(p.parcel.bulk for p in possible) if whole else None
        if self.divided and most != 0:
            least, share = ZERO, None
        if not self.is_item:
            size, unit, low, high = _content(possible)
        elif size:
            low, high = least / size, None if most is None else most / size
        else:
            low, high = ZERO, None
        if most == 0:
            return Parcel(size=size, unit=unit, bulk=bulk)
        return Parcel(least, share, most, low, high, size, unit, bulk)


def _possible(piece: Piece, begin: int, end: int) -> bool:
    return piece.begin <= end and (piece.stay is not Stay.INSIDE or piece.end >= begin)


def _certain(piece: Piece, begin: int, end: int) -> bool:
    """Nothing moves on before it came to be, so what comes for good was there if it can have."""
    if piece.stay is Stay.SURE:
        return piece.begin <= end
    return piece.sure[0] <= begin and piece.sure[1] >= end


def _removed(piece: Piece, begin: int) -> bool:
    return piece.stay is Stay.BUILT_IN and piece.end < begin


def _content(pieces: list[Piece]) -> tuple[Fraction | None, str | None, Fraction, Fraction | None]:
    """How much all pieces are together, and how much seed there can be in each unit of it."""
    parcels = [piece.parcel for piece in pieces]
    units = {parcel.unit for parcel in parcels}
    if len(units) != 1 or None in units:
        return None, None, ZERO, None
    high: Fraction | None = ZERO
    for parcel in parcels:
        high = larger(high, parcel.high)
    low = min(ZERO if p.is_clean else p.low for p in parcels)
    return total_of(p.size for p in parcels), units.pop(), low, high


def held(pieces: Iterable[Parcel]) -> tuple[Fraction, Fraction | None, Fraction | None]:
    """What parcels hold together: least, share and most."""
    parcels = list(pieces)
    return (
        sum((p.least for p in parcels), ZERO),
        total_of(p.share for p in parcels),
        total_of(p.most for p in parcels),
    )
