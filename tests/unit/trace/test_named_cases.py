"""Shapes that genealogies take in practice, each with the answer worked out by hand."""

from __future__ import annotations

from genealogy.model.names import Flow
from tests.genealogies import flow, genealogy
from tests.unit.trace.following import exposures, follow, frontiers, loosely, path, reached

IN, USED, MADE = Flow.CONTAINED_IN, Flow.CONSUMED_BY, Flow.PRODUCED
SHIPPED, TO = Flow.SHIPPED_IN, Flow.DELIVERED_TO


def test_a_diamond_reaches_its_far_corner_once_by_the_earliest_way() -> None:
    drawn = genealogy(
        [
            flow(USED, "lot:A", "batch:slow", 1),
            flow(USED, "lot:A", "batch:fast", 1),
            flow(MADE, "batch:slow", "lot:B", 5),
            flow(MADE, "batch:fast", "lot:B", 3),
        ]
    )
    answer = follow(drawn, "lot:A")
    assert [r.node_id for r in answer.reached] == ["lot:A", "batch:fast", "batch:slow", "lot:B"]
    assert exposures(answer)["lot:B"] == 3
    assert path(answer, "lot:B") == ["lot:A", "batch:fast", "lot:B"]


def test_a_rework_loop_ends_and_its_lots_are_reached_once() -> None:
    drawn = genealogy(
        [
            flow(USED, "lot:A", "batch:1", 1),
            flow(MADE, "batch:1", "lot:B", 2),
            flow(USED, "lot:B", "batch:2", 3),
            flow(MADE, "batch:2", "lot:A", 4),
            flow(USED, "lot:A", "batch:3", 5),
        ]
    )
    assert reached(drawn, "lot:A") == {"batch:1", "lot:B", "batch:2", "batch:3"}
    assert reached(drawn, "lot:B") == {"batch:2", "lot:A", "batch:3"}
    assert loosely(drawn, "lot:B") == {"batch:2", "lot:A", "batch:3", "batch:1"}
    assert reached(drawn, "batch:3", way="backward") == {"lot:A", "batch:2", "lot:B", "batch:1"}


def test_a_loop_onto_itself_changes_nothing() -> None:
    drawn = genealogy(
        [flow(Flow.RELABELLED_AS, "lot:A", "lot:A", 1), flow(USED, "lot:A", "batch:1", 2)]
    )
    answer = follow(drawn, "lot:A", way="both")
    assert [(r.node_id, r.direction) for r in answer.reached] == [
        ("lot:A", "seed"),
        ("batch:1", "forward"),
    ]
    assert len(answer.edges.edge_id) == 2


def a_tote_used_twice() -> list:
    return [
        flow(IN, "lot:A", "unit:T", start=1, end=2),
        flow(SHIPPED, "unit:T", "shipment:1", 2),
        flow(IN, "lot:B", "unit:T", start=4, end=6),
        flow(SHIPPED, "unit:T", "shipment:2", 5),
    ]


def test_a_reused_tote_carries_only_what_was_in_it_then() -> None:
    drawn = genealogy(a_tote_used_twice())
    for search in (reached, loosely):
        assert search(drawn, "lot:A") == {"unit:T", "shipment:1"}
        assert search(drawn, "lot:B") == {"unit:T", "shipment:2"}
        assert search(drawn, "shipment:1", way="backward") == {"unit:T", "lot:A"}
        assert search(drawn, "shipment:2", way="backward") == {"unit:T", "lot:B"}


def test_a_tote_used_twice_by_one_lot_carries_it_both_times() -> None:
    again = flow(IN, "lot:A", "unit:T", start=4, end=6)
    drawn = genealogy([*a_tote_used_twice(), again])
    assert reached(drawn, "lot:A") == {"unit:T", "shipment:1", "shipment:2"}


def test_a_tote_is_a_seed_for_all_it_ever_held() -> None:
    answer = follow(genealogy(a_tote_used_twice()), "unit:T")
    assert {r.node_id for r in answer.reached} == {
        "unit:T",
        "lot:A",
        "lot:B",
        "shipment:1",
        "shipment:2",
    }


