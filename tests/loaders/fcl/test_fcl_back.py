"""Given back as it came: loading a file, tracing it whole and writing it again."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genealogy.errors import LoadError
from genealogy.exports.as_fcl import document
from genealogy.impact.foodchain.desktop import desktop_scores
from genealogy.impact.foodchain.network import Network, PartialDate
from genealogy.impact.foodchain.safe import safe_scores
from genealogy.impact.foodchain.web import Dates, web_scores
from loaders.fcl.check import Checked, checked
from loaders.fcl.document import read_document
from loaders.run import format_of, load
from tests.loaders.fcl import a_chain
from tests.loaders.fcl.a_chain import company_of, given_back, read, saved, traced, whole
from tests.small_company import Company, engine
from tests.unit.impact.foodchain.networks import networks

#: Files that are there, and rows in them by table.
REAL = {
    "SiLeBAT__fcl-client/src/assets/data/ExampleData.json": (24, 29, 31),
    "SiLeBAT__fcl-client/src/assets/example-data/ExampleData.json": (24, 29, 31),
    "SiLeBAT__fcl-client/src/assets/data/small_network.json": (21, 25, 32),
    "SiLeBAT__fcl-client/src/assets/data/split_network.json": (21, 21, 19),
    "SiLeBAT__fcl-client/src/assets/example-data/baby-tea/Scenario_1_Outbreak-Baby-Tea.json": (
        9,
        16,
        16,
    ),
    "SiLeBAT__fcl-test/cypress/fixtures/OneDeliveryModel.json": (5, 1, 0),
}


def rows(found: Checked) -> tuple[dict[str, Any], dict[str, Any], set[tuple[str, str]]]:
    """The rows of a file by id, cells without value left out."""

    def cells(row: Any) -> dict[str, Any]:
        return {name: value for name, value in row.cells.items() if value is not None}

    return (
        {name: cells(row) for name, row in found.stations.items()},
        {name: cells(sent.row) for name, sent in found.deliveries.items()},
        set(found.relations),
    )


def weighted(network: Network) -> Network:
    """The network with every third station and fifth delivery ill."""
    stations = {
        s: replace(v, weight=Fraction(i % 3 == 0), cross_contamination=i % 4 == 0)
        for i, (s, v) in enumerate(sorted(network.stations.items()))
    }
    deliveries = {
        d: replace(v, weight=Fraction(i % 5 == 0))
        for i, (d, v) in enumerate(sorted(network.deliveries.items()))
    }
    return Network(stations, deliveries, network.relations)


def scores(found: Checked) -> list[Any]:
    network = weighted(found.network())
    return [
        desktop_scores(network),
        desktop_scores(network, temporal=False),
        safe_scores(network),
        *(web_scores(network, dates=dates) for dates in Dates),
    ]


def test_a_file_comes_back_as_it_was(tmp_path: Path) -> None:
    file = saved(tmp_path, whole())
    found = given_back(tmp_path, traced(company_of(file)))
    assert rows(found) == rows(read(file))
    assert found.rejects == []


def test_a_trace_back_gives_the_part_that_led_there(tmp_path: Path) -> None:
    company = company_of(saved(tmp_path, whole()))
    found = given_back(tmp_path, traced(company, "backward", "party:fcl:S4"))
    assert found.deliveries.keys() == {"D1", "D3", "D4"}
    assert found.stations.keys() == {"S1", "S2", "S3", "S4"}
    assert set(found.relations) == {("D1", "D3"), ("D3", "D4")}


def test_the_case_of_a_trace_back_is_marked_as_the_outbreak(tmp_path: Path) -> None:
    company = company_of(saved(tmp_path, whole()))
    back = document(traced(company, "backward", "party:fcl:S4"))
    file = saved(tmp_path, back, "back.json")
    told = read_document(file)
    network = checked(told, "back.json").network(told.tracing)
    assert {s for s, v in network.stations.items() if v.weight} == {"S4"}
    assert web_scores(network).stations["S1"].score == 1.0
    ahead = document(traced(company, "forward", "party:fcl:S1"))["tracing"]["nodes"]
    assert [one["id"] for one in ahead if one["observed"]] == ["S1"]


def test_the_document_says_what_was_asked_and_what_it_lacks(tmp_path: Path) -> None:
    told = document(traced(company_of(saved(tmp_path, whole()))))["lotgraph"]
    assert told["query"]["direction"] == "forward"
    assert told["completeness"]["state"] == "gaps"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(networks(), st.data())
def test_any_file_comes_back_with_its_deliveries_and_scores(
    tmp_path: Path, network: Network, data: st.DataObject
) -> None:
    # Relations of a lot are those of all its deliveries; a file that says otherwise is told.
    following: dict[str, set[str]] = {}
    for before, after in network.relations:
        lot = network.deliveries[after].lot or after
        following.setdefault(before, set()).update(
            d.id for d in network.deliveries.values() if (d.lot or d.id) == lot
        )
    relations = [{"from": a, "to": b} for a, after in following.items() for b in sorted(after)]
    file = saved(tmp_path, whole(*_tables(network), relations))
    found = given_back(tmp_path, traced(company_of(file)))
    assert rows(found) == rows(read(file))
    assert safe_scores(found.network()) == safe_scores(read(file).network())


def _tables(network: Network) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    deliveries = [
        {
            "ID": d.id,
            "from": d.source,
            "to": d.target,
            **({"Lot ID": d.lot} if d.lot else {}),
            **({"Date Delivery": _written(d.departure)} if d.departure.year else {}),
            **({"Date Delivery Arrival": _written(d.arrival)} if d.arrival.year else {}),
        }
        for d in network.deliveries.values()
    ]
    return [{"ID": s} for s in network.stations], deliveries


def _written(date: PartialDate) -> str:
    parts = [f"{date.year:04}", *(f"{p:02}" for p in (date.month, date.day) if p)]
    return "-".join(parts)


def test_a_genealogy_of_ones_own_becomes_stations_and_deliveries(tmp_path: Path) -> None:
    company = engine()
    found = given_back(tmp_path, traced(Company(), "forward", "party:SUP-017"))
    assert company.index is not None
    assert {"party:SUP-017", "party:C-017", "party:C-020"} <= found.stations.keys()
    sent = {(d.delivery.source, d.delivery.target) for d in found.deliveries.values()}
    assert ("party:SUP-017", "unknown") in sent
    assert {("unknown", "party:C-017"), ("unknown", "party:C-020")} <= sent
    [supplied] = [d for d, one in found.deliveries.items() if one.delivery.source != "unknown"]
    assert {after for before, after in found.relations if before == supplied} == {
        "shipment:DN-77",
        "shipment:DN-78",
    }


@pytest.mark.data
@pytest.mark.parametrize("name", REAL, ids=lambda name: name.rpartition("/")[2])
def test_a_real_file_is_loaded_whole_and_comes_back(
    real_data: Path, tmp_path: Path, name: str
) -> None:
    file = real_data / "b_fcl" / name
    assert format_of(file).name == "fcl"
    sink = Company(())
    found = load(file, sink, sink)
    assert found.clean
    told = read(file)
    assert (len(told.stations), len(told.deliveries), len(told.relations)) == REAL[name]
    back = given_back(tmp_path, traced(Company(sink.written)))
    assert rows(back) == rows(told)
    assert scores(back) == scores(told)


@pytest.mark.data
def test_every_other_json_file_there_is_refused_for_the_right_reason(real_data: Path) -> None:
    folder = real_data / "b_fcl"
    others = {
        p.relative_to(folder).as_posix()
        for p in folder.rglob("*.json")
        if "snapshots" not in p.parts
    } - REAL.keys()
    assert {name.rpartition("/")[2] for name in others} == {
        "schema-v1.json",
        "tracing_settings.json",
    }
    for name in others:
        file = folder / name
        if "schema" in name:
            sink = Company(())
            refused = load(file, sink, sink)
            assert [reject.code for reject in refused.samples] == ["fcl_not_read"]
            assert "lacks one of the tables" in refused.samples[0].reason("en")
            assert sink.written == []
        else:
            with pytest.raises(LoadError) as error:
                format_of(file)
            assert error.value.error_code == "unknown_format"


@pytest.mark.data
def test_the_bakery_example_leads_to_the_mill(real_data: Path) -> None:
    """The tutorial's outbreak: cake eaters in four towns, one flour mill behind them all."""
    file = real_data / "b_fcl" / "SiLeBAT__fcl-client/src/assets/data/ExampleData.json"
    network = read(file).network()
    ill = {s for s, row in read(file).stations.items() if str(row.cells["Name"]).startswith("Case")}
    outbreak = Network(
        {s: replace(v, weight=Fraction(s in ill)) for s, v in network.stations.items()},
        network.deliveries,
        network.relations,
    )
    found = web_scores(outbreak).stations
    assert [s for s, score in found.items() if score.score == 1.0] == ["S346"]


def test_the_file_is_json_that_others_can_read(tmp_path: Path) -> None:
    content = document(traced(company_of(saved(tmp_path, whole()))))
    assert json.loads(json.dumps(content)) == content
    for one in ("stations", "deliveries", "deliveryRelations"):
        columns = {c["id"] for c in content["data"][one]["columnProperties"]}
        assert {cell["id"] for row in content["data"][one]["data"] for cell in row} <= columns
    assert a_chain.STATIONS[0]["Latitude"] == 47.1
