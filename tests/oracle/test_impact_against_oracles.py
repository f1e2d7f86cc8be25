"""Sets and common causes of random genealogies, held against networkx and brute force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.errors import InvalidQuery
from genealogy.impact.causes import CommonCauses, common_causes
from genealogy.impact.compare import compare
from genealogy.impact.evidence import Evidence
from genealogy.impact.question import CauseQuery, ComparisonQuery, Operation
from genealogy.impact.shared import SharedFlows
from genealogy.impact.statistics import benjamini_hochberg, fisher
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.trace.result import Mode, Reached, State, Trace, TraceQuery
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import Genealogy, day, flow, genealogies, genealogy
from tests.oracle.expanded import expected
from tests.oracle.test_trace_against_oracles import ENOUGH, modes, now, some_days, ways
from tests.snapshots import flows_of

Cones = dict[NodeId, dict[NodeId, int]]


def cones(drawn: Genealogy, seeds: tuple[NodeId, ...], way: str, mode: Mode) -> Cones:
    """What each seed reaches and how far off, by the time-expanded graph."""
    flows = now(drawn)
    return {
        seed: {
            **expected(drawn, flows, [seed], way, exact=mode is Mode.EXACT).distance,
            seed: 0,
        }
        for seed in seeds
    }


def told(answer: Trace) -> list[Reached]:
    """The nodes reached, without the positions of edges, whose order is not promised."""
    return [replace(reached, via=None) for reached in answer.reached]


@st.composite
def several(draw: st.DrawFn, *, least: int = 2) -> tuple[Genealogy, tuple[NodeId, ...]]:
    drawn = draw(genealogies(size=20))
    seeds = draw(st.lists(st.sampled_from(drawn.ids()), min_size=least, max_size=5, unique=True))
    return drawn, tuple(seeds)


def in_set(operation: Operation, near: Mapping[NodeId, object], cones: Cones) -> set[NodeId]:
    first, *others = cones.values()
    if operation is Operation.INTERSECTION:
        return set(first).intersection(*others)
    if operation is Operation.UNION:
        return set(first).union(*others)
    return set(first).difference(*others)


@ENOUGH
@given(several(), ways, modes, st.sampled_from(Operation))
def test_a_comparison_is_the_set_of_what_networkx_reaches(
    question: tuple[Genealogy, tuple[NodeId, ...]], way: str, mode: Mode, operation: Operation
) -> None:
    drawn, seeds = question
    near = cones(drawn, seeds, way, mode)
    query = ComparisonQuery(seeds, way, operation, mode)  # type: ignore[arg-type]
    found = compare(MemoryFlows(drawn.facts), query)
    assert compare(MemoryFlows(drawn.facts), query, flows_of(drawn.facts)) == found
    assert {hit.node_id for hit in found.hits} == in_set(operation, near, near)
    for hit in found.hits:
        told = {seeds[case]: d for case, d in zip(hit.cases, hit.distances, strict=True)}
        assert told == {s: near[s][hit.node_id] for s in seeds if hit.node_id in near[s]}


@ENOUGH
@given(several(), ways, modes, st.none() | st.integers(0, 3), st.booleans(), st.data())
def test_a_trace_over_shared_flows_is_the_trace(
    question: tuple[Genealogy, tuple[NodeId, ...]],
    way: str,
    mode: Mode,
    depth: int | None,
    expanded: bool,
    data: st.DataObject,
) -> None:
    drawn, seeds = question
    flows = MemoryFlows(drawn.facts, expanded=(lambda ids: ids[::2]) if expanded else None)
    shared = SharedFlows(flows)
    times = (day(data.draw(st.none() | some_days)), day(data.draw(st.sampled_from([None, 9]))))
    stops = tuple(data.draw(st.lists(st.sampled_from(drawn.ids()), max_size=2, unique=True)))
    for chosen in (seeds, *((seed,) for seed in seeds)):
        query = TraceQuery(chosen, way, mode, *times, stops, depth)  # type: ignore[arg-type]
        alone, together = trace(flows, query), trace(shared, query)
        assert told(together) == told(alone)
        assert set(together.edges.edge_id) == set(alone.edges.edge_id)
        assert together.completeness == alone.completeness


@ENOUGH
@given(several(), ways, modes)
def test_each_node_is_read_once_however_many_seeds_reach_it(
    question: tuple[Genealogy, tuple[NodeId, ...]], way: str, mode: Mode
) -> None:
    drawn, seeds = question
    flows = MemoryFlows(drawn.facts)
    compare(flows, ComparisonQuery(seeds, way, mode=mode))  # type: ignore[arg-type]
    for asked in (f"edges {way}", "edges forward", "edges backward"):
        read = [n for name, nodes in flows.calls if name == asked for n in nodes]
        assert len(read) == len(set(read))


@ENOUGH
@given(several(), st.integers(1, 4), modes)
def test_coverage_and_p_values_are_those_of_what_networkx_reaches(
    question: tuple[Genealogy, tuple[NodeId, ...]], cut: int, mode: Mode
) -> None:
    drawn, seeds = question
    cases, goods = seeds[:cut], seeds[cut:]
    near = cones(drawn, seeds, "backward", mode)
    parties = set(drawn.ids(Label.PARTY))
    every = set().union(*near.values()) - parties
    hits = {n: ([c for c in cases if n in near[c]], [g for g in goods if n in near[g]])
            for n in every}  # fmt: skip
    found = common_causes(MemoryFlows(drawn.facts), CauseQuery(cases, goods, mode, listed=10_000))
    told = {
        c.ranked.subject.value: c.ranked
        for c in found.candidates
        if c.ranked.subject.since is None and c.ranked.subject.kind != "supplier"
    }
    assert told.keys() == {n for n, (bad, _) in hits.items() if bad}
    for node, one in told.items():
        bad, good = hits[NodeId(node)]
        assert [cases[i] for i in one.cases] == bad
        assert [goods[i] for i in one.goods] == good
        assert one.distance == pytest.approx(sum(near[c][NodeId(node)] for c in bad) / len(bad))
        if goods:
            assert one.p_value == fisher(len(bad), len(cases), len(good), len(goods))
        else:
            assert (one.p_value, one.q_value, one.lift) == (None, None, None)


@ENOUGH
@given(several(), st.integers(1, 4), modes, st.none() | st.integers(0, 3), st.data())
def test_every_proof_is_a_walk_of_recorded_edges_from_the_case_to_the_candidate(
    question: tuple[Genealogy, tuple[NodeId, ...]],
    cut: int,
    mode: Mode,
    depth: int | None,
    data: st.DataObject,
) -> None:
    drawn, seeds = question
    stops = tuple(data.draw(st.lists(st.sampled_from(drawn.ids()), max_size=2, unique=True)))
    until = day(data.draw(st.none() | some_days))
    query = CauseQuery(seeds[:cut], seeds[cut:], mode, until, stops=stops, max_depth=depth)
    found = common_causes(MemoryFlows(drawn.facts), query)
    for candidate in found.candidates:
        assert [e.case for e in candidate.evidence] == list(candidate.ranked.cases)
        for proof in candidate.evidence:
            at = found.cases[proof.case].node_id
            for node, edge in proof.path:
                assert {found.edges.source[edge], found.edges.target[edge]} == {at, node}
                at = node
            assert at == proof.node_id
            assert len(proof.path) == proof.distance
            if candidate.ranked.subject.value in drawn.ids(Label.LOT):
                assert at == candidate.ranked.subject.value


@ENOUGH
@given(several(), st.integers(1, 4), modes, st.none() | st.integers(0, 3))
def test_over_a_snapshot_causes_are_those_over_the_database(
    question: tuple[Genealogy, tuple[NodeId, ...]], cut: int, mode: Mode, depth: int | None
) -> None:
    drawn, seeds = question
    query = CauseQuery(seeds[:cut], seeds[cut:], mode, max_depth=depth, listed=10_000)
    flows, copied = MemoryFlows(drawn.facts), flows_of(drawn.facts)
    try:
        asked = common_causes(flows, query)
    except InvalidQuery as why:
        with pytest.raises(InvalidQuery, match=why.error_code):
            common_causes(flows, query, copied)
        return
    assert proven(common_causes(flows, query, copied)) == proven(asked)


def proven(found: CommonCauses) -> object:
    """All that an answer says, edges by their ids: their places are not promised."""
    return (
        [
            (one.ranked, one.volume, one.timing, [steps(found, proof) for proof in one.evidence])
            for one in found.candidates
        ],
        (found.cases, found.goods, found.found, found.tested, found.parts, found.completeness),
        sorted(found.edges.edge_id),
        found.rows,
    )


def steps(found: CommonCauses, proof: Evidence) -> tuple[object, ...]:
    path = [(node, found.edges.edge_id[edge]) for node, edge in proof.path]
    return proof.case, proof.node_id, proof.distance, proof.contributed, path


def test_a_question_of_what_is_in_force_is_answered_from_the_snapshot_alone() -> None:
    drawn = cut_and_whole()
    flows = MemoryFlows(drawn.facts)
    cases = (NodeId("lot:a"), NodeId("lot:b"))
    common_causes(flows, CauseQuery(cases, ()), flows_of(drawn.facts))
    assert not [name for name, _ in flows.calls if name.startswith("edges")]
    known = CauseQuery(cases, (), known_at=day(9))
    assert proven(common_causes(flows, known, flows_of(drawn.facts))) == proven(
        common_causes(flows, known)
    )


@ENOUGH
@given(several(), st.integers(1, 4))
def test_ranks_rise_with_evidence_and_do_not_depend_on_the_order_of_cases(
    question: tuple[Genealogy, tuple[NodeId, ...]], cut: int
) -> None:
    drawn, seeds = question
    flows = MemoryFlows(drawn.facts)
    one = common_causes(flows, CauseQuery(seeds[:cut], seeds[cut:]))
    other = common_causes(flows, CauseQuery(seeds[:cut][::-1], seeds[cut:][::-1]))
    ranks = [c.ranked.rank for c in one.candidates]
    assert ranks == sorted(ranks)
    assert [c.ranked.subject for c in one.candidates] == [
        c.ranked.subject for c in other.candidates
    ]
    if seeds[cut:]:
        p_values = [c.ranked.p_value or 0.0 for c in one.candidates]
        assert p_values == sorted(p_values)
        q_values = [c.ranked.q_value or 0.0 for c in one.candidates]
        assert all(q >= p for p, q in zip(p_values, q_values, strict=True))
        assert q_values == sorted(q_values)
        assert min(q_values, default=1.0) >= min(benjamini_hochberg(p_values), default=0.0)


@ENOUGH
@given(several(), st.integers(1, 4), modes)
def test_a_snapshot_ranks_causes_as_the_database_does(
    question: tuple[Genealogy, tuple[NodeId, ...]], cut: int, mode: Mode
) -> None:
    """Also vessels between two times, for which it counts until when each node contributed."""
    drawn, seeds = question
    query = CauseQuery(seeds[:cut], seeds[cut:], mode, listed=10_000)
    source = MemoryFlows(drawn.facts)
    one, other = (common_causes(source, query, way) for way in (None, flows_of(drawn.facts)))
    assert [(c.ranked, c.volume, c.timing) for c in one.candidates] == [
        (c.ranked, c.volume, c.timing) for c in other.candidates
    ]
    proofs = [
        [(e.case, e.node_id, e.distance, e.contributed) for c in found.candidates
         for e in c.evidence]
        for found in (one, other)
    ]  # fmt: skip
    assert proofs[0] == proofs[1]
    assert (one.parts, one.found, one.tested) == (other.parts, other.found, other.tested)


def cut_and_whole() -> Genealogy:
    flows = [flow(Flow.RELABELLED_AS, f"lot:{a}", f"lot:{b}") for a, b in product("xy", "ab")]
    return genealogy([*flows, flow(Flow.RELABELLED_AS, "lot:z", "lot:x")])


def test_a_comparison_of_truncated_traces_says_so() -> None:
    cases = (NodeId("lot:a"), NodeId("lot:b"))
    flows = MemoryFlows(cut_and_whole().facts)
    cut = compare(flows, ComparisonQuery(cases, "backward", max_depth=1))
    assert cut.completeness.state is State.TRUNCATED
    assert [part.state for part in cut.parts] == [State.TRUNCATED, State.TRUNCATED]
    whole = compare(flows, ComparisonQuery(cases, "backward"))
    assert not whole.completeness.frontiers


def test_a_hundred_seeds_cost_queries_by_depth_and_not_by_seed() -> None:
    wide = genealogy(
        flow(Flow.RELABELLED_AS, f"lot:{a}-{i}", f"lot:{a + 1}-{i}") for a in range(5)
        for i in range(100)
    )  # fmt: skip
    flows = MemoryFlows(wide.facts)
    seeds = tuple(NodeId(f"lot:5-{i}") for i in range(100))
    found = compare(flows, ComparisonQuery(seeds, "backward", Operation.UNION))
    assert len(found.hits) == 600
    assert sum(name == "edges backward" for name, _ in flows.calls) < 10
