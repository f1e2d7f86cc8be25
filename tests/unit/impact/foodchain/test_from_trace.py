"""Genealogies of one's own as stations and deliveries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from genealogy.exports.as_fcl import document
from genealogy.impact.foodchain.from_trace import FoodChain, food_chain
from genealogy.model.facts import FlowFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label
from genealogy.trace.details import with_details
from genealogy.trace.result import Trace, TraceQuery
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import SOURCE, flow, genealogy

#: A plant buys resin, makes and packs sets, and sends a pallet to a dealer, who sends a case on.
FLOWS = [
    flow(Flow.SUPPLIED, "party:maker", "lot:resin", 0),
    flow(Flow.CONSUMED_BY, "lot:resin", "batch:1", 1),
    flow(Flow.PRODUCED, "batch:1", "lot:sets", 1),
    flow(Flow.CONTAINED_IN, "lot:sets", "unit:case", start=2),
    flow(Flow.CONTAINED_IN, "unit:case", "unit:pallet", start=2, end=4),
    flow(Flow.SHIPPED_IN, "unit:pallet", "shipment:1", 3),
    flow(Flow.DELIVERED_TO, "shipment:1", "party:dealer", 3),
    flow(Flow.SHIPPED_IN, "unit:case", "shipment:2", 5),
    flow(Flow.DELIVERED_TO, "shipment:2", "party:clinic", 5),
]
PLACES = {
    "batch:1": {"site_id": "place:plant"},
    "batch:2": {"site_id": "place:annex"},
    "shipment:1": {"from_id": "place:plant"},
    "shipment:2": {"from_id": "party:dealer"},
    "shipment:3": {"from_id": "place:plant"},
    "shipment:4": {"from_id": "place:annex"},
}


def traced(flows: Iterable[FlowFact], direction: Any, *seeds: str) -> Trace:
    drawn = genealogy(flows, more=["place:plant"], properties=PLACES)
    source = MemoryFlows(drawn.facts)
    query = TraceQuery(tuple(map(NodeId, seeds)), direction)
    return with_details(trace(source, query), source)


def chain(flows: Iterable[FlowFact], direction: Any, *seeds: str) -> FoodChain:
    return food_chain(traced(flows, direction, *seeds))


def ends(found: FoodChain) -> set[tuple[str, str, Any]]:
    return {(h.source, h.target, h.content) for h in found.handovers.values()}


def related(found: FoodChain) -> set[tuple[str, str]]:
    """Related deliveries, by the stations to which they came."""
    told = found.handovers
    return {(told[a].target, told[b].target) for a, b in found.relations}


def test_what_is_bought_made_packed_and_sent_on_is_one_chain() -> None:
    found = chain(FLOWS, "forward", "lot:resin")
    assert ends(found) == {
        ("place:plant", "party:dealer", "unit:pallet"),
        ("party:dealer", "party:clinic", "unit:case"),
    }
    assert related(found) == {("party:dealer", "party:clinic")}
    whole = chain(FLOWS, "forward", "party:maker")
    assert ("party:maker", "place:plant", "lot:resin") in ends(whole)
    assert related(whole) >= {("place:plant", "party:dealer"), ("party:dealer", "party:clinic")}


def test_a_delivery_that_left_before_another_came_is_not_its_consequence() -> None:
    early = [
        flow(Flow.SHIPPED_IN, "unit:case", "shipment:2", 2) if f.target_id == "shipment:2" else f
        for f in FLOWS
    ]
    assert related(chain(early, "forward", "lot:resin")) == set()


def test_part_of_a_lot_used_at_its_maker_did_not_come_back_from_the_customer() -> None:
    more = [
        *FLOWS,
        flow(Flow.RELABELLED_AS, "lot:sets", "lot:own-brand", 4),
        flow(Flow.SHIPPED_IN, "lot:own-brand", "shipment:3", 5),
        flow(Flow.DELIVERED_TO, "shipment:3", "party:chemist", 5),
    ]
    found = chain(more, "forward", "party:maker")
    assert ("place:plant", "party:chemist") in related(found)
    assert ("party:dealer", "party:chemist") not in related(found)
    assert all(h.note is None for h in found.handovers.values())


def test_material_that_changed_stations_unrecorded_is_joined_by_an_inferred_delivery() -> None:
    flows = [
        *FLOWS[:2],
        flow(Flow.PRODUCED, "batch:1", "lot:tube", 2),
        flow(Flow.CONSUMED_BY, "lot:tube", "batch:2", 3),
        flow(Flow.PRODUCED, "batch:2", "lot:kit", 4),
        flow(Flow.SHIPPED_IN, "lot:kit", "shipment:4", 5),
        flow(Flow.DELIVERED_TO, "shipment:4", "party:clinic", 5),
    ]
    found = chain(flows, "forward", "party:maker")
    assert ("place:plant", "place:annex", "inferred") in {
        (h.source, h.target, h.note) for h in found.handovers.values()
    }
    assert related(found) == {("place:plant", "place:annex"), ("place:annex", "party:clinic")}
    for before, after in found.relations:
        assert found.handovers[before].target == found.handovers[after].source


def test_deliveries_that_only_may_be_say_so() -> None:
    found = traced(FLOWS, "forward", "party:maker")
    marks = {"hypothetical": {"unit:pallet"}, "inferred": {"unit:case"}}
    marked = replace(found, **{name: frozenset(nodes) for name, nodes in marks.items()})
    notes = {h.content: h.note for h in food_chain(marked).handovers.values()}
    assert notes == {"lot:resin": None, "unit:pallet": "hypothetical", "unit:case": "may_be"}
    rows = document(marked)["data"]["deliveries"]["data"]
    told = [cell["value"] for row in rows for cell in row if cell["id"] == "Comment"]
    assert sorted(word.split(":")[0] for word in told) == ["hypothetical", "inferred"]


def test_who_is_not_recorded_is_unknown() -> None:
    flows = [
        flow(Flow.SHIPPED_IN, "lot:a", "shipment:x", 1),
        flow(Flow.DELIVERED_TO, "shipment:x", "party:clinic", 2),
        flow(Flow.SHIPPED_IN, "lot:a", "shipment:y", 1),
    ]
    found = chain(flows, "forward", "lot:a")
    assert ends(found) == {("unknown", "party:clinic", "lot:a"), ("unknown", "unknown", "lot:a")}
    rows = document(traced(flows, "forward", "lot:a"))["data"]["stations"]["data"]
    assert [{"id": "ID", "value": "unknown"}, {"id": "Name", "value": "not recorded"}] in rows


def test_the_seed_of_a_trace_back_is_a_delivery_of_its_own() -> None:
    found = chain(FLOWS, "backward", "lot:sets")
    assert ends(found) == {
        ("party:maker", "place:plant", "lot:resin"),
        ("place:plant", "unknown", "lot:sets"),
    }
    assert [h.note for h in found.handovers.values() if h.content == "lot:sets"] == ["case"]
    assert related(found) == {("place:plant", "unknown")}
    told = document(traced(FLOWS, "backward", "lot:sets"))["tracing"]["deliveries"]
    assert [one["id"] for one in told if one["weight"]] == ["lot:sets"]


def test_several_loads_or_consignees_are_several_deliveries() -> None:
    flows = [
        flow(Flow.RELABELLED_AS, "lot:z", "lot:a", 0),
        flow(Flow.RELABELLED_AS, "lot:z", "lot:b", 0),
        flow(Flow.SHIPPED_IN, "lot:a", "shipment:1", 1),
        flow(Flow.SHIPPED_IN, "lot:b", "shipment:1", 1),
        flow(Flow.DELIVERED_TO, "shipment:1", "party:clinic", 2),
        flow(Flow.DELIVERED_TO, "shipment:1", "party:dealer", 2),
    ]
    found = chain(flows, "forward", "lot:z")
    assert len(found.handovers) == 4
    assert ("place:plant", "party:dealer", "lot:b") in ends(found)


def test_vessels_are_no_stations() -> None:
    flows = [
        flow(Flow.LOADED_INTO, "lot:a", "place:tank", 1),
        flow(Flow.DRAWN_FROM, "place:tank", "lot:b", 2),
    ]
    found = chain(flows, "forward", "lot:a")
    assert "place:tank" not in found.stations


def test_dates_are_told_as_far_as_they_are_known() -> None:
    def date(*times: int | None) -> Any:
        shipped = flow(Flow.SHIPPED_IN, "lot:a", "shipment:1", times[0], end=times[1])
        sent = [shipped, flow(Flow.DELIVERED_TO, "shipment:1", "party:clinic")]
        [row] = document(traced(sent, "forward", "lot:a"))["data"]["deliveries"]["data"]
        return next((c["value"] for c in row if c["id"] == "Date Delivery"), None)

    assert date(3, None) == "2026-01-04"
    assert date(3, 5) == "2026-01-05"
    assert date(3, 30) == "2026-01"
    assert date(3, 200) == "2026"
    assert date(None, None) is None


def test_names_and_kinds_of_stations_are_told() -> None:
    named = NodeFact(
        Label.PARTY, NodeId("party:clinic"), SOURCE, (), {"country": "DE", "address": "Weg 1"}
    )
    drawn = genealogy(FLOWS, properties=PLACES)
    source = MemoryFlows([*drawn.facts, named])
    found = with_details(trace(source, TraceQuery((NodeId("lot:resin"),), "forward")), source)
    stations = document(found)["data"]["stations"]["data"]
    [clinic] = [row for row in stations if row[0]["value"] == "party:clinic"]
    assert {c["id"]: c["value"] for c in clinic} == {
        "ID": "party:clinic",
        "Name": "clinic",
        "Address": "Weg 1",
        "Country": "DE",
    }
