"""Vessels: what each draw may hold, held against a graph of days and against single drops."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import FlowFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label, VesselPolicy
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.vessels import FullMix, Move, full_mix, in_order
from genealogy.trace.windows import BEGIN, END
from genealogy.trace.witness import hops
from tests.fakes import MemoryFlows
from tests.genealogies import DAY_ZERO, Genealogy, cleaned, flow, genealogies, genealogy
from tests.oracle.expanded import expected
from tests.oracle.test_trace_against_oracles import found, nodes_of, now

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "80")), deadline=None)
AT_VESSELS = (
    *[Flow.LOADED_INTO, Flow.DRAWN_FROM] * 3,
    Flow.PRODUCED,
    Flow.CONSUMED_BY,
    Flow.RELABELLED_AS,
)
Way = Literal["forward", "backward"]
ways = st.sampled_from(["forward", "backward"])
vessels = genealogies(only=AT_VESSELS, size=12)


@ENOUGH
@given(drawn=vessels, way=ways, data=st.data())
def test_a_vessel_keeps_what_was_loaded_until_it_is_cleaned(
    drawn: Genealogy, way: Way, data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(drawn.ids(Label.LOT, Label.BATCH, Label.PLACE)))
    answer = trace(MemoryFlows(drawn.facts), TraceQuery((seed,), way))
    assert found(answer) == expected(drawn, now(drawn), [seed], way, exact=True)
    for reached in answer.reached:
        walk = hops(answer, reached.node_id)
        assert len(walk) == reached.distance
        assert [hop.before for hop in walk][1:] == [hop.after for hop in walk][:-1]


@ENOUGH
@given(drawn=vessels)
def test_what_a_vessel_passed_on_is_found_both_ways(drawn: Genealogy) -> None:
    flows, ids = MemoryFlows(drawn.facts), drawn.ids(Label.LOT, Label.BATCH, Label.PLACE)
    behind = {n: nodes_of(trace(flows, TraceQuery((n,), "backward"))) for n in ids}
    for seed in ids:
        ahead = nodes_of(trace(flows, TraceQuery((seed,), "forward")))
        assert ahead & set(ids) == {n for n in ids if seed in behind[n]}


@ENOUGH
@given(drawn=vessels, way=ways, data=st.data())
def test_an_answer_never_shrinks_when_less_is_known_of_cleanings(
    drawn: Genealogy, way: Way, data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(drawn.ids(Label.LOT, Label.BATCH)))
    query = TraceQuery((seed,), way)
    known = nodes_of(trace(MemoryFlows(drawn.facts), query))
    dropped = data.draw(st.sets(st.sampled_from(drawn.links))) if drawn.links else set()
    fewer = replace(drawn, links=tuple(link for link in drawn.links if link not in dropped))
    less = nodes_of(trace(MemoryFlows(fewer.facts), query))
    assert known <= less
    assert less <= nodes_of(trace(MemoryFlows(fewer.facts), replace(query, mode=Mode.CONSERVATIVE)))


spans = st.tuples(st.integers(0, 12), st.integers(0, 4)).map(lambda s: (s[0], s[0] + s[1]))


@given(cleanings=st.lists(spans, max_size=4), load=spans, draw=spans)
def test_a_load_and_a_draw_share_a_state_unless_a_cleaning_must_lie_between(
    cleanings: list[tuple[int, int]], load: tuple[int, int], draw: tuple[int, int]
) -> None:
    possible = any(
        all(first <= t or d <= last for first, last in cleanings)
        for t in range(load[0], load[1] + 1)
        for d in range(max(t, draw[0]), draw[1] + 1)
    )
    division: FullMix = full_mix(cleanings)
    into = {i: opens for i, opens, _ in division.loaded(Move("l", *load, None, None))}
    drawn = {i: closes for i, _, closes in division.drawn(Move("d", *draw, None, None))}
    assert possible == any(into[i] <= drawn[i] for i in into.keys() & drawn.keys())
    assert set(into) <= {i for i, _, _ in division.loaded(Move("l", BEGIN, END, None, None))}


@st.composite
def in_turn(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Loads, draws and cleanings one after the other, never drawing more than there is."""
    steps, left = [], 0
    for _ in range(draw(st.integers(1, 12))):
        what = draw(st.sampled_from(["load", "load", "draw", "draw", "clean"]))
        amount = draw(st.integers(1, 5))
        if what == "draw" and left == 0:
            continue
        amount = min(amount, left) if what == "draw" else amount
        left = {"load": left + amount, "draw": left - amount, "clean": 0}[what]
        steps.append((what, amount))
    return steps


