"""How much of something was at a place within a window, by what came there and what left.

What came stays until it is recorded to have left. At least so much was there as had come
for certain by some moment of the window, less all that may have left before it; at most
all that may have come by its end, less what left for certain before its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from genealogy.model.units import Measure
from genealogy.trace.parcel import ZERO, smaller, total_of
from genealogy.trace.windows import BEGIN, END

#: An amount as the one who asks counts it; null where it cannot be told.
Size = Callable[[Measure | None], Fraction | None]


@dataclass(frozen=True, slots=True)
class Came:
    """Something came between two moments, if it is ``sure``; gone from ``gone`` until ``until``.

    ``before`` is until when it may have been elsewhere here, where it is known to have been;
    ``again`` where nobody says that it was not.
    """

    first: int
    last: int
    measure: Measure | None
    gone: int = END
    until: int = END
    sure: bool = True
    before: int | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """Something left between two moments; from there if it is ``sure``, or perhaps.

    ``edge_id`` is that of the movement by which it left, null for a move to another place;
    what ``is_used`` does not come back. What ``is_inner`` stayed here, at another place.
    """

    begin: int
    end: int
    measure: Measure | None
    sure: bool = True
    edge_id: str | None = None
    is_used: bool = False
    is_inner: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """What came and left, and the window; without ``is_all`` more may have come.

    ``used`` is what was used up of the whole, wherever it was. ``afresh`` is all that came
    anywhere but from a known store; ``unsaid`` is what may have come from here all the same.
    ``seen`` was moved there in the window for certain. ``boxes`` are movements into shipments
    by which it came.
    """

    since: int
    until: int
    came: Sequence[Came]
    left: Sequence[Left] = ()
    used: Sequence[Left] = ()
    is_all: bool = True
    afresh: Sequence[Measure | None] = ()
    unsaid: Sequence[Left] = ()
    seen: Sequence[Left] = ()
    boxes: frozenset[str] = frozenset()

    def told(self, size: Size, whole: Fraction | None) -> Ledger:
        """The ledger with what came elsewhere from here, as far as the whole leaves that open.

        Where all that is not known to have come from a store is no more than there is, each
        of it came by itself.
        """
        come = total_of(map(size, self.afresh))
        is_open = whole is None or come is None or come > whole
        if not is_open:
            return replace(self, afresh=(), unsaid=())
        came = [replace(c, sure=c.sure and not c.again) for c in self.came]
        left = [*self.left, *self.unsaid]
        return replace(self, came=came, left=left, afresh=(), unsaid=())

    def at_once(self, size: Size) -> Fraction:
        """The most that is known to have come together."""
        come = map(size, (*(c.measure for c in self.came), *self.afresh))
        return max((one for one in come if one is not None), default=ZERO)

    def there(
        self, size: Size, whole: Fraction | None, limit: Fraction | None
    ) -> tuple[Fraction, Fraction | None]:
        """At least and at most so much was there; null where no limit is known.

        ``whole`` is how much there ever was anywhere, and ``limit`` how much there can have been.
        """
        least, _ = self._bounds(size, whole)
        _, most = self._bounds(size, limit)
        moved = self._moved(size)
        if most is not None and moved > most:
            # More was there than what came tells: nobody knows how much.
            return moved, None
        return (least, most) if most is None or least <= most else (ZERO, most)

    def _bounds(self, size: Size, whole: Fraction | None) -> tuple[Fraction, Fraction | None]:
        """At least and at most so much was there, if there ever was so much in all."""
        most = None if whole is None else whole - self._gone(size, self.used)
        if most is not None and most < 0:
            most = whole
        least = self._moved(size)
        if self.is_sound(size):
            if self.is_all:
                most = smaller(most, self._came(size))
            least = max(least, *self._certain(size), ZERO)
        return (least, most) if most is None or least <= most else (ZERO, most)

    def _moved(self, size: Size) -> Fraction:
        """How much was moved there in the window, of which what is packed may be so twice."""
        told = [(m.is_used, size(m.measure) or ZERO) for m in self.seen]
        used = sum((much for is_used, much in told if is_used), ZERO)
        return max(used, *(much for _, much in told), ZERO)

    def _came(self, size: Size) -> Fraction | None:
        """At most how much of what came was there in the window."""
        new = [c for c in self.came if c.first <= self.until and c.before is None]
        come = total_of(size(c.measure) for c in new)
        most = total_of(size(c.measure) for c in self.came if self._adds(c))
        return smaller(most, None if come is None else come - self._gone(size, self.left))

    def _adds(self, came: Came) -> bool:
        """Whether something that came may have been there in the window, and not before."""
        is_met = came.first <= self.until and came.until >= self.since
        return is_met and (came.before is None or came.before < self.since)

    def _gone(self, size: Size, moves: Sequence[Left]) -> Fraction:
        """How much left for certain before the window."""
        known = (m for m in moves if m.sure and not m.is_inner)
        told = (size(m.measure) for m in known if m.end < self.since)
        return sum((one for one in told if one is not None), ZERO)

    def is_sound(self, size: Size) -> bool:
        """Whether no more is known to have left than came."""
        come = total_of(size(c.measure) for c in self.came)
        left = (size(m.measure) or ZERO for m in self.left if m.sure)
        return come is None or sum(left, ZERO) <= come

    def _certain(self, size: Size) -> Iterator[Fraction]:
        """What was there for certain at each moment of the window that may tell more.

        While it is open when something came, nothing that left is forgiven: it may be of that.
        """
        come = sum((size(c.measure) or ZERO for c in self.came), ZERO)
        held, spread, pending, inner = ZERO, ZERO, 0, ZERO
        for at, what, event in sorted(self._events(), key=lambda told: told[:2]):
            amount = None if event is None else size(event.measure)
            if what == _OPENED:
                pending += 1
            elif isinstance(event, Came) and what == _CAME:
                # What was elsewhere here before has been counted.
                if event.before is None:
                    held += amount or ZERO
                else:
                    inner += amount or ZERO
                pending -= event.first < event.last
            elif isinstance(event, Left):
                much = come if amount is None else amount
                is_span = event.begin < event.end
                spread, held = (spread + much, held) if is_span else (spread, held - much)
            elif what == _OVER:
                # What went on to another place here is not gone twice.
                stayed = min(inner, amount or ZERO)
                held, inner = held - (amount or ZERO) + stayed, inner - stayed
            held = held if pending else max(ZERO, held)
            if what == _SEEN or (what == _CAME and self.since <= at <= self.until):
                yield max(ZERO, held - spread)

    def _events(self) -> Iterator[tuple[int, int, Came | Left | None]]:
        if self.since > BEGIN:
            yield self.since, _SEEN, None
        for came in self.came:
            if came.sure and came.last < END and came.gone >= came.last:
                if came.first < came.last:
                    yield came.first, _OPENED, came
                yield came.last, _CAME, came
                if came.gone < END:
                    yield came.gone, _OVER, came
        yield from ((left.begin, _LEFT, left) for left in self.left if not left.is_inner)


#: What happens at one moment, in this order: what leaves then was there then.
_OPENED, _CAME, _SEEN, _LEFT, _OVER = range(5)
