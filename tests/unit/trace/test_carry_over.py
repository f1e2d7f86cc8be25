"""What a run may leave for the next on its line, held against every pair of runs."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import Fact, LinkFact, NodeFact, NodeId
from genealogy.model.names import Confidence, Flow, Link
from genealogy.trace.carry_over import Line, Run
from genealogy.trace.result import Trace, TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.windows import BEGIN, END
from tests.fakes import MemoryFlows
from tests.genealogies import SOURCE, cleaned, day, flow, genealogy, kind_of

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "200")), deadline=None)
LINE = "place:line"


def line(*runs: tuple[str, int | None, int | None], clean: int | None = None) -> list[Fact]:
    told = {
        f"batch:{name}": {
            key: day(at)
            for key, at in (("started_at", began), ("ended_at", ended))
            if at is not None
        }
        for name, began, ended in runs
    }
    outputs = [flow(Flow.PRODUCED, f"batch:{n}", f"lot:{n}", end) for n, _, end in runs]
    inputs = [flow(Flow.CONSUMED_BY, f"lot:in{n}", f"batch:{n}", at) for n, at, _ in runs]
    drawn = genealogy([*inputs, *outputs], more=[LINE], properties=told)  # type: ignore[arg-type]
    drawn = drawn if clean is None else cleaned(drawn, LINE, clean)
    return [*drawn.facts, *(made_on(f"batch:{name}") for name, _, _ in runs)]


def made_on(batch: str) -> LinkFact:
    ends = (NodeId(batch), kind_of(batch), NodeId(LINE), kind_of(LINE))
    return LinkFact(Link.MADE_ON, *ends, SOURCE, "line")


def ask(
    facts: list[Fact], seed: str, days: int | None, *, of: str = "*", way: Any = "forward"
) -> Trace:
    told = () if days is None else ((of, timedelta(days=days)),)
    return trace(MemoryFlows(facts), TraceQuery((NodeId(seed),), way, carry_over=told))


THREE = (("1", 0, 1), ("2", 2, 3), ("3", 5, 6))


def test_clocks_that_may_be_off_bring_runs_nearer_and_cleanings_into_doubt() -> None:
    off = ((SOURCE.system, timedelta(days=1)),)

    def asked(facts: list[Fact], days: int) -> set[str]:
        carried = (("*", timedelta(days=days)),)
        query = TraceQuery((NodeId("batch:1"),), "forward", carry_over=carried)
        plain = set(trace(MemoryFlows(facts), query).node_ids())
        wide = set(trace(MemoryFlows(facts), replace(query, clock_tolerance=off)).node_ids())
        assert plain <= wide
        return wide - plain

    apart = line(("1", 0, 1), ("2", 4, 5))
    assert "batch:2" in asked(apart, 1)
    assert not asked(apart, 0)
    assert "batch:2" in asked(line(("1", 0, 1), ("2", 4, 5), clean=1), 9)


def test_it_is_made_only_when_asked_for_and_marked() -> None:
    facts = line(*THREE)
    assert "lot:2" not in set(ask(facts, "lot:in1", None).node_ids())
    answer = ask(facts, "lot:in1", 1)
    assert answer.hypothetical == {"batch:2", "lot:2"}
    assert {"batch:1", "lot:1"} <= set(answer.node_ids()) - answer.hypothetical
    told = dict(zip(answer.edges.type, answer.edges.confidence, strict=True))
    assert told[Flow.CARRIED_OVER] == Confidence.HYPOTHETICAL
    assert ask(facts, "lot:in1", 2).hypothetical == {"batch:2", "lot:2", "batch:3", "lot:3"}


def test_a_cleaning_between_two_runs_ends_it() -> None:
    assert ask(line(*THREE, clean=4), "lot:in1", 9).hypothetical == {"batch:2", "lot:2"}


def test_backward_it_leads_to_what_ran_before() -> None:
    behind = ask(line(*THREE), "lot:3", 2, way="backward")
    assert {"lot:in1", "lot:in2"} <= behind.hypothetical


def test_a_class_of_equipment_may_be_named() -> None:
    facts = line(*THREE)
    assert not ask(facts, "lot:in1", 9, of="mixer").hypothetical
    [place] = [f for f in facts if isinstance(f, NodeFact) and f.node_id == LINE]
    mixer = NodeFact(place.label, place.node_id, SOURCE, properties={"equipment_class": "mixer"})
    known = [mixer if f is place else f for f in facts]
    assert ask(known, "lot:in1", 1, of="mixer").hypothetical


def test_runs_at_unknown_times_may_have_followed_each_other() -> None:
    assert ask(line(("1", 0, 1), ("2", None, None)), "lot:in1", 0).hypothetical


spans = st.tuples(st.none() | st.integers(0, 9), st.none() | st.integers(0, 4))


@ENOUGH
@given(
    drawn=st.lists(spans, max_size=6),
    cleanings=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), max_size=3),
    longest=st.integers(0, 5),
)
def test_the_runs_that_take_over_are_those_with_nothing_certain_between(
    drawn: list[tuple[int | None, int | None]], cleanings: list[tuple[int, int]], longest: int
) -> None:
    runs = sorted(
        Run(
            BEGIN if since is None else since,
            END if more is None else (since or 0) + more,
            NodeId(f"batch:{i}"),
        )
        for i, (since, more) in enumerate(drawn)
    )
    washed = sorted((first, first + more) for first, more in cleanings)
    expected = {
        (one.batch, other.batch)
        for one in runs
        for other in runs
        if one != other
        and other.until >= one.since
        and other.since - one.until <= longest
        and not any(
            one.until <= first and last <= other.since and one.until < other.since
            for first, last in washed
        )
        and not any(
            c > one and c.since >= one.until and c.until < other.since for c in runs if c != other
        )
    }
    found = Line(NodeId(LINE), runs, washed, longest).pairs()
    assert {(one.batch, other.batch) for one, other in found} == expected
