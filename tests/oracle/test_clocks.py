"""Clocks that may be off: traces by them, held against the graph of days."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import OTHER, SOURCE, Genealogy, flow, genealogies, genealogy
from tests.oracle.expanded import expected
from tests.oracle.test_trace_against_oracles import found, modes, nodes_of, now, ways
from tests.oracle.test_vessels import AT_VESSELS

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "80")), deadline=None)
Way = Literal["forward", "backward"]
off_by = st.fixed_dictionaries(
    {}, optional={SOURCE.system: st.integers(0, 2), OTHER.system: st.integers(0, 2)}
)
drawn_any = genealogies() | genealogies(only=AT_VESSELS, size=10)


@ENOUGH
@given(drawn=drawn_any, way=ways, mode=modes, slack=off_by, data=st.data())
def test_each_edge_may_have_passed_as_much_earlier_or_later_as_its_clock_is_off(
    drawn: Genealogy, way: Way, mode: Mode, slack: dict[str, int], data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(drawn.ids()))
    asked = TraceQuery((seed,), way, mode, clock_tolerance=tolerance(slack))
    answer = trace(MemoryFlows(drawn.facts), asked)
    graph = expected(drawn, now(drawn), [seed], way, exact=mode is Mode.EXACT, slack=slack)
    assert found(answer).distance == graph.distance
    assert found(answer).edges == graph.edges
    told = {f.fact_id: (f.occurred_at, f.valid_from, f.valid_to) for f in drawn.flows}
    plain = trace(MemoryFlows(drawn.facts), replace(asked, mode=Mode.CONSERVATIVE))
    assert nodes_of(answer) <= nodes_of(plain)
    assert len(answer.edges.edge_id) <= len(told)


@ENOUGH
@given(drawn=drawn_any, way=ways, mode=modes, slack=off_by, data=st.data())
def test_an_answer_never_shrinks_when_clocks_may_be_off(
    drawn: Genealogy, way: Way, mode: Mode, slack: dict[str, int], data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(drawn.ids()))
    as_of = data.draw(st.none() | st.sampled_from([f.occurred_at for f in drawn.flows] or [None]))
    sure = TraceQuery((seed,), way, mode, as_of)
    known = trace(MemoryFlows(drawn.facts), sure)
    wide = trace(MemoryFlows(drawn.facts), replace(sure, clock_tolerance=tolerance(slack)))
    assert nodes_of(known) <= nodes_of(wide)
    assert shown(known).items() <= shown(wide).items()


def test_an_end_before_its_start_stays_unknown_where_a_clock_could_set_it_right() -> None:
    drawn = genealogy(
        [
            flow(Flow.SUPPLIED, "party:S", "lot:A", 5),
            flow(Flow.RELABELLED_AS, "lot:A", "lot:B", None, start=2, end=1),
        ]
    )
    query = TraceQuery((NodeId("party:S"),), "forward", clock_tolerance=tolerance({"tests": 1}))
    assert nodes_of(trace(MemoryFlows(drawn.facts), query)) == {"party:S", "lot:A", "lot:B"}


def shown(answer: object) -> dict[str, tuple[object, ...]]:
    """The edges of an answer with their ends and times: as recorded, whatever the clocks."""
    rows = answer.edges  # type: ignore[attr-defined]
    told = (rows.source, rows.target, rows.occurred_at, rows.valid_from, rows.valid_to)
    return dict(zip(rows.edge_id, zip(*told, strict=True), strict=True))


def tolerance(slack: dict[str, int]) -> tuple[tuple[str, timedelta], ...]:
    return tuple((system, timedelta(days=days)) for system, days in slack.items())
