"""Loading FoodChain-Lab's files: what becomes of them, and what is refused and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from genealogy.errors import LoadAborted, UnreadableFile
from genealogy.impact.foodchain.network import PartialDate
from genealogy.model.facts import FlowFact, NodeFact
from genealogy.model.names import Flow, Label
from loaders.fcl import load_fcl, recognises
from loaders.fcl.check import amount, date
from loaders.fcl.document import read_document
from loaders.report import Loaded
from loaders.run import format_of
from tests.loaders.fcl import a_chain
from tests.loaders.fcl.a_chain import company_of, saved, traced, whole
from tests.small_company import Company

MILK, CHEESE = "lot:fcl%3AS1:fcl%3AMilk:M-1", "lot:fcl%3AS2:fcl%3ACheese:C/7"
USED = "lot:fcl%3AS2:fcl%3AMilk:M-1@D1"


def loaded(folder: Path, content: Mapping[str, Any], **more: Any) -> tuple[Loaded, Company]:
    sink = Company(())
    found = load_fcl(saved(folder, content), sink, rejects_path=folder / "r.csv", **more)
    return found, sink


def flows(company: Company, flow: Flow) -> dict[tuple[str, str], FlowFact]:
    facts = [f for f in company.written if isinstance(f, FlowFact) and f.type is flow]
    return {(f.source_id, f.target_id): f for f in facts}


def nodes(company: Company) -> dict[str, NodeFact]:
    return {f.node_id: f for f in company.written if isinstance(f, NodeFact)}


def codes(found: Loaded) -> list[tuple[str, str | None]]:
    return [(reject.code, reject.field) for reject in found.samples]


def test_a_file_is_recognised_by_what_it_holds(tmp_path: Path) -> None:
    file = saved(tmp_path, whole())
    assert recognises(file)
    assert format_of(file).name == "fcl"
    assert recognises(tmp_path)
    late = {"settings": {"note": "x" * 3_000_000}, **whole()}
    assert recognises(saved(tmp_path, late, "late.json"))


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"stations": 1}', b'{"type": "EPCISDocument", "stations": "deliver"}']
)
def test_other_json_is_not_taken_for_one(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.json"
    file.write_bytes(content)
    assert not recognises(file)


def test_stations_are_parties_and_deliveries_shipments_of_lots(tmp_path: Path) -> None:
    found, company = loaded(tmp_path, whole())
    assert found.clean
    assert (found.total.read, found.total.accepted) == (10, 10)
    known = nodes(company)
    assert known["party:fcl:S1"].properties["name"] == "Alm farm"
    assert known["party:fcl:S1"].properties["country"] == "AT"
    assert "country" not in known["party:fcl:S2"].properties
    assert set(flows(company, Flow.SUPPLIED)) >= {("party:fcl:S1", MILK), ("party:fcl:S2", CHEESE)}
    shipped = flows(company, Flow.SHIPPED_IN)
    assert shipped.keys() >= {(MILK, "shipment:fcl:D1"), (MILK, "shipment:fcl:D2")}
    assert shipped[MILK, "shipment:fcl:D1"].quantity == Decimal(200)
    assert shipped[MILK, "shipment:fcl:D1"].uom == "KGM"
    assert shipped[CHEESE, "shipment:fcl:D3"].quantity is None
    assert ("shipment:fcl:D4", "party:fcl:S4") in flows(company, Flow.DELIVERED_TO)


def test_a_relation_leads_from_the_delivery_and_not_from_the_whole_lot(tmp_path: Path) -> None:
    _, company = loaded(tmp_path, whole())
    assert set(flows(company, Flow.RELABELLED_AS)) >= {(MILK, USED)}
    assert (USED, "batch:fcl:S2|Cheese|C/7") in flows(company, Flow.CONSUMED_BY)
    assert ("batch:fcl:S2|Cheese|C/7", CHEESE) in flows(company, Flow.PRODUCED)
    assert nodes(company)["batch:fcl:S2|Cheese|C/7"].properties["mixing"] == "whole"


def test_dates_known_in_part_are_kept_as_windows(tmp_path: Path) -> None:
    _, company = loaded(tmp_path, whole())
    day = flows(company, Flow.SHIPPED_IN)[MILK, "shipment:fcl:D1"]
    assert day.occurred_at == datetime(2026, 3, 2, tzinfo=UTC) - timedelta(hours=14)
    assert day.valid_to is not None
    assert day.valid_to > datetime(2026, 3, 3, 11, 59, tzinfo=UTC)
    month = flows(company, Flow.SHIPPED_IN)[CHEESE, "shipment:fcl:D3"]
    assert month.occurred_at is not None
    assert month.valid_to is not None
    assert timedelta(days=30) < month.valid_to - month.occurred_at < timedelta(days=32)
    none = flows(company, Flow.SHIPPED_IN)[MILK, "shipment:fcl:D2"]
    assert (none.occurred_at, none.valid_to) == (None, None)


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_traces_follow_relations_and_nothing_else(tmp_path: Path, direction: str) -> None:
    company = company_of(saved(tmp_path, whole()))
    ahead = set(traced(company, "forward", MILK).node_ids())
    assert {CHEESE, "party:fcl:S3", "party:fcl:S4", "shipment:fcl:D2"} <= ahead
    behind = set(traced(company, "backward", "party:fcl:S4").node_ids())
    assert {"party:fcl:S1", "party:fcl:S2", MILK, CHEESE} <= behind


def test_a_relation_against_the_dates_is_followed_all_the_same(tmp_path: Path) -> None:
    deliveries = [dict(row) for row in a_chain.DELIVERIES]
    deliveries[0]["Date Delivery Arrival"] = "2026-12-31"
    company = company_of(saved(tmp_path, whole(deliveries=deliveries)))
    assert "party:fcl:S4" in set(traced(company, "forward", MILK).node_ids())


def test_loading_again_writes_the_same_facts(tmp_path: Path) -> None:
    first, again = (loaded(tmp_path, whole())[1].written for _ in range(2))
    assert first == again


def test_a_source_system_keeps_files_apart(tmp_path: Path) -> None:
    _, company = loaded(tmp_path, whole(), source_system="outbreak-7")
    assert "party:outbreak-7:S1" in nodes(company)


FAULTS = [
    (
        {"stations": [*a_chain.STATIONS, {"ID": "S\x005"}]},
        [("fcl_bad_id", "data.stations.data[4].ID")],
    ),
    (
        {"stations": [*a_chain.STATIONS, {"ID": ["S5"]}]},
        [("fcl_no_value", "data.stations.data[4].ID")],
    ),
    (
        {"deliveries": [*a_chain.DELIVERIES, {"ID": "D" * 500, "from": "S1", "to": "S2"}]},
        [("fcl_bad_id", "data.deliveries.data[4].ID")],
    ),
    (
        {"relations": [*a_chain.RELATIONS, {"from": "D1", "to": "D1"}]},
        [("fcl_own_relation", "data.deliveryRelations.data[2].to")],
    ),
    (
        {"stations": [*a_chain.STATIONS, {"Name": "nameless"}]},
        [("fcl_no_value", "data.stations.data[4].ID")],
    ),
    (
        {"stations": [*a_chain.STATIONS, {"ID": "S1", "Name": "Other farm"}]},
        [("fcl_double_id", "data.stations.data[4].ID")],
    ),
    (
        {"deliveries": [*a_chain.DELIVERIES, {"ID": "D9", "from": "S1", "to": "S9"}]},
        [("fcl_unknown_station", "data.deliveries.data[4].to")],
    ),
    (
        {"deliveries": [*a_chain.DELIVERIES, {"ID": "D9", "to": "S1"}]},
        [("fcl_no_value", "data.deliveries.data[4].from")],
    ),
    (
        {"deliveries": [*a_chain.DELIVERIES, {"ID": "D4", "from": "S1", "to": "S2"}]},
        [("fcl_double_id", "data.deliveries.data[4].ID")],
    ),
    (
        {"relations": [*a_chain.RELATIONS, {"from": "D1", "to": "D9"}]},
        [("fcl_unknown_delivery", "data.deliveryRelations.data[2].to")],
    ),
    (
        {"relations": [*a_chain.RELATIONS, {"from": "D1"}]},
        [("fcl_no_value", "data.deliveryRelations.data[2].to")],
    ),
    (
        {"relations": [*a_chain.RELATIONS, {"from": "D1", "to": "D4"}]},
        [("fcl_wrong_relation", "data.deliveryRelations.data[2].to")],
    ),
]


@pytest.mark.parametrize(
    ("tables", "expected"), FAULTS, ids=[f"{i}-{f[1][0][0]}" for i, f in enumerate(FAULTS)]
)
def test_a_row_that_cannot_be_used_is_rejected_where_it_stands(
    tmp_path: Path, tables: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found, company = loaded(tmp_path, whole(**tables))
    assert codes(found) == expected
    assert found.total.rejected == 1
    assert all(reject.reason("en") and reject.hint("zh") for reject in found.samples)
    assert found.rejects_path is not None
    assert expected[0][1] in found.rejects_path.read_text("utf-8-sig")
    assert MILK in nodes(company)


def test_a_row_told_again_is_a_duplicate(tmp_path: Path) -> None:
    again = whole(
        stations=[*a_chain.STATIONS, a_chain.STATIONS[0]],
        deliveries=[*a_chain.DELIVERIES, a_chain.DELIVERIES[0]],
        relations=[*a_chain.RELATIONS, a_chain.RELATIONS[0]],
    )
    found, _ = loaded(tmp_path, again)
    assert (found.clean, found.total.duplicates, found.total.accepted) == (True, 3, 10)


def test_a_date_that_is_none_is_told_and_taken_for_unknown(tmp_path: Path) -> None:
    deliveries = [{**a_chain.DELIVERIES[3], "Date Delivery": "last week"}, *a_chain.DELIVERIES[:3]]
    found, company = loaded(tmp_path, whole(deliveries=deliveries))
    assert [(r.code, r.field) for r in found.remarks] == [
        ("fcl_date", "data.deliveries.data[0].Date Delivery")
    ]
    assert "last week" in found.remarks[0].reason("en")
    [shipped] = [f for (_, s), f in flows(company, Flow.SHIPPED_IN).items() if s.endswith("D4")]
    assert shipped.occurred_at is None


def test_deliveries_of_one_lot_with_different_contents_are_told_and_hold_both(
    tmp_path: Path,
) -> None:
    deliveries = [
        *a_chain.DELIVERIES,
        {"ID": "D5", "from": "S2", "to": "S4", "Name": "Cheese", "Lot Number": "C/7"},
    ]
    found, _ = loaded(tmp_path, whole(deliveries=deliveries))
    assert [remark.code for remark in found.remarks] == ["fcl_mixed_lot"]
    company = company_of(saved(tmp_path, whole(deliveries=deliveries)))
    assert "shipment:fcl:D5" in set(traced(company, "forward", MILK).node_ids())


def test_two_lots_of_one_number_stay_two(tmp_path: Path) -> None:
    deliveries = [
        {**a_chain.DELIVERIES[0]},
        {**a_chain.DELIVERIES[1], "Lot ID": "18"},
    ]
    _, company = loaded(tmp_path, whole(deliveries=deliveries, relations=[]))
    lots = [n for n, fact in nodes(company).items() if fact.label is Label.LOT]
    assert sorted(lots) == [f"{MILK}~17", f"{MILK}~18"]


def test_weights_of_a_tracing_are_left_out_and_that_is_told(tmp_path: Path) -> None:
    found, _ = loaded(tmp_path, whole(tracing={"nodes": [], "deliveries": []}))
    assert [remark.code for remark in found.remarks] == ["fcl_tracing"]


def test_the_form_before_version_1_is_read_too(tmp_path: Path) -> None:
    old = {
        "title": "x",
        "stations": [{"id": "1", "name": "Farm"}, {"id": "2", "name": "Shop"}],
        "deliveries": [{"id": "d", "source": "1", "target": "2"}],
        "deliveriesRelations": [],
    }
    found, company = loaded(tmp_path, old)
    assert found.clean
    assert nodes(company)["party:fcl:1"].properties["name"] == "Farm"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"stations": [], "deliveries": [', "no sound JSON from line 1"),
        (b'{"data": {"stations": {"data": []}, "deliveries": 3}}', "lacks one of the tables"),
        (b'{"data": {"stations": {"data": [[{"id": 1}]]}, "deliveries": 3}}', "lacks one of"),
    ],
)
def test_a_file_that_is_no_such_file_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(content)
    with pytest.raises(UnreadableFile, match=words):
        read_document(file)
    sink = Company(())
    found = load_fcl(file, sink)
    assert found.refused_files == ("bad.json",)
    assert words in found.samples[0].reason("en")
    assert sink.written == []


def test_one_bad_file_of_a_folder_does_not_stop_the_others(tmp_path: Path) -> None:
    saved(tmp_path, whole(), "good.json")
    (tmp_path / "bad.json").write_bytes(b'{"stations": [], "deliveries": [')
    (tmp_path / "template.xlsx").write_bytes(b"PK")
    sink = Company(())
    found = load_fcl(tmp_path, sink)
    assert [(r.code, r.file) for r in found.remarks] == [("left_out", "template.xlsx")]
    assert found.refused_files == ("bad.json",)
    assert found.counts["good.json"].accepted == 10


def test_strict_and_dry_loads_write_nothing(tmp_path: Path) -> None:
    bad = whole(relations=[{"from": "D1", "to": "D9"}])
    sink = Company(())
    with pytest.raises(LoadAborted):
        load_fcl(saved(tmp_path, bad), sink, strict=True)
    assert load_fcl(saved(tmp_path, bad), sink, dry_run=True).dry_run
    assert sink.written == []


def test_a_name_that_no_id_can_hold_refuses_the_file(tmp_path: Path) -> None:
    stations = [*a_chain.STATIONS]
    deliveries = [{**a_chain.DELIVERIES[0], "Name": "Milk\x07"}]
    found, sink = loaded(tmp_path, whole(stations, deliveries, []))
    assert found.refused_files == ("chain.json",)
    assert sink.written == []


@pytest.mark.parametrize(
    ("told", "parts"),
    [
        ("2026-03-02", (2026, 3, 2)),
        ("2.3.2026", (2026, 3, 2)),
        ("02.03.2026", (2026, 3, 2)),
        ("2026-03", (2026, 3, None)),
        ("03.2026", (2026, 3, None)),
        ("2026", (2026, None, None)),
    ],
)
def test_dates_are_read_as_far_as_they_go(
    told: str, parts: tuple[int, int | None, int | None]
) -> None:
    assert date(told) == PartialDate(*parts)


@pytest.mark.parametrize("told", ["", "2026-13", "31.04.2026", "2026-02-30", "0000", "1/2/2026"])
def test_what_is_no_date_is_none(told: str) -> None:
    assert date(told) is None


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("20 kg", (Decimal(20), "KGM")),
        ("2.5 kg", (Decimal("2.5"), "KGM")),
        ("1 Piece", (Decimal(1), "H87")),
        ("200 Pieces", (Decimal(200), "H87")),
        ("5 Litres", (Decimal(5), "LTR")),
        ("2.0 paletts 18.4kg", (None, None)),
        ("some", (None, None)),
        (None, (None, None)),
    ],
)
def test_amounts_are_read_where_they_are_a_number_and_a_unit(
    told: str | None, found: tuple[Decimal | None, str | None]
) -> None:
    assert amount(told) == found


def test_the_columns_of_a_row_are_kept_with_the_node(tmp_path: Path) -> None:
    _, company = loaded(tmp_path, whole())
    kept = json.loads(str(nodes(company)["party:fcl:S1"].properties["fcl_row"]))
    assert kept == a_chain.STATIONS[0]
