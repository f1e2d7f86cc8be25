"""A trace over a snapshot answers what the trace over the database's port answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genealogy.errors import InvalidQuery, NotFound
from genealogy.model.facts import Fact, LinkFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label, Link
from genealogy.model.times import to_micros
from genealogy.snapshot import compiled
from genealogy.snapshot.reach import OneWay, Reach, reach
from genealogy.snapshot.trace import prepared_trace
from genealogy.snapshot.trace import trace as trace_on
from genealogy.trace import walk
from genealogy.trace.columns import select
from genealogy.trace.result import Mode, Trace, TraceQuery, Window, WindowKind
from genealogy.trace.run import directions, trace
from genealogy.trace.windows import BEGIN, END, windows
from tests.genealogies import SOURCE, Genealogy, day, flow, genealogies, genealogy
from tests.oracle.test_stays import companies, shippers
from tests.oracle.test_trace_against_oracles import questions, shown
from tests.oracle.test_unlotted import companies as unlotted
from tests.oracle.test_vessels import AT_VESSELS
from tests.snapshots import flows_of
from tests.unit.trace.test_seeds import link

ENOUGH = settings(
    max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ways = st.sampled_from(["forward", "backward", "both"])
modes = st.sampled_from(Mode)


@pytest.fixture(params=["plain", "compiled"])
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Walks run as plain Python, or compiled from the first rounds on."""
    if request.param == "compiled":
        pytest.importorskip("numba")
        monkeypatch.setattr(walk.rounds, "through", compiled.through())
    else:
        monkeypatch.setattr("genealogy.snapshot.trace._faster", lambda _: None)


def outcome(ask: Callable[[], Trace | None]) -> Any:
    """All that can be seen of an answer, or why there is none."""
    try:
        answer = ask()
        return None if answer is None else shown(answer)
    except (NotFound, InvalidQuery) as why:
        return why.error_code, why.params


@st.composite
def limits(draw: st.DrawFn, drawn: Genealogy) -> dict[str, Any]:
    """What a question may be limited to, or widened by."""
    found: dict[str, Any] = {
        "stops": tuple(draw(st.lists(st.sampled_from(drawn.ids()), max_size=2, unique=True))),
        "max_depth": draw(st.none() | st.integers(0, 4)),
    }
    if draw(st.booleans()):
        found["as_of"] = day(draw(st.none() | st.integers(0, 7)))
    if draw(st.booleans()):
        off = timedelta(days=draw(st.integers(0, 2)))
        found["clock_tolerance"] = ((SOURCE.system, off),)
    if draw(st.booleans()):
        first, more = draw(st.integers(0, 6)), draw(st.integers(0, 2))
        place = NodeId(f"place:{draw(st.integers(0, 1))}")
        kind = draw(st.sampled_from([WindowKind.PLACE, WindowKind.EQUIPMENT]))
        found["windows"] = (Window(kind, place, day(first), day(first + more)),)
    if draw(st.booleans()):
        found["carry_over"] = (("*", timedelta(days=draw(st.integers(0, 3)))),)
    return found


@st.composite
def more_facts(draw: st.DrawFn, drawn: Genealogy) -> list[Fact]:
    """Lots of a product that passes nothing on, and runs on a line."""
    water = NodeId("product:water")
    told = NodeFact(Label.PRODUCT, water, SOURCE, properties={"non_propagating": True})
    lots = draw(st.lists(st.sampled_from(drawn.ids(Label.LOT) or [water]), max_size=2, unique=True))
    found: list[Fact] = [*drawn.facts, told]
    found += [
        LinkFact(Link.OF_PRODUCT, lot, Label.LOT, water, Label.PRODUCT, SOURCE)
        for lot in lots
        if lot != water
    ]
    for batch in draw(st.lists(st.sampled_from(drawn.ids(Label.BATCH)), max_size=3, unique=True)):
        ends = (batch, Label.BATCH, NodeId("place:0"), Label.PLACE)
        found.append(LinkFact(Link.MADE_ON, *ends, SOURCE, "line"))
    return found


@ENOUGH
@given(
    drawn=genealogies()
    | genealogies(only=AT_VESSELS, size=10)
    | companies()
    | shippers()
    | unlotted(),
    way=ways,
    mode=modes,
    data=st.data(),
)
def test_whatever_is_asked_a_snapshot_answers_what_its_source_answers(
    kernel: None, drawn: Genealogy, way: Any, mode: Mode, data: Any
) -> None:
    facts, asked = data.draw(more_facts(drawn)), data.draw(limits(drawn))
    seeds = data.draw(st.lists(st.sampled_from(drawn.ids()), min_size=1, max_size=2, unique=True))
    query = TraceQuery(tuple(seeds), way, mode, **asked)
    flows = flows_of(facts)
    wanted = outcome(lambda: trace(flows.source, query))
    assert outcome(lambda: prepared_trace(flows, query)) == wanted
    found = outcome(lambda: trace_on(flows, query))
    assert found in (None, wanted)


