"""Amounts from windows held against every way in which single drops can have gone."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.errors import InvalidQuery
from genealogy.model.facts import FlowFact, LinkFact, NodeId
from genealogy.model.names import MOVED_AT, Flow, Label, Link, VesselPolicy
from tests.amounts import Bounds, moved, three, window_bounds
from tests.genealogies import SOURCE, Genealogy, genealogy
from tests.oracle.test_vessel_amounts import Turn, recorded, turns

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "80")), deadline=None)
LOT, TANK = "lot:S:RM:1", "place:T"
STORES = ("place:P", "place:Q")
DOCK, SITE = "place:dock", "place:site"
#: What is told of a node that no seed comes to.
NOTHING = three(0, 0, 0)


@dataclass(frozen=True)
class Step:
    """What happens to a lot on one day: so much comes to a store, from another, or is used."""

    what: str
    size: int
    place: str
    came_from: str = DOCK


@st.composite
def stores(draw: st.DrawFn, size: int = 6) -> list[Step]:
    """Receipts, moves and uses one a day, never more than there is in a store."""
    found = [Step("come", draw(st.integers(1, 4)), draw(st.sampled_from(STORES)))]
    held = dict.fromkeys(STORES, 0) | {found[0].place: found[0].size}
    for _ in range(draw(st.integers(1, size))):
        what = draw(st.sampled_from(["come", "move", "use", "use"]))
        place, other = draw(st.permutations(STORES))
        amount = draw(st.integers(1, 3))
        if what == "come" and sum(held.values()) < 7:
            found.append(Step(what, amount, place))
            held[place] += amount
        elif what != "come" and held[place]:
            amount = min(amount, held[place])
            held[place] -= amount
            if what == "move":
                held[other] += amount
                found.append(Step(what, amount, other, place))
            else:
                found.append(Step(what, amount, place))
    return found


def kept(step: Step, at: int, *, says_from: bool) -> FlowFact:
    told = moved(Flow.STORED_AT, LOT, step.place, step.size, at, start=at, uom="H87", name=f"{at}")
    return replace(told, place_id=NodeId(step.came_from) if says_from else None)


def shipped(step: Step, at: int, *, says_from: bool) -> list[FlowFact]:
    """What came to a store as a shipment to it, by what was loaded where."""
    ship = f"shipment:{at}"
    loaded = moved(Flow.SHIPPED_IN, LOT, ship, step.size, at, uom="H87")
    came = moved(Flow.DELIVERED_TO, ship, step.place, None, at)
    return [replace(loaded, place_id=NodeId(step.came_from) if says_from else None), came]


def company(
    steps: list[Step],
    *,
    says_from: bool = True,
    whole: bool = False,
    ships: bool = False,
    told: int | None = None,
) -> Genealogy:
    """The steps as they would be recorded; what is used on day 3 goes to ``batch:3``.

    With ``whole`` it is recorded how much was supplied, or how much is ``told`` to have been.
    """
    flows = []
    if whole or told is not None:
        size = sum(step.size for step in steps if step.what == "come") if told is None else told
        flows.append(moved(Flow.SUPPLIED, "party:S", LOT, size, -1, uom="H87"))
    for at, step in enumerate(steps):
        if step.what == "use":
            used = moved(Flow.CONSUMED_BY, LOT, f"batch:{at}", step.size, at, uom="H87")
            flows.append(replace(used, place_id=NodeId(step.place)))
        elif ships:
            flows += shipped(step, at, says_from=says_from)
        else:
            flows.append(kept(step, at, says_from=says_from))
    return at_places(genealogy(flows, more=STORES))


def at_places(drawn: Genealogy) -> Genealogy:
    """The company with what ties batches to the places at which something was used."""
    ties = {(f.target_id, f.place_id) for f in drawn.flows if f.type is Flow.CONSUMED_BY}
    links = (
        LinkFact(Link.AT, batch, Label.BATCH, NodeId(place), Label.PLACE, SOURCE, MOVED_AT)
        for batch, place in sorted(ties, key=str)
        if place
    )
    return replace(drawn, links=tuple(links))


#: In each store so many drops that are seed, and so many that are not.
Held = tuple[tuple[int, int], ...]


def ways(
    steps: list[Step], first: int, last: int, *, site: bool = False
) -> set[tuple[Held, tuple[int, ...]]]:
    """What may lie in the stores in the end, and how much seed each use may have taken."""
    states: set[tuple[Held, tuple[int, ...]]] = {(((0, 0),) * len(STORES), ())}
    for day in range(max(len(steps), first + 1)):
        step = steps[day] if day < len(steps) else None
        states = {
            after
            for held, used in states
            for after in _after(step, _seen(held, day, first, last, site=site), used)
        }
        states = {(_seen(held, day, first, last, site=site), used) for held, used in states}
    return states


def _seen(held: Held, day: int, first: int, last: int, *, site: bool) -> Held:
    """All that lies in the first store within the window is seed, of a site in all of them."""
    if not first <= day <= last:
        return held
    if site:
        return tuple((seed + other, 0) for seed, other in held)
    (seed, other), *rest = held
    return ((seed + other, 0), *rest)


def _after(
    step: Step | None, held: Held, used: tuple[int, ...]
) -> Iterator[tuple[Held, tuple[int, ...]]]:
    if step is None:
        yield held, used
        return
    place = STORES.index(step.place)
    if step.what == "come":
        yield _with(held, place, 0, step.size), used
        return
    source = place if step.what == "use" else STORES.index(step.came_from)
    seed, other = held[source]
    for taken in range(max(0, step.size - other), min(seed, step.size) + 1):
        rest = _with(held, source, -taken, taken - step.size)
        if step.what == "use":
            yield rest, (*used, taken)
        else:
            yield _with(rest, place, taken, step.size - taken), used


def _with(held: Held, place: int, seed: int, other: int) -> Held:
    changed = list(held)
    changed[place] = changed[place][0] + seed, changed[place][1] + other
    return tuple(changed)


def broken(
    told: dict[str, Bounds], steps: list[Step], first: int, last: int, *, site: bool = False
) -> list[str]:
    """What is told of the uses and of the lot that drops can go against, in words."""
    found = ways(steps, first, last, site=site)
    uses = [day for day, step in enumerate(steps) if step.what == "use"]
    flaws: list[str] = []
    for i, day in enumerate(uses):
        batch = f"batch:{day}"
        flaws += outside(batch, told, [used[i] for _, used in found])
    seeds = [sum(used) + sum(seed for seed, _ in held) for held, used in found]
    flaws += outside(LOT, told, seeds)
    least, share, most = told.get(LOT, NOTHING)
    if share is not None and not share == least == most:
        flaws.append(f"{LOT}: {share} is told exactly of {least} to {most}")
    return flaws


def outside(node: str, told: dict[str, Bounds], possible: Sequence[int]) -> list[str]:
    """What the bounds of a node leave out of the possible amounts, and a share beyond them."""
    least, share, most = told.get(node, NOTHING)
    flaws = []
    if min(possible) < least:
        flaws.append(f"{node}: {min(possible)} is possible, told is at least {least}")
    if most is not None and max(possible) > most:
        flaws.append(f"{node}: {max(possible)} is possible, told is at most {most}")
    if share is not None and (share < least or (most is not None and share > most)):
        flaws.append(f"{node}: the share {share} is not within {least} to {most}")
    return flaws


windows = st.tuples(st.integers(0, 7), st.integers(0, 3)).map(lambda w: (w[0], w[0] + w[1]))


def asked(drawn: Genealogy, place: str, window: tuple[int, int]) -> dict[str, Bounds]:
    """The amounts from a window, beside which nothing else is asked; none if it holds nothing."""
    try:
        return window_bounds(drawn, "place", place, *window)
    except InvalidQuery:
        return {}


@ENOUGH
@given(
    steps=stores(),
    window=windows,
    whole=st.booleans(),
    says_from=st.booleans(),
    ships=st.booleans(),
)
def test_no_drop_of_a_lot_in_stores_goes_where_the_bounds_do_not_let_it(
    steps: list[Step], window: tuple[int, int], whole: bool, says_from: bool, ships: bool
) -> None:
    drawn = company(steps, says_from=says_from, whole=whole, ships=ships)
    assert broken(asked(drawn, STORES[0], window), steps, *window) == []


@ENOUGH
@given(
    steps=stores(),
    window=windows,
    says_from=st.booleans(),
    ships=st.booleans(),
    unsaid=st.booleans(),
    data=st.data(),
)
def test_a_receipt_that_the_records_contradict_hides_no_drop(
    steps: list[Step],
    window: tuple[int, int],
    says_from: bool,
    ships: bool,
    unsaid: bool,
    data: st.DataObject,
) -> None:
    """It tells of less than came to a store at once, or than was used."""
    used = sum(step.size for step in steps if step.what == "use")
    most = max(used, *(step.size for step in steps if step.what != "use"), 1)
    told = data.draw(st.integers(0, most - 1))
    drawn = company(steps, says_from=says_from, ships=ships, told=told)
    if unsaid:
        # Of a store that is not said nobody knows what was used from it.
        drawn = at_places(genealogy([_unsaid(f) for f in drawn.flows], more=STORES))
    assert broken(asked(drawn, STORES[0], window), steps, *window) == []


def _unsaid(fact: FlowFact) -> FlowFact:
    return forget_place(fact) if fact.type is Flow.CONSUMED_BY else fact


def forget_amount(fact: FlowFact) -> FlowFact:
    return replace(fact, quantity=None, uom=None)


def forget_place(fact: FlowFact) -> FlowFact:
    return replace(fact, place_id=None)


def forget_time(fact: FlowFact) -> FlowFact:
    return replace(fact, occurred_at=None, valid_from=None, valid_to=None)


def widen(fact: FlowFact) -> FlowFact:
    """The fact as of some day until two days later, or before."""
    assert fact.occurred_at is not None
    first, last = fact.occurred_at - timedelta(days=1), fact.occurred_at + timedelta(days=1)
    if fact.type is Flow.STORED_AT:
        return replace(fact, valid_from=first, occurred_at=last)
    return replace(fact, occurred_at=first, valid_to=last)


@ENOUGH
@given(steps=stores(), window=windows, data=st.data())
def test_less_that_is_known_of_a_store_never_narrows_what_was_there(
    steps: list[Step], window: tuple[int, int], data: st.DataObject
) -> None:
    drawn = company(steps, whole=data.draw(st.booleans()), ships=data.draw(st.booleans()))
    at = data.draw(st.integers(0, len(drawn.flows) - 1))
    fact = drawn.flows[at]
    less = data.draw(st.sampled_from([forget_amount, forget_place, forget_time, widen]))
    flows = [*drawn.flows[:at], less(fact), *drawn.flows[at + 1 :]]
    told = asked(at_places(genealogy(flows, more=STORES)), STORES[0], window)
    assert broken(told, steps, *window) == []


@ENOUGH
@given(steps=stores(), window=windows, says_from=st.booleans(), whole=st.booleans())
def test_what_moves_within_a_site_is_counted_once(
    steps: list[Step], window: tuple[int, int], says_from: bool, whole: bool
) -> None:
    drawn = company(steps, says_from=says_from, whole=whole)
    rooms = (
        LinkFact(Link.AT, NodeId(room), Label.PLACE, NodeId(SITE), Label.PLACE, SOURCE, "parent")
        for room in STORES
    )
    known = genealogy(drawn.flows, more=[*STORES, SITE])
    drawn = replace(known, links=(*drawn.links, *rooms))
    assert broken(asked(drawn, SITE, window), steps, *window, site=True) == []


@ENOUGH
@given(
    size=st.integers(1, 5),
    uses=st.lists(st.integers(1, 3), max_size=4),
    window=windows,
)
def test_what_one_store_held_is_told_exactly(
    size: int, uses: list[int], window: tuple[int, int]
) -> None:
    """One receipt and uses of it: what is left by the window is seed, all of it."""
    steps, left = [Step("come", size, STORES[0])], [size]
    for use in uses:
        if left[-1]:
            steps.append(Step("use", min(use, left[-1]), STORES[0]))
            left.append(left[-1] - steps[-1].size)
    told = asked(company(steps), STORES[0], window)
    first = window[0]
    # Used on the first day of the window: it was there then.
    there = left[min(max(first - 1, 0), len(left) - 1)] if first else size
    assert told[LOT] == three(there, there, there)
    for day, (before, after) in enumerate(pairwise(left), start=1):
        if day >= first:
            assert told[f"batch:{day}"] == three(before - after, before - after, before - after)
        else:
            assert f"batch:{day}" not in told


@ENOUGH
@given(turns=turns(7), window=windows, policy=st.sampled_from(list(VesselPolicy)))
def test_no_drop_in_a_vessel_goes_where_the_bounds_do_not_let_it(
    turns: list[Turn], window: tuple[int, int], policy: VesselPolicy
) -> None:
    told = asked(recorded(turns, policy), TANK, window)
    for day, (low, high) in in_vessel(turns, policy, *window).items():
        batch = f"batch:{day}"
        assert outside(batch, told, (low, high)) == []
        if policy is not VesselPolicy.FULL_MIX and told:
            assert told.get(batch, NOTHING)[1] == low == high


def in_vessel(
    turns: list[Turn], policy: VesselPolicy, first: int, last: int
) -> dict[int, tuple[int, int]]:
    """The least and the most seed in each draw, where all that is inside in a window is seed."""
    states: list[tuple[tuple[bool, ...], dict[int, int]]] = [((), {})]
    for day, turn in enumerate(turns):
        after = []
        for inside, drawn in states:
            held = _tagged(inside, day, first, last)
            for rest, taken in _turned(turn, held, policy):
                amounts = {**drawn, day: taken} if turn.what == "draw" else drawn
                after.append((_tagged(rest, day, first, last), amounts))
        states = list(
            {(held, *sorted(drawn.items())): (held, drawn) for held, drawn in after}.values()
        )
    told = {day for _, drawn in states for day in drawn}
    return {d: (min(s[1][d] for s in states), max(s[1][d] for s in states)) for d in told}


def _tagged(inside: tuple[bool, ...], day: int, first: int, last: int) -> tuple[bool, ...]:
    return (True,) * len(inside) if first <= day <= last else inside


def _turned(
    turn: Turn, inside: tuple[bool, ...], policy: VesselPolicy
) -> Iterator[tuple[tuple[bool, ...], int]]:
    if turn.what == "load":
        yield (*inside, *(False,) * turn.size), 0
    elif turn.what == "clean":
        yield (), 0
    elif policy is VesselPolicy.FULL_MIX:
        seeds = sum(inside)
        others = len(inside) - seeds
        for taken in range(max(0, turn.size - others), min(seeds, turn.size) + 1):
            left = seeds - taken, others - (turn.size - taken)
            yield (*(True,) * left[0], *(False,) * left[1]), taken
    else:
        drops = deque(inside)
        take = drops.popleft if policy is VesselPolicy.FIFO else drops.pop
        taken = sum(take() for _ in range(turn.size))
        yield tuple(drops), taken