def test_a_lot_leaves_for_a_tote_only_after_it_got_there_itself() -> None:
    drawn = genealogy([*a_tote_used_twice(), flow(MADE, "batch:1", "lot:A", 3)])
    assert reached(drawn, "batch:1") == {"lot:A"}


def nested() -> list:
    return [
        flow(IN, "item:X", "unit:case", start=1, end=4),
        flow(IN, "unit:case", "unit:pallet", start=2, end=3),
        flow(IN, "item:Y", "unit:case", start=5),
        flow(SHIPPED, "unit:pallet", "shipment:early", 3),
        flow(SHIPPED, "unit:pallet", "shipment:late", 5),
        flow(SHIPPED, "unit:case", "shipment:alone", 5),
    ]


def test_a_nested_pallet_takes_along_what_all_containments_share() -> None:
    drawn = genealogy(nested())
    assert reached(drawn, "item:X") == {"unit:case", "unit:pallet", "shipment:early"}
    assert reached(drawn, "item:Y") == {"unit:case", "shipment:alone"}
    early = reached(drawn, "shipment:early", way="backward")
    assert early == {"unit:pallet", "unit:case", "item:X"}
    assert reached(drawn, "shipment:late", way="backward") == {"unit:pallet"}


def test_a_pallet_as_a_seed_stands_for_what_was_in_its_cases_at_that_time() -> None:
    answer = follow(genealogy(nested()), "unit:pallet")
    assert path(answer, "item:X") == ["unit:pallet", "unit:case", "item:X"]
    assert exposures(answer)["item:X"] == 2
    assert "item:Y" not in exposures(answer)


def test_a_case_with_a_serial_of_its_own_is_item_and_container() -> None:
    drawn = genealogy(
        [
            flow(MADE, "batch:box", "item:case", 0),
            flow(IN, "item:X", "item:case", start=1, end=3),
            flow(SHIPPED, "item:case", "shipment:1", 2),
            flow(SHIPPED, "item:case", "shipment:2", 5),
        ]
    )
    assert reached(drawn, "item:X") == {"item:case", "shipment:1"}
    assert reached(drawn, "batch:box") == {"item:case", "shipment:1", "shipment:2"}
    assert reached(drawn, "shipment:2", way="backward") == {"item:case", "batch:box"}
    assert "item:X" in reached(drawn, "item:case")


def test_a_shipment_as_a_seed_stands_for_its_load() -> None:
    drawn = genealogy(
        [
            *a_tote_used_twice(),
            flow(TO, "shipment:1", "party:hospital", 3),
            flow(USED, "lot:A", "batch:after", 3),
            flow(USED, "lot:A", "batch:before", 0),
        ]
    )
    assert reached(drawn, "shipment:1") == {"unit:T", "lot:A", "party:hospital", "batch:after"} | {
        "shipment:2"
    }


def test_a_return_comes_back_as_the_lot_and_not_by_way_of_the_customer() -> None:
    drawn = genealogy(
        [
            flow(SHIPPED, "lot:A", "shipment:out", 1),
            flow(TO, "shipment:out", "party:hospital", 2),
            flow(Flow.RETURNED_IN, "lot:A", "shipment:back", 3),
            flow(TO, "shipment:back", "place:site", 4),
            flow(Flow.SUPPLIED, "party:hospital", "lot:other", 5),
            flow(USED, "lot:A", "batch:rework", 5),
        ]
    )
    assert reached(drawn, "lot:A") == {
        "shipment:out",
        "party:hospital",
        "shipment:back",
        "place:site",
        "batch:rework",
    }
    assert reached(drawn, "party:hospital") == {"lot:other"}
    assert reached(drawn, "party:hospital", way="backward") == {"shipment:out", "lot:A"}
    assert reached(drawn, "lot:other", way="backward") == {"party:hospital"}


