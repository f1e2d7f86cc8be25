"""What was taken from a store of a lot, of which what lay there in a window is seed.

A store is a stock of its own: what came there before the end of the window is seed, what
came later is not, unless something had left by then that may have come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from genealogy.trace.ledger import Came, Ledger, Left, Size
from genealogy.trace.parcel import ZERO, Parcel, pure, unknown
from genealogy.trace.stock import Stock
from genealogy.trace.windows import BEGIN, END


def seen(ledger: Ledger, size: Size, unit: str | None) -> Iterator[tuple[str, Parcel]]:
    """What was moved in the window was there then: it is seed, all of it."""
    for move in ledger.seen:
        if move.edge_id is not None:
            much = size(move.measure)
            yield move.edge_id, pure(much, unit, much)


def taken(ledger: Ledger, size: Size, unit: str | None) -> Iterator[tuple[str, Parcel]]:
    """What each movement from a store took with it, by the id of its edge.

    Nothing is told where not all that came is known to have, or more left than came.
    """
    if not (ledger.is_all and ledger.is_sound(size)):
        return
    stock, begun, over = Stock(unit), BEGIN, BEGIN
    for _, what, i in _in_turn(ledger):
        if what == _CAME:
            came = ledger.came[i]
            if came.before is None and came.first > over:
                # All that had come before was gone by then.
                stock, begun = Stock(unit), came.first
            over = max(over, came.until)
            if came.before is None:
                stock.take(_parcel(ledger, came, size, unit))
        elif what == _OVER:
            came = ledger.came[i]
            stock.give(None, came.first, came.until, uses_up=True)
        else:
            move = ledger.left[i]
            if move.is_inner:
                continue
            much = size(move.measure) if move.sure else None
            parcel = stock.give(much, move.begin, move.end, uses_up=True)
            if move.sure and move.edge_id is not None and move.end >= ledger.since:
                is_known = move.begin >= max(begun, ledger.since)
                yield move.edge_id, parcel if is_known else unknown(much, much, unit)


#: What happens at one moment, in this order.
_CAME, _LEFT, _OVER = range(3)


def _in_turn(ledger: Ledger) -> list[tuple[int, int, int]]:
    """What came, what left, and what was left of all that came, in the order of time."""
    return sorted(
        [(came.first, _CAME, i) for i, came in enumerate(ledger.came)]
        + [(move.end, _LEFT, i) for i, move in enumerate(ledger.left)]
        + [(c.until, _OVER, i) for i, c in enumerate(ledger.came) if c.until < END]
    )


def _parcel(ledger: Ledger, came: Came, size: Size, unit: str | None) -> Parcel:
    """What came, as far as it is seed."""
    much = size(came.measure)
    if came.sure and came.last <= ledger.until:
        return pure(much, unit, much)
    if came.first <= ledger.until or any(_may_return(ledger, left, came) for left in ledger.left):
        return Parcel(ZERO, None, much, ZERO, Fraction(1), much, unit)
    return Parcel(size=much, unit=unit)


def _may_return(ledger: Ledger, left: Left, came: Came) -> bool:
    """Whether something that left since the window began may have come back with this."""
    return left.end >= ledger.since and left.begin <= came.last and not left.is_used
