"""Material without lot number, held against every choice of a lot for each use of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import FlowFact, LinkFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label, Link
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import LAST_DAY, SOURCE, Genealogy, day, flow, genealogy
from tests.oracle.expanded import expected, number
from tests.oracle.test_trace_against_oracles import nodes_of

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "60")), deadline=None)
NAMELESS = "unlotted:product:P"
GTIN = "(01)09506000134352"
#: Named by the GTIN of a product, which may be that of P.
BOXED = f"lot:S:{GTIN}:C"
LOTS = ("lot:S:P:A", "lot:S:P:B", "lot:other", BOXED)
BATCHES = ("batch:0", "batch:1", "batch:2")
USES_UP = (Flow.CONSUMED_BY, Flow.RELABELLED_AS)

days = st.none() | st.integers(0, LAST_DAY)
amounts = st.sampled_from([None, 5, 5, 10])


@st.composite
def movements(draw: st.DrawFn) -> FlowFact:
    lot, batch = draw(st.sampled_from((*LOTS, NAMELESS))), draw(st.sampled_from(BATCHES))
    kind = draw(st.sampled_from([Flow.CONSUMED_BY, Flow.CONSUMED_BY, Flow.PRODUCED, None]))
    if kind is None:
        other = draw(st.sampled_from([one for one in LOTS if one != lot]))
        told = flow(Flow.RELABELLED_AS, lot, other, draw(days))
    elif kind is Flow.CONSUMED_BY:
        told = flow(kind, lot, batch, draw(days))
    else:
        told = flow(kind, batch, lot, draw(days))
    amount = draw(amounts)
    return replace(told, quantity=None if amount is None else Decimal(amount), uom="KGM")


@st.composite
def companies(draw: st.DrawFn) -> Genealogy:
    flows = draw(st.lists(movements(), min_size=3, max_size=10))
    named = [replace(f, fact_id=str(i)) for i, f in enumerate(flows)]
    kept = [replace(f, fact_id=f"s{i}") for i, f in enumerate(draw(st.lists(stays(), max_size=2)))]
    known = draw(st.sampled_from([{}, {"gtin": GTIN.removeprefix("(01)")}]))
    drawn = genealogy(
        [*named, *kept],
        more=[*LOTS, *BATCHES, NAMELESS, "product:P"],
        properties={"product:P": known},
    )
    drawn = replace(drawn, nodes=(*drawn.nodes, NodeFact(Label.PRODUCT, NodeId(GTIN), SOURCE)))
    linked = LinkFact(
        Link.OF_PRODUCT, NodeId("lot:other"), Label.LOT, NodeId("product:P"), Label.PRODUCT, SOURCE
    )
    links = draw(st.sampled_from([(), (linked,)]))
    named_by_id = [replace(linked, source_id=NodeId(lot)) for lot in (*LOTS[:2], NAMELESS)]
    by_gtin = replace(linked, source_id=NodeId(BOXED), target_id=NodeId(GTIN))
    return replace(drawn, links=(*links, *named_by_id, by_gtin))


@st.composite
def stays(draw: st.DrawFn) -> FlowFact:
    came = draw(st.integers(0, LAST_DAY))
    left = draw(st.none() | st.integers(came, LAST_DAY))
    return flow(Flow.STORED_AT, draw(st.sampled_from(LOTS)), "place:0", came, start=came, end=left)


def on_hand(drawn: Genealogy, lot: str) -> tuple[int | None, int | None]:
    """The first and last day on which any of a lot may have been there; null for no limit."""
    into = [f for f in drawn.flows if f.target_id == lot]
    used = [f for f in drawn.flows if f.source_id == lot and f.type in USES_UP]
    kept = [f for f in drawn.flows if f.source_id == lot and f.type == Flow.STORED_AT]
    first = [number(f.occurred_at) for f in into] + [number(f.valid_from) for f in kept]
    last = [number(f.occurred_at) for f in used] + [number(f.valid_to) for f in kept]
    came, gone = [f.quantity for f in into], sum(f.quantity or 0 for f in used)
    ended = bool(came) and None not in came and gone >= sum(came) and None not in last
    since = min(first) if first and None not in first else None
    return since, max(last) if ended else None


def guesses(drawn: Genealogy, *, exact: bool) -> Iterator[FlowFact]:
    """Each use of what has no lot number as a use of each lot that it may be."""
    called = {"product:P", *(GTIN for node in drawn.nodes if node.properties.get("gtin"))}
    lots = sorted({k.source_id for k in drawn.links if k.target_id in called} - {NAMELESS})
    for use in drawn.flows:
        for lot in lots if use.source_id == NAMELESS else ():
            since, until = on_hand(drawn, lot) if exact else (None, None)
            at = number(use.occurred_at)
            first, last = (since, until) if at is None else (at, at)
            inside = (since is None or last is None or since <= last) and (
                until is None or first is None or first <= until
            )
            ordered = first is None or last is None or first <= last
            if inside and ordered and use.target_id != lot:
                told = replace(use, source_id=NodeId(lot), fact_id=f"{use.fact_id} {lot}")
                spanned = {"occurred_at": None, "valid_from": day(first), "valid_to": day(last)}
                yield replace(told, **(spanned if at is None else {}))


def by_hand(drawn: Genealogy, seed: str, way: str, *, exact: bool) -> set[str]:
    """What a trace reaches when every guess is a flow, without what has no lot number."""
    flows = [f for f in drawn.flows if f.type != Flow.STORED_AT]
    flows += guesses(drawn, exact=exact)
    told = expected(drawn, flows, [NodeId(seed)], way, exact=exact)
    return {seed, *told.distance} - {NAMELESS}


@ENOUGH
@given(drawn=companies(), way=st.sampled_from(["forward", "backward"]), data=st.data())
@pytest.mark.parametrize("mode", Mode)
def test_what_has_no_lot_number_may_be_any_lot_that_was_on_hand(
    mode: Mode, drawn: Genealogy, way: Literal["forward", "backward"], data: st.DataObject
) -> None:
    seed = NodeId(data.draw(st.sampled_from([*LOTS, *BATCHES])))
    answer = trace(MemoryFlows(drawn.facts), TraceQuery((seed,), way, mode))
    exact = mode is Mode.EXACT
    assert nodes_of(answer) - {NAMELESS} == by_hand(drawn, seed, way, exact=exact)
    plain = replace(drawn, links=())
    certain = expected(
        plain, [f for f in drawn.flows if f.type != Flow.STORED_AT], [seed], way, exact=exact
    )
    assert nodes_of(answer) - answer.inferred == {seed, *certain.distance}


@ENOUGH
@given(drawn=companies(), data=st.data())
def test_an_answer_never_shrinks_when_less_is_known_of_a_lot(
    drawn: Genealogy, data: st.DataObject
) -> None:
    query = TraceQuery((NodeId(data.draw(st.sampled_from([*LOTS, *BATCHES]))),), "forward")
    known = nodes_of(trace(MemoryFlows(drawn.facts), query))
    at = data.draw(st.integers(0, len(drawn.flows) - 1))
    lost = data.draw(st.sampled_from([{"quantity": None, "uom": None}, {"occurred_at": None}]))
    fewer = tuple(replace(f, **lost) if i == at else f for i, f in enumerate(drawn.flows))
    assert known <= nodes_of(trace(MemoryFlows(replace(drawn, flows=fewer).facts), query))
    wide = trace(MemoryFlows(drawn.facts), replace(query, mode=Mode.CONSERVATIVE))
    assert known <= nodes_of(wide)