def test_split_and_merge_carry_on_to_every_part_and_the_whole() -> None:
    split = [flow(Flow.RELABELLED_AS, "lot:A", f"lot:A{i}", i) for i in (1, 2, 3)]
    merge = [flow(USED, f"lot:A{i}", "batch:M", 4) for i in (1, 2)]
    drawn = genealogy([*split, *merge, flow(MADE, "batch:M", "lot:Z", 5)])
    assert reached(drawn, "lot:A") == {"lot:A1", "lot:A2", "lot:A3", "batch:M", "lot:Z"}
    assert reached(drawn, "lot:Z", way="backward") == {"batch:M", "lot:A1", "lot:A2", "lot:A"}


def a_late_dose(mixing: str = "by_time") -> object:
    return genealogy(
        [
            flow(USED, "lot:early", "batch:1", 1),
            flow(MADE, "batch:1", "lot:first", 2),
            flow(USED, "lot:late", "batch:1", 3),
            flow(MADE, "batch:1", "lot:second", 4),
        ],
        properties={"batch:1": {"mixing": mixing}},
    )


def test_output_drawn_before_a_late_dose_does_not_hold_it() -> None:
    drawn = a_late_dose()
    assert reached(drawn, "lot:late") == {"batch:1", "lot:second"}
    assert reached(drawn, "lot:first", way="backward") == {"batch:1", "lot:early"}
    assert loosely(drawn, "lot:late") == {"batch:1", "lot:first", "lot:second"}


def test_a_wholly_mixed_batch_passes_every_input_to_every_output() -> None:
    drawn = a_late_dose("whole")
    answer = follow(drawn, "lot:late")
    assert exposures(answer) == {"batch:1": 3, "lot:first": 2, "lot:second": 4}
    behind = reached(drawn, "lot:first", way="backward")
    assert behind == {"batch:1", "lot:early", "lot:late"}


def test_a_shipment_in_transit_reaches_its_consignee_from_the_day_it_left() -> None:
    drawn = genealogy(
        [
            flow(SHIPPED, "lot:A", "shipment:1", 1),
            flow(TO, "shipment:1", "party:hospital", start=2),
        ]
    )
    assert exposures(follow(drawn, "lot:A")) == {"shipment:1": 1, "party:hospital": 2}


def test_equal_times_are_possible_and_earlier_ones_are_not() -> None:
    drawn = genealogy(
        [
            flow(USED, "lot:A", "batch:1", 2),
            flow(MADE, "batch:1", "lot:same", 2),
            flow(MADE, "batch:1", "lot:before", 1),
            flow(MADE, "batch:1", "lot:unknown"),
        ]
    )
    answer = follow(drawn, "lot:A")
    assert exposures(answer) == {"batch:1": 2, "lot:same": 2, "lot:unknown": 2}


def test_a_vessel_is_left_only_by_what_was_loaded_into_it() -> None:
    load, draw = Flow.LOADED_INTO, Flow.DRAWN_FROM
    drawn = genealogy(
        [
            flow(load, "lot:A", "place:tank", 3),
            flow(draw, "place:tank", "lot:before", 2),
            flow(draw, "place:tank", "lot:after", 4),
            flow(SHIPPED, "lot:B", "shipment:1", 1),
            flow(TO, "shipment:1", "place:tank", 1),
        ]
    )
    assert reached(drawn, "lot:A") == {"place:tank", "lot:after"}
    assert reached(drawn, "lot:B") == {"shipment:1", "place:tank"}
    assert reached(drawn, "lot:after", way="backward") == {"place:tank", "lot:A"}
    everything = {"shipment:1", "lot:B", "lot:A"}
    assert reached(drawn, "place:tank", way="backward") == everything


