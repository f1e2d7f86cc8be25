"""A trace over a snapshot answers what the trace over the database's port answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genealogy.errors import InvalidQuery, NotFound
from genealogy.model.facts import NodeId
from genealogy.snapshot import compiled
from genealogy.snapshot.trace import trace as trace_on
from genealogy.trace import walk
from genealogy.trace.result import Mode, Trace, TraceQuery
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import Genealogy, genealogies
from tests.oracle.test_trace_against_oracles import questions, shown
from tests.snapshots import snapshot_of

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


@ENOUGH
@given(question=questions(), way=ways, mode=modes, data=st.data())
def test_a_snapshot_answers_what_its_source_answers(
    kernel: None, question: tuple[Genealogy, tuple[NodeId, ...]], way: Any, mode: Mode, data: Any
) -> None:
    drawn, seeds = question
    stops = tuple(data.draw(st.lists(st.sampled_from(drawn.ids()), max_size=2, unique=True)))
    depth = data.draw(st.none() | st.integers(0, 4))
    query = TraceQuery(seeds, way, mode, stops=stops, max_depth=depth)
    source = MemoryFlows(drawn.facts)
    content = snapshot_of(drawn.facts)
    found = outcome(lambda: trace_on(content, source, query))
    if found is None:
        assert apart(drawn)
        return
    assert found == outcome(lambda: trace(source, query))
    # The columns of the walk are used again: nothing of the first may show in the second.
    assert found == outcome(lambda: trace_on(content, source, query))


@ENOUGH
@given(drawn=genealogies(), way=ways, data=st.data())
def test_one_snapshot_answers_question_after_question(
    kernel: None, drawn: Genealogy, way: Any, data: Any
) -> None:
    source, content = MemoryFlows(drawn.facts), snapshot_of(drawn.facts)
    for seed in data.draw(st.lists(st.sampled_from(drawn.ids()), min_size=2, max_size=5)):
        query = TraceQuery((seed,), way)
        found = outcome(lambda q=query: trace_on(content, source, q))
        assert found == outcome(lambda q=query: trace(source, q)) or apart(drawn)


def apart(drawn: Genealogy) -> bool:
    """Whether any vessel was cleaned."""
    return bool(drawn.links)
