"""What of a vessel's loads each draw may hold: the vessel taken apart into states.

A state is what lies in the vessel together. What was loaded stays until the first
recorded cleaning or emptying after it; in between all mixes (``full_mix``), or leaves in
the order in which it came (``fifo``), or the last first (``lifo``). The order counts only
where every load and draw is known, with its time, in one unit; otherwise all may have
mixed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Protocol

from genealogy.model.names import VesselPolicy, latest_of
from genealogy.model.times import to_micros
from genealogy.ports import NodeRow
from genealogy.trace.windows import BEGIN, END

#: A state by its number, and from when until when an edge may have passed to or from it.
Passage = tuple[int, int, int]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Move:
    """A load or a draw: its edge, when it may have been, how much in which unit."""

    edge_id: str
    opens: int
    closes: int
    quantity: str | None
    uom: str | None

    @property
    def amount(self) -> Decimal:
        """How much was moved; zero where that is not known."""
        return Decimal(self.quantity or 0)


class Division(Protocol):
    """A vessel taken apart: into which states a load goes, and from which a draw may be."""

    def loaded(self, move: Move) -> Sequence[Passage]:
        """The states a load may have gone into, and when."""
        ...

    def drawn(self, move: Move) -> Sequence[Passage]:
        """The states a draw may be from, and when."""
        ...

    def lasted(self, number: int, since: int, until: int) -> bool:
        """Whether a state may have been between two moments."""
        ...


@dataclass(frozen=True, slots=True)
class FullMix:
    """Between cleanings all mixes: state ``i`` took loads from ``first`` to ``last``.

    Draws are of it from ``first`` until ``until``. Where the moment of a cleaning is not
    known, draws of two states may have been at the same time.
    """

    first: Sequence[int]
    last: Sequence[int]
    until: Sequence[int]

    def loaded(self, move: Move) -> list[Passage]:
        """The states a load may have gone into, and when."""
        low = bisect_left(self.last, move.opens)
        high = bisect_right(self.first, move.closes)
        return [
            (i, max(move.opens, self.first[i]), min(move.closes, self.last[i]))
            for i in range(low, high)
        ]

    def drawn(self, move: Move) -> list[Passage]:
        """The states a draw may be from, and when."""
        low = bisect_left(self.until, move.opens)
        high = bisect_right(self.first, move.closes)
        return [
            (i, max(move.opens, self.first[i]), min(move.closes, self.until[i]))
            for i in range(low, high)
        ]

    def lasted(self, number: int, since: int, until: int) -> bool:
        """Whether a state may have been between two moments."""
        return self.first[number] <= until and self.until[number] >= since


@dataclass(frozen=True, slots=True)
class InOrder:
    """Loads leave in an order: a state for each load, and by draw the loads it may hold.

    ``came`` is when each load came, at the earliest, ``sizes`` how much it was, and
    ``amounts`` how much of each of its loads a draw took, all in the unit of the vessel.
    """

    loads: Mapping[str, int]
    draws: Mapping[str, Sequence[int]]
    came: Sequence[int]
    sizes: Sequence[Decimal]
    amounts: Mapping[str, Sequence[Decimal]]

    def loaded(self, move: Move) -> list[Passage]:
        """The state of its own that a load is."""
        return [(self.loads[move.edge_id], move.opens, move.closes)]

    def drawn(self, move: Move) -> list[Passage]:
        """The loads of which a draw took."""
        return [(load, move.opens, move.closes) for load in self.draws[move.edge_id]]

    def lasted(self, number: int, since: int, until: int) -> bool:
        """Whether a load had come by then; what was left of it may be in any draw of it."""
        return self.came[number] <= until


def full_mix(cleaned: Iterable[Span]) -> FullMix:
    """The states between cleanings, each known to have been within a span.

    A load at the moment of a cleaning may have come after it, and a draw then been
    before it.
    """
    ordered = sorted(span for span in cleaned if span[1] < END)
    until, first = [END], [BEGIN]
    for _, latest in reversed(ordered):
        # What was loaded before this cleaning is gone at the earliest of all later ones.
        until.append(min(latest, until[-1]))
    until.reverse()
    first += [earliest for earliest, _ in ordered]
    states = [i for i in range(len(first)) if i == len(first) - 1 or first[i] < first[i + 1]]
    last = [first[j] - 1 for j in states[1:]] + [END]
    return FullMix([first[i] for i in states], last, [until[i] for i in states])


def in_order(
    policy: VesselPolicy, loads: Sequence[Move], draws: Sequence[Move], cleaned: Iterable[Span]
) -> InOrder | None:
    """Who leaves when by a policy; null where the records do not tell it for certain."""
    moves = [*loads, *draws]
    if len({move.uom for move in moves}) > 1 or any(not move.amount for move in moves):
        return None
    together = [moves] if policy is VesselPolicy.LIFO else [loads, draws]
    spans = [sorted((move.opens, move.closes) for move in some) for some in together]
    emptied = _distinct(cleaned)
    if not all(map(_are_apart, spans)) or any(_meets(c, some) for c in emptied for some in spans):
        return None
    return _emptied(policy, loads, draws, [earliest for earliest, _ in emptied])


def _distinct(cleaned: Iterable[Span]) -> list[Span]:
    return sorted({span for span in cleaned if span[1] < END})


def _are_apart(ordered: Sequence[Span]) -> bool:
    known = all(opens > BEGIN and closes < END for opens, closes in ordered)
    return known and all(before[1] < after[0] for before, after in pairwise(ordered))


def _meets(span: Span, ordered: Sequence[Span]) -> bool:
    """Whether a span touches one of those that are apart and in order."""
    before = bisect_right(ordered, (span[1], END))
    return before > 0 and ordered[before - 1][1] >= span[0]


def _emptied(
    policy: VesselPolicy, loads: Sequence[Move], draws: Sequence[Move], cleaned: Sequence[int]
) -> InOrder | None:
    """Take draws from what is left of loads; null when one draws more than there was."""
    numbers = {load.edge_id: i for i, load in enumerate(loads)}
    left = [load.amount for load in loads]
    inside: deque[int] = deque()
    taken: dict[str, list[int]] = {}
    amounts: dict[str, list[Decimal]] = {}
    events = sorted(
        [(load.opens, 0, i) for i, load in enumerate(loads)]
        + [(at, 1, 0) for at in cleaned]
        # A draw ends after it began: what came meanwhile may be in it, if it is its turn.
        + [(draw.closes, 2, i) for i, draw in enumerate(draws)]
    )
    for _, what, i in events:
        if what == 0:
            inside.append(i)
        elif what == 1:
            inside.clear()
        else:
            found = _take(policy, draws[i].amount, inside, left)
            if found is None:
                return None
            taken[draws[i].edge_id], amounts[draws[i].edge_id] = found
    came, sizes = [load.opens for load in loads], [load.amount for load in loads]
    return InOrder(numbers, taken, came, sizes, amounts)


def _take(
    policy: VesselPolicy, amount: Decimal, inside: deque[int], left: list[Decimal]
) -> tuple[list[int], list[Decimal]] | None:
    """The loads of which a draw takes, and how much of each; null when there is not so much."""
    found, parts = list[int](), list[Decimal]()
    while amount > 0:
        if not inside:
            return None
        load = inside[0] if policy is VesselPolicy.FIFO else inside[-1]
        found.append(load)
        part = min(amount, left[load])
        parts.append(part)
        amount -= part
        left[load] -= part
        if not left[load]:
            inside.popleft() if policy is VesselPolicy.FIFO else inside.pop()
    return found, parts


def policy_of(place: NodeRow) -> VesselPolicy:
    """How a place lets go of what was loaded into it."""
    return VesselPolicy(place.properties.get("vessel_policy", VesselPolicy.FULL_MIX))


def cleaned_within(properties: Mapping[str, Any], known_at: datetime | None) -> Span | None:
    """Between which moments a cleaning or emptying was over; null if it is not in force.

    ``properties`` are those of its quality event that were known by ``known_at``.
    """
    withdrawn = properties.get("retracted_at")
    if withdrawn and (known_at is None or datetime.fromisoformat(withdrawn) <= known_at):
        return None
    began = properties.get("occurred_at")
    if began is None:
        return None
    ends = [properties.get(name) for name in (latest_of("ended_at"), "ended_at")]
    ended = next((end for end in ends if end), properties.get(latest_of("occurred_at"), began))
    return to_micros(began), max(to_micros(ended), to_micros(began))