@ENOUGH
@given(steps=in_turn(), policy=st.sampled_from([VesselPolicy.FIFO, VesselPolicy.LIFO]))
def test_loads_leave_in_turn_as_single_drops_would(
    steps: list[tuple[str, int]], policy: VesselPolicy
) -> None:
    drops: deque[int] = deque()
    expected_of: dict[str, set[int]] = {}
    loads, draws, cleanings = [], [], []
    for at, (what, amount) in enumerate(steps):
        if what == "load":
            drops.extend([len(loads)] * amount)
            loads.append(Move(f"{at}", at, at, str(amount), "KGM"))
        elif what == "clean":
            drops.clear()
            cleanings.append((at, at))
        else:
            take = drops.popleft if policy is VesselPolicy.FIFO else drops.pop
            expected_of[f"{at}"] = {take() for _ in range(amount)}
            draws.append(Move(f"{at}", at, at, str(amount), "KGM"))
    told = in_order(policy, loads, draws, cleanings)
    assert told is not None
    assert {edge: set(held) for edge, held in told.draws.items()} == expected_of


TANK = "place:tank"


def tank(*moves: FlowFact, policy: str = "fifo") -> Genealogy:
    return genealogy(moves, properties={TANK: {"vessel_policy": policy}})


def load(lot: str, at: int, amount: str | None = "10", uom: str = "KGM") -> FlowFact:
    fact = flow(Flow.LOADED_INTO, f"lot:{lot}", TANK, at)
    return replace(fact, quantity=Decimal(amount) if amount else None, uom=uom)


def draw(batch: str, at: int, amount: str | None = "10", uom: str = "KGM") -> FlowFact:
    fact = flow(Flow.DRAWN_FROM, TANK, f"batch:{batch}", at)
    return replace(fact, quantity=Decimal(amount) if amount else None, uom=uom)


def ahead(drawn: Genealogy, lot: str) -> set[str]:
    answer = trace(MemoryFlows(drawn.facts), TraceQuery((NodeId(f"lot:{lot}"),), "forward"))
    return {node.partition(":")[2] for node in nodes_of(answer) if node.startswith("batch:")}


MOVES = (load("A", 1), load("B", 2), draw("1", 3, "4"), draw("2", 4, "8"), draw("3", 5, "8"))


@pytest.mark.parametrize(
    ("policy", "of_a", "of_b"),
    [
        ("full_mix", {"1", "2", "3"}, {"1", "2", "3"}),
        ("fifo", {"1", "2"}, {"2", "3"}),
        ("lifo", {"2", "3"}, {"1", "2"}),
    ],
)
def test_the_policy_of_a_vessel_tells_what_leaves_first(
    policy: str, of_a: set[str], of_b: set[str]
) -> None:
    drawn = tank(*MOVES, policy=policy)
    assert (ahead(drawn, "A"), ahead(drawn, "B")) == (of_a, of_b)
    back = trace(MemoryFlows(drawn.facts), TraceQuery((NodeId("batch:1"),), "backward"))
    assert ("lot:A" in nodes_of(back)) == ("1" in of_a)


@pytest.mark.parametrize(
    "unclear",
    [
        load("C", 3, None),
        load("C", 3, "5", "LTR"),
        load("C", 2),
        draw("4", 6, "80"),
        replace(load("C", 3), occurred_at=None),
    ],
)
def test_without_every_quantity_and_time_in_one_unit_all_may_have_mixed(
    unclear: FlowFact,
) -> None:
    drawn = tank(*MOVES, unclear)
    assert ahead(drawn, "A") >= {"1", "2", "3"}
    answer = trace(MemoryFlows(drawn.facts), TraceQuery((NodeId("lot:A"),), "forward"))
    assert (TANK, "vessel_mixed") in {(g.node_id, g.kind) for g in answer.completeness.gaps}


def test_a_cleaning_that_was_withdrawn_cleans_nothing() -> None:
    drawn = cleaned(tank(load("A", 1), draw("1", 3), policy="full_mix"), TANK, 2)
    assert ahead(drawn, "A") == set()
    *nodes, event = drawn.nodes
    told = {**event.properties, "retracted_at": "2026-01-05T00:00:00+00:00"}
    withdrawn = NodeFact(event.label, event.node_id, event.source, properties=told)
    assert ahead(replace(drawn, nodes=(*nodes, withdrawn)), "A") == {"1"}


@pytest.mark.parametrize("policy", ["full_mix", "fifo"])
def test_a_hundred_thousand_draws_are_found_without_a_pair_for_each_load(policy: str) -> None:
    many = 100_000
    draws = [
        replace(
            draw(f"{i}", 9, "0.001"),
            fact_id=f"d{i}",
            occurred_at=DAY_ZERO + timedelta(days=9, microseconds=i),
        )
        for i in range(many)
    ]
    drawn = tank(load("A", 0, "100"), load("B", 8, "100"), *draws, policy=policy)
    for at in range(1, 8):
        drawn = cleaned(drawn, TANK, at)
    assert len(ahead(drawn, "B")) == many
    assert ahead(drawn, "A") == set()