def test_a_long_load_may_be_in_what_is_drawn_while_it_lasts() -> None:
    drawn = genealogy(
        [
            flow(Flow.LOADED_INTO, "lot:A", "place:tank", 1, start=1, end=5),
            flow(MADE, "batch:1", "lot:A", 3),
            flow(Flow.DRAWN_FROM, "place:tank", "lot:B", 4),
        ]
    )
    answer = follow(drawn, "batch:1")
    assert exposures(answer) == {"lot:A": 3, "place:tank": 3, "lot:B": 4}


def test_a_host_is_exposed_by_a_part_and_stays_so_after_it_is_taken_out() -> None:
    part = Flow.PART_OF
    drawn = genealogy(
        [
            flow(part, "item:valve", "item:pump", start=1, end=3),
            flow(part, "item:seal", "item:valve", start=2),
            flow(part, "item:spring", "item:valve", start=4),
            flow(SHIPPED, "item:pump", "shipment:1", 5),
        ]
    )
    assert reached(drawn, "item:seal") == {"item:valve", "item:pump", "shipment:1"}
    assert reached(drawn, "item:spring") == {"item:valve"}


def test_of_a_lot_only_the_pieces_built_in_are_in_the_host() -> None:
    drawn = genealogy(
        [
            flow(Flow.PART_OF, "lot:screws", "item:pump", start=1),
            flow(Flow.RELABELLED_AS, "lot:bad", "lot:screws", 2),
        ]
    )
    assert reached(drawn, "lot:bad") == {"lot:screws"}
    assert reached(drawn, "lot:screws") == {"item:pump"}


def test_what_befell_a_lot_befell_its_items_but_not_the_other_way() -> None:
    member = Flow.SERIALISED_AS
    drawn = genealogy([flow(member, "lot:A", "item:1", 1), flow(member, "lot:A", "item:2", 1)])
    assert reached(drawn, "lot:A") == {"item:1", "item:2"}
    assert reached(drawn, "item:1") == set()
    assert reached(drawn, "item:1", way="backward") == {"lot:A"}


def test_a_supplier_leads_to_the_lots_in_its_deliveries() -> None:
    drawn = genealogy(
        [
            flow(Flow.SUPPLIED, "party:S", "shipment:1", 2),
            flow(SHIPPED, "unit:pallet", "shipment:1", 2),
            flow(IN, "lot:A", "unit:pallet", start=1, end=4),
            flow(IN, "lot:unpacked", "unit:pallet", start=0, end=1),
            flow(USED, "lot:A", "batch:1", 5),
            flow(Flow.SUPPLIED, "party:S", "unit:crate", 3),
            flow(IN, "lot:B", "unit:crate", start=4),
            flow(USED, "lot:B", "batch:2", 6),
            flow(TO, "shipment:1", "place:site", 3),
        ]
    )
    answer = follow(drawn, "party:S")
    assert reached(drawn, "party:S") == {
        "shipment:1", "unit:pallet", "lot:A", "batch:1", "unit:crate", "lot:B", "batch:2",
        "place:site",
    }  # fmt: skip
    assert path(answer, "batch:1") == ["party:S", "shipment:1", "unit:pallet", "lot:A", "batch:1"]
    assert exposures(answer)["shipment:1"] == 2


def test_the_deliveries_of_a_supplier_are_cut_and_told_like_the_rest() -> None:
    drawn = genealogy(
        [
            flow(Flow.SUPPLIED, "party:S", "shipment:1", 2),
            flow(SHIPPED, "lot:A", "shipment:1", 2),
            flow(TO, "shipment:1", "place:site", 3),
        ]
    )
    cut = {depth: frontiers(follow(drawn, "party:S", max_depth=depth)) for depth in range(3)}
    told = ("max_depth", "party:S"), ("max_depth", "shipment:1")
    assert cut == {0: [told[0]], 1: [told[1]], 2: []}
    assert frontiers(follow(drawn, "party:S", stops=["shipment:1"])) == [("stop", "shipment:1")]
    assert frontiers(follow(drawn, "party:S", stops=["party:S"])) == [("stop", "party:S")]
    assert reached(drawn, "party:S", stops=["shipment:1"]) == {"shipment:1"}
