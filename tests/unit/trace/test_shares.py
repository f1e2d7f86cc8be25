"""Amounts of seed material in shapes that genealogies take, each worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.trace.details import with_details
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.shares import with_amounts
from tests.amounts import amounts_in, bounds, moved, products, three
from tests.fakes import MemoryFlows
from tests.genealogies import SOURCE, cleaned, genealogy

USED, MADE, NAMED = Flow.CONSUMED_BY, Flow.PRODUCED, Flow.RELABELLED_AS
IN, SHIPPED, TO, BACK = Flow.CONTAINED_IN, Flow.SHIPPED_IN, Flow.DELIVERED_TO, Flow.RETURNED_IN
RAW, OTHER = "lot:S:RM:1", "lot:S:RM:2"
A, B = "lot:M:FG:A", "lot:M:FG:B"


def mixed(*more: object, seed: int = 90, other: int = 10) -> object:
    """Two lots of one resin in one batch, and what came out of it."""
    return genealogy(
        [
            moved(Flow.SUPPLIED, "party:S", RAW, 300, 0),
            moved(USED, RAW, "batch:1", seed, 1),
            moved(USED, OTHER, "batch:1", other, 1),
            *more,  # type: ignore[list-item]
        ]
    )


def test_all_of_a_dose_is_in_the_one_output_whatever_its_unit() -> None:
    found = amounts_in(mixed(moved(MADE, "batch:1", A, 4800, 2, uom="H87")), RAW)
    assert [a.unit for a in found[A]] == ["KGM"]
    assert found[A][0].least == found[A][0].share == found[A][0].most == 90
    assert found[RAW][0].share == 300
    assert found[A][0].of_seed == Fraction(3, 10)
    assert found["batch:1"][0].of_node == Fraction(9, 10)


def test_two_outputs_hold_it_by_recipe_within_bounds() -> None:
    made = [
        moved(MADE, "batch:1", A, 500, 2, uom="H87"),
        moved(MADE, "batch:1", B, 500, 2, uom="H87"),
    ]
    found = bounds(mixed(*made), RAW)
    assert found[A] == found[B] == three(40, 45, 50)


def test_another_material_beside_it_changes_nothing() -> None:
    made = [
        moved(MADE, "batch:1", A, 500, 2, uom="H87"),
        moved(MADE, "batch:1", B, 500, 2, uom="H87"),
    ]
    screws = moved(USED, "lot:S:SCREW:1", "batch:1", 4000, 1, uom="H87")
    assert bounds(mixed(screws, *made), RAW)[A] == three(40, 45, 50)


def test_co_products_may_have_taken_it_all_or_nothing() -> None:
    made = [moved(MADE, "batch:1", A, 60, 2), moved(MADE, "batch:1", "lot:M:WHEY:1", 30, 2)]
    assert bounds(mixed(*made), RAW)[A] == three(0, 60, 90)


def test_outputs_that_cannot_be_compared_have_no_share() -> None:
    made = [moved(MADE, "batch:1", A, 60, 2), moved(MADE, "batch:1", "lot:M:X:1", 30, 2, uom="H87")]
    assert bounds(mixed(*made), RAW)[A] == three(0, None, 90)


def test_a_late_dose_is_not_in_what_was_made_before() -> None:
    late = moved(USED, RAW, "batch:1", 20, 5)
    made = [
        moved(MADE, "batch:1", A, 500, 3, uom="H87"),
        moved(MADE, "batch:1", B, 500, 6, uom="H87"),
    ]
    found = bounds(mixed(late, *made), RAW)
    assert found[A] == three(0, 45, 90)
    assert found[B] == three(20, 65, 110)


def test_pure_material_stays_exact_however_it_is_split() -> None:
    drawn = [
        moved(NAMED, RAW, A, 30, 1),
        moved(NAMED, RAW, B, None, 1),
        moved(NAMED, A, "lot:M:FG:C", 10, 2),
        moved(NAMED, B, "lot:M:FG:D", 5, 2),
    ]
    found = bounds(drawn_of(drawn), RAW)
    assert found["lot:M:FG:C"] == three(10, 10, 10)
    assert found[B] == three(0, None, None)
    assert found["lot:M:FG:D"] == three(5, 5, 5)


def drawn_of(flows: list) -> object:
    return genealogy(flows)


def test_what_left_a_stock_before_is_not_there_any_more() -> None:
    flows = [
        moved(NAMED, RAW, A, 10, 1),
        moved(USED, A, "batch:early", 8, 2),
        moved(NAMED, OTHER, A, 10, 3),
        moved(USED, A, "batch:late", 12, 4),
    ]
    found = bounds(genealogy(flows), RAW)
    assert found["batch:early"] == three(8, 8, 8)
    assert found["batch:late"] == three(2, 2, 2)


def test_a_draw_from_a_mixed_stock_is_bounded_by_the_rest() -> None:
    flows = [
        moved(NAMED, RAW, A, 90, 1),
        moved(NAMED, OTHER, A, 10, 1),
        moved(USED, A, "batch:1", 50, 2),
        moved(USED, A, "batch:2", None, 2),
    ]
    found = bounds(genealogy(flows), RAW)
    assert found["batch:1"] == three(40, 45, 50)
    assert found["batch:2"] == three(0, None, 90)


def test_shipping_uses_up_nothing_and_a_return_is_of_what_there_ever_was() -> None:
    flows = [
        moved(NAMED, RAW, A, 60, 1),
        moved(NAMED, OTHER, A, 40, 1),
        moved(SHIPPED, A, "shipment:1", 100, 2),
        moved(TO, "shipment:1", "party:C", None, 3),
        moved(BACK, A, "shipment:2", 10, 4),
    ]
    found = bounds(genealogy(flows), RAW)
    assert found["party:C"] == three(60, 60, 60)
    assert found["shipment:2"] == three(0, 6, 10)


def test_more_leaving_than_came_makes_nothing_certain() -> None:
    flows = [moved(NAMED, RAW, A, 60, 1), moved(USED, A, "batch:1", 80, 2)]
    assert bounds(genealogy(flows), RAW)["batch:1"] == three(0, None, 60)


def test_the_own_quantity_of_a_lot_tells_its_whole_where_its_receipt_does_not() -> None:
    flows = [
        moved(USED, RAW, "batch:1", 30, 1),
        moved(USED, OTHER, "batch:1", 30, 1),
        moved(MADE, "batch:1", A, None, 2),
        moved(USED, A, "batch:2", 25, 3),
    ]
    told = {A: {"quantity": "50", "uom": "KGM"}}
    assert bounds(genealogy(flows, properties=told), RAW)["batch:2"] == three(0, 15, 30)
    assert bounds(genealogy(flows), RAW)["batch:2"] == three(0, None, 30)


def test_a_lot_may_be_as_much_as_its_own_record_says_where_less_is_told_to_have_come() -> None:
    flows = [
        moved(Flow.SUPPLIED, "party:S", RAW, 40, 0),
        moved(USED, RAW, "batch:1", 30, 1),
        moved(USED, RAW, "batch:2", None, 2),
    ]
    told = {RAW: {"quantity": "100", "uom": "KGM"}}
    found = bounds(genealogy(flows, properties=told), RAW)
    assert found[RAW] == three(40, 40, 100)
    assert found["batch:2"] == three(0, None, 100)


def test_where_more_of_a_lot_was_shipped_than_came_there_is_no_limit() -> None:
    flows = [
        moved(Flow.SUPPLIED, "party:S", RAW, 40, 0),
        moved(SHIPPED, RAW, "shipment:1", 60, 1),
        moved(USED, RAW, "batch:2", None, 2),
    ]
    found = bounds(genealogy(flows), RAW)
    assert found[RAW] == found["batch:2"] == three(0, None, None)
    assert found["shipment:1"] == three(60, 60, 60)


def test_items_and_cases_carry_what_is_in_them_when_they_move() -> None:
    flows = [
        moved(USED, RAW, "batch:1", 8, 1),
        moved(MADE, "batch:1", "item:P:1", None, 2),
        moved(MADE, "batch:1", "item:P:2", None, 2),
        moved(IN, "item:P:1", "unit:C", start=3, end=6),
        moved(IN, "item:P:2", "unit:C", start=3, end=4),
        moved(SHIPPED, "unit:C", "shipment:1", None, 5),
        moved(TO, "shipment:1", "party:C", None, 6),
    ]
    found = bounds(genealogy(flows), RAW)
    assert found["item:P:1"] == three(4, 4, 4)
    assert found["unit:C"] == three(8, 8, 8)
    assert found["party:C"] == three(4, 4, 4)


def test_a_part_taken_out_before_counts_only_as_possible() -> None:
    flows = [
        moved(Flow.PART_OF, "item:X:1", "item:H:1", start=1, end=3),
        moved(SHIPPED, "item:H:1", "shipment:1", None, 5),
    ]
    assert bounds(genealogy(flows), "item:X:1")["shipment:1"] == three(0, 0, 1)


def test_a_shipment_with_two_deliveries_may_have_been_divided_in_any_way() -> None:
    flows = [
        moved(SHIPPED, RAW, "shipment:1", 10, 1),
        moved(TO, "shipment:1", "party:C", None, 2),
        moved(TO, "shipment:1", "party:D", None, 2),
    ]
    assert bounds(genealogy(flows), RAW)["party:C"] == three(0, None, 10)


def test_a_seed_container_is_seed_as_far_as_it_was_filled() -> None:
    flows = [
        moved(NAMED, OTHER, A, 100, 0),
        moved(IN, A, "unit:C", 60, start=1, end=9),
        moved(SHIPPED, "unit:C", "shipment:1", None, 2),
        moved(USED, A, "batch:1", 50, 3),
    ]
    found = bounds(genealogy(flows), "unit:C")
    assert found["unit:C"] == found["shipment:1"] == three(60, 60, 60)
    assert found[A] == three(60, 60, 60)
    assert found["batch:1"] == three(10, 30, 50)


def test_a_seed_batch_or_supplier_is_seed_by_what_it_put_out() -> None:
    flows = [
        moved(Flow.SUPPLIED, "party:S", RAW, 70, 0),
        moved(Flow.SUPPLIED, "party:T", RAW, 30, 0),
        moved(USED, RAW, "batch:1", 50, 1),
        moved(MADE, "batch:1", A, 5, 2),
        moved(USED, A, "batch:2", 2, 3),
    ]
    assert bounds(genealogy(flows), "party:S")["batch:1"] == three(20, 35, 50)
    assert bounds(genealogy(flows), "party:S")["party:S"] == three(70, 70, 70)
    assert bounds(genealogy(flows), "batch:1")["batch:2"] == three(2, 2, 2)


def test_seeds_of_one_product_add_up_and_those_of_others_are_kept_apart() -> None:
    flows = [
        moved(USED, RAW, "batch:1", 3, 1),
        moved(USED, OTHER, "batch:1", 4, 1),
        moved(USED, "lot:S:SCREW:1", "batch:1", 9, 1, uom="H87"),
    ]
    found = amounts_in(genealogy(flows), RAW, OTHER, "lot:S:SCREW:1")["batch:1"]
    assert [(a.product, a.unit, a.share) for a in found] == [
        ("product:RM", "KGM", 7),
        ("product:SCREW", "H87", 9),
    ]


def test_units_are_converted_by_the_factors_of_the_product() -> None:
    flows = [
        moved(Flow.SUPPLIED, "party:S", RAW, 4, 0, uom="XSA"),
        moved(USED, RAW, "batch:1", 500, 1, uom="GRM"),
        moved(USED, RAW, "batch:2", 2, 1, uom="XBX"),
    ]
    told = products(RM={"base_uom": "KGM", "unit_xsa": "25"})
    found = amounts_in((*genealogy(flows).facts, *told), RAW)
    assert (found[RAW][0].share, found[RAW][0].unit) == (100, "KGM")
    assert found["batch:1"][0].share == Fraction(1, 2)
    assert (found["batch:2"][0].share, found["batch:2"][0].most) == (None, 100)


def test_rework_is_counted_by_the_order_of_time() -> None:
    flows = [
        moved(Flow.SUPPLIED, "party:S", RAW, 90, 0),
        moved(USED, RAW, "batch:1", 90, 1),
        moved(MADE, "batch:1", A, 100, 2),
        moved(USED, A, "batch:2", 20, 3),
        moved(MADE, "batch:2", A, 20, 4),
        moved(USED, A, "batch:3", 50, 5),
    ]
    found = bounds(genealogy(flows), RAW)
    assert found["batch:2"] == three(18, 18, 18)
    assert found[A] == three(108, 108, 108)
    assert found["batch:3"] == three(45, 45, 45)


@pytest.mark.parametrize("at", [None, 3])
def test_a_circle_without_order_is_told_as_unknown(at: int | None) -> None:
    flows = [
        moved(Flow.SUPPLIED, "party:S", RAW, 90, 0),
        moved(USED, RAW, "batch:1", 50, 1),
        moved(MADE, "batch:1", A, 100, 2),
        moved(USED, A, "batch:2", 20, at),
        moved(MADE, "batch:2", A, 20, at),
        moved(USED, A, "batch:3", 50, 5),
    ]
    least, share, most = bounds(genealogy(flows), RAW)["batch:3"]
    assert share is None
    assert least == 0
    assert most == 50


def test_in_conservative_mode_no_order_makes_anything_certain() -> None:
    made = [moved(MADE, "batch:1", A, 500, 2), moved(MADE, "batch:1", B, 500, 2)]
    assert bounds(mixed(*made), RAW, mode=Mode.CONSERVATIVE)[A] == three(0, 45, 90)


def test_what_a_seed_has_nothing_to_do_with_has_no_amount() -> None:
    assert bounds(genealogy([moved(USED, RAW, "batch:1", 0, 1)]), RAW)["batch:1"] == three(0, 0, 0)


def test_clocks_that_may_be_off_leave_the_order_open() -> None:
    flows = [
        moved(NAMED, RAW, A, 90, 2),
        moved(NAMED, OTHER, A, 10, 2),
        moved(USED, A, "batch:1", 50, 1),
    ]
    source = MemoryFlows(genealogy(flows).facts)
    slack = ((SOURCE.system, timedelta(days=1)),)
    query = TraceQuery((NodeId(RAW),), "forward", clock_tolerance=slack)
    amounts = with_amounts(with_details(trace(source, query), source), source).amounts
    assert amounts is not None
    assert [(a.least, a.most) for a in amounts[NodeId("batch:1")]] == [(40, 50)]


def test_a_vessel_is_a_stock_and_what_is_drawn_after_a_cleaning_holds_nothing() -> None:
    flows = [
        moved(Flow.LOADED_INTO, RAW, "place:T", 60, 1),
        moved(Flow.LOADED_INTO, OTHER, "place:T", 40, 1),
        moved(Flow.DRAWN_FROM, "place:T", A, 50, 2),
        moved(Flow.DRAWN_FROM, "place:T", B, 50, 4),
    ]
    found = bounds(cleaned(genealogy(flows), "place:T", 3), RAW)
    assert found["place:T"] == three(60, 60, 60)
    assert found[A] == three(10, 30, 50)
    assert B not in found
    assert bounds(genealogy(flows), RAW)[B] == three(10, 30, 50)
