"""What each table means: the facts that its rows become."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact
from genealogy.model.names import FLOW_ENDS, RECORDED, Flow, Label, Link, Role
from loaders.tables.declared import TABLES
from loaders.tables.facts import facts_of
from loaders.tables.movements import wrong_ends
from loaders.tables.records import Block, Record
from loaders.tables.rows import read_header, typed_rows
from tests.loaders.tables.a_company import CAP, COMPANY, PUMP, RESIN


def facts(table: str, cells: dict[str, str]) -> list[Fact]:
    header = read_header(TABLES[table], "f.csv", Record(1, tuple(cells)))
    block = Block([7], [tuple(cells.values())])
    rows, faults = typed_rows(TABLES[table], "f.csv", header, block)
    assert not faults
    assert not wrong_ends(rows)
    return facts_of(rows, "erp")


def flow(table: str, cells: dict[str, str]) -> FlowFact:
    [found] = [fact for fact in facts(table, cells) if isinstance(fact, FlowFact)]
    return found


GTIN = "09506000134352"


def links(found: list[Fact]) -> set[tuple[Link, str, str | None]]:
    return {(f.type, f.target_id, f.part) for f in found if isinstance(f, LinkFact)}


def described(found: list[Fact]) -> NodeFact:
    [node] = [f for f in found if isinstance(f, NodeFact) and f.properties]
    return node


def example(table: str, **changes: str) -> dict[str, str]:
    return {**COMPANY[table][0], **changes}


@pytest.mark.parametrize(
    ("table", "row", "type_", "source", "target"),
    [
        ("supplies", 0, Flow.SUPPLIED, "party:SUP-1", RESIN),
        ("consumption", 0, Flow.CONSUMED_BY, RESIN, "batch:WO-1"),
        ("production", 0, Flow.PRODUCED, "batch:WO-1", CAP),
        ("assembly", 0, Flow.PART_OF, CAP, PUMP),
        ("containment", 0, Flow.CONTAINED_IN, PUMP, "(00)006141411234567890"),
        ("shipments", 0, Flow.DELIVERED_TO, "shipment:D-1", "party:CUS-1"),
        ("shipment_lines", 0, Flow.SHIPPED_IN, "(00)006141411234567890", "shipment:D-1"),
        ("shipment_lines", 1, Flow.RETURNED_IN, PUMP, "shipment:D-2"),
        ("vessel_moves", 0, Flow.LOADED_INTO, RESIN, "place:T1"),
        ("vessel_moves", 1, Flow.DRAWN_FROM, "place:T1", "batch:WO-1"),
        ("relabels", 0, Flow.RELABELLED_AS, RESIN, "lot:S1:RM-204:R-1"),
        ("stays", 0, Flow.STORED_AT, RESIN, "place:L1"),
        ("items", 0, Flow.SERIALISED_AS, "lot:S1:PUMP:L1", PUMP),
    ],
)
def test_each_movement_table_gives_its_flow(
    table: str, row: int, type_: Flow, source: str, target: str
) -> None:
    found = flow(table, COMPANY[table][row])
    assert (found.type, found.source_id, found.target_id) == (type_, source, target)


def test_the_examples_cover_every_flow() -> None:
    rows = [(table, row) for table, rows in COMPANY.items() for row in rows]
    found = {f.type for t, r in rows for f in facts(t, r) if isinstance(f, FlowFact)}
    assert found == set(RECORDED)


def test_every_flow_joins_kinds_that_the_design_allows() -> None:
    for table, rows in COMPANY.items():
        for found in (f for row in rows for f in facts(table, row)):
            if isinstance(found, FlowFact):
                sources, targets = FLOW_ENDS[found.type]
                assert found.source_label in sources
                assert found.target_label in targets


def test_every_end_of_a_flow_or_link_is_also_stated_as_a_node() -> None:
    for table, rows in COMPANY.items():
        for row in rows:
            found = facts(table, row)
            nodes = {(f.node_id, f.label) for f in found if isinstance(f, NodeFact)}
            for fact in found:
                if not isinstance(fact, NodeFact):
                    assert (fact.source_id, fact.source_label) in nodes
                    assert (fact.target_id, fact.target_label) in nodes


def test_a_flow_carries_quantity_time_place_and_source() -> None:
    found = flow("consumption", example("consumption"))
    assert (found.quantity, found.uom, found.base_quantity) == (
        Decimal(12500),
        "GRM",
        Decimal("12.5"),
    )
    assert found.occurred_at == datetime(2026, 2, 1, 0, 5, tzinfo=UTC)
    assert found.occurred_offset == "+08:00"
    assert found.place_id == "place:L1"
    assert (found.source.system, found.source.record) == ("erp", "f.csv:7")


def test_unknown_quantity_and_time_stay_unknown() -> None:
    found = flow("consumption", {"batch_id": "B", "input_id": RESIN, "quantity": "", "uom": ""})
    assert (found.quantity, found.uom, found.base_quantity, found.occurred_at) == (None,) * 4


def test_huge_quantities_are_kept_to_the_last_digit() -> None:
    huge = "123456789012345678901234567890123456789.000000000000000000001"
    assert flow("consumption", example("consumption", quantity=huge)).quantity == Decimal(huge)


def test_intervals_have_both_ends() -> None:
    found = flow("containment", example("containment"))
    assert (found.valid_from, found.valid_to) == (
        datetime(2026, 2, 2, 10, tzinfo=UTC),
        datetime(2026, 2, 9, 10, tzinfo=UTC),
    )
    assert found.ends_from is None
    assert flow("containment", example("containment", unpacked_at="")).valid_to is None


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("table", "column"), [("consumption", "occurred_at"), ("shipments", "received_at")]
)
def test_a_movement_at_a_time_known_in_part_has_the_window_it_lies_in(
    table: str, column: str
) -> None:
    fact = flow(table, example(table, **{column: "2026-03+08:00"}))
    assert fact.occurred_at == utc("2026-02-28T16:00:00Z")
    assert fact.valid_to == utc("2026-03-31T15:59:59.999999Z")
    assert fact.occurred_offset == "+08:00"
    told = flow(table, example(table, **{column: "2026-03-01T00:00:00+08:00"}))
    assert told.valid_to is None
    assert table == "shipments" or told.fact_id != fact.fact_id


def test_what_lasts_shows_both_ends_of_a_beginning_known_in_part() -> None:
    cells = example("containment", packed_at="2026-03-01", unpacked_at="2026-03-02T10:00")
    fact = flow("containment", cells)
    assert fact.valid_from == utc("2026-02-28T10:00:00Z")
    assert fact.occurred_at == utc("2026-03-02T11:59:59.999999Z")
    assert fact.valid_to == utc("2026-03-02T22:00:00Z")
    assert fact.occurred_offset is None


@pytest.mark.parametrize(
    ("table", "column"),
    [("containment", "unpacked_at"), ("assembly", "removed_at"), ("stays", "left_at")],
)
def test_what_lasts_shows_both_ends_of_an_end_known_in_part(table: str, column: str) -> None:
    fact = flow(table, example(table, **{column: "2026-03+08:00"}))
    assert fact.ends_from == utc("2026-02-28T16:00:00Z")
    assert fact.valid_to == utc("2026-03-31T15:59:59.999999Z")


def test_a_stay_tells_where_a_lot_was_from_when_until_when_and_where_it_came_from() -> None:
    fact = flow("stays", example("stays", arrived_at="2026-02-01Z"))
    assert fact.valid_from == utc("2026-02-01T00:00:00Z")
    assert fact.occurred_at == utc("2026-02-01T23:59:59.999999Z")
    assert fact.valid_to == utc("2026-02-03T10:00:00Z")
    assert fact.place_id == "place:S1"


def test_a_vessel_is_loaded_from_the_earliest_start_to_the_latest_end() -> None:
    cells = example("vessel_moves", occurred_at="2026-03-01Z", ended_at="2026-03-01Z")
    fact = flow("vessel_moves", cells)
    assert fact.valid_from == fact.occurred_at == utc("2026-03-01T00:00:00Z")
    assert fact.valid_to == utc("2026-03-01T23:59:59.999999Z")


def test_a_node_tells_both_ends_of_a_time_known_in_part() -> None:
    said = described(
        facts("batches", example("batches", started_at="2026-03-01Z", ended_at=""))
    ).properties
    assert said["started_at"] == utc("2026-03-01T00:00:00Z")
    assert said["started_at_latest"] == utc("2026-03-01T23:59:59.999999Z")
    assert "ended_at_latest" not in said


def test_a_shipment_in_transit_has_left_but_not_arrived() -> None:
    found = flow("shipments", example("shipments", received_at=""))
    assert found.occurred_at is None
    assert found.valid_from == datetime(2026, 2, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "sender", "suppliers"),
    [
        ("inbound", "party:SUP-1", ["party:SUP-1"]),
        ("inbound", "place:SH1", []),
        ("inbound", "", []),
        ("outbound", "party:SUP-1", []),
    ],
)
def test_who_sends_an_inbound_shipment_supplied_it(
    kind: str, sender: str, suppliers: list[str]
) -> None:
    row = example("shipments", kind=kind, from_id=sender)
    flows = [f for f in facts("shipments", row) if isinstance(f, FlowFact)]
    supplied = [f for f in flows if f.type is Flow.SUPPLIED]
    assert [f.source_id for f in supplied] == suppliers
    assert all(f.target_label is Label.SHIPMENT and f.occurred_at for f in supplied)


def test_a_movement_told_again_later_is_the_same_movement() -> None:
    first = flow("containment", example("containment", unpacked_at=""))
    later = flow("containment", example("containment", recorded_at="2026-03-01T00:00:00Z"))
    assert first.fact_id == later.fact_id
    sent = flow("shipments", example("shipments", received_at=""))
    assert sent.fact_id == flow("shipments", example("shipments")).fact_id


def test_movements_that_differ_in_content_are_two() -> None:
    one = flow("consumption", example("consumption"))
    for change in ({"quantity": "12501"}, {"occurred_at": "2026-02-01T08:06:00+08:00"}):
        assert flow("consumption", example("consumption", **change)).fact_id != one.fact_id


def test_a_movement_is_the_same_however_its_values_are_written() -> None:
    one = flow("consumption", example("consumption"))
    other = {"quantity": "12500.00", "occurred_at": "2026-02-01T00:05:00Z"}
    assert flow("consumption", example("consumption", **other)).fact_id == one.fact_id


def test_a_record_id_names_the_movement_whatever_its_content() -> None:
    one = flow("consumption", example("consumption", record_id="D1/1"))
    same = flow("consumption", example("consumption", record_id="D1/1", quantity="9"))
    other = flow("consumption", example("consumption", record_id="D1/2"))
    assert one.fact_id == same.fact_id
    assert one.fact_id != other.fact_id


def test_fact_ids_are_24_hexadecimal_digits_and_stable() -> None:
    assert flow("supplies", example("supplies")).fact_id == "fdce98f4c1055a6540fcc034"


def test_lots_get_the_role_of_the_row_they_stand_in() -> None:
    supplied = {f.node_id: f.roles for f in facts("supplies", example("supplies")) if nodal(f)}
    del supplied["product:RM-204"]
    assert supplied == {"party:SUP-1": (Role.SUPPLIER,), RESIN: (Role.SUPPLIER_LOT,)}
    made = {f.node_id: f.roles for f in facts("production", example("production")) if nodal(f)}
    assert made.items() >= {"batch:WO-1": (), CAP: (Role.PRODUCT_LOT,)}.items()


def test_a_lot_that_is_only_mentioned_is_of_the_product_its_id_names() -> None:
    told = facts("consumption", example("consumption", input_id=RESIN))
    links = [f for f in told if isinstance(f, LinkFact) and f.type is Link.OF_PRODUCT]
    assert [(f.type, f.source_id, f.target_id) for f in links] == [
        (Link.OF_PRODUCT, RESIN, "product:RM-204")
    ]


def test_material_without_lot_number_is_marked_as_such() -> None:
    told = facts("consumption", example("consumption", input_id="unlotted:RM-204"))
    roles = {f.node_id: f.roles for f in told if isinstance(f, NodeFact)}
    assert roles["unlotted:product:RM-204"] == (Role.UNLOTTED,)
    assert flow("consumption", example("consumption", input_id="unlotted:RM-204")).source_id == (
        "unlotted:product:RM-204"
    )


def nodal(fact: Fact) -> bool:
    return isinstance(fact, NodeFact)


def test_an_item_that_is_produced_is_no_product_lot() -> None:
    made = facts("production", example("production", output_id=PUMP))
    assert {f.roles for f in made if isinstance(f, NodeFact)} == {()}


def test_parties_and_quality_events_have_their_roles() -> None:
    party = described(facts("parties", example("parties", roles="carrier;supplier")))
    assert party.roles == (Role.SUPPLIER, Role.CARRIER)
    event = described(facts("quality_events", example("quality_events")))
    assert event.roles == (Role.COMPLAINT,)
    assert "about_id" not in event.properties


def test_links_tell_product_places_and_subject() -> None:
    assert links(facts("lots", example("lots"))) == {(Link.OF_PRODUCT, "product:RM-204", None)}
    assert links(facts("batches", example("batches"))) == {
        (Link.AT, "place:S1", "site"),
        (Link.MADE_ON, "place:L1", "line"),
    }
    assert links(facts("places", COMPANY["places"][1])) == {(Link.AT, "place:S1", "parent")}
    assert (Link.ABOUT, PUMP, None) in links(facts("quality_events", example("quality_events")))


def test_an_item_that_is_only_mentioned_is_of_the_product_its_id_names() -> None:
    told = links(facts("production", example("production", output_id="item:PUMP:7")))
    assert (Link.OF_PRODUCT, "product:PUMP", None) in told


def test_a_batch_is_at_the_places_where_its_movements_were() -> None:
    assert (Link.AT, "place:L1", "movement") in links(
        facts("consumption", example("consumption", place_id="L1"))
    )
    assert (Link.AT, "place:L1", "movement") in links(
        facts("production", example("production", place_id="L1"))
    )
    assert not {
        part for *_, part in links(facts("consumption", example("consumption", place_id="")))
    } - {None}


@pytest.mark.parametrize("table", ["containment", "shipment_lines"])
def test_units_and_shipments_are_at_the_places_where_they_were_filled(table: str) -> None:
    told = links(facts(table, example(table, place_id="L1")))
    assert (Link.AT, "place:L1", "movement") in told
    assert "movement" not in {part for *_, part in links(facts(table, example(table, place_id="")))}


def test_where_a_stay_came_from_is_not_where_it_was_moved() -> None:
    told = links(facts("stays", example("stays", came_from="L1")))
    assert "movement" not in {part for *_, part in told}


def test_a_gtin_is_of_the_product_that_has_it_and_a_lot_named_by_it_of_both() -> None:
    told = facts("products", example("products", product_id="F", gtin="9506000134352"))
    [link] = [f for f in told if isinstance(f, LinkFact)]
    assert (link.source_id, link.target_id) == ("(01)09506000134352", "product:F")
    same = facts("products", example("products", product_id="(01)09506000134352", gtin=GTIN))
    assert not links(same)
    lot = facts("lots", example("lots", lot_id=f"(01){GTIN}(10)X4", product_id="F"))
    assert links(lot) == {
        (Link.OF_PRODUCT, "product:F", None),
        (Link.OF_PRODUCT, "(01)09506000134352", None),
    }


def test_properties_keep_every_column_in_a_type_the_graph_can_hold() -> None:
    lot = described(facts("lots", example("lots", produced_at="2026-01-02T00:00:00+08:00")))
    assert lot.properties == {
        "assigner_id": "SUP-1",
        "product_id": "product:RM-204",
        "lot_code": "24A0871",
        "quantity": "500",
        "uom": "KGM",
        "produced_at": datetime(2026, 1, 1, 16, tzinfo=UTC),
        "expires_on": "2028-01-31",
    }


def test_other_spellings_of_an_identifier_are_kept() -> None:
    link = "https://id.gs1.org/01/09506000134352/10/B7"
    lot = described(facts("lots", {"lot_id": link, "status": "released"}))
    assert (lot.node_id, lot.identifiers) == (CAP, (link,))
    product = facts("products", example("products", gtin="9506000134352"))
    assert described(product).identifiers == ("09506000134352",)


def test_an_item_id_that_names_its_lot_ties_them() -> None:
    found = flow("items", {"item_id": "(01)09506000134369(10)L9(21)0001"})
    assert (found.source_id, found.target_id) == ("(01)09506000134369(10)L9", PUMP)


def test_a_row_may_name_its_own_source_system_and_be_withdrawn() -> None:
    when = "2026-04-01T00:00:00Z"
    found = flow("supplies", example("supplies", source_system="wms", retracted_at=when))
    assert found.source.system == "wms"
    assert found.retracted_at == datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("vessel_moves", {"other_id": "batch:WO-1"}),
        ("containment", {"child_id": "unit:U", "unit_id": "U"}),
        ("relabels", {"to_lot_id": RESIN}),
    ],
)
def test_ends_that_cannot_be_joined_are_refused(table: str, changes: dict[str, str]) -> None:
    cells = example(table, **changes)
    header = read_header(TABLES[table], "f.csv", Record(1, tuple(cells)))
    rows, _ = typed_rows(TABLES[table], "f.csv", header, Block([7], [tuple(cells.values())]))
    assert [(reason.line, reason.code) for reason in wrong_ends(rows)] == [(7, "wrong_ends")]


def test_labels_follow_the_identifier() -> None:
    found = facts("consumption", example("consumption", input_id=PUMP))
    assert {f.label for f in found if isinstance(f, NodeFact)} == {
        Label.ITEM,
        Label.BATCH,
        Label.PLACE,
        Label.PRODUCT,
    }


def test_rows_of_several_movements_and_systems_keep_what_is_their_own() -> None:
    cells = COMPANY["shipment_lines"]
    names = tuple({name: None for row in cells for name in row} | {"source_system": None})
    header = read_header(TABLES["shipment_lines"], "f.csv", Record(1, names))
    told = [tuple(row.get(name, "") for name in names[:-1]) for row in cells]
    block = Block([2, 3, 5], [(*told[0], ""), (*told[1], "wms"), (*told[0], "wms")])
    rows, _ = typed_rows(TABLES["shipment_lines"], "f.csv", header, block)
    found = {
        (f.type, f.source.system, f.source.record)
        for f in facts_of(rows, "erp")
        if isinstance(f, FlowFact)
    }
    assert found == {
        (Flow.SHIPPED_IN, "erp", "f.csv:2"),
        (Flow.RETURNED_IN, "wms", "f.csv:3"),
        (Flow.SHIPPED_IN, "wms", "f.csv:5"),
    }


def test_what_is_only_mentioned_is_stated_once_a_system() -> None:
    names = ("batch_id", "input_id", "source_system")
    header = read_header(TABLES["consumption"], "f.csv", Record(1, names))
    told = [("B", RESIN, ""), ("batch:B", RESIN, ""), ("B", CAP, ""), ("B", RESIN, "wms")]
    rows, _ = typed_rows(TABLES["consumption"], "f.csv", header, Block(range(2, 6), told))
    told_of = [f for f in facts_of(rows, "erp") if isinstance(f, NodeFact)]
    nodes = [f for f in told_of if f.label is not Label.PRODUCT]
    assert sorted((n.node_id, n.source.system) for n in nodes) == [
        (CAP, "erp"),
        ("batch:B", "erp"),
        ("batch:B", "wms"),
        (RESIN, "erp"),
        (RESIN, "wms"),
    ]


def test_units_of_a_product_become_a_property_each_whatever_their_order() -> None:
    found = [f for row in COMPANY["product_units"] for f in facts("product_units", row)]
    told = [dict(f.properties) for f in found if isinstance(f, NodeFact)]
    assert told == [{"unit_xsa": "25"}, {"unit_ltr": "0.92"}]
