"""What an answer says: order, exposure, both ways, the time axes, and what it lacks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from genealogy.model.names import Flow
from genealogy.trace.result import Mode, State
from tests.genealogies import day, flow, genealogy
from tests.unit.trace.following import exposures, follow, frontiers, gaps, loosely, reached

USED, MADE, SHIPPED, TO = (
    Flow.CONSUMED_BY,
    Flow.PRODUCED,
    Flow.SHIPPED_IN,
    Flow.DELIVERED_TO,
)
LINE = genealogy(
    [
        flow(Flow.SUPPLIED, "party:S", "lot:raw", 0),
        flow(USED, "lot:raw", "batch:1", 1),
        flow(MADE, "batch:1", "lot:end", 2),
        flow(SHIPPED, "lot:end", "shipment:1", 3),
        flow(TO, "shipment:1", "party:C", 4),
    ]
)


def test_seeds_come_first_then_distance_then_id() -> None:
    answer = follow(LINE, "lot:end", "lot:raw")
    assert [(r.node_id, r.distance) for r in answer.reached] == [
        ("lot:end", 0),
        ("lot:raw", 0),
        ("batch:1", 1),
        ("shipment:1", 1),
        ("party:C", 2),
    ]


def test_a_seed_named_twice_is_one_seed() -> None:
    assert [r.node_id for r in follow(LINE, "party:C", "party:C").reached] == ["party:C"]


def test_both_directions_share_the_seed_and_keep_their_own_nodes() -> None:
    answer = follow(LINE, "batch:1", way="both")
    told = {r.node_id: (r.direction, r.distance) for r in answer.reached}
    assert told == {
        "batch:1": ("seed", 0),
        "lot:end": ("forward", 1),
        "shipment:1": ("forward", 2),
        "party:C": ("forward", 3),
        "lot:raw": ("backward", 1),
        "party:S": ("backward", 2),
    }
    assert [r.distance for r in answer.reached] == [0, 1, 1, 2, 2, 3]


def test_exposure_is_first_forward_and_last_backward() -> None:
    drawn = genealogy([flow(USED, "lot:A", "batch:1", t) for t in (3, 5)])
    assert exposures(follow(drawn, "lot:A")) == {"batch:1": 3}
    assert exposures(follow(drawn, "batch:1", way="backward")) == {"lot:A": 5}


def test_exposure_is_null_when_no_time_on_the_way_is_known() -> None:
    drawn = genealogy([flow(USED, "lot:A", "batch:1"), flow(MADE, "batch:1", "lot:B", 2)])
    assert exposures(follow(drawn, "lot:A")) == {"batch:1": None, "lot:B": 2}


def test_conservative_exposure_is_the_time_of_the_earliest_edge_in() -> None:
    drawn = genealogy([flow(USED, "lot:A", "batch:1", 4), flow(MADE, "batch:1", "lot:B", 2)])
    answer = follow(drawn, "lot:A", mode=Mode.CONSERVATIVE)
    assert exposures(answer) == {"batch:1": 4, "lot:B": 2}


def test_a_seed_to_which_nothing_had_happened_yet_is_no_finished_answer() -> None:
    before = follow(LINE, "lot:end", "lot:raw", as_of=day(0), way="both")
    assert gaps(before) == [("lot_without_origin", "lot:end"), ("not_begun", "lot:end")]
    assert before.completeness.state is State.GAPS


def test_a_seed_with_a_past_but_nothing_ahead_yet_is_finished() -> None:
    supplied = follow(LINE, "lot:raw", as_of=day(0))
    assert (len(supplied.reached), supplied.completeness.state) == (1, State.COMPLETE)


def test_a_seed_that_never_moved_is_not_said_to_begin_later() -> None:
    lone = genealogy([flow(USED, "lot:A", "batch:1", 1)], more=["lot:B"])
    assert gaps(follow(lone, "lot:B", as_of=day(0))) == []


def test_a_flow_without_time_may_have_happened_by_then() -> None:
    drawn = genealogy([flow(USED, "batch:1", "batch:1"), flow(MADE, "batch:1", "lot:B", 2)])
    assert ("not_begun", "batch:1") not in gaps(follow(drawn, "batch:1", as_of=day(0)))


def test_edges_are_those_that_carried_the_trace() -> None:
    drawn = genealogy(
        [
            flow(USED, "lot:A", "batch:1", 3),
            flow(USED, "lot:other", "batch:1", 3),
            flow(MADE, "batch:1", "lot:B", 4),
            flow(MADE, "batch:1", "lot:B", 2),
        ]
    )
    answer = follow(drawn, "lot:A")
    assert list(zip(answer.edges.source, answer.edges.target, strict=True)) == [
        ("lot:A", "batch:1"),
        ("batch:1", "lot:B"),
    ]
    assert answer.edges.edge_id == sorted(answer.edges.edge_id)


def test_as_of_a_day_later_events_have_not_happened() -> None:
    answer = follow(LINE, "lot:raw", as_of=day(2))
    assert set(exposures(answer)) == {"batch:1", "lot:end"}


def test_as_of_a_day_on_the_way_the_consignee_is_reached_without_receipt() -> None:
    drawn = genealogy(
        [
            flow(SHIPPED, "lot:A", "shipment:1", 1),
            flow(TO, "shipment:1", "party:C", 4, start=1),
        ]
    )
    answer = follow(drawn, "lot:A", as_of=day(2))
    assert exposures(answer)["party:C"] == 1
    assert gaps(answer) == [("shipped_without_receipt", "shipment:1")]
    assert answer.edges.occurred_at[0] is None or answer.edges.occurred_at[1] is None
    assert gaps(follow(drawn, "lot:A")) == []


def test_a_flow_without_time_counts_as_of_any_day() -> None:
    drawn = genealogy([flow(USED, "lot:A", "batch:1")])
    assert reached(drawn, "lot:A", as_of=day(0)) == {"batch:1"}


def test_known_at_a_day_what_was_recorded_later_or_taken_back_by_then_is_not_known() -> None:
    late = replace(flow(USED, "lot:A", "batch:late", 1), recorded_at=day(5))
    wrong = replace(flow(USED, "lot:A", "batch:wrong", 1), recorded_at=day(1), retracted_at=day(4))
    drawn = genealogy([late, wrong])
    assert reached(drawn, "lot:A", known_at=day(3)) == {"batch:wrong"}
    assert reached(drawn, "lot:A", known_at=day(4)) == set()
    assert reached(drawn, "lot:A") == {"batch:late"}


def test_a_whole_answer_says_so() -> None:
    answer = follow(LINE, "lot:raw")
    assert answer.completeness.state is State.COMPLETE
    assert answer.completeness.frontiers == ()


def test_a_stop_is_reached_but_not_passed_and_told() -> None:
    answer = follow(LINE, "lot:raw", stops=["lot:end"])
    assert set(exposures(answer)) == {"batch:1", "lot:end"}
    assert frontiers(answer) == [("stop", "lot:end")]
    assert answer.completeness.state is State.TRUNCATED


def test_a_stop_that_leads_nowhere_is_not_told() -> None:
    assert frontiers(follow(LINE, "lot:raw", stops=["party:C", "lot:unrelated"])) == []


def test_a_stop_whose_ways_on_are_all_too_early_is_not_told() -> None:
    drawn = genealogy([flow(USED, "lot:A", "batch:1", 3), flow(MADE, "batch:1", "lot:B", 2)])
    assert frontiers(follow(drawn, "lot:A", stops=["batch:1"])) == []


def test_a_depth_is_told_only_where_more_would_be_reached() -> None:
    assert frontiers(follow(LINE, "lot:raw", max_depth=2)) == [("max_depth", "lot:end")]
    assert frontiers(follow(LINE, "lot:raw", max_depth=4)) == []
    assert frontiers(follow(LINE, "lot:raw", max_depth=0)) == [("max_depth", "lot:raw")]


def test_at_the_greatest_depth_edges_back_to_reached_nodes_are_part_of_the_answer() -> None:
    drawn = genealogy(
        [
            flow(Flow.RELABELLED_AS, "lot:A", "lot:B", 1),
            flow(Flow.RELABELLED_AS, "lot:A", "lot:C", 1),
            flow(Flow.RELABELLED_AS, "lot:B", "lot:C", 2),
        ]
    )
    answer = follow(drawn, "lot:A", max_depth=1)
    assert frontiers(answer) == []
    assert len(answer.edges.edge_id) == 3


def test_the_contents_of_a_container_are_cut_and_told_like_the_rest() -> None:
    drawn = genealogy(
        [
            flow(Flow.CONTAINED_IN, "item:X", "unit:case", start=1),
            flow(Flow.CONTAINED_IN, "unit:case", "unit:pallet", start=1),
        ]
    )
    assert frontiers(follow(drawn, "unit:pallet", max_depth=1)) == [("max_depth", "unit:case")]
    assert frontiers(follow(drawn, "unit:pallet", max_depth=2)) == []
    stopped = follow(drawn, "unit:pallet", stops=["unit:case"])
    assert ("stop", "unit:case") in frontiers(stopped)
    assert set(exposures(stopped)) == {"unit:case"}


@pytest.mark.parametrize(
    ("flows", "seed", "way", "expected"),
    [
        ([flow(SHIPPED, "lot:A", "shipment:1", 1)], "lot:A", "forward", "shipped_without_receipt"),
        (
            [flow(SHIPPED, "lot:A", "shipment:1", 1), flow(TO, "shipment:1", "party:C", start=1)],
            "lot:A",
            "forward",
            "shipped_without_receipt",
        ),
        ([flow(USED, "lot:A", "batch:1", 1)], "lot:A", "forward", "batch_without_output"),
        ([flow(MADE, "batch:1", "lot:A", 1)], "lot:A", "backward", "batch_without_input"),
        ([flow(USED, "lot:A", "batch:1", 1)], "batch:1", "backward", "lot_without_origin"),
        (
            [flow(Flow.PART_OF, "lot:A", "item:X", 1), flow(MADE, "batch:1", "lot:A", 0)],
            "item:X",
            "backward",
            "lot_without_origin",
        ),
    ],
)
def test_a_gap_along_the_trace_is_told(flows: list, seed: str, way: str, expected: str) -> None:
    answer = follow(genealogy(flows), seed, way=way)
    assert expected in [kind for kind, _ in gaps(answer)]
    assert answer.completeness.state is State.GAPS


def test_gaps_are_told_of_what_lies_in_the_direction_of_the_trace() -> None:
    drawn = genealogy([flow(MADE, "batch:1", "lot:A", 1), flow(USED, "lot:A", "batch:2", 2)])
    assert gaps(follow(drawn, "lot:A")) == [("batch_without_output", "batch:2")]
    assert gaps(follow(drawn, "lot:A", way="backward")) == [("batch_without_input", "batch:1")]
    assert len(gaps(follow(drawn, "lot:A", way="both"))) == 2


def test_an_output_too_early_is_no_gap_where_a_later_one_holds_the_dose() -> None:
    early = [flow(USED, "lot:A", "batch:1", 3), flow(MADE, "batch:1", "lot:B", 2)]
    assert gaps(follow(genealogy(early), "lot:A")) == [("batch_without_output", "batch:1")]
    later = genealogy([*early, flow(MADE, "batch:1", "lot:C", 4)])
    assert gaps(follow(later, "lot:A")) == []


def test_a_vessel_is_an_input_of_a_batch() -> None:
    drawn = genealogy([flow(Flow.DRAWN_FROM, "place:tank", "batch:1", 1)])
    assert gaps(follow(drawn, "batch:1", way="backward")) == []


def test_unlotted_material_is_told() -> None:
    drawn = genealogy(
        [flow(Flow.RELABELLED_AS, "lot:A", "unlotted:(01)04012345123456", 1)],
    )
    told = gaps(follow(drawn, "lot:A"))
    assert told == [("unlotted_material", "unlotted:(01)04012345123456")]


@pytest.mark.parametrize("made", ["lot:S:P-1:A", "item:P-1:7"])
def test_material_without_lot_that_may_be_what_was_reached_is_told(made: str) -> None:
    nameless = "unlotted:product:P-1"
    drawn = genealogy(
        [
            flow(USED, "lot:raw", "batch:1", 0),
            flow(MADE, "batch:1", made, 1),
            flow(USED, nameless, "batch:2", 3),
        ]
    )
    told = ("unlotted_material", nameless)
    for mode in Mode:
        assert told in gaps(follow(drawn, "lot:raw", mode=mode))
    assert told in gaps(follow(drawn, made))
    assert told not in gaps(follow(drawn, "lot:raw", as_of=day(2)))
    assert told not in gaps(follow(drawn, made, way="backward"))


def test_lots_of_another_product_are_none_of_its_material() -> None:
    drawn = genealogy(
        [
            flow(Flow.RELABELLED_AS, "lot:S:P-1:A", "lot:S:P-1:B", 1),
            flow(USED, "unlotted:product:P-2", "batch:2", 3),
        ]
    )
    assert gaps(follow(drawn, "lot:S:P-1:A")) == []


def test_an_edge_without_any_time_is_told_in_exact_mode_at_its_target() -> None:
    drawn = genealogy([flow(Flow.RELABELLED_AS, "lot:A", "lot:B")])
    assert gaps(follow(drawn, "lot:A")) == [("unknown_time", "lot:B")]
    assert gaps(follow(drawn, "lot:A", mode=Mode.CONSERVATIVE)) == []
    assert loosely(drawn, "lot:A") == {"lot:B"}


@pytest.mark.parametrize(
    ("flows", "seed", "way", "expected"),
    [
        (
            [flow(SHIPPED, "lot:A", "shipment:1", 5), flow(TO, "shipment:1", "party:C", 4)],
            "lot:A",
            "forward",
            ("shipped_without_receipt", "shipment:1"),
        ),
        (
            [flow(USED, "lot:A", "batch:1", 5), flow(MADE, "batch:1", "lot:B", 4)],
            "lot:A",
            "forward",
            ("batch_without_output", "batch:1"),
        ),
        (
            [flow(USED, "lot:A", "batch:1", 5), flow(MADE, "batch:1", "lot:B", 4)],
            "lot:B",
            "backward",
            ("batch_without_input", "batch:1"),
        ),
        (
            [flow(MADE, "batch:1", "lot:A", 5), flow(USED, "lot:A", "batch:2", 4)],
            "batch:2",
            "backward",
            ("lot_without_origin", "lot:A"),
        ),
    ],
)
def test_what_happened_at_an_impossible_time_leaves_a_gap_in_exact_mode(
    flows: list, seed: str, way: str, expected: tuple[str, str]
) -> None:
    drawn = genealogy(flows)
    assert expected in gaps(follow(drawn, seed, way=way))
    assert expected not in gaps(follow(drawn, seed, way=way, mode=Mode.CONSERVATIVE))


def test_a_gap_is_not_told_where_a_stop_or_depth_kept_the_trace_from_what_closes_it() -> None:
    for limits in ({"stops": ["batch:1"]}, {"max_depth": 1}):
        answer = follow(LINE, "lot:raw", **limits)
        assert frontiers(answer)
        assert gaps(answer) == []
