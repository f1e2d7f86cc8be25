"""Where material was within its node: from one place to another by recorded stays.

A lot may lie in several stores. What was in one of them goes on from there: at once with
what happens at that place, elsewhere only after a recorded move, or where nothing
recorded tells how the lot came to be there. A place stands for all places in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from genealogy.model.facts import NodeId
from genealogy.ports import FlowRows
from genealogy.trace.windows import BEGIN, windows

#: Whether two places are one, or one is in the other.
Related = Callable[[NodeId, NodeId], bool]


class Stay(NamedTuple):
    """A stay: arrived from ``first`` to ``last``, from a place that may be unknown."""

    place: NodeId
    came_from: NodeId | None
    first: int
    last: int
    until: int


class Move(NamedTuple):
    """A move: left another place from ``left`` to ``last``, and arrived at ``arrived`` at first.

    One that ``goes_on`` takes along only what is known to have been where it came from.
    ``by`` are the edges by which it had been packed or loaded; a stay has none.
    """

    place: NodeId
    came_from: NodeId | None
    left: int
    last: int
    arrived: int
    goes_on: bool = False
    by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Places:
    """Places by the places they are in."""

    parents: dict[NodeId, NodeId | None] = field(default_factory=dict)

    def related(self, one: NodeId, other: NodeId) -> bool:
        """Whether two places are one, or one is in the other."""
        return one == other or one in self.above(other) or other in self.above(one)

    def within(self, one: NodeId, other: NodeId) -> bool:
        """Whether a place is another, or is in it."""
        return one == other or other in self.above(one)

    def above(self, place: NodeId) -> list[NodeId]:
        """The places that a place is in, the nearest first."""
        found = list[NodeId]()
        parent = self.parents.get(place)
        # A hierarchy that bites its own tail ends where it began.
        while parent is not None and parent not in found:
            found.append(parent)
            parent = self.parents.get(parent)
        return found


def stays_of(rows: FlowRows) -> dict[NodeId, list[Stay]]:
    """The stays that rows tell of, by what was kept, in order of arrival."""
    opens, closes = windows(rows, ())
    found = dict[NodeId, list[Stay]]()
    for i, node in enumerate(rows.source):
        latest = rows.occurred_at[i]
        came_from = rows.place_id[i]
        last = opens[i] if latest is None else max(opens[i], latest)
        known = opens[i] > BEGIN
        stay = Stay(
            rows.target[i],
            None if came_from is None else NodeId(came_from),
            opens[i],
            last if known else closes[i],
            closes[i],
        )
        found.setdefault(node, []).append(stay)
    return {node: sorted(told, key=lambda s: (s.first, s.last)) for node, told in found.items()}


def reachable(
    stays: Sequence[Stay],
    place: NodeId,
    since: int,
    related: Related,
    moves: Sequence[Move] = (),
) -> dict[NodeId, int]:
    """From when on material that was at a place at a moment may have been at each place.

    ``moves`` lead there too, but do not explain that anything else is not there.
    """
    found, changed = {place: since}, True
    steps = (*(Move(s.place, s.came_from, s.first, s.last, s.first) for s in stays), *moves)
    while changed:
        changed = False
        for step in steps:
            before = _start(stays, step, found, since, related)
            if before is None or before > step.last:
                continue
            came = max(before, step.arrived)
            if came < found.get(step.place, came + 1):
                found[step.place] = came
                changed = True
    return found


def leaves(
    stays: Sequence[Stay],
    found: Mapping[NodeId, int],
    since: int,
    related: Related,
    place: NodeId | None,
    opens: int,
) -> int | None:
    """From when on material may take part in what happened at a place; null if it cannot.

    ``found`` is what ``reachable`` told of it. A place that is not known, or at which no
    recorded stay explains that anything was there, excludes nothing.
    """
    if place is None or not explained(stays, place, opens, related):
        return since
    times = [moment for other, moment in found.items() if related(other, place)]
    return min(times, default=None)


def explained(stays: Sequence[Stay], place: NodeId, by: int, related: Related) -> bool:
    """Whether something is recorded to have come to a place by a moment, for certain."""
    return any(stay.last <= by and related(stay.place, place) for stay in stays)


def _start(
    stays: Sequence[Stay],
    step: Move,
    found: Mapping[NodeId, int],
    since: int,
    related: Related,
) -> int | None:
    """From when on material may have set out from a place; null if it cannot have."""
    origin = step.came_from
    if origin is None:
        return min(found.values())
    if not step.goes_on and not explained(stays, origin, step.left, related):
        return since
    return min((at for place, at in found.items() if related(place, origin)), default=None)
