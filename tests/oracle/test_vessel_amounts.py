"""Amounts drawn from vessels, by policy and cleaning, held against single drops."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from genealogy.model.names import Flow, VesselPolicy
from tests.amounts import Bounds, bounds, moved, three
from tests.genealogies import Genealogy, cleaned, genealogy
from tests.oracle.allocations import Clean, Draw, Receipt, Step, extremes

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "80")), deadline=None)
TANK = "place:T"
LOTS = ("lot:S:RM:a", "lot:S:RM:b", "lot:S:RM:c")
IN_ORDER = (VesselPolicy.FIFO, VesselPolicy.LIFO)
policies = st.sampled_from(list(VesselPolicy))


@dataclass(frozen=True)
class Turn:
    """What happens at a tank on one day: so much of a lot loaded, so much drawn, or cleaned.

    A cleaning was some day until ``last``.
    """

    what: str
    size: int = 0
    lot: str = ""
    last: int | None = None


@st.composite
def turns(draw: st.DrawFn, size: int = 10) -> list[Turn]:
    """Loads, draws and cleanings one a day, never drawing more than there is."""
    found, left = list[Turn](), 0
    for _ in range(draw(st.integers(1, size))):
        what = draw(st.sampled_from(["load", "load", "draw", "draw", "clean"]))
        amount = draw(st.integers(1, 4))
        if what == "load":
            found.append(Turn(what, amount, draw(st.sampled_from(LOTS))))
            left += amount
        elif what == "clean":
            found.append(Turn(what))
            left = 0
        elif left:
            found.append(Turn(what, min(amount, left)))
            left -= found[-1].size
    return found


def recorded(turns: Iterable[Turn], policy: VesselPolicy, *more: object) -> Genealogy:
    """The turns as they would be recorded; the draw of day 3 comes to ``batch:3``."""
    flows, cleanings = list(more), []
    for day, turn in enumerate(turns):
        if turn.what == "load":
            told = moved(Flow.LOADED_INTO, turn.lot, TANK, turn.size, day, uom="H87")
            flows.append(replace(told, fact_id=f"{day}"))
        elif turn.what == "draw":
            flows.append(moved(Flow.DRAWN_FROM, TANK, f"batch:{day}", turn.size, day, uom="H87"))
        else:
            cleanings.append((day, turn.last))
    drawn = genealogy(flows, properties={TANK: {"vessel_policy": policy.value}})  # type: ignore[arg-type]
    for day, last in cleanings:
        drawn = cleaned(drawn, TANK, day, last)
    return drawn


def drops(turns: Iterable[Turn], policy: VesselPolicy) -> dict[int, list[int]]:
    """By draw the days on which each of its drops was loaded, drop by drop."""
    inside: deque[int] = deque()
    found: dict[int, list[int]] = {}
    for day, turn in enumerate(turns):
        if turn.what == "load":
            inside.extend([day] * turn.size)
        elif turn.what == "clean":
            inside.clear()
        else:
            take = inside.popleft if policy is VesselPolicy.FIFO else inside.pop
            found[day] = [take() for _ in range(turn.size)]
    return found


def told_of(drawn: Genealogy, lot: str) -> dict[str, Bounds]:
    named = {flow.source_id for flow in drawn.flows}
    return bounds(drawn, lot) if lot in named else {}


@ENOUGH
@given(turns=turns(), policy=st.sampled_from(IN_ORDER))
def test_a_vessel_in_order_gives_each_draw_just_the_drops_whose_turn_it_is(
    turns: list[Turn], policy: VesselPolicy
) -> None:
    drawn, real = recorded(turns, policy), drops(turns, policy)
    for lot in LOTS:
        told = told_of(drawn, lot)
        for day, held in real.items():
            amount = sum(turns[drop].lot == lot for drop in held)
            # Reached by the trace are the draws that hold some, and only those.
            assert told.get(f"batch:{day}") == ((amount,) * 3 if amount else None)


@ENOUGH
@given(turns=turns(), policy=policies)
def test_shares_of_all_lots_add_up_to_what_was_drawn_under_each_policy(
    turns: list[Turn], policy: VesselPolicy
) -> None:
    drawn = recorded(turns, policy)
    told = [told_of(drawn, lot) for lot in LOTS]
    for day, turn in enumerate(turns):
        if turn.what == "draw":
            shares = [found[f"batch:{day}"][1] for found in told if f"batch:{day}" in found]
            assert sum(share or Fraction(0) for share in shares) == turn.size
    for lot, found in zip(LOTS, told, strict=True):
        loaded = sum(turn.size for turn in turns if turn.lot == lot)
        drawn_of_it = sum(share or 0 for node, (_, share, _) in found.items() if "batch" in node)
        assert drawn_of_it <= loaded
        assert found.get(TANK, three(0, 0, 0)) == (loaded,) * 3


@ENOUGH
@given(turns=turns(6), policy=policies)
def test_under_no_policy_a_drop_lies_outside_the_bounds(
    turns: list[Turn], policy: VesselPolicy
) -> None:
    lot = LOTS[0]
    turns = [Turn("load", 2, lot), *turns]
    told, real = bounds(recorded(turns, policy), lot), possible(turns, policy, lot)
    for day, turn in enumerate(turns):
        if turn.what != "draw":
            continue
        node = f"batch:{day}"
        low, high = real[node]
        assert (node in told) == (high > 0)
        if node in told:
            least, share, most = told[node]
            assert share is not None
            assert most is not None
            assert least <= low
            assert high <= most
            assert least <= share <= most


def possible(turns: list[Turn], policy: VesselPolicy, lot: str) -> dict[str, tuple[int, int]]:
    """The least and the most of a lot in each draw, by trying all."""
    if policy is VesselPolicy.FULL_MIX:
        return extremes(steps_of(turns, lot))
    held = drops(turns, policy)
    amounts = {day: sum(turns[drop].lot == lot for drop in found) for day, found in held.items()}
    return {f"batch:{day}": (amount, amount) for day, amount in amounts.items()}


def steps_of(turns: Iterable[Turn], lot: str) -> list[Step]:
    steps: list[Step] = []
    for day, turn in enumerate(turns):
        if turn.what == "load":
            steps.append(Receipt(TANK, turn.size, turn.lot == lot))
        elif turn.what == "draw":
            steps.append(Draw(TANK, f"batch:{turn.last or day}", turn.size))
        else:
            steps.append(Clean(TANK))
    return steps


@ENOUGH
@given(
    turns=turns(6),
    policy=st.sampled_from(IN_ORDER),
    seed=st.integers(1, 3),
    other=st.integers(0, 3),
)
def test_of_mixed_loads_in_order_no_allocation_lies_outside_the_bounds(
    turns: list[Turn], policy: VesselPolicy, seed: int, other: int
) -> None:
    """All loads are of one lot that was mixed of the seed and of something else."""
    mixed, whole = "lot:M:RM:m", seed + other
    turns = [replace(turn, lot=mixed) if turn.lot else turn for turn in turns]
    assume(sum(turn.size for turn in turns if turn.lot) <= whole)
    made = [moved(Flow.RELABELLED_AS, LOTS[0], mixed, seed, -2, uom="H87")]
    if other:
        made.append(moved(Flow.RELABELLED_AS, LOTS[1], mixed, other, -2, uom="H87"))
    told = bounds(recorded(turns, policy, *made), LOTS[0])
    steps: list[Step] = [Receipt(mixed, seed, True), Receipt(mixed, other, False)]
    steps += [Draw(mixed, f"load:{day}", turn.size) for day, turn in enumerate(turns) if turn.lot]
    for day, held in drops(turns, policy).items():
        for load in dict.fromkeys(held):
            steps.append(Draw(f"load:{load}", f"batch:{day}", held.count(load)))
    real = extremes(steps)
    for day in drops(turns, policy):
        low, high = real[f"batch:{day}"]
        least, share, most = told[f"batch:{day}"]
        assert share is not None
        assert most is not None
        assert least <= low
        assert high <= most
        assert share == Fraction(seed * turns[day].size, whole)


@ENOUGH
@given(turns=turns(5), size=st.integers(1, 3), policy=policies, data=st.data())
def test_a_cleaning_known_in_part_never_makes_the_bounds_too_narrow(
    turns: list[Turn], size: int, policy: VesselPolicy, data: st.DataObject
) -> None:
    day = data.draw(st.integers(1, len(turns) + 1))
    turns = [Turn("load", size, LOTS[0]), *turns]
    turns = [*turns[:day], Turn("clean"), *turns[day:]]
    last = data.draw(st.integers(day, len(turns) - 1))
    vague = [replace(t, last=last) if d == day else t for d, t in enumerate(turns)]
    told = bounds(recorded(vague, policy), LOTS[0])
    for real in orders(vague, day, last):
        found = possible_in(real, policy, LOTS[0])
        for node, (low, high) in (found or {}).items():
            if node.startswith("batch"):
                least, share, most = told.get(node, three(0, 0, 0))
                assert least <= low
                assert most is None or high <= most
                assert share is None or least <= share


def orders(turns: list[Turn], at: int, last: int) -> Iterable[list[Turn]]:
    """The turns with one of them on each of some days; draws keep the number of their day."""
    named = [replace(t, last=d) if t.what == "draw" else t for d, t in enumerate(turns)]
    for day in range(at, last + 1):
        others = named[:at] + named[at + 1 :]
        yield [*others[:day], named[at], *others[day:]]
        if day > at:
            yield [*others[: day - 1], named[at], *others[day - 1 :]]


def possible_in(
    turns: list[Turn], policy: VesselPolicy, lot: str
) -> dict[str, tuple[int, int]] | None:
    """As ``possible``, of turns in another order; null where more was drawn than was there."""
    left = 0
    for turn in turns:
        left = 0 if turn.what == "clean" else left + (turn.size if turn.lot else -turn.size)
        if left < 0:
            return None
    if policy is VesselPolicy.FULL_MIX:
        return extremes(steps_of(turns, lot))
    held = drops(turns, policy)
    names = {day: f"batch:{turn.last}" for day, turn in enumerate(turns)}
    amounts = {names[d]: sum(turns[i].lot == lot for i in found) for d, found in held.items()}
    return {node: (amount, amount) for node, amount in amounts.items()}


A, B, X, Y = *LOTS[:2], "batch:2", "batch:3"
TWO_BY_TWO = [Turn("load", 10, A), Turn("load", 10, B), Turn("draw", 10), Turn("draw", 10)]


@pytest.mark.parametrize(
    ("policy", "of_a", "of_b"),
    [
        (VesselPolicy.FIFO, {X: (10, 10, 10)}, {Y: (10, 10, 10)}),
        (VesselPolicy.LIFO, {Y: (10, 10, 10)}, {X: (10, 10, 10)}),
        (
            VesselPolicy.FULL_MIX,
            {X: (0, 5, 10), Y: (0, 5, 10)},
            {X: (0, 5, 10), Y: (0, 5, 10)},
        ),
    ],
)
def test_what_leaves_first_is_what_the_policy_says(
    policy: VesselPolicy, of_a: dict[str, Bounds], of_b: dict[str, Bounds]
) -> None:
    drawn = recorded(TWO_BY_TWO, policy)
    for lot, expected in ((A, of_a), (B, of_b)):
        told = bounds(drawn, lot)
        assert {node: told[node] for node in (X, Y) if node in told} == expected


def test_an_order_counts_in_any_unit_that_all_loads_and_draws_share() -> None:
    flows = [
        moved(Flow.LOADED_INTO, A, TANK, "2.5", 0, uom="XPK"),
        moved(Flow.LOADED_INTO, "lot:S:OIL:1", TANK, 10, 1, uom="XPK"),
        moved(Flow.DRAWN_FROM, TANK, X, 5, 2, uom="XPK"),
        moved(Flow.DRAWN_FROM, TANK, Y, "7.5", 3, uom="XPK"),
    ]
    drawn = genealogy(flows, properties={TANK: {"vessel_policy": "fifo"}})
    assert bounds(drawn, A)[X] == three("2.5", "2.5", "2.5")
    assert Y not in bounds(drawn, A)
    assert bounds(drawn, "lot:S:OIL:1")[X] == three("2.5", "2.5", "2.5")


def test_one_load_without_a_quantity_leaves_the_order_of_all_open() -> None:
    unknown = moved(Flow.LOADED_INTO, LOTS[2], TANK, None, 1, uom="H87", name="unknown")
    told = bounds(recorded(TWO_BY_TWO, VesselPolicy.FIFO, unknown), A)
    assert told[X] == told[Y] == three(0, None, 10)


def test_a_cleaning_takes_off_what_it_can_even_where_another_load_has_no_time() -> None:
    """The load of no known day may be before or after; the one before the cleaning is gone."""
    timeless = moved(Flow.LOADED_INTO, B, TANK, 5, uom="H87")
    turns = [Turn("load", 10, A), Turn("clean"), Turn("load", 7, A), Turn("draw", 12)]
    few = [*turns[:3], Turn("draw", 6)]
    told = bounds(recorded(turns, VesselPolicy.FULL_MIX, timeless), A)
    # Only with all that was loaded since is there as much as was drawn.
    assert told["batch:3"] == three(7, 7, 7)
    assert bounds(recorded(few, VesselPolicy.FULL_MIX, timeless), A)["batch:3"] == three(1, None, 6)
