"""Each kind of event becomes the nodes and flows that its meaning asks for."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from genealogy.model.identifiers import canonical
from genealogy.model.names import MOVED_AT, Confidence, Flow, Label, Link, Mixing, Role
from tests.fakes_store import MemoryGraph, bodies
from tests.loaders.epcis.epcis_events import (
    ADVICE,
    BY_ADVICE,
    CLASS,
    HOSPITAL,
    HOST,
    ITEM,
    ITEM_2,
    LOT,
    LOT_2,
    MAKER,
    N_HOSPITAL,
    N_HOST,
    N_ITEM,
    N_ITEM_2,
    N_LOT,
    N_LOT_2,
    N_MAKER,
    N_PALLET,
    N_PALLET_2,
    N_SITE,
    N_SITE_2,
    PALLET,
    PALLET_2,
    SITE,
    SITE_2,
    amounts,
    event,
    graph_of,
    load,
    packing,
    receiving,
    recorded,
    shipping,
    unpacking,
    utc,
    voiding,
)

MAKING = {
    "inputQuantityList": amounts(LOT, 10.5, "KGM"),
    "outputQuantityList": amounts(LOT_2, 100),
}


def making(at: int = 1, **more: object) -> dict[str, object]:
    return event("Transformation", at, **{"eventID": "urn:uuid:make", **MAKING, **more})


# --- making -------------------------------------------------------------------------


def test_a_transformation_is_a_hub_named_by_its_event() -> None:
    graph = graph_of(making())

    assert graph.edges() == {
        ("CONSUMED_BY", N_LOT, "batch:urn:uuid:make"),
        ("PRODUCED", "batch:urn:uuid:make", N_LOT_2),
    }
    assert graph.nodes["batch:urn:uuid:make"].properties["mixing"] == Mixing.BY_TIME
    assert Role.PRODUCT_LOT in graph.nodes[N_LOT_2].roles


def test_quantities_are_exact_and_keep_their_unit() -> None:
    consumed = graph_of(making()).flows()[0]

    assert (consumed.quantity, consumed.uom) == (Decimal("10.5"), "KGM")
    assert consumed.base_quantity == Decimal("10.5")
    assert consumed.occurred_at == utc(1)
    assert consumed.occurred_offset == "+08:00"
    assert consumed.event_id == "event:urn:uuid:make"
    assert consumed.derived


@pytest.mark.parametrize("quantity", [None, 0, "123456789012345678901234567890.000000001", 1e-7])
def test_an_unknown_quantity_stays_unknown_and_a_huge_one_whole(quantity: object) -> None:
    graph = graph_of(making(inputQuantityList=amounts(LOT, quantity, "KGM")))
    [consumed] = [f for f in graph.flows() if f.type is Flow.CONSUMED_BY]

    assert consumed.quantity == (None if quantity is None else Decimal(str(quantity)))


def test_a_transformation_id_is_one_hub_for_all_its_events() -> None:
    shared = {"transformationID": "urn:epc:id:gdti:4012345.55555.1234"}
    first = event("Transformation", 1, inputQuantityList=amounts(LOT), **shared)
    second = event("Transformation", 2, outputQuantityList=amounts(LOT_2), **shared)
    hub = "batch:urn:epc:id:gdti:4012345.55555.1234"

    graph = graph_of(first, second)

    assert graph.edges() == {("CONSUMED_BY", N_LOT, hub), ("PRODUCED", hub, N_LOT_2)}
    assert graph.nodes[hub].properties["mixing"] == Mixing.WHOLE
    assert {f.occurred_at for f in graph.flows()} == {utc(1), utc(2)}


def test_rework_of_a_lot_into_itself_is_a_cycle_and_no_fault() -> None:
    graph = graph_of(making(outputQuantityList=amounts(LOT, 9)))

    assert ("CONSUMED_BY", N_LOT, "batch:urn:uuid:make") in graph.edges()
    assert ("PRODUCED", "batch:urn:uuid:make", N_LOT) in graph.edges()


def test_a_class_without_lot_stands_for_its_unlotted_quantity() -> None:
    graph = graph_of(making(inputQuantityList=amounts(CLASS, 220)))
    unlotted = "unlotted:(01)04012345666663"

    assert ("CONSUMED_BY", unlotted, "batch:urn:uuid:make") in graph.edges()
    assert graph.nodes[unlotted].label is Label.LOT
    assert graph.nodes[unlotted].properties["unlotted"] is True
    assert (Link.OF_PRODUCT, unlotted, "(01)04012345666663", None) in graph.links


def test_a_repackaging_under_a_new_name_is_a_relabel() -> None:
    graph = graph_of(making(bizStep="repackaging"))

    assert graph.edges() == {("RELABELLED_AS", N_LOT, N_LOT_2)}


def test_a_repackaging_of_many_lots_is_a_hub() -> None:
    many = [*amounts(LOT, 1), *amounts("urn:epc:class:lgtin:4012345.012345.L9", 1)]
    graph = graph_of(making(bizStep="repackaging", inputQuantityList=many))

    assert {e[0] for e in graph.edges()} == {"CONSUMED_BY", "PRODUCED"}


def test_equal_lots_told_twice_in_one_event_are_added_up() -> None:
    rows = [*amounts(LOT, 1, "KGM"), *amounts(LOT, 2, "KGM"), *amounts(LOT, 5, "LTR")]
    graph = graph_of(making(inputQuantityList=rows))
    consumed = [f for f in graph.flows() if f.type is Flow.CONSUMED_BY]

    assert {(f.quantity, f.uom) for f in consumed} == {(3, "KGM"), (5, "LTR")}


@pytest.mark.parametrize("rows", [(5, None), (None, 5)])
def test_a_lot_told_with_and_without_amount_has_an_unknown_one(
    rows: tuple[int | None, ...],
) -> None:
    graph = graph_of(making(inputQuantityList=[r for q in rows for r in amounts(LOT, q, "KGM")]))
    consumed = [f for f in graph.flows() if f.type is Flow.CONSUMED_BY]

    assert [(f.quantity, f.uom) for f in consumed] == [(None, "KGM")]


# --- commissioning ------------------------------------------------------------------


def test_commissioning_makes_nodes_with_attributes_and_no_flow() -> None:
    ilmd = {
        "cbvmda:lotNumber": "L1",
        "cbvmda:itemExpirationDate": "2027-03-01",
        "cbvmda:productionDate": "2026-03-01T00:00:00Z",
        "gs1:countryOfOrigin": "CN",
    }
    graph = graph_of(
        event(
            "Object",
            action="ADD",
            bizStep="commissioning",
            quantityList=amounts(LOT, 100),
            ilmd=ilmd,
        )
    )

    assert graph.edges() == set()
    found = graph.nodes[N_LOT].properties
    assert found["lot_code"] == "L1"
    assert found["expires_on"] == "2027-03-01"
    assert found["produced_at"].year == 2026
    assert found["country"] == "CN"
    assert (Link.OF_PRODUCT, N_LOT, "(01)04012345123456", None) in graph.links


def test_items_commissioned_with_a_lot_number_belong_to_that_lot() -> None:
    graph = graph_of(event("Object", action="ADD", epcList=[ITEM], ilmd={"cbvmda:lotNumber": "B7"}))

    assert graph.edges() == {("SERIALISED_AS", "(01)04012345111118(10)B7", N_ITEM)}


def test_a_lot_number_among_attributes_names_the_lot_that_its_other_spellings_name() -> None:
    ilmd = {"cbvmda:lotNumber": "B(10)7"}
    graph = graph_of(event("Object", action="ADD", epcList=[ITEM], ilmd=ilmd))
    lot = canonical("urn:epc:class:lgtin:4012345.011111.B(10)7")

    assert graph.edges() == {("SERIALISED_AS", lot.node_id, N_ITEM)}


def test_an_item_named_with_its_lot_belongs_to_that_lot() -> None:
    link = "https://id.gs1.org/01/04012345111118/10/B7/21/S1"
    graph = graph_of(event("Object", action="OBSERVE", epcList=[link]))

    assert graph.edges() == {("SERIALISED_AS", "(01)04012345111118(10)B7", N_ITEM)}


def test_attributes_of_a_mere_observation_are_not_those_of_the_lot() -> None:
    graph = graph_of(event("Object", quantityList=amounts(LOT), ilmd={"cbvmda:lotNumber": "other"}))

    assert "lot_code" not in graph.nodes[N_LOT].properties


@pytest.mark.parametrize(
    ("step", "action"),
    [
        ("destroying", "DELETE"),
        ("decommissioning", "DELETE"),
        ("holding", "OBSERVE"),
        ("sampling", "OBSERVE"),
        ("creating_class_instance", "ADD"),
        ("storing", "OBSERVE"),
    ],
)
def test_steps_that_move_nothing_are_kept_as_events_about_the_object(
    step: str, action: str
) -> None:
    graph = graph_of(
        event(
            "Object",
            eventID="urn:uuid:e",
            action=action,
            bizStep=step,
            epcList=[ITEM],
            persistentDisposition={"set": ["recalled"]},
        )
    )

    assert graph.edges() == set()
    kept = graph.nodes["event:urn:uuid:e"].properties
    assert (kept["biz_step"], kept["action"]) == (step, action)
    assert kept["persistent_set"] == "recalled"
    assert (Link.ABOUT, "event:urn:uuid:e", N_ITEM, "epc") in graph.links


def test_a_transaction_ties_objects_to_a_document_and_moves_nothing() -> None:
    graph = graph_of(
        event(
            "Transaction",
            eventID="urn:uuid:t",
            action="ADD",
            bizStep="shipping",
            epcList=[ITEM],
            parentID=PALLET,
            bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:po:1"}],
        )
    )

    assert graph.edges() == set()
    assert graph.nodes["event:urn:uuid:t"].properties["transactions"] == "po=urn:x:po:1"
    assert (Link.ABOUT, "event:urn:uuid:t", N_PALLET, "parent") in graph.links


# --- containment and parts ----------------------------------------------------------


def test_packing_opens_and_unpacking_closes_an_interval() -> None:
    graph = graph_of(packing(1), unpacking(3, [ITEM]))
    [flow] = graph.flows()

    assert (flow.type, flow.source_id, flow.target_id) == ("CONTAINED_IN", N_ITEM, N_PALLET)
    assert (flow.valid_from, flow.valid_to) == (utc(1), utc(3))


def test_unpacking_without_children_empties_the_parent() -> None:
    graph = graph_of(packing(1, [ITEM, ITEM_2]), unpacking(3), packing(4, [ITEM]))
    spans = {(f.source_id, f.valid_from, f.valid_to) for f in graph.flows()}

    assert spans == {
        (N_ITEM, utc(1), utc(3)),
        (N_ITEM_2, utc(1), utc(3)),
        (N_ITEM, utc(4), None),
    }


def test_unpacking_one_child_leaves_the_others_inside() -> None:
    graph = graph_of(packing(1, [ITEM, ITEM_2]), unpacking(3, [ITEM]))

    assert {(f.source_id, f.valid_to) for f in graph.flows()} == {
        (N_ITEM, utc(3)),
        (N_ITEM_2, None),
    }


def test_packing_elsewhere_without_unpacking_ends_nothing_for_a_missed_lot_is_worse() -> None:
    graph = graph_of(packing(1), packing(3, parent=PALLET_2))

    assert {(f.target_id, f.valid_from, f.valid_to) for f in graph.flows()} == {
        (N_PALLET, utc(1), None),
        (N_PALLET_2, utc(3), None),
    }


def test_a_lot_may_be_in_two_units_at_once() -> None:
    content = {"childQuantityList": amounts(LOT, 5, "KGM")}
    graph = graph_of(packing(1, (), **content), packing(2, (), PALLET_2, **content))

    assert {f.valid_to for f in graph.flows()} == {None}


def test_part_of_a_lot_taken_out_leaves_the_rest_inside() -> None:
    put_in = packing(1, (), childQuantityList=amounts(LOT, 5, "KGM"))
    some = unpacking(2, (), childQuantityList=amounts(LOT, 2, "KGM"))
    rest = unpacking(3, (), childQuantityList=amounts(LOT, 3, "KGM"))

    assert [f.valid_to for f in graph_of(put_in, some).flows()] == [None]
    assert [f.valid_to for f in graph_of(put_in, some, rest).flows()] == [utc(3)]


def test_what_went_in_by_kilogram_may_come_out_by_gram() -> None:
    graph = graph_of(
        packing(1, [], childQuantityList=amounts(LOT, 10, "KGM")),
        unpacking(2, [], childQuantityList=amounts(LOT, 4000, "GRM")),
        unpacking(3, [], childQuantityList=amounts(LOT, 6000, "GRM")),
    )

    assert [f.valid_to for f in graph.flows()] == [utc(3)]


def test_an_observed_child_nobody_packed_is_inside_from_then_on() -> None:
    graph = graph_of(packing(2, action="OBSERVE"))
    [flow] = graph.flows()

    assert flow.confidence is Confidence.OBSERVED
    assert flow.valid_from == utc(2)


def test_observing_what_is_inside_says_nothing_new() -> None:
    graph = graph_of(packing(1), packing(2, action="OBSERVE"), packing(3, action="OBSERVE"))

    assert [f.confidence for f in graph.flows()] == [Confidence.RECORDED]


def test_a_child_taken_out_that_nobody_put_in_was_inside_until_then() -> None:
    [flow] = graph_of(unpacking(3, [ITEM])).flows()

    assert (flow.valid_from, flow.occurred_at, flow.valid_to) == (None, None, utc(3))
    assert flow.confidence is Confidence.INFERRED


def test_units_nest() -> None:
    graph = graph_of(packing(1, [ITEM]), packing(1, [PALLET], PALLET_2))

    assert graph.edges() == {
        ("CONTAINED_IN", N_ITEM, N_PALLET),
        ("CONTAINED_IN", N_PALLET, N_PALLET_2),
    }


def test_a_case_with_a_serial_of_its_own_holds_items() -> None:
    assert graph_of(packing(1, parent=HOST)).edges() == {("CONTAINED_IN", N_ITEM, N_HOST)}


def test_an_association_makes_a_part_of_its_host_until_it_is_removed() -> None:
    installing = event(
        "Association", 1, action="ADD", bizStep="installing", parentID=HOST, childEPCs=[ITEM]
    )
    removing = event(
        "Association", 4, action="DELETE", bizStep="removing", parentID=HOST, childEPCs=[ITEM]
    )
    [flow] = graph_of(installing, removing).flows()

    assert (flow.type, flow.source_id, flow.target_id) == ("PART_OF", N_ITEM, N_HOST)
    assert (flow.valid_from, flow.valid_to) == (utc(1), utc(4))


def test_an_association_with_a_place_says_where_a_thing_is() -> None:
    graph = graph_of(event("Association", action="ADD", parentID=SITE, childEPCs=[ITEM]))

    assert graph.edges() == set()
    assert (Link.AT, N_ITEM, N_SITE, None) in graph.links


def test_units_and_shipments_are_at_the_places_where_they_were_filled() -> None:
    here = {"bizLocation": {"id": SITE}}
    graph = graph_of(packing(1, **here), shipping(2, eventID="urn:uuid:s", **here))

    assert (Link.AT, N_PALLET, N_SITE, MOVED_AT) in graph.links
    assert (Link.AT, "shipment:urn:uuid:s", N_SITE, MOVED_AT) in graph.links


# --- shipments ----------------------------------------------------------------------


def test_a_despatch_goes_from_its_source_to_its_destination() -> None:
    graph = graph_of(shipping(2, eventID="urn:uuid:s"))
    shipment = "shipment:urn:uuid:s"

    assert graph.edges() == {
        ("SHIPPED_IN", N_PALLET, shipment),
        ("DELIVERED_TO", shipment, N_HOSPITAL),
        ("SUPPLIED", N_MAKER, shipment),
    }
    [delivered] = [f for f in graph.flows() if f.type is Flow.DELIVERED_TO]
    assert (delivered.occurred_at, delivered.valid_from) == (None, utc(2))
    assert Role.CUSTOMER in graph.nodes[N_HOSPITAL].roles
    assert Role.SUPPLIER in graph.nodes[N_MAKER].roles


def test_a_despatch_advice_names_the_shipment_of_several_despatches() -> None:
    graph = graph_of(shipping(2, **BY_ADVICE), shipping(2, [PALLET_2], **BY_ADVICE))

    assert graph.edges(Flow.SHIPPED_IN) == {
        ("SHIPPED_IN", N_PALLET, f"shipment:{ADVICE}"),
        ("SHIPPED_IN", N_PALLET_2, f"shipment:{ADVICE}"),
    }


def test_a_bare_advice_number_joins_nothing() -> None:
    advice = {"bizTransactionList": [{"type": "desadv", "bizTransaction": "4711"}]}
    graph = graph_of(shipping(2, eventID="urn:uuid:s", **advice))

    assert ("SHIPPED_IN", N_PALLET, "shipment:urn:uuid:s") in graph.edges()


def test_a_receipt_of_the_unit_closes_its_shipment() -> None:
    graph = graph_of(shipping(2, eventID="urn:uuid:s"), receiving(5))
    delivered = {f.target_id: f for f in graph.flows() if f.type is Flow.DELIVERED_TO}

    assert delivered[N_HOSPITAL].occurred_at == utc(5)
    assert delivered[N_SITE_2].occurred_at == utc(5)
    assert delivered[N_SITE_2].valid_from == utc(2)


def test_a_receipt_before_the_despatch_closes_nothing() -> None:
    graph = graph_of(shipping(5), receiving(2))

    assert [f.occurred_at for f in graph.flows() if f.target_id == N_HOSPITAL] == [None]


def test_a_receipt_of_a_reused_unit_closes_the_last_despatch_only() -> None:
    graph = graph_of(shipping(1, eventID="urn:x:1"), shipping(5, eventID="urn:x:2"), receiving(6))
    arrived = {f.source_id: f.occurred_at for f in graph.flows() if f.target_id == N_HOSPITAL}

    assert arrived == {"shipment:urn:x:1": None, "shipment:urn:x:2": utc(6)}


def test_a_receipt_finds_its_despatch_by_the_advice() -> None:
    graph = graph_of(shipping(2, **BY_ADVICE), receiving(5, [ITEM], **BY_ADVICE))
    [delivered] = [f for f in graph.flows() if f.target_id == N_HOSPITAL]

    assert delivered.occurred_at == utc(5)


def test_receipts_of_a_lot_close_its_despatches_in_turn() -> None:
    lot = {"epcList": [], "quantityList": amounts(LOT, 5, "KGM")}
    graph = graph_of(
        shipping(1, eventID="urn:x:1", **lot),
        shipping(2, eventID="urn:x:2", **lot),
        receiving(3, **lot),
    )
    arrived = {f.source_id: f.occurred_at for f in graph.flows() if f.target_id == N_HOSPITAL}

    assert arrived == {"shipment:urn:x:1": utc(3), "shipment:urn:x:2": None}


def test_a_receipt_of_a_lot_elsewhere_closes_nothing() -> None:
    lot = {"epcList": [], "quantityList": amounts(LOT, 5, "KGM")}
    to_site = {"destinationList": [{"type": "location", "destination": SITE}]}
    graph = graph_of(shipping(1, **lot, **to_site), receiving(3, **lot))

    assert [f.occurred_at for f in graph.flows() if f.target_id == N_SITE] == [None]


def test_goods_received_of_which_no_despatch_is_known_went_where_they_were_received() -> None:
    graph = graph_of(receiving(3, [PALLET, LOT], eventID="urn:x:r"))

    assert graph.edges() == {
        ("SHIPPED_IN", N_PALLET, "shipment:urn:x:r"),
        ("SHIPPED_IN", N_LOT, "shipment:urn:x:r"),
        ("DELIVERED_TO", "shipment:urn:x:r", N_SITE_2),
    }
    assert {f.occurred_at for f in graph.flows()} == {utc(3)}


def test_a_despatch_known_later_takes_its_goods_off_the_shipment_of_the_receipt() -> None:
    graph = graph_of(receiving(3, [PALLET, LOT], eventID="urn:x:r"))
    load(graph, shipping(2, eventID="urn:x:s"))

    assert graph.edges(Flow.SHIPPED_IN) == {
        ("SHIPPED_IN", N_LOT, "shipment:urn:x:r"),
        ("SHIPPED_IN", N_PALLET, "shipment:urn:x:s"),
    }
    assert ("DELIVERED_TO", "shipment:urn:x:r", N_SITE_2) in graph.edges()

    load(graph, shipping(2, [LOT], eventID="urn:x:l"))

    assert {source for _, source, _ in graph.edges(Flow.DELIVERED_TO)} == {
        "shipment:urn:x:s",
        "shipment:urn:x:l",
    }


def test_more_received_than_announced_under_an_advice_is_of_the_same_shipment() -> None:
    graph = graph_of(shipping(2, **BY_ADVICE), receiving(5, [PALLET, LOT], **BY_ADVICE))
    arrived = [f for f in graph.flows() if f.target_id == N_SITE_2]

    assert ("SHIPPED_IN", N_LOT, f"shipment:{ADVICE}") in graph.edges()
    assert [(f.source_id, f.occurred_at, f.valid_from) for f in arrived] == [
        (f"shipment:{ADVICE}", utc(5), utc(2))
    ]


def test_what_a_party_supplied_is_told_by_the_receipt() -> None:
    source = {"sourceList": [{"type": "owning_party", "source": MAKER}]}
    graph = graph_of(receiving(3, [], quantityList=amounts(LOT, 5, "KGM"), **source))

    assert graph.edges(Flow.SUPPLIED) == {("SUPPLIED", N_MAKER, N_LOT)}
    assert Role.SUPPLIER_LOT in graph.nodes[N_LOT].roles


def test_a_return_goes_backwards_in_the_chain() -> None:
    graph = graph_of(
        shipping(1, eventID="urn:x:out"),
        shipping(
            5,
            eventID="urn:x:back",
            disposition="returned",
            destinationList=[{"type": "owning_party", "destination": MAKER}],
            sourceList=[{"type": "owning_party", "source": HOSPITAL}],
        ),
        receiving(6, disposition="returned", bizLocation={"id": SITE}),
    )
    back = "shipment:urn:x:back"

    assert ("RETURNED_IN", N_PALLET, back) in graph.edges()
    assert ("DELIVERED_TO", back, N_MAKER) in graph.edges()
    assert ("DELIVERED_TO", back, N_SITE) in graph.edges()
    arrived = {f.source_id: f.occurred_at for f in graph.flows() if f.type is Flow.DELIVERED_TO}
    assert arrived == {"shipment:urn:x:out": None, back: utc(6)}


def test_a_return_that_nobody_announced_is_a_shipment_of_its_own() -> None:
    graph = graph_of(receiving(6, eventID="urn:x:r", disposition="returned"))

    assert graph.edges() == {
        ("RETURNED_IN", N_PALLET, "shipment:urn:x:r"),
        ("DELIVERED_TO", "shipment:urn:x:r", N_SITE_2),
    }


@pytest.mark.parametrize("step", ["dispensing", "retail_selling"])
def test_what_reaches_an_end_user_ends_at_an_unnamed_party(step: str) -> None:
    graph = graph_of(
        event(
            "Object",
            3,
            eventID="urn:x:d",
            bizStep=step,
            epcList=[ITEM],
            bizLocation={"id": SITE},
        )
    )
    user = f"party:end-user:{N_SITE}"

    assert graph.edges() == {
        ("SHIPPED_IN", N_ITEM, "shipment:urn:x:d"),
        ("DELIVERED_TO", "shipment:urn:x:d", user),
    }
    [delivered] = [f for f in graph.flows() if f.type is Flow.DELIVERED_TO]
    assert delivered.occurred_at == utc(3)
    assert graph.nodes[user].label is Label.PARTY


def test_voiding_takes_the_listed_units_off_the_shipment() -> None:
    void = event("Object", 3, bizStep="void_shipping", epcList=[PALLET])
    graph = graph_of(shipping(2, [PALLET, PALLET_2], eventID="urn:x:s"), void)

    assert graph.edges(Flow.SHIPPED_IN) == {("SHIPPED_IN", N_PALLET_2, "shipment:urn:x:s")}
    assert graph.edges(Flow.DELIVERED_TO) != set()


def test_voiding_everything_undoes_the_shipment() -> None:
    void = event("Object", 3, bizStep="void_shipping", epcList=[PALLET])

    assert graph_of(shipping(2), void).edges() == set()


def test_voiding_part_of_a_lot_leaves_the_rest() -> None:
    lot = {"epcList": [], "quantityList": amounts(LOT, 5, "KGM")}
    void = event("Object", 3, bizStep="void_shipping", quantityList=amounts(LOT, 2, "KGM"))
    [sent] = [f for f in graph_of(shipping(2, **lot), void).flows() if f.type is Flow.SHIPPED_IN]

    assert sent.quantity == 3


def test_voiding_by_advice_alone_undoes_the_whole_shipment() -> None:
    void = event("Object", 3, bizStep="void_shipping", epcList=[], **BY_ADVICE)

    assert graph_of(shipping(2, **BY_ADVICE), void).edges() == set()


# --- errors and record time ---------------------------------------------------------


def test_an_error_declaration_retracts_what_the_event_said() -> None:
    made = recorded(making(), 2)
    graph = graph_of(made, voiding(made, 9))

    assert graph.edges() == set()
    assert {f.retracted_at for some in graph.versions.values() for f in some} == {utc(9, 18)}
    assert graph.nodes["event:urn:uuid:make"].properties["voided_at"] == utc(9, 18)
    known_then = graph.flows(known_at=utc(5))
    assert len(known_then) == 2


def test_the_corrective_event_counts_as_any_other() -> None:
    made = recorded(making(), 2)
    right = recorded(making(eventID="urn:uuid:right"), 9)
    declared = voiding(made, 9, correctiveEventIDs=["urn:uuid:right"], reason="incorrect_data")
    graph = graph_of(made, declared, right)

    assert {e[1] for e in graph.edges(Flow.PRODUCED)} == {"batch:urn:uuid:right"}
    kept = graph.nodes["event:urn:uuid:make"].properties
    assert kept["corrected_by"] == "urn:uuid:right"
    assert kept["void_reason"] == "incorrect_data"


def test_an_error_declaration_alone_shows_nothing() -> None:
    graph = graph_of(voiding(making(), 9))

    assert graph.flows() == []
    assert graph.flows(known_at=utc(20)) == []


def test_an_event_without_id_is_voided_by_its_copy() -> None:
    made = making()
    del made["eventID"]

    assert graph_of(made, voiding(made, 9)).edges() == set()


def test_a_closing_known_later_leaves_the_open_version_before_it() -> None:
    graph = graph_of(recorded(packing(1), 1), recorded(unpacking(3, [ITEM]), 6))

    assert [f.valid_to for f in graph.flows(known_at=utc(5))] == [None]
    assert [f.valid_to for f in graph.flows(known_at=utc(7))] == [utc(3)]
    assert [f.recorded_at for some in graph.versions.values() for f in some] == [
        utc(1, 12),
        utc(6, 12),
    ]


def test_a_closing_known_no_later_gives_one_closed_version() -> None:
    graph = graph_of(recorded(packing(1), 6), recorded(unpacking(3, [ITEM]), 6))

    assert [f.valid_to for some in graph.versions.values() for f in some] == [utc(3)]


def test_a_voided_unpacking_opens_the_interval_again() -> None:
    out = recorded(unpacking(3, [ITEM], eventID="urn:x:u"), 4)
    graph = graph_of(recorded(packing(1), 1), out, voiding(out, 8))

    assert [f.valid_to for f in graph.flows(known_at=utc(2))] == [None]
    assert [f.valid_to for f in graph.flows(known_at=utc(5))] == [utc(3)]
    assert [f.valid_to for f in graph.flows()] == [None]


def test_without_record_time_an_event_is_recorded_when_it_is_loaded() -> None:
    graph = graph_of(packing(1))

    assert [f.recorded_at for f in graph.flows()] == [graph.loaded_at]


def test_loading_again_later_changes_nothing() -> None:
    graph = graph_of(packing(1), unpacking(3), shipping(4), making())
    before = graph.content()
    graph.loaded_at += timedelta(days=9)

    load(graph, packing(1), unpacking(3), shipping(4), making())

    assert graph.content() == before


# --- the event itself ---------------------------------------------------------------


def test_every_event_is_kept_whole_and_about_its_objects() -> None:
    graph = graph_of(
        making(
            bizStep="commissioning",
            disposition="active",
            readPoint={"id": SITE},
            bizLocation={"id": SITE_2},
        )
    )
    kept = graph.nodes["event:urn:uuid:make"]

    assert kept.label is Label.EVENT
    assert kept.properties["event_type"] == "TransformationEvent"
    assert kept.properties["occurred_at"] == utc(1)
    assert kept.properties["occurred_offset"] == "+08:00"
    assert kept.properties["read_point"] == N_SITE
    assert kept.properties["biz_location"] == N_SITE_2
    assert bodies(graph)["event:urn:uuid:make"]["bizStep"] == "commissioning"
    parts = {(t, p) for link, s, t, p in graph.links if link is Link.ABOUT}
    assert parts == {(N_LOT, "input"), (N_LOT_2, "output"), ("batch:urn:uuid:make", "batch")}
    assert (Link.AT, "batch:urn:uuid:make", N_SITE_2, "site") in graph.links


def test_the_spellings_found_are_kept() -> None:
    graph = graph_of(event("Object", epcList=[ITEM, "https://id.gs1.org/01/04012345111118/21/S2"]))

    assert graph.nodes[N_ITEM].identifiers == [ITEM]
    assert graph.nodes[N_ITEM_2].identifiers == ["https://id.gs1.org/01/04012345111118/21/S2"]


def test_a_thing_of_no_known_kind_is_one_node_in_every_part() -> None:
    odd = "urn:x:pallet:1"
    graph = graph_of(packing(1, parent=odd), shipping(2, [odd], eventID="urn:x:s"))

    assert ("CONTAINED_IN", N_ITEM, f"item:{odd}") in graph.edges()
    assert ("SHIPPED_IN", f"item:{odd}", "shipment:urn:x:s") in graph.edges()


def test_a_place_with_a_wrong_number_hides_no_movement() -> None:
    graph = MemoryGraph()
    wrong = "https://id.gs1.org/414/1234567089451"
    loaded = load(graph, making(bizLocation={"id": wrong}))

    assert loaded.clean
    assert [r.code for r in loaded.remarks] == ["epcis_wrong_place"]
    assert f"place:{wrong}" in graph.nodes
    assert len(graph.edges()) == 2
    load(graph, making(bizLocation={"id": wrong}))
    assert len(graph.edges()) == 2
