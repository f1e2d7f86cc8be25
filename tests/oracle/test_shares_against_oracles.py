"""Amounts held against every possible allocation, and shares against a linear system."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.names import Flow
from tests.amounts import amounts_in, bounds, moved
from tests.genealogies import Genealogy, cleaned, genealogies, genealogy
from tests.oracle.allocations import Clean, Draw, Receipt, Run, Step, extremes

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "60")), deadline=None)
SEED, OTHER, RESIN = "lot:S:RM:seed", "lot:S:RM:other", "lot:S:DYE:3"
TANK = "place:T"
FIRST = "lot:S:P0:0"
NAMES = [f"lot:M:RM:{letter}" for letter in "abcd"]


def material(lot: str) -> str:
    return lot.split(":")[2]


@st.composite
def plants(draw: st.DrawFn) -> list[Step]:
    """A few receipts, then draws and runs for which there is enough in stock."""
    stock = {SEED: draw(st.integers(1, 4)), OTHER: draw(st.integers(0, 3)), RESIN: 2}
    steps: list[Step] = [Receipt(lot, size, lot == SEED) for lot, size in stock.items()]
    for number in range(draw(st.integers(1, 4))):
        lots = sorted(lot for lot, size in stock.items() if size)
        source = draw(st.sampled_from(lots))
        kind = draw(st.sampled_from(["draw", "ship", "run", "run"]))
        if kind == "run":
            step = draw(_runs(stock, f"batch:{number}"))
            for lot, _, size in step.inputs:
                stock[lot] -= size
            for lot, size in step.outputs:
                stock[lot] = stock.get(lot, 0) + size
            steps.append(step)
            continue
        size = draw(st.integers(1, stock[source]))
        target = f"shipment:{number}" if kind == "ship" else draw(st.sampled_from(NAMES))
        assume(target != source)
        steps.append(Draw(source, target, size, uses_up=kind == "draw"))
        if kind == "draw":
            stock[source] -= size
            stock[target] = stock.get(target, 0) + size
    return steps


@st.composite
def _runs(draw: st.DrawFn, stock: dict[str, int], batch: str) -> Run:
    """A batch with one piece of each material in each piece of output."""
    whole = draw(st.integers(1, 3))
    inputs: list[tuple[str, str, int]] = []
    for name in draw(st.lists(st.sampled_from(["RM", "DYE", "FG"]), min_size=1, unique=True)):
        lots = [lot for lot in sorted(stock) if material(lot) == name and stock[lot]]
        missing = whole
        for lot in draw(st.permutations(lots)):
            size = min(missing, stock[lot])
            if size:
                inputs.append((lot, name, size))
                missing -= size
        assume(not missing)
    first = draw(st.integers(1, whole))
    outputs = [("lot:M:FG:x", first)] + ([("lot:M:FG:y", whole - first)] if whole > first else [])
    return Run(batch, tuple(inputs), tuple(outputs))


def flows_of(steps: Iterable[Step]) -> list[FlowFact]:
    """The plant as it would be recorded: a step an hour."""
    found: list[FlowFact] = []
    for number, step in enumerate(steps):
        name = str(number)
        if isinstance(step, Receipt):
            found.append(moved(Flow.SUPPLIED, "party:S", step.lot, step.size, 0, uom="H87"))
        elif isinstance(step, Draw):
            flow = Flow.RELABELLED_AS if step.uses_up else Flow.SHIPPED_IN
            told = moved(flow, step.source, step.target, step.size, 0, uom="H87", name=name)
            found.append(_at(told, number))
        else:
            for lot, _, size in step.inputs:
                told = moved(Flow.CONSUMED_BY, lot, step.batch, size, 0, uom="H87", name=name)
                found.append(_at(told, number))
            for lot, size in step.outputs:
                told = moved(Flow.PRODUCED, step.batch, lot, size, 0, uom="H87", name=name)
                found.append(_at(told, number, 30))
    return found


def _at(fact: FlowFact, hours: int, minutes: int = 0) -> FlowFact:
    assert fact.occurred_at is not None
    return replace(fact, occurred_at=fact.occurred_at + timedelta(hours=hours, minutes=minutes))


@ENOUGH
@given(steps=plants())
def test_no_allocation_lies_outside_the_bounds_and_even_mixing_lies_within(
    steps: list[Step],
) -> None:
    found, possible = bounds(genealogy(flows_of(steps)), SEED), extremes(steps)
    for node, (least, share, most) in found.items():
        if node == SEED:
            continue
        low, high = possible[node]
        assert most is not None
        assert share is not None
        assert least <= low
        assert high <= most
        assert least <= share <= most


@ENOUGH
@given(
    seed=st.integers(1, 5),
    other=st.integers(0, 5),
    draws=st.lists(st.integers(1, 4), min_size=1, max_size=3),
)
def test_the_bounds_of_draws_from_one_stock_are_those_of_all_allocations(
    seed: int, other: int, draws: list[int]
) -> None:
    assume(sum(draws) <= seed + other)
    steps: list[Step] = [Receipt(SEED, seed, True), Receipt(OTHER, other, False)]
    steps += [Draw(SEED, NAMES[0], seed)] + ([Draw(OTHER, NAMES[0], other)] if other else [])
    steps += [Draw(NAMES[0], f"lot:M:RM:{i}", size) for i, size in enumerate(draws)]
    found, possible = bounds(genealogy(flows_of(steps)), SEED), extremes(steps)
    for i in range(len(draws)):
        least, _, most = found[f"lot:M:RM:{i}"]
        assert (least, most) == possible[f"lot:M:RM:{i}"]


@ENOUGH
@given(seed=st.integers(1, 4), other=st.integers(0, 3), first=st.integers(1, 6))
def test_the_bounds_of_outputs_of_one_batch_are_those_of_all_allocations(
    seed: int, other: int, first: int
) -> None:
    whole = seed + other
    assume(first < whole)
    inputs = [(SEED, "RM", seed)] + ([(OTHER, "RM", other)] if other else [])
    steps: list[Step] = [Receipt(SEED, seed, True), Receipt(OTHER, other, False)]
    outputs = (("lot:M:FG:x", first), ("lot:M:FG:y", whole - first))
    steps.append(Run("batch:1", tuple(inputs), outputs))
    found, possible = bounds(genealogy(flows_of(steps)), SEED), extremes(steps)
    for lot, _ in outputs:
        least, _, most = found[lot]
        assert (least, most) == possible[lot]


@ENOUGH
@given(steps=plants(), data=st.data())
def test_to_forget_a_quantity_only_widens(steps: list[Step], data: st.DataObject) -> None:
    flows = flows_of(steps)
    at = data.draw(st.integers(0, len(flows) - 1))
    known = bounds(genealogy(flows), SEED)
    flows[at] = replace(flows[at], quantity=None, uom=None)
    for node, (least, share, most) in bounds(genealogy(flows), SEED).items():
        before = known[node]
        assert least <= before[0]
        assert most is None or (before[2] is not None and most >= before[2])
        assert share is None or share == before[1]


@ENOUGH
@given(steps=plants(), factor=st.integers(2, 9))
def test_to_scale_all_quantities_scales_all_amounts(steps: list[Step], factor: int) -> None:
    flows = flows_of(steps)
    scaled = [replace(f, quantity=f.quantity * factor) for f in flows if f.quantity is not None]
    once, more = bounds(genealogy(flows), SEED), bounds(genealogy(scaled), SEED)
    assert {
        node: tuple(None if v is None else v * factor for v in told) for node, told in once.items()
    } == more


@ENOUGH
@given(steps=plants(), order=st.randoms(use_true_random=False))
def test_the_order_of_loading_changes_nothing(steps: list[Step], order: random.Random) -> None:
    flows = flows_of(steps)
    shuffled = order.sample(flows, len(flows))
    assert bounds(genealogy(flows), SEED) == bounds(genealogy(shuffled), SEED)


@ENOUGH
@given(st.randoms(use_true_random=False))
def test_what_stays_in_all_lots_is_all_that_was_drawn_of_the_seed(dice: random.Random) -> None:
    flows, _ = _layers(dice)
    assume(any(f.source_id == FIRST for f in flows))
    found = bounds(genealogy(flows), FIRST)
    stays = Fraction(0)
    for node, (_, share, _) in found.items():
        if node.startswith("lot") and node != FIRST:
            assert share is not None
            stays += share * (1 - _sum_of(flows, source=node) / _sum_of(flows, target=node))
    assert stays == _sum_of(flows, source=FIRST)


def _sum_of(flows: list[FlowFact], **ends: str) -> Fraction:
    found = [f for f in flows if ends in ({"source": f.source_id}, {"target": f.target_id})]
    return sum((Fraction(f.quantity or 0) for f in found), Fraction(0))


@ENOUGH
@given(st.randoms(use_true_random=False))
def test_shares_solve_the_linear_system_of_even_mixing(dice: random.Random) -> None:
    """Layer by layer, everything comes into a lot before anything leaves it."""
    flows, nodes = _layers(dice)
    assume(any(f.source_id == FIRST for f in flows))
    found = bounds(genealogy(flows), FIRST)
    into: dict[str, float] = {}
    for f in flows:
        into[f.target_id] = into.get(f.target_id, 0.0) + float(f.quantity or 0)
    out: dict[str, float] = {}
    for f in flows:
        out[f.source_id] = out.get(f.source_id, 0.0) + float(f.quantity or 0)
    size = len(nodes)
    matrix, right = np.eye(size), np.zeros(size)
    for f in flows:
        source, target = nodes.index(f.source_id), nodes.index(f.target_id)
        if f.source_id.startswith("lot:S:P0"):
            right[target] += float(f.quantity or 0) * (f.source_id == FIRST)
        else:
            whole = out if f.source_id.startswith("batch") else into
            matrix[target, source] -= float(f.quantity or 0) / whole[f.source_id]
    expected = dict(zip(nodes, np.linalg.solve(matrix, right), strict=True))
    for node, (_, share, _) in found.items():
        if node != FIRST:
            assert share is not None
            assert float(share) == pytest.approx(expected[node])


def _layers(dice: random.Random) -> tuple[list[FlowFact], list[NodeId]]:
    flows: list[FlowFact] = []
    lots = [f"lot:S:P0:{i}" for i in range(3)]
    stock = dict.fromkeys(lots, 100)
    for layer in range(dice.randint(1, 4)):
        made: dict[str, int] = {}
        for number in range(dice.randint(1, 3)):
            batch = f"batch:{layer}-{number}"
            for lot in lots:
                size = dice.randint(0, stock[lot])
                if size:
                    stock[lot] -= size
                    flows.append(_late(moved(Flow.CONSUMED_BY, lot, batch, size, 0), layer, 0))
            for target in range(dice.randint(1, 3)):
                name, size = f"lot:M:P{layer + 1}:{target}", dice.randint(1, 50)
                made[name] = made.get(name, 0) + size
                flows.append(_late(moved(Flow.PRODUCED, batch, name, size, 0), layer, 30))
        lots, stock = list(made), made
    nodes = sorted({n for f in flows for n in (f.source_id, f.target_id)})
    return flows, nodes


def _late(fact: FlowFact, layer: int, minutes: int) -> FlowFact:
    return replace(_at(fact, layer, minutes), fact_id=f"{layer}")


@ENOUGH
@given(quantity=st.integers(2, 50), part=st.integers(1, 49))
def test_to_split_a_lot_and_merge_it_again_changes_nothing(quantity: int, part: int) -> None:
    assume(part < quantity)
    begin = [moved(Flow.RELABELLED_AS, SEED, "lot:M:RM:m", quantity, 1, uom="H87")]
    begin.append(moved(Flow.RELABELLED_AS, OTHER, "lot:M:RM:m", 7, 1, uom="H87"))
    whole = [moved(Flow.RELABELLED_AS, "lot:M:RM:m", "lot:M:RM:z", quantity + 7, 3, uom="H87")]
    split = [
        moved(Flow.RELABELLED_AS, "lot:M:RM:m", "lot:M:RM:a", part, 2, uom="H87"),
        moved(Flow.RELABELLED_AS, "lot:M:RM:m", "lot:M:RM:b", quantity + 7 - part, 2, uom="H87"),
        moved(Flow.RELABELLED_AS, "lot:M:RM:a", "lot:M:RM:z", part, 3, uom="H87"),
        moved(Flow.RELABELLED_AS, "lot:M:RM:b", "lot:M:RM:z", quantity + 7 - part, 3, uom="H87"),
    ]
    use = [moved(Flow.CONSUMED_BY, "lot:M:RM:z", "batch:1", quantity, 4, uom="H87")]
    one = bounds(genealogy([*begin, *whole, *use]), SEED)
    two = bounds(genealogy([*begin, *split, *use]), SEED)
    for node in ("lot:M:RM:z", "batch:1"):
        assert one[node][1] == two[node][1]
        assert two[node][0] <= one[node][0]
        assert (one[node][2] or 0) <= (two[node][2] or 0)


@ENOUGH
@given(drawn=genealogies(), data=st.data())
def test_any_genealogy_has_bounds_around_its_shares(drawn: Genealogy, data: st.DataObject) -> None:
    amounts = st.none() | st.integers(0, 9)
    flows = [
        replace(f, quantity=Decimal(q), uom="H87") if (q := data.draw(amounts)) else f
        for f in drawn.flows
    ]
    named = sorted({i for f in flows for i in (f.source_id, f.target_id)})
    assume(named)
    seed = data.draw(st.sampled_from(named))
    for told in amounts_in(Genealogy(drawn.nodes, tuple(flows)), seed).values():
        for a in told:
            assert a.least >= 0
            assert a.most is None or a.least <= a.most
            assert a.share is None or a.least <= a.share
            assert a.share is None or a.most is None or a.share <= a.most


@st.composite
def in_a_tank(draw: st.DrawFn) -> list[Step]:
    """Loads of seed and of other material, draws and cleanings of one tank in turn."""
    steps, left = list[Step](), 0
    for number in range(draw(st.integers(2, 9))):
        what = draw(st.sampled_from(["seed", "seed", "other", "draw", "draw", "clean"]))
        size = draw(st.integers(1, 3))
        if what == "clean":
            steps.append(Clean(TANK))
            left = 0
        elif what == "draw" and left:
            size = min(size, left)
            steps.append(Draw(TANK, f"batch:{number}", size))
            left -= size
        elif what != "draw" and left + size <= 8:
            steps.append(Receipt(TANK, size, what == "seed"))
            left += size
    return steps


def tank_flows(steps: list[Step]) -> Genealogy:
    flows, cleanings = [], []
    for at, step in enumerate(steps):
        if isinstance(step, Receipt):
            lot = SEED if step.is_seed else OTHER
            flows.append(moved(Flow.LOADED_INTO, lot, TANK, step.size, at, uom="H87"))
        elif isinstance(step, Draw):
            flows.append(moved(Flow.DRAWN_FROM, TANK, step.target, step.size, at, uom="H87"))
        else:
            cleanings.append(at)
    drawn = genealogy([replace(f, fact_id=str(i)) for i, f in enumerate(flows)])
    for at in cleanings:
        drawn = cleaned(drawn, TANK, at)
    return drawn


def evenly(steps: list[Step]) -> dict[str, Fraction]:
    """The share of each draw when all that is in the tank is mixed evenly."""
    seed, whole, found = Fraction(0), Fraction(0), dict[str, Fraction]()
    for step in steps:
        if isinstance(step, Receipt):
            whole += step.size
            seed += step.size if step.is_seed else 0
        elif isinstance(step, Draw):
            found[step.target] = seed * step.size / whole
            seed, whole = seed - found[step.target], whole - step.size
        else:
            seed = whole = Fraction(0)
    return found


@ENOUGH
@given(steps=in_a_tank())
def test_a_cleaning_leaves_nothing_of_what_was_in_a_vessel(steps: list[Step]) -> None:
    if not any(isinstance(step, Receipt) and step.is_seed for step in steps):
        return
    told, real, shares = bounds(tank_flows(steps), SEED), extremes(steps), evenly(steps)
    for node, (least, most) in real.items():
        if node == TANK:
            continue
        if node not in told:
            assert most == 0
            continue
        low, share, high = told[node]
        assert low <= least
        assert high is None or most <= high
        assert share == shares[node]


def test_a_cleaning_that_may_have_been_before_or_after_a_load_takes_nothing_off() -> None:
    flows = [
        moved(Flow.LOADED_INTO, SEED, TANK, 10, 1, name="1"),
        moved(Flow.LOADED_INTO, SEED, TANK, 10, 4, name="2"),
        moved(Flow.LOADED_INTO, OTHER, TANK, 10, 4),
        moved(Flow.DRAWN_FROM, TANK, "batch:1", 20, 5),
    ]
    sure, unsure = (
        bounds(cleaned(genealogy(flows), TANK, *days), SEED)["batch:1"] for days in ((2,), (2, 4))
    )
    assert sure == (10, 10, 10)
    assert unsure[0] <= 10
    assert unsure[2] is None or unsure[2] >= 10