@ENOUGH
@given(question=questions(), way=ways, mode=modes, data=st.data())
def test_an_answer_as_arrays_says_what_the_answer_says(
    kernel: None, question: tuple[Genealogy, tuple[NodeId, ...]], way: Any, mode: Mode, data: Any
) -> None:
    drawn, seeds = question
    depth = data.draw(st.none() | st.integers(0, 4))
    query = TraceQuery(seeds, way, mode, max_depth=depth)
    flows = flows_of(drawn.facts)
    told, arrays = trace_on(flows, query), reach(flows, query)
    assert (told is None) == (arrays is None)
    if told is None or arrays is None:
        return
    assert arrays.completeness == told.completeness
    assert [way.direction for way in arrays.ways] == [*directions(query)]
    places = {edge: at for at, edge in enumerate(told.edges.edge_id)}
    edges = set[str]()
    for one in arrays.ways:
        ids = arrays.names(one.nodes).listed()
        reached = [r for r in told.reached if r.direction == one.direction]
        assert sorted(ids) == sorted({*seeds, *(r.node_id for r in reached)})
        vias = arrays.records.edge_ids(np.maximum(one.via, 0)).listed() if len(one.edges) else ids
        times = arrays.micros(one.exposure).tolist()
        by_id = dict(zip(ids, zip(one.distance.tolist(), times, vias, strict=True), strict=True))
        for r in reached:
            distance, moment, via = by_id[r.node_id]
            known = None if moment in (BEGIN, END) else moment
            assert (distance, known, places[via]) == (
                r.distance,
                None if r.exposure is None else to_micros(r.exposure),
                r.via,
            )
        edges |= assert_edges(arrays, one, told, places)
    assert edges == set(told.edges.edge_id)


def assert_edges(arrays: Reach, one: OneWay, told: Trace, places: dict[str, int]) -> set[str]:
    """The edges of one direction have the ends and times that they have in an answer."""
    ids = arrays.records.edge_ids(one.edges).listed()
    columns = arrays.records.columns(one.edges)
    ends = (arrays.names(one.source).listed(), arrays.names(one.target).listed())
    for at, edge in enumerate(ids):
        place = places[edge]
        assert ends[0][at] == told.edges.source[place]
        assert ends[1][at] == told.edges.target[place]
        for name, values in columns.items():
            assert values[at] == getattr(told.edges, name)[place]
    picked = select(told.edges, [places[edge] for edge in ids])
    lots = {lot for lot in picked.source if lot.startswith("lot:")}
    opens, closes = windows(picked, lots)
    assert arrays.micros(one.opens).tolist() == opens
    assert arrays.micros(one.closes).tolist() == closes
    return set(ids)


@ENOUGH
@given(question=questions(), way=ways, mode=modes, data=st.data())
def test_a_snapshot_answers_what_its_source_answers(
    kernel: None, question: tuple[Genealogy, tuple[NodeId, ...]], way: Any, mode: Mode, data: Any
) -> None:
    drawn, seeds = question
    stops = tuple(data.draw(st.lists(st.sampled_from(drawn.ids()), max_size=2, unique=True)))
    depth = data.draw(st.none() | st.integers(0, 4))
    query = TraceQuery(seeds, way, mode, stops=stops, max_depth=depth)
    flows = flows_of(drawn.facts)
    found = outcome(lambda: trace_on(flows, query))
    if found is None:
        assert apart(drawn)
        return
    assert found == outcome(lambda: trace(flows.source, query))
    # The columns of the walk are used again: nothing of the first may show in the second.
    assert found == outcome(lambda: trace_on(flows, query))


@ENOUGH
@given(drawn=genealogies(), way=ways, data=st.data())
def test_one_snapshot_answers_question_after_question(
    kernel: None, drawn: Genealogy, way: Any, data: Any
) -> None:
    flows = flows_of(drawn.facts)
    for seed in data.draw(st.lists(st.sampled_from(drawn.ids()), min_size=2, max_size=5)):
        query = TraceQuery((seed,), way)
        found = outcome(lambda q=query: trace_on(flows, q))
        assert found == outcome(lambda q=query: trace(flows.source, q)) or apart(drawn)


def apart(drawn: Genealogy) -> bool:
    """Whether any vessel was cleaned."""
    return bool(drawn.links)


def test_a_run_that_is_known_by_its_line_alone_mixes_as_it_is_told_to() -> None:
    drawn = genealogy(
        [flow(Flow.PRODUCED, "batch:1", "item:1", 1)],
        more=["batch:2", "place:line"],
        properties={"batch:2": {"mixing": "whole"}},
    )
    runs = [link(Link.MADE_ON, batch, "place:line") for batch in ("batch:1", "batch:2")]
    flows = flows_of([*drawn.facts, *runs])
    query = TraceQuery((NodeId("item:1"),), "backward", carry_over=(("*", timedelta(0)),))
    wanted = outcome(lambda: trace(flows.source, query))
    assert outcome(lambda: prepared_trace(flows, query)) == wanted
