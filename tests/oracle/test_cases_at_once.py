"""Many cases swept at once reach what the trace of each reaches by itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from genealogy.impact.causes import common_causes
from genealogy.impact.question import CauseQuery
from genealogy.model.facts import NodeId
from genealogy.model.names import WALKED, Flow, Label
from genealogy.snapshot import cases as at_once
from genealogy.snapshot import compiled
from genealogy.snapshot.cases import upstream
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import Genealogy, flow, genealogies, genealogy
from tests.snapshots import flows_of, snapshot_of

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "60")), deadline=None)
TAME = tuple(
    f
    for f in Flow
    if f in WALKED and f not in (Flow.CONTAINED_IN, Flow.LOADED_INTO, Flow.DRAWN_FROM)
)
MOVING = (Label.LOT, Label.ITEM, Label.BATCH, Label.SHIPMENT)


@pytest.fixture(params=["plain", "compiled"])
def ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps run as plain Python, or compiled."""
    if request.param == "compiled":
        pytest.importorskip("numba")
        monkeypatch.setattr(at_once, "_runner", lambda _: compiled.sweeps().__getitem__)
    else:
        monkeypatch.setattr(at_once, "_runner", lambda _: lambda name: getattr(at_once.sweep, name))


def swept(drawn: Genealogy, cases: Sequence[Sequence[NodeId]], mode: Mode) -> Any:
    """By node the cases it is upstream of; null where they cannot be swept."""
    content = snapshot_of(drawn.facts)
    numbers = content.nodes.number([seed for case in cases for seed in case])
    found = upstream(content, [[numbers[seed] for seed in case] for case in cases], mode)
    if found is None:
        return None
    ids = content.nodes.ids.pick(found.nodes)
    sets = [
        {i for i in range(len(cases)) if int(row[i // 64]) >> (i % 64) & 1} for row in found.cases
    ]
    assert [len(one) for one in sets] == found.counts().tolist()
    assert all(sets)
    return dict(zip(ids, sets, strict=True))


def one_by_one(drawn: Genealogy, cases: Sequence[Sequence[NodeId]], mode: Mode) -> Any:
    source, found = MemoryFlows(drawn.facts), dict[str, set[int]]()
    for i, case in enumerate(cases):
        for node_id in trace(source, TraceQuery(tuple(case), "backward", mode)).node_ids():
            found.setdefault(node_id, set()).add(i)
    return found


@st.composite
def asked(draw: st.DrawFn, **kinds: Any) -> tuple[Genealogy, list[list[NodeId]], Mode]:
    drawn = draw(genealogies(**kinds))
    known = drawn.ids(*MOVING)
    some = st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)
    return drawn, draw(st.lists(some, min_size=1, max_size=4)), draw(st.sampled_from(Mode))


@pytest.mark.parametrize("wide", [0.0, 2.0])
@pytest.mark.usefixtures("ways")
@ENOUGH
@given(question=asked(only=TAME, size=18))
def test_cases_swept_at_once_reach_what_each_reaches_by_itself(
    question: tuple[Genealogy, list[list[NodeId]], Mode], wide: float
) -> None:
    before, at_once.WIDE = at_once.WIDE, wide
    try:
        found = swept(*question)
    finally:
        at_once.WIDE = before
    event("swept" if found is not None else "left to single walks")
    if found is not None:
        assert found == one_by_one(*question)


@pytest.mark.usefixtures("ways")
@ENOUGH
@given(question=asked(only=TAME, size=18), cut=st.integers(1, 3))
def test_common_causes_have_the_same_cases_upstream(
    question: tuple[Genealogy, list[list[NodeId]], Mode], cut: int
) -> None:
    """The command walks case by case, for it tells more; whom it hits is the same."""
    drawn, cases, mode = question
    nodes = list(dict.fromkeys(node for case in cases for node in case))
    found = swept(drawn, [[node] for node in nodes], mode)
    if found is None:
        return
    query = CauseQuery(tuple(nodes[:cut]), tuple(nodes[cut:]), mode, listed=10_000)
    answer = common_causes(MemoryFlows(drawn.facts), query, flows_of(drawn.facts))
    parties = set(drawn.ids(Label.PARTY))
    told = {
        c.ranked.subject.value: {*c.ranked.cases, *(cut + good for good in c.ranked.goods)}
        for c in answer.candidates
        if c.ranked.subject.since is None and c.ranked.subject.value not in parties
    }
    bad = set(range(cut))
    assert told == {n: hit for n, hit in found.items() if hit & bad and n not in parties}


@pytest.mark.usefixtures("ways")
@ENOUGH
@given(question=asked())
def test_what_cannot_be_swept_is_told_and_the_rest_is_right(
    question: tuple[Genealogy, list[list[NodeId]], Mode],
) -> None:
    found = swept(*question)
    event("swept" if found is not None else "left to single walks")
    if found is not None:
        assert found == one_by_one(*question)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.usefixtures("ways")
def test_more_cases_than_bits_go_through_one_after_the_other(mode: Mode) -> None:
    drawn = genealogy(
        flow(Flow.RELABELLED_AS, f"lot:{i:03}", f"lot:{i + 1:03}", i // 30) for i in range(150)
    )
    cases = [[NodeId(f"lot:{i:03}")] for i in range(1, 151)]
    found = swept(drawn, cases, mode)
    assert found == one_by_one(drawn, cases, mode)
    assert max(map(len, found.values())) > 64


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("at", [None, 1])
@pytest.mark.usefixtures("ways")
def test_a_loop_hands_on_what_came_to_any_lot_of_it(mode: Mode, at: int | None) -> None:
    ring = [f"lot:{i}" for i in range(7)]
    steps = [*zip(ring, ring[1:] + ring[:1], strict=True), ("lot:3", "lot:out")]
    drawn = genealogy(
        flow(Flow.RELABELLED_AS, source, target, at, name=target) for source, target in steps
    )
    cases = [[NodeId("lot:out")], [NodeId("lot:5")], [NodeId("lot:0")]]
    found = swept(drawn, cases, mode)
    assert found == one_by_one(drawn, cases, mode)
    assert found["lot:1"] == {0, 1, 2}


@pytest.mark.usefixtures("ways")
def test_batches_mixed_as_a_whole_are_left_to_single_walks_where_times_count() -> None:
    drawn = genealogy(
        [flow(Flow.CONSUMED_BY, "lot:a", "batch:1", 3), flow(Flow.PRODUCED, "batch:1", "lot:b", 1)],
        properties={"batch:1": {"mixing": "whole"}},
    )
    assert swept(drawn, [[NodeId("lot:b")]], Mode.EXACT) is None
    assert set(swept(drawn, [[NodeId("lot:b")]], Mode.CONSERVATIVE)) == {
        "lot:a",
        "batch:1",
        "lot:b",
    }


@pytest.mark.usefixtures("ways")
def test_the_same_columns_serve_one_question_after_the_other() -> None:
    drawn = genealogy(flow(Flow.RELABELLED_AS, f"lot:{i}", f"lot:{i + 1}", i) for i in range(6))
    content = snapshot_of(drawn.facts)
    for _ in range(2):
        for mode in Mode:
            for last in range(7):
                found = upstream(content, [[last], [0]], mode)
                assert found is not None
                assert np.sort(found.nodes).tolist() == list(range(last + 1))


def test_a_chain_of_fifty_thousand_is_swept() -> None:
    pytest.importorskip("numba")
    drawn = genealogy(
        flow(Flow.RELABELLED_AS, f"lot:{i:06}", f"lot:{i + 1:06}") for i in range(50_000)
    )
    found = upstream(snapshot_of(drawn.facts), [[50_000], [25_000]], Mode.EXACT)
    assert found is not None
    assert found.counts().sum() == 75_002
