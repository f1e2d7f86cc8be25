"""What must not change an answer, changes none; what widens what is possible, takes nothing out.

The companies have vessels, stays in stores, times known in part, containers, and material
without lot number.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import Fact, FlowFact, NodeFact, NodeId
from genealogy.model.names import LASTING, Flow, Label, Link
from genealogy.trace.result import Mode, Trace, TraceQuery
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import DAY_ZERO, LAST_DAY, Genealogy, flow, genealogies
from tests.oracle.test_stays import companies as stored
from tests.oracle.test_trace_against_oracles import nodes_of, shown
from tests.oracle.test_unlotted import companies as unlotted
from tests.oracle.test_vessels import AT_VESSELS

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "50")), deadline=None)
Way = Literal["forward", "backward"]
TIMES = ("occurred_at", "valid_from", "valid_to")
worlds = genealogies() | genealogies(only=AT_VESSELS, size=10) | stored() | unlotted()
ways = st.sampled_from(["forward", "backward"])
modes = st.sampled_from(Mode)


def ask(facts: Iterable[Fact], seed: str, way: Way, mode: Mode = Mode.EXACT, **more: Any) -> Trace:
    return trace(MemoryFlows(facts), TraceQuery((NodeId(seed),), way, mode, **more))


def seed_of(drawn: Genealogy, data: st.DataObject) -> NodeId:
    found: NodeId = data.draw(st.sampled_from(drawn.ids()), label="seed")
    return found


def outcome(answer: Trace) -> dict[str, Any]:
    """What is told of each node, and the edges."""
    reached = {(r.node_id, r.direction): (r.distance, r.exposure) for r in answer.reached}
    gaps = {(gap.kind, gap.node_id) for gap in answer.completeness.gaps}
    return {"reached": reached, "edges": set(answer.edges.edge_id), "gaps": gaps}


@ENOUGH
@given(drawn=worlds, way=ways, mode=modes, data=st.data())
def test_the_order_in_which_facts_came_changes_nothing(
    drawn: Genealogy, way: Way, mode: Mode, data: st.DataObject
) -> None:
    seed = seed_of(drawn, data)
    other = data.draw(st.permutations(drawn.facts))
    assert shown(ask(other, seed, way, mode)) == shown(ask(drawn.facts, seed, way, mode))


def renamed(drawn: Genealogy, mark: str) -> Genealogy:
    """The same under other ids; lots whose ids name products are of others then."""

    def name(node_id: str) -> NodeId:
        return NodeId(f"{node_id}{mark}")

    def told(node: NodeFact) -> dict[str, Any]:
        """Its properties: its GTIN names another node, which is renamed as well."""
        return {k: f"{v}{mark}" if k == "gtin" else v for k, v in node.properties.items()}

    return Genealogy(
        tuple(replace(n, node_id=name(n.node_id), properties=told(n)) for n in drawn.nodes),
        tuple(
            replace(
                f,
                source_id=name(f.source_id),
                target_id=name(f.target_id),
                place_id=f.place_id and name(f.place_id),
            )
            for f in drawn.flows
        ),
        tuple(
            replace(k, source_id=name(k.source_id), target_id=name(k.target_id))
            for k in drawn.links
        ),
    )


@ENOUGH
@given(drawn=worlds, other=worlds, way=ways, mode=modes, data=st.data())
def test_what_has_nothing_to_do_with_it_changes_nothing(
    drawn: Genealogy, other: Genealogy, way: Way, mode: Mode, data: st.DataObject
) -> None:
    seed = seed_of(drawn, data)
    both = [*drawn.facts, *renamed(other, "~").facts]
    assert shown(ask(both, seed, way, mode)) == shown(ask(drawn.facts, seed, way, mode))


def shifted(drawn: Genealogy, by: timedelta) -> Genealogy:
    """The same, so much later; what is recorded is so when it was."""

    def later(told: Mapping[str, Any]) -> dict[str, Any]:
        return {k: v + by if isinstance(v, datetime) else v for k, v in told.items()}

    def moved(fact: FlowFact) -> FlowFact:
        times = {name: getattr(fact, name) for name in TIMES}
        return replace(fact, **later(times))

    nodes = tuple(replace(n, properties=later(n.properties)) for n in drawn.nodes)
    return replace(drawn, nodes=nodes, flows=tuple(map(moved, drawn.flows)))


@ENOUGH
@given(drawn=worlds, way=ways, mode=modes, days=st.integers(-900, 900), data=st.data())
def test_when_all_is_later_all_that_is_told_is_later(
    drawn: Genealogy, way: Way, mode: Mode, days: int, data: st.DataObject
) -> None:
    seed, by = seed_of(drawn, data), timedelta(days=days)
    until = data.draw(st.none() | st.integers(0, LAST_DAY))
    as_of = None if until is None else DAY_ZERO + timedelta(days=until)
    then = outcome(ask(drawn.facts, seed, way, mode, as_of=as_of))
    later = outcome(ask(shifted(drawn, by).facts, seed, way, mode, as_of=as_of and as_of + by))
    assert later["edges"] == then["edges"]
    assert later["gaps"] == then["gaps"]
    assert later["reached"] == {
        node: (distance, exposure and exposure + by)
        for node, (distance, exposure) in then["reached"].items()
    }


#: Flows of which another goes the other way, so that a company can run backwards.
MIRRORED = {
    Flow.CONSUMED_BY: Flow.PRODUCED,
    Flow.PRODUCED: Flow.CONSUMED_BY,
    Flow.RELABELLED_AS: Flow.RELABELLED_AS,
    Flow.LOADED_INTO: Flow.DRAWN_FROM,
    Flow.DRAWN_FROM: Flow.LOADED_INTO,
}


def mirrored(drawn: Genealogy) -> Genealogy:
    """All edges reversed, and all times counted from the end."""

    def at(moment: datetime | None) -> datetime | None:
        return moment and DAY_ZERO + (DAY_ZERO - moment)

    def window(f: FlowFact) -> tuple[datetime | None, datetime | None]:
        """The first and last moment at which it may have passed; null for no limit."""
        start = f.occurred_at or f.valid_from
        is_end = f.valid_to is not None and (start is None or f.valid_to >= start)
        return start, f.valid_to if is_end else f.occurred_at

    def back(f: FlowFact) -> FlowFact:
        last, first = map(at, window(f))
        is_open = first is None or last is None
        return replace(
            f,
            type=MIRRORED[f.type],
            source_id=f.target_id,
            source_label=f.target_label,
            target_id=f.source_id,
            target_label=f.source_label,
            occurred_at=None if is_open else first,
            valid_from=first if is_open else None,
            valid_to=last,
        )

    def event(n: NodeFact) -> NodeFact:
        if n.label is not Label.QUALITY_EVENT:
            return n
        told = dict(n.properties)
        first = told["occurred_at"]
        last = told.pop("occurred_at_latest", first)
        moments = {"occurred_at": at(last), "occurred_at_latest": at(first)}  # type: ignore[arg-type]
        return replace(n, properties={**told, **moments})

    nodes = tuple(map(event, drawn.nodes))
    return replace(drawn, nodes=nodes, flows=tuple(map(back, drawn.flows)))


@ENOUGH
@given(drawn=genealogies(only=tuple(MIRRORED), size=12), mode=modes, data=st.data())
def test_forward_is_backward_when_all_runs_the_other_way(
    drawn: Genealogy, mode: Mode, data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(drawn.ids(Label.LOT, Label.BATCH, Label.PLACE)))
    there = ask(drawn.facts, seed, "forward", mode)
    back = ask(mirrored(drawn).facts, seed, "backward", mode)
    assert {r.node_id: r.distance for r in back.reached} == {
        r.node_id: r.distance for r in there.reached
    }


def split(drawn: Genealogy, lot: str) -> Genealogy:
    """A lot that was made two and one again, nobody knows when, before it went anywhere."""
    parts, whole = (f"{lot}a", f"{lot}b"), f"{lot}c"
    steps = [flow(Flow.RELABELLED_AS, lot, part) for part in parts]
    steps += [flow(Flow.RELABELLED_AS, part, whole) for part in parts]
    nodes = [NodeFact(Label.LOT, NodeId(n), drawn.nodes[0].source) for n in (*parts, whole)]
    flows = [replace(f, source_id=NodeId(whole)) if f.source_id == lot else f for f in drawn.flows]
    return replace(drawn, nodes=(*drawn.nodes, *nodes), flows=(*flows, *steps))


@ENOUGH
@given(
    drawn=genealogies() | genealogies(only=AT_VESSELS, size=10),
    way=ways,
    mode=modes,
    data=st.data(),
)
def test_a_lot_split_in_two_and_merged_again_is_as_before(
    drawn: Genealogy, way: Way, mode: Mode, data: st.DataObject
) -> None:
    lot = data.draw(st.sampled_from(drawn.ids(Label.LOT)))
    seed = seed_of(drawn, data)
    start = f"{lot}c" if seed == lot and way == "backward" else seed
    found = nodes_of(ask(split(drawn, lot).facts, start, way, mode))
    back = {NodeId(lot) if n.rstrip("abc") == lot else n for n in found}
    assert back == nodes_of(ask(drawn.facts, seed, way, mode))


@ENOUGH
@given(drawn=worlds, way=ways, data=st.data())
def test_whatever_exact_holds_conservative_holds(
    drawn: Genealogy, way: Way, data: st.DataObject
) -> None:
    seed = seed_of(drawn, data)
    exact, wide = (ask(drawn.facts, seed, way, mode) for mode in Mode)
    exact, wide = (exact, wide) if exact.query.mode is Mode.EXACT else (wide, exact)
    assert nodes_of(exact) <= nodes_of(wide)
    assert set(exact.edges.edge_id) <= set(wide.edges.edge_id)


@st.composite
def wider(draw: st.DrawFn, drawn: Genealogy) -> Genealogy:
    """The company of which less is known: of a time, a place, an amount, a cleaning, a stay."""
    flows = list(drawn.flows)
    at = draw(st.integers(0, len(flows) - 1)) if flows else None
    how = draw(st.sampled_from(["time", "longer", "place", "amount", "cleaning", "stay"]))
    cleaned = [k for k in drawn.links if k.type is Link.ABOUT]
    if how == "cleaning" and cleaned:
        gone = draw(st.sampled_from(cleaned))
        return replace(drawn, links=tuple(k for k in drawn.links if k is not gone))
    if at is None:
        return drawn
    fact = flows[at]
    if how == "stay" and fact.type is Flow.STORED_AT:
        del flows[at]
    elif how == "time":
        flows[at] = replace(fact, occurred_at=None, valid_from=None, valid_to=None)
    elif how == "longer":
        flows[at] = longer(fact)
    elif how == "place":
        flows[at] = replace(fact, place_id=None)
    elif how == "amount":
        flows[at] = replace(fact, quantity=None, uom=None)
    return replace(drawn, flows=tuple(flows))


def longer(fact: FlowFact) -> FlowFact:
    """The flow, which may have passed a day earlier or later."""
    day = timedelta(days=1)
    start = fact.valid_from if fact.type in LASTING else fact.occurred_at
    if start is None or (fact.type in LASTING and fact.occurred_at is None):
        return fact
    if fact.type in LASTING:
        later = max(start, fact.occurred_at or start) + day
        ends = fact.valid_to and (fact.valid_to + day if fact.valid_to >= start else None)
        return replace(fact, valid_from=start - day, occurred_at=later, valid_to=ends)
    end = max(start, fact.valid_to or start)
    return replace(fact, occurred_at=start - day, valid_to=end + day)


@ENOUGH
@given(drawn=worlds, way=ways, data=st.data())
def test_an_answer_never_shrinks_when_less_is_known(
    drawn: Genealogy, way: Way, data: st.DataObject
) -> None:
    seed = seed_of(drawn, data)
    less = data.draw(wider(drawn))
    assert nodes_of(ask(drawn.facts, seed, way)) <= nodes_of(ask(less.facts, seed, way))
