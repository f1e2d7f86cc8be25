"""Questions that cannot be asked, and how often the source is asked for an answer."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from genealogy.errors import InvalidQuery, NotFound
from genealogy.model.facts import FlowFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label
from genealogy.model.times import iso
from genealogy.trace.result import Mode, TraceDirection, TraceQuery
from genealogy.trace.run import trace
from tests.fakes import LOADED_AT, MemoryFlows
from tests.genealogies import DAY_ZERO, SOURCE, chain, flow, genealogy
from tests.unit.trace.following import follow, gaps

PAIR = genealogy([flow(Flow.RELABELLED_AS, "lot:A", "lot:B", 1)])
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - a time without zone is what is tested


@pytest.mark.parametrize(
    ("seeds", "limits", "code"),
    [
        ((), {}, "no_seeds"),
        (("lot:A",), {"max_depth": -1}, "negative_depth"),
        (("lot:A",), {"as_of": NAIVE}, "time_without_zone"),
        (("lot:A",), {"known_at": NAIVE}, "time_without_zone"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(seeds: tuple, limits: dict, code: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        follow(PAIR, *seeds, **limits)
    assert refused.value.error_code == code
    for language in ("en", "zh"):
        assert refused.value.message(language)
        assert refused.value.hint(language)


def test_an_unknown_seed_is_never_answered() -> None:
    with pytest.raises(NotFound) as refused:
        follow(PAIR, "lot:A", "lot:nowhere")
    assert refused.value.params["text"] == "lot:nowhere"


@pytest.mark.parametrize("way", ["forward", "backward", "both"])
def test_a_seed_that_was_not_known_then_is_never_answered(way: str) -> None:
    first = PAIR.flows[0].recorded_at or LOADED_AT
    with pytest.raises(NotFound) as refused:
        follow(PAIR, "lot:A", way=way, known_at=first - timedelta(seconds=1))
    assert refused.value.error_code == "not_known_then"
    assert refused.value.params["first"] == iso(first)
    for language in ("en", "zh"):
        assert iso(first) in refused.value.message(language)
        assert refused.value.hint(language)


@pytest.mark.parametrize("way", ["forward", "backward", "both"])
@pytest.mark.parametrize("label", [Label.PRODUCT, Label.QUALITY_EVENT, Label.EVENT])
def test_a_seed_that_no_material_passes_through_is_never_answered(label: Label, way: str) -> None:
    still = NodeId("still:1")
    source = MemoryFlows([*PAIR.facts, NodeFact(label, still, SOURCE)])
    with pytest.raises(InvalidQuery) as refused:
        trace(source, TraceQuery((NodeId("lot:A"), still), way))
    assert refused.value.error_code == "still_seed"
    for language in ("en", "zh"):
        assert "still:1" in refused.value.message(language)
        assert refused.value.hint(language)


@pytest.mark.parametrize("way", ["forward", "backward", "both"])
@pytest.mark.parametrize("seed", ["party:idle", "place:line"])
def test_a_party_or_place_without_any_flow_is_not_answered_as_if_nothing_came_of_it(
    seed: str, way: str
) -> None:
    drawn = genealogy(PAIR.flows, more=[seed])
    assert gaps(follow(drawn, seed, way=way, as_of=DAY_ZERO)) == [("without_flows", seed)]
    assert gaps(follow(drawn, seed, way=way)) == [("without_flows", seed)]


def test_a_party_that_only_receives_is_the_end_of_what_it_received() -> None:
    drawn = genealogy([flow(Flow.DELIVERED_TO, "shipment:1", "party:C", 1)])
    assert gaps(follow(drawn, "party:C")) == []


def test_a_seed_is_known_from_the_moment_it_was_recorded() -> None:
    first = PAIR.flows[0].recorded_at or LOADED_AT
    assert len(follow(PAIR, "lot:A", known_at=first).reached) == 2


@pytest.mark.parametrize("way", ["forward", "backward"])
def test_each_node_is_asked_for_its_edges_once(way: str) -> None:
    drawn = genealogy(
        flow(Flow.RELABELLED_AS, f"lot:{a}", f"lot:{b}", t)
        for a, b, t in [(1, 2, 5), (1, 3, 1), (3, 2, 2), (2, 1, 3), (2, 4, 3)]
    )
    source = MemoryFlows(drawn.facts)
    trace(source, TraceQuery((NodeId("lot:1"),), way))
    asked = Counter(n for call, ids in source.calls if call.startswith("edges") for n in ids)
    assert set(asked.values()) == {1}


@pytest.mark.parametrize(
    ("first", "ends"),
    [
        # Only from a vessel anything is drawn; what is used may be a lot or not.
        (flow(Flow.DRAWN_FROM, "place:first", "batch:1"), []),
        (flow(Flow.CONSUMED_BY, "item:first", "batch:1"), [("item:first",)]),
    ],
)
def test_what_nodes_are_is_asked_for_seeds_and_for_open_ends_of_which_no_edge_tells_it(
    first: FlowFact, ends: list[tuple[str, ...]]
) -> None:
    made = flow(Flow.PRODUCED, "batch:1", "lot:000000")
    source = MemoryFlows(genealogy([first, made, *chain(20).flows]).facts)
    trace(source, TraceQuery((NodeId("lot:000020"),), "backward"))
    asked = [ids for call, ids in source.calls if call == "kinds"]
    assert asked == [("lot:000020",), *ends]
    assert not any(call == "nodes" for call, _ in source.calls)


def test_one_call_a_level() -> None:
    source = MemoryFlows(chain(20).facts)
    trace(source, TraceQuery((NodeId("lot:000000"),), "forward"))
    assert sum(call == "edges forward" for call, _ in source.calls) == 21


def test_a_whole_closure_leaves_nothing_to_ask() -> None:
    source = MemoryFlows(chain(20).facts, expanded=lambda nodes: nodes)
    answer = trace(source, TraceQuery((NodeId("lot:000000"),), "forward"))
    assert len(answer.reached) == 21
    assert not any(call.startswith("edges") for call, _ in source.calls)


@pytest.mark.parametrize("way", ["forward", "backward", "both"])
def test_a_closure_is_asked_for_once_in_each_direction(way: TraceDirection) -> None:
    source = MemoryFlows(chain(5).facts, expanded=lambda nodes: nodes)
    seeds = (NodeId("lot:000002"), NodeId("lot:000001"))
    trace(source, TraceQuery(seeds, way))
    asked = [call for call in source.calls if call[0].startswith("closure")]
    ways = ["forward", "backward"] if way == "both" else [way]
    assert asked == [(f"closure {one}", tuple(sorted(seeds))) for one in ways]


def test_with_stops_or_a_depth_no_closure_is_asked_for() -> None:
    source = MemoryFlows(chain(20).facts, expanded=lambda nodes: nodes)
    for limits in ({"stops": (NodeId("lot:000003"),)}, {"max_depth": 3}):
        trace(source, TraceQuery((NodeId("lot:000000"),), "forward", **limits))
    assert not any(call.startswith("closure") for call, _ in source.calls)


def test_parties_are_never_asked_what_they_supply() -> None:
    drawn = genealogy(
        [
            flow(Flow.SHIPPED_IN, "lot:A", "shipment:1", 1),
            flow(Flow.DELIVERED_TO, "shipment:1", "party:C", 2),
        ]
    )
    source = MemoryFlows(drawn.facts)
    trace(source, TraceQuery((NodeId("lot:A"),), "forward", Mode.CONSERVATIVE))
    assert not any("party:C" in ids for call, ids in source.calls if call.startswith("edges"))


def test_progress_is_told_after_each_level() -> None:
    told: list[tuple[int, int]] = []
    query = TraceQuery((NodeId("lot:000000"),), "forward")
    trace(MemoryFlows(chain(3).facts), query, progress=lambda *counts: told.append(counts))
    assert told == [(1, 1), (2, 2), (3, 3), (4, 3)]
