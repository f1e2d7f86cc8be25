"""Witness paths: shortest, possible in time, and readable edge by edge."""

from __future__ import annotations

import pytest

from genealogy.errors import NotFound
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.trace.witness import Hop, hops, witness
from tests.genealogies import flow, genealogy
from tests.unit.trace.following import follow, path

RELABEL = Flow.RELABELLED_AS


def test_the_witness_of_a_later_node_goes_by_the_arrival_that_could_lead_there() -> None:
    """The direct way to B is shorter but too late for C, which needs the way round by A."""
    drawn = genealogy(
        [
            flow(RELABEL, "lot:S", "lot:B", 5),
            flow(RELABEL, "lot:S", "lot:A", 1),
            flow(RELABEL, "lot:A", "lot:B", 2),
            flow(RELABEL, "lot:B", "lot:C", 3),
        ]
    )
    answer = follow(drawn, "lot:S")
    assert path(answer, "lot:B") == ["lot:S", "lot:B"]
    assert path(answer, "lot:C") == ["lot:S", "lot:A", "lot:B", "lot:C"]
    assert {r.node_id: r.distance for r in answer.reached}["lot:C"] == 3


def test_the_same_holds_for_a_container_with_two_stays() -> None:
    stay = Flow.CONTAINED_IN
    drawn = genealogy(
        [
            flow(stay, "lot:S", "unit:T", start=5, end=6),
            flow(RELABEL, "lot:S", "lot:A", 1),
            flow(stay, "lot:A", "unit:T", start=2, end=3),
            flow(Flow.SHIPPED_IN, "unit:T", "shipment:1", 3),
        ]
    )
    assert path(follow(drawn, "lot:S"), "shipment:1") == ["lot:S", "lot:A", "unit:T", "shipment:1"]


def test_hops_tell_whether_they_go_with_the_material() -> None:
    drawn = genealogy([flow(RELABEL, "lot:A", "lot:B", 1), flow(RELABEL, "lot:B", "lot:C", 2)])
    ahead = hops(follow(drawn, "lot:A"), NodeId("lot:C"))
    assert [(h.before, h.after, h.downstream) for h in ahead] == [
        ("lot:A", "lot:B", True),
        ("lot:B", "lot:C", True),
    ]
    behind = hops(follow(drawn, "lot:C", way="backward"), NodeId("lot:B"))
    assert behind == (Hop(behind[0].edge, NodeId("lot:C"), NodeId("lot:B"), False),)


def test_a_content_of_a_seed_is_found_against_the_flow_and_followed_with_it() -> None:
    drawn = genealogy(
        [
            flow(Flow.CONTAINED_IN, "lot:A", "unit:T", start=1),
            flow(Flow.CONSUMED_BY, "lot:A", "batch:1", 2),
        ]
    )
    walk = hops(follow(drawn, "unit:T"), NodeId("batch:1"))
    assert [(h.after, h.downstream) for h in walk] == [("lot:A", False), ("batch:1", True)]


def test_a_seed_needs_no_witness_and_a_stranger_has_none() -> None:
    drawn = genealogy([flow(RELABEL, "lot:A", "lot:B", 1)], more=["lot:X"])
    answer = follow(drawn, "lot:A")
    assert witness(answer, NodeId("lot:A")) == ()
    with pytest.raises(NotFound):
        witness(answer, NodeId("lot:X"))
    with pytest.raises(NotFound):
        witness(answer, NodeId("lot:B"), "backward")


def test_a_node_reached_both_ways_has_a_witness_each_way() -> None:
    drawn = genealogy(
        [
            flow(RELABEL, "lot:A", "lot:B", 3),
            flow(RELABEL, "lot:B", "lot:C", 1),
            flow(RELABEL, "lot:C", "lot:A", 2),
        ]
    )
    answer = follow(drawn, "lot:A", way="both")
    assert path(answer, "lot:B") == ["lot:A", "lot:B"]
    assert path(answer, "lot:B", direction="backward") == ["lot:A", "lot:C", "lot:B"]


def test_of_equal_ways_the_one_with_the_smaller_edge_id_is_told() -> None:
    flows = [flow(RELABEL, "lot:A", "lot:B", 1, name=name) for name in "zay"]
    answer = follow(genealogy(flows), "lot:A")
    [edge] = witness(answer, NodeId("lot:B"))
    assert answer.edges.edge_id[edge].endswith("a")
