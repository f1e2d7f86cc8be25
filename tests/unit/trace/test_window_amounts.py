"""How much seed material a window stands for, each worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from genealogy.errors import InvalidQuery
from genealogy.model.facts import FlowFact, LinkFact, NodeFact, NodeId
from genealogy.model.names import MOVED_AT, Flow, Label, Link
from genealogy.trace.result import Mode, TraceQuery, Window, WindowKind
from tests.amounts import amounts_of, bounds, moved, three, window_bounds
from tests.genealogies import SOURCE, cleaned, day, genealogy, kind_of

USED, MADE, NAMED, SUPPLIED = Flow.CONSUMED_BY, Flow.PRODUCED, Flow.RELABELLED_AS, Flow.SUPPLIED
LOT, OTHER = "lot:S:RM:1", "lot:S:RM:2"
COLD, WARM, LINE, TANK, SITE = "place:C", "place:W", "place:L", "place:T", "place:S"
HERE = NodeId(COLD)


def kept(
    content: str,
    place: str,
    amount: int | None,
    came: int,
    left: int | None = None,
    came_from: str | None = None,
) -> FlowFact:
    told = moved(Flow.STORED_AT, content, place, amount, came, start=came, end=left)
    return replace(told, place_id=None if came_from is None else NodeId(came_from))


def at(place: str, fact: FlowFact) -> FlowFact:
    return replace(fact, place_id=NodeId(place))


def link(kind: Link, source: str, target: str, part: str | None = None) -> LinkFact:
    ends = (NodeId(source), kind_of(source), NodeId(target), kind_of(target))
    return LinkFact(kind, *ends, SOURCE, part)


def facts(*flows: FlowFact, links: tuple[LinkFact, ...] = (), **more: Any) -> list[Any]:
    return [*genealogy(flows, **more).facts, *links]


# --- Stays ---------------------------------------------------------------------------


@pytest.mark.parametrize("sent_from", [(COLD, WARM), (WARM, COLD)])
def test_what_was_sent_from_one_of_two_places_may_have_left_either(
    sent_from: tuple[str, str],
) -> None:
    found = window_bounds(
        facts(
            moved(SUPPLIED, "party:S", LOT, 10, 0),
            kept(LOT, COLD, 10, 1),
            moved(Flow.SHIPPED_IN, LOT, "shipment:1", 4, 3),
            links=tuple(link(Link.AT, "shipment:1", place, "from") for place in sent_from),
            more=[COLD, WARM],
        ),
        "place",
        COLD,
        5,
        6,
    )
    assert found[LOT] == three(6, None, 10)


def test_what_came_to_a_store_and_was_not_used_before_is_seed() -> None:
    found = window_bounds(
        facts(
            moved(SUPPLIED, "party:S", LOT, 100, 0),
            kept(LOT, COLD, 60, 1),
            kept(LOT, WARM, 40, 1),
            at(COLD, moved(USED, LOT, "batch:early", 20, 2)),
            at(COLD, moved(USED, LOT, "batch:late", 40, 6)),
            at(WARM, moved(USED, LOT, "batch:warm", 40, 7)),
        ),
        *("place", COLD, 3, 4),
    )
    assert found[LOT] == three(40, 40, 40)
    assert found["batch:late"] == three(40, 40, 40)
    assert set(found) == {LOT, "batch:late"}


def test_a_draw_from_elsewhere_takes_none_of_it_even_where_the_whole_is_not_known() -> None:
    told = facts(
        kept(LOT, COLD, 60, 1),
        kept(LOT, WARM, None, 1, came_from="place:dock"),
        at(COLD, moved(USED, LOT, "batch:1", 50, 6)),
        moved(USED, LOT, "batch:2", 30, 7),
    )
    found = window_bounds(told, "place", COLD, 3, 4)
    assert found[LOT] == three(60, 60, 60)
    assert found["batch:1"] == three(50, 50, 50)
    assert found["batch:2"] == three(0, None, 10)


def test_a_stay_without_a_quantity_bounds_by_what_there_was_of_the_lot() -> None:
    told = [
        kept(LOT, COLD, None, 1),
        moved(USED, LOT, "batch:early", 20, 2),
        moved(USED, LOT, "batch:1", 50, 6),
    ]
    assert window_bounds(facts(*told), "place", COLD, 3, 4)[LOT] == three(0, None, None)
    whole = facts(moved(SUPPLIED, "party:S", LOT, 100, 0), *told)
    found = window_bounds(whole, "place", COLD, 3, 4)
    assert found[LOT] == three(0, None, 80)
    assert found["batch:1"] == three(0, None, 50)


def test_what_comes_after_the_window_thins_what_was_there() -> None:
    told = facts(
        kept(LOT, COLD, 60, 1),
        kept(LOT, COLD, 60, 5),
        at(COLD, moved(USED, LOT, "batch:1", 100, 6)),
    )
    found = window_bounds(told, "place", COLD, 3, 4)
    assert found[LOT] == three(60, 60, 60)
    assert found["batch:1"] == three(40, 50, 60)


@pytest.mark.parametrize("own", [100, 20, None])
def test_receipts_that_what_was_kept_contradicts_limit_nothing(own: int | None) -> None:
    record = {LOT: {"quantity": str(own), "uom": "KGM"}} if own else {}
    told = facts(
        moved(Flow.RELABELLED_AS, OTHER, LOT, 5, 2),
        kept(LOT, COLD, 100, 1),
        moved(USED, LOT, "batch:1", 30, 6),
        moved(USED, LOT, "batch:2", None, 7),
        properties=record,
    )
    found = window_bounds(told, "place", COLD, 3, 4)
    assert found[LOT] == three(0, None, 100)
    assert found["batch:1"] == three(0, None, 30)
    assert found["batch:2"] == three(0, None, 100)


def test_what_left_for_good_leaves_nothing_for_a_later_window() -> None:
    told = facts(kept(LOT, COLD, 60, 1, 2), kept(LOT, COLD, 30, 5), kept(OTHER, COLD, 9, 1, 2))
    assert window_bounds(told, "place", COLD, 6, 7) == {LOT: three(30, 30, 30)}


def test_the_same_material_in_two_rooms_of_a_store_is_counted_once() -> None:
    room, next_room = "place:R1", "place:R2"
    links = (link(Link.AT, room, COLD, "parent"), link(Link.AT, next_room, COLD, "parent"))
    moves = (kept(LOT, room, 60, 1), kept(LOT, next_room, 60, 3, came_from=room))
    assert window_bounds(facts(*moves, links=links, more=[COLD]), "place", COLD, 1, 5)[
        LOT
    ] == three(60, 60, 60)
    unsaid = (kept(LOT, room, 60, 1), kept(LOT, next_room, 60, 3))
    found = window_bounds(facts(*unsaid, links=links, more=[COLD]), "place", COLD, 1, 5)
    assert found[LOT] == three(60, None, 120)


def test_what_was_moved_on_before_the_window_was_not_there() -> None:
    moves = (kept(LOT, COLD, 60, 1), kept(LOT, WARM, 45, 2, came_from=COLD))
    assert window_bounds(facts(*moves), "place", COLD, 3, 4)[LOT] == three(15, 15, 15)
    unsaid = (kept(LOT, COLD, 60, 1), kept(LOT, WARM, 45, 2))
    assert window_bounds(facts(*unsaid), "place", COLD, 3, 4)[LOT] == three(15, None, 60)


def test_where_more_left_a_store_than_came_nothing_is_certain() -> None:
    told = facts(
        moved(SUPPLIED, "party:S", LOT, 100, 0),
        kept(LOT, COLD, 10, 1),
        at(COLD, moved(USED, LOT, "batch:1", 40, 6)),
    )
    found = window_bounds(told, "place", COLD, 3, 4)
    assert found[LOT] == three(0, None, 100)
    assert found["batch:1"] == three(0, None, 40)


def test_a_stay_known_in_part_may_have_begun_after_the_window() -> None:
    vague = replace(kept(LOT, COLD, 60, 9), valid_from=day(2))
    assert window_bounds(facts(vague), "place", COLD, 3, 4)[LOT] == three(0, None, 60)


def test_an_item_and_a_pallet_are_seed_if_they_were_there_for_certain() -> None:
    told = facts(
        kept("item:P:1", COLD, None, 1),
        kept("item:P:2", COLD, None, 1),
        kept("item:P:2", WARM, None, 2),
        kept("unit:U", COLD, None, 1),
        moved(Flow.CONTAINED_IN, "item:P:3", "unit:U", start=0),
        moved(Flow.SHIPPED_IN, "item:P:2", "shipment:1", None, 6),
    )
    found = window_bounds(told, "place", COLD, 3, 4)
    assert found["item:P:1"] == found["item:P:3"] == three(1, 1, 1)
    assert found["unit:U"] == three(1, 1, 1)
    assert found["item:P:2"] == found["shipment:1"] == three(0, None, 1)


def test_a_case_on_a_pallet_is_no_product_of_its_own() -> None:
    told = facts(
        moved(SUPPLIED, "party:S", LOT, 100, 0),
        kept("unit:U", COLD, None, 1),
        moved(Flow.CONTAINED_IN, "unit:K", "unit:U", start=1),
        moved(Flow.CONTAINED_IN, LOT, "unit:K", 40, start=1),
    )
    found = window_bounds(told, "place", COLD, 3, 4)
    assert found["unit:U"] == found["unit:K"] == three(40, 40, 40)
    assert bounds(told, "unit:U")["unit:U"] == three(40, 40, 40)


def test_a_pallet_in_a_store_is_no_more_of_a_lot_than_the_lot_has_there() -> None:
    told = facts(
        moved(SUPPLIED, "party:S", LOT, 100, 0),
        kept(LOT, COLD, 100, 1),
        kept("unit:U", COLD, None, 1),
        moved(Flow.CONTAINED_IN, LOT, "unit:U", 40, start=1),
        moved(Flow.SHIPPED_IN, "unit:U", "shipment:1", None, 6),
    )
    found = window_bounds(told, "place", COLD, 3, 4)
    assert found[LOT] == three(100, None, 100)
    assert found["shipment:1"] == three(40, 40, 40)


def test_what_was_shipped_away_with_its_pallet_may_not_have_been_there() -> None:
    told = facts(
        kept(LOT, COLD, 100, 1),
        moved(Flow.CONTAINED_IN, LOT, "unit:U", 40, start=1),
        moved(Flow.SHIPPED_IN, "unit:U", "shipment:1", None, 2),
        at(COLD, moved(Flow.SHIPPED_IN, LOT, "shipment:2", 5, 5)),
    )
    least, _, most = window_bounds(told, "place", COLD, 3, 4)[LOT]
    assert (least, most) == (60, 100)


def test_a_delivery_in_the_window_is_seed_by_what_was_shipped() -> None:
    told = facts(
        moved(SUPPLIED, "party:S", LOT, 100, 0),
        moved(Flow.SHIPPED_IN, LOT, "shipment:1", 30, 1),
        moved(Flow.DELIVERED_TO, "shipment:1", COLD, None, 3),
        moved(USED, LOT, "batch:1", 30, 5),
    )
    found = window_bounds(told, "place", COLD, 2, 4)
    assert found["shipment:1"] == found[LOT] == found[COLD] == three(30, 30, 30)
    assert found["batch:1"] == three(0, 9, 30)


SUPPLY = moved(SUPPLIED, "party:S", LOT, 100, 0)


def test_what_was_used_at_a_place_then_was_there_and_perhaps_more() -> None:
    told = facts(
        SUPPLY,
        at(COLD, moved(USED, LOT, "batch:1", 30, 3)),
        at(COLD, moved(USED, LOT, "batch:2", 20, 4)),
        at(COLD, moved(USED, LOT, "batch:3", 40, 9)),
        links=tuple(link(Link.AT, f"batch:{i}", COLD, MOVED_AT) for i in (1, 2, 3)),
        more=[COLD],
    )
    found = window_bounds(told, "place", COLD, 2, 4)
    assert found[LOT] == three(50, None, 100)
    assert found["batch:1"] == three(30, 30, 30)
    assert found["batch:3"] == three(0, None, 40)


def test_what_was_delivered_before_and_not_used_is_there_still() -> None:
    told = facts(
        SUPPLY,
        moved(Flow.SHIPPED_IN, LOT, "shipment:1", 30, 0),
        moved(Flow.DELIVERED_TO, "shipment:1", COLD, None, 1),
        at(COLD, moved(USED, LOT, "batch:1", 10, 2)),
        at(COLD, moved(USED, LOT, "batch:2", 15, 6)),
        links=tuple(link(Link.AT, f"batch:{i}", COLD, MOVED_AT) for i in (1, 2)),
    )
    found = window_bounds(told, "place", COLD, 3, 4)
    assert found[LOT] == three(20, 20, 20)
    assert found["batch:2"] == three(15, 15, 15)
    assert "batch:1" not in found


def test_deliveries_before_and_in_the_window_add_up_once() -> None:
    told = facts(
        SUPPLY,
        moved(Flow.SHIPPED_IN, LOT, "shipment:1", 30, 0),
        moved(Flow.DELIVERED_TO, "shipment:1", COLD, None, 1),
        moved(Flow.SHIPPED_IN, LOT, "shipment:2", 20, 2),
        moved(Flow.DELIVERED_TO, "shipment:2", COLD, None, 4),
        moved(USED, LOT, "batch:1", 100, 6),
    )
    found = window_bounds(told, "place", COLD, 3, 5)
    assert found[LOT] == found["batch:1"] == three(50, 50, 50)
    assert found["shipment:2"] == three(20, 20, 20)


def test_what_was_sent_off_or_packed_there_was_there() -> None:
    told = facts(
        SUPPLY,
        moved(Flow.SHIPPED_IN, LOT, "shipment:1", 30, 3),
        at(COLD, moved(Flow.CONTAINED_IN, LOT, "unit:U", 40, start=3)),
        links=(
            link(Link.AT, "shipment:1", COLD, "from"),
            link(Link.AT, "unit:U", COLD, MOVED_AT),
        ),
        more=[COLD],
    )
    found = window_bounds(told, "place", COLD, 2, 4)
    # It is not said that what was packed is not what was sent.
    assert found[LOT] == three(40, None, 100)
    assert found["shipment:1"] == three(30, 30, 30)
    assert found["unit:U"] == three(40, 40, 40)


# --- Batches and vessels ---------------------------------------------------------------


def runs(*moves: FlowFact) -> list[Any]:
    return facts(*moves, more=[LINE], links=(link(Link.MADE_ON, "batch:1", LINE, "line"),))


def test_what_a_run_put_out_in_the_window_or_had_taken_in_by_then_is_seed() -> None:
    told = runs(
        moved(USED, LOT, "batch:1", 90, 1),
        moved(MADE, "batch:1", "lot:M:FG:a", 30, 2),
        moved(MADE, "batch:1", "lot:M:FG:b", 30, 5),
        moved(USED, "lot:M:FG:b", "batch:2", 10, 6),
    )
    found = window_bounds(told, "equipment", LINE, 3, 4)
    assert found["batch:1"] == found["lot:M:FG:b"] == three(30, 30, 30)
    assert found["batch:2"] == three(10, 10, 10)
    assert "lot:M:FG:a" not in found


def test_of_an_output_that_may_be_of_a_later_input_nothing_is_certain() -> None:
    told = runs(
        moved(USED, LOT, "batch:1", 90, 1),
        moved(USED, OTHER, "batch:1", 90, 5),
        moved(MADE, "batch:1", "lot:M:FG:a", 30, 4),
        moved(MADE, "batch:1", "lot:M:FG:b", 30, 6),
    )
    found = window_bounds(told, "equipment", LINE, 3, 4)
    assert found["lot:M:FG:a"] == three(30, 30, 30)
    assert found["lot:M:FG:b"] == three(0, None, 30)
    assert found["batch:1"] == three(30, None, 60)


def tank(*moves: FlowFact, policy: str = "full_mix") -> list[Any]:
    return facts(*moves, properties={TANK: {"vessel_policy": policy}})


LOADS = (
    moved(Flow.LOADED_INTO, LOT, TANK, 10, 1),
    moved(Flow.LOADED_INTO, OTHER, TANK, 10, 5),
)


@pytest.mark.parametrize(
    ("policy", "first", "second"),
    [
        ("full_mix", three(0, 5, 10), three(0, 5, 10)),
        ("fifo", three(10, 10, 10), None),
        ("lifo", None, three(10, 10, 10)),
    ],
)
def test_what_was_in_a_vessel_then_is_seed_and_leaves_by_its_policy(
    policy: str, first: Any, second: Any
) -> None:
    draws = (
        moved(Flow.DRAWN_FROM, TANK, "batch:1", 10, 6),
        moved(Flow.DRAWN_FROM, TANK, "batch:2", 10, 7),
    )
    found = window_bounds(tank(*LOADS, *draws, policy=policy), "place", TANK, 2, 3)
    assert found[TANK] == three(10, 10, 10)
    # With nothing of it in a draw, the trace may still reach it: it goes by loads, not by drops.
    none = (None, three(0, 0, 0))
    assert found.get("batch:1") == first or (first is None and found.get("batch:1") in none)
    assert found.get("batch:2") == second or (second is None and found.get("batch:2") in none)


def test_what_left_a_vessel_before_the_window_is_no_seed() -> None:
    draws = (
        moved(Flow.DRAWN_FROM, TANK, "batch:1", 4, 2),
        moved(Flow.DRAWN_FROM, TANK, "batch:2", 3, 4),
        moved(Flow.DRAWN_FROM, TANK, "batch:3", 13, 6),
    )
    found = window_bounds(tank(*LOADS, *draws), "place", TANK, 3, 4)
    assert found[TANK] == three(6, 6, 6)
    assert found["batch:2"] == three(3, 3, 3)
    assert found["batch:3"] == three(3, 3, 3)
    assert "batch:1" not in found


def test_what_was_washed_out_of_a_vessel_was_not_in_it_any_more() -> None:
    draw = moved(Flow.DRAWN_FROM, TANK, "batch:1", 10, 7)
    told = cleaned(genealogy([*LOADS, draw]), TANK, 4)
    assert window_bounds(told, "place", TANK, 2, 3) == {TANK: three(10, 10, 10)}
    found = window_bounds(told, "place", TANK, 6, 8)
    assert found[TANK] == found["batch:1"] == three(10, 10, 10)


def test_what_was_drawn_in_a_window_was_in_the_vessel_whatever_was_washed_out() -> None:
    draws = (
        moved(Flow.DRAWN_FROM, TANK, "batch:1", 7, 2),
        moved(Flow.DRAWN_FROM, TANK, "batch:2", 3, 6),
    )
    washed = cleaned(genealogy([LOADS[0], *draws]), TANK, 4)
    found = window_bounds(washed, "place", TANK, 5, 7)
    assert found[TANK] == three(3, None, None)
    assert found["batch:2"] == three(3, 3, 3)
    found = window_bounds(genealogy([LOADS[0], *draws]), "place", TANK, 5, 7)
    assert found[TANK] == three(3, 3, 3)


def test_a_vessel_without_recorded_loads_is_seed_by_what_left_it_then() -> None:
    draws = (
        moved(Flow.DRAWN_FROM, TANK, "batch:1", 4, 3),
        moved(Flow.DRAWN_FROM, TANK, "batch:2", 5, 6),
    )
    found = window_bounds(tank(*draws), "place", TANK, 2, 4)
    assert found["batch:1"] == three(4, 4, 4)
    assert found["batch:2"] == three(0, None, 5)


def test_more_drawn_than_loaded_may_all_have_been_in_the_vessel_then() -> None:
    draws = (
        moved(Flow.DRAWN_FROM, TANK, "batch:1", 25, 3),
        moved(Flow.DRAWN_FROM, TANK, "batch:2", 5, 6),
    )
    found = window_bounds(tank(LOADS[0], *draws), "place", TANK, 2, 4)
    assert found["batch:1"] == three(25, 25, 25)
    assert found["batch:2"] == three(0, None, 5)


def test_a_vessel_that_was_first_loaded_after_a_window_held_nothing_in_it() -> None:
    draw = moved(Flow.DRAWN_FROM, TANK, "batch:1", 4, 6)
    told = [*tank(LOADS[1], draw), *excursion(TANK, 2, 3)]
    with pytest.raises(InvalidQuery):
        window_bounds(told, "place", TANK, 2, 3)
    with pytest.raises(InvalidQuery):
        window_bounds(told, "event", "quality:1")
    early = moved(Flow.DRAWN_FROM, TANK, "batch:0", 1, 4)
    found = window_bounds(tank(LOADS[1], draw, early), "place", TANK, 2, 3)
    assert found["batch:0"] == three(0, None, 1)


# --- Suppliers, products, events ---------------------------------------------------------


def test_a_supplier_in_a_window_is_what_it_delivered_then() -> None:
    told = facts(
        moved(SUPPLIED, "party:S", LOT, 70, 2),
        moved(SUPPLIED, "party:S", OTHER, 30, 2, name="1"),
        moved(SUPPLIED, "party:S", OTHER, 20, 9, name="2"),
        moved(USED, LOT, "batch:1", 7, 10),
        moved(USED, OTHER, "batch:2", 50, 10),
    )
    found = window_bounds(told, "supplier", "party:S", 1, 3)
    assert found[LOT] == three(70, 70, 70)
    assert found["batch:1"] == three(7, 7, 7)
    assert found[OTHER] == found["batch:2"] == three(30, None, 50)


def test_a_delivery_of_unknown_day_may_have_been_in_the_window() -> None:
    told = facts(moved(SUPPLIED, "party:S", LOT, 70), moved(USED, LOT, "batch:1", 7, 10))
    found = window_bounds(told, "supplier", "party:S", 1, 3)
    assert found[LOT] == three(0, None, 70)
    assert found["batch:1"] == three(0, None, 7)
    assert window_bounds(told, "supplier", "party:S")[LOT] == three(70, 70, 70)


def test_a_product_in_a_window_is_what_was_made_of_it_then_by_that_recipe() -> None:
    product = NodeFact(Label.PRODUCT, NodeId("product:FG"), SOURCE)
    told = facts(
        moved(MADE, "batch:1", "lot:M:FG:a", 30, 2),
        moved(MADE, "batch:2", "lot:M:FG:a", 20, 2),
        moved(USED, "lot:M:FG:a", "batch:3", 50, 4),
        links=(link(Link.OF_PRODUCT, "lot:M:FG:a", "product:FG"),),
        properties={"batch:1": {"recipe_revision": "B"}},
    )
    found = window_bounds([*told, product], "product", "product:FG", 1, 3)
    assert found["lot:M:FG:a"] == found["batch:3"] == three(50, 50, 50)
    by_recipe = window_bounds([*told, product], "product", "product:FG", 1, 3, revision="B")
    assert by_recipe["lot:M:FG:a"] == three(30, None, 50)


def excursion(about: str, first: int, last: int, place: str | None = None) -> list[Any]:
    told: dict[str, Any] = {"kind": "storage_excursion", "occurred_at": day(first)}
    told |= {"ended_at": day(last)} | ({"place_id": place} if place else {})
    event = NodeFact(Label.QUALITY_EVENT, NodeId("quality:1"), SOURCE, properties=told)
    return [event, link(Link.ABOUT, "quality:1", about)]


def test_an_event_is_seed_by_what_it_is_about() -> None:
    told = facts(
        moved(SUPPLIED, "party:S", LOT, 100, 0),
        kept(LOT, COLD, 60, 1),
        kept(LOT, WARM, 40, 1),
        moved(USED, LOT, "batch:1", 30, 2),
        moved(SUPPLIED, "party:S", LOT, 11, 8, name="late"),
    )
    of_lot = window_bounds([*told, *excursion(LOT, 3, 4)], "event", "quality:1")
    assert of_lot[LOT] == three(70, 70, 70)
    there = window_bounds([*told, *excursion(LOT, 3, 4, WARM)], "event", "quality:1")
    assert there[LOT] == three(10, None, 40)
    store = window_bounds([*told, *excursion(COLD, 3, 4)], "event", "quality:1")
    assert store[LOT] == three(30, None, 60)
    complaint = NodeFact(
        Label.QUALITY_EVENT, NodeId("quality:1"), SOURCE, properties={"kind": "complaint"}
    )
    about = link(Link.ABOUT, "quality:1", LOT)
    assert (
        window_bounds([*told, complaint, about], "event", "quality:1")[LOT]
        == bounds(told, LOT)[LOT]
    )


def test_a_lot_that_is_named_counts_whole_beside_its_window() -> None:
    told = facts(moved(SUPPLIED, "party:S", LOT, 100, 0), kept(LOT, COLD, 60, 1))
    window = Window(WindowKind.PLACE, HERE, day(3), day(4))
    query = TraceQuery((NodeId(LOT),), "forward", windows=(window,))
    [amount] = amounts_of(told, query)[NodeId(LOT)]
    assert (amount.share, amount.of_seed) == (100, 1)


def test_in_two_windows_the_same_material_may_have_been_twice() -> None:
    told = facts(
        moved(SUPPLIED, "party:S", LOT, 100, 0), kept(LOT, COLD, 60, 1), kept(LOT, WARM, 30, 1)
    )
    windows = tuple(Window(WindowKind.PLACE, NodeId(p), day(3), day(4)) for p in (COLD, WARM))
    [amount] = amounts_of(told, TraceQuery((), "forward", windows=windows))[NodeId(LOT)]
    assert (amount.least, amount.share, amount.most) == (60, None, 90)


def test_in_conservative_mode_no_order_makes_a_window_certain() -> None:
    told = facts(kept(LOT, COLD, 60, 1), at(COLD, moved(USED, LOT, "batch:1", 20, 6)))
    found = window_bounds(told, "place", COLD, 3, 4, mode=Mode.CONSERVATIVE)
    assert found[LOT] == three(40, None, 60)
    assert found["batch:1"] == three(0, None, 20)


def test_of_a_lot_that_was_unpacked_so_much_more_may_be_there() -> None:
    told = facts(
        SUPPLY,
        moved(Flow.SHIPPED_IN, LOT, "shipment:1", 20, 0),
        moved(Flow.DELIVERED_TO, "shipment:1", COLD, None, 1),
        moved(Flow.CONTAINED_IN, LOT, "unit:U", 30, None, start=0, end=3),
        moved(Flow.SHIPPED_IN, "unit:U", "shipment:2", None, 1),
        moved(Flow.DELIVERED_TO, "shipment:2", COLD, None, 2),
    )
    assert window_bounds(told, "place", COLD, 4, 5)[LOT] == three(0, None, 50)
    # A stay tells of what came out, and then so much it is.
    kept = moved(Flow.STORED_AT, LOT, COLD, 30, 3, start=3)
    assert window_bounds([*told, kept], "place", COLD, 4, 5)[LOT][-1] == 30
