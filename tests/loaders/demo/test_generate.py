"""The demo company: sound tables, real check digits, dates in order, the same for the same seed."""

from __future__ import annotations

import csv
import hashlib
import json
import tracemalloc
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from genealogy.errors import InvalidInput
from genealogy.model.facts import FlowFact
from genealogy.model.identifiers import has_check_digit
from genealogy.model.names import RECORDED, Flow, Role
from genealogy.model.times import parse_instant
from loaders.demo.generate import PLANTED, generate
from loaders.demo.truth import FILE, Truth, kind_of
from loaders.report import Loaded
from loaders.tables.load import load_tables
from tests.loaders.memory import MemoryGraph

SEEDS = [1, 2, 3]

#: Of seed 1 at scale 0.2; it changes only when the generator is meant to give other data.
FINGERPRINT = "4d2ebbe5fda96297f43cee08539b6afe6c84a7d3f6033209568259cb882073d2"


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def fingerprint(folder: Path) -> str:
    files = sorted(folder.iterdir())
    parts = b"".join(path.name.encode() + path.read_bytes() for path in files)
    return hashlib.sha256(parts).hexdigest()


@pytest.fixture(scope="module", params=SEEDS)
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(f"company{request.param}")
    generate(folder, seed=request.param)
    return folder


@pytest.fixture(scope="module")
def loaded(company: Path) -> tuple[Loaded, MemoryGraph]:
    graph = MemoryGraph()
    return load_tables(company, graph), graph


@pytest.fixture
def graph(loaded: tuple[Loaded, MemoryGraph]) -> MemoryGraph:
    return loaded[1]


def current(graph: MemoryGraph) -> Iterator[FlowFact]:
    """The latest version of every movement that was not withdrawn."""
    for versions in graph.flows.values():
        last = max(versions, key=lambda fact: (fact.recorded_at is not None, fact.recorded_at))
        if last.retracted_at is None:
            yield last


def test_every_row_loads_and_none_is_said_twice(loaded: tuple[Loaded, MemoryGraph]) -> None:
    report, _ = loaded
    assert report.clean
    # The company moves nothing between vessels, and packs by no unit of its own.
    empty = ["product_units.csv", "vessel_moves.csv"]
    assert [(r.file, r.code) for r in report.remarks] == [(name, "header_only") for name in empty]
    assert report.total.read == report.total.accepted


def test_scale_1_has_about_5000_flow_edges(company: Path, graph: MemoryGraph) -> None:
    told = json.loads((company / FILE).read_text("utf-8"))["flows"]
    assert len(graph.flows) == told
    assert 4_500 <= told <= 5_500


@pytest.mark.parametrize("scale", [2, 3.5])
def test_the_number_of_flows_follows_the_scale(tmp_path: Path, scale: float) -> None:
    assert 4_500 <= generate(tmp_path, scale=scale).flows / scale <= 5_500


@pytest.mark.parametrize("scale", [0, 0.05, 0.1, 0.4])
def test_small_companies_still_hold_every_cause(tmp_path: Path, scale: float) -> None:
    truth = generate(tmp_path, scale=scale)
    assert all(cause.seeds for cause in truth.causes)
    assert load_tables(tmp_path, MemoryGraph()).clean


def test_equal_seed_and_scale_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate(tmp_path / name, seed=7, scale=0.3)
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
    generate(tmp_path / "c", seed=8, scale=0.3)
    assert fingerprint(tmp_path / "c") != fingerprint(tmp_path / "a")


def test_bytes_are_the_same_on_every_machine(tmp_path: Path) -> None:
    generate(tmp_path, seed=1, scale=0.2)
    assert fingerprint(tmp_path) == FINGERPRINT


def test_every_flow_type_but_those_of_vessels_occurs(graph: MemoryGraph) -> None:
    vessels = {Flow.LOADED_INTO, Flow.DRAWN_FROM}
    assert {fact.type for fact in graph.flow_list()} == RECORDED - vessels


def test_nothing_leaves_before_it_first_arrived(graph: MemoryGraph) -> None:
    arrivals: dict[str, list[FlowFact]] = defaultdict(list)
    for fact in current(graph):
        arrivals[fact.target_id].append(fact)
    for fact in current(graph):
        known = [a.occurred_at for a in arrivals[fact.source_id] if a.occurred_at]
        if known and fact.occurred_at:
            assert min(known) < fact.occurred_at, fact


def test_everything_but_suppliers_comes_from_somewhere(graph: MemoryGraph) -> None:
    targets = {fact.target_id for fact in current(graph)}
    sources = {fact.source_id for fact in current(graph)} - targets
    assert all(source.startswith("party:SUP-") for source in sources)


def test_records_are_made_after_the_fact_and_a_few_days_late(graph: MemoryGraph) -> None:
    plain = {Flow.CONSUMED_BY, Flow.PRODUCED, Flow.SHIPPED_IN}
    told = [f for f in current(graph) if f.type in plain]
    assert len(told) > 2_000
    delays = [f.recorded_at - f.occurred_at for f in told if f.recorded_at and f.occurred_at]
    assert len(delays) == len(told)
    assert all(delay.total_seconds() >= 0 for delay in delays)
    late = sum(delay.days >= 2 for delay in delays)
    assert 0.01 < late / len(delays) < 0.06


def test_a_few_postings_were_withdrawn(graph: MemoryGraph) -> None:
    withdrawn = [fact for fact in graph.flow_list() if fact.retracted_at]
    assert {fact.type for fact in withdrawn} == {Flow.CONSUMED_BY}
    assert len(withdrawn) < 60


def test_check_digits_are_right(company: Path) -> None:
    numbers = [row["gtin"] for row in rows(company, "products") if row["gtin"]]
    numbers += [row["gln"] for row in rows(company, "parties")]
    numbers += [row["unit_id"].removeprefix("(00)") for row in rows(company, "units")]
    assert len(numbers) > 500
    assert all(has_check_digit(number) for number in numbers)


def test_no_stock_is_used_that_was_not_there(company: Path) -> None:
    stock: dict[str, int] = defaultdict(int)
    for row in rows(company, "supplies"):
        stock[row["supplied_id"]] += small_units(row)
    for row in rows(company, "production"):
        stock[row["output_id"]] += small_units(row)
    for row in rows(company, "relabels"):
        stock[row["to_lot_id"]] += small_units(row)
        stock[row["from_lot_id"]] -= small_units(row)
    for row in rows(company, "consumption"):
        if not row["retracted_at"]:
            stock[row["input_id"]] -= small_units(row)
    for row in rows(company, "containment"):
        if row["child_id"].startswith("(01)") and "(10)" in row["child_id"]:
            stock[row["child_id"]] -= small_units(row) if not row["unpacked_at"] else 0
    assert min(stock.values()) >= 0


def small_units(row: dict[str, str]) -> int:
    factor = {"KGM": 1000, "MTK": 100}.get(row["uom"], 1)
    return round(float(row["quantity"]) * factor)


def test_devices_reach_hospitals_through_distributors(graph: MemoryGraph) -> None:
    reached = {fact.target_id for fact in current(graph) if fact.type is Flow.DELIVERED_TO}
    hospitals = {party for party in reached if party.startswith("party:HOS-")}
    assert len(hospitals) >= 20
    assert {f"party:DIS-0{n}" for n in range(1, 5)} <= reached


def test_some_shipments_are_in_transit_and_some_come_back(graph: MemoryGraph) -> None:
    sent = [fact for fact in current(graph) if fact.type is Flow.DELIVERED_TO]
    under_way = [fact for fact in sent if fact.occurred_at is None]
    assert 0.01 < len(under_way) / len(sent) < 0.25
    assert any(fact.type is Flow.RETURNED_IN for fact in current(graph))


def test_sterilisation_mixes_products(graph: MemoryGraph) -> None:
    outputs: dict[str, set[str]] = defaultdict(set)
    for fact in current(graph):
        if fact.type is Flow.PRODUCED:
            outputs[fact.source_id].add(fact.target_id[:18])
    assert any(len({p for p in made if p.startswith("(01)")}) > 1 for made in outputs.values())


def test_rework_makes_cycles(graph: MemoryGraph) -> None:
    consumed = {(f.source_id, f.target_id) for f in current(graph) if f.type is Flow.CONSUMED_BY}
    made = {(f.target_id, f.source_id) for f in current(graph) if f.type is Flow.PRODUCED}
    assert consumed & made


def test_lots_are_split_and_merged(company: Path) -> None:
    relabels = rows(company, "relabels")
    sources = [row["from_lot_id"] for row in relabels]
    targets = [row["to_lot_id"] for row in relabels]
    assert len(targets) > len(set(targets))
    assert sources


def test_two_suppliers_give_equal_lot_codes(company: Path) -> None:
    assigners = defaultdict(set)
    for row in rows(company, "lots"):
        assigners[row["product_id"], row["lot_code"]].add(row["assigner_id"])
    assert any(len(found) > 1 for found in assigners.values())


def test_quality_events_of_every_kind_occur(graph: MemoryGraph) -> None:
    roles = {role for node in graph.nodes for role in graph.roles(node)}
    assert {
        Role.COMPLAINT,
        Role.TEST_RESULT,
        Role.NONCONFORMANCE,
        Role.STORAGE_EXCURSION,
        Role.SUPPLIER_LOT,
        Role.PRODUCT_LOT,
        Role.CARRIER,
    } <= roles


def test_names_are_english_and_chinese(company: Path) -> None:
    for table in ("products", "parties", "places"):
        for row in rows(company, table):
            assert row["name"].isascii() or row["name"].isprintable()
            assert any("\u4e00" <= c <= "\u9fff" for c in row["name_zh"])


def test_all_times_lie_in_the_demo_year(company: Path) -> None:
    for table in ("supplies", "consumption", "production", "containment", "shipment_lines"):
        for row in rows(company, table):
            times = [v for k, v in row.items() if k.endswith("_at") and v]
            assert all(parse_instant(t).at.year in (2025, 2026) for t in times)


def test_the_truth_file_names_what_the_demo_shows(company: Path, graph: MemoryGraph) -> None:
    truth = json.loads((company / FILE).read_text("utf-8"))
    assert truth["suspect_lot"] in graph.nodes
    assert truth["complaint_lot"] in graph.nodes
    assert ("ABOUT", truth["complaint"], truth["complaint_lot"], None) in graph.links
    [resin] = [c for c in truth["causes"] if c["name"] == "resin"]
    assert truth["complaint_lot"] in resin["affected"]["lots"]
    assert {cause["name"] for cause in truth["causes"]} == PLANTED.keys()


def test_a_truth_is_believable(company: Path) -> None:
    truth = json.loads((company / FILE).read_text("utf-8"))
    for cause in truth["causes"]:
        count = sum(len(ids) for ids in cause["affected"].values())
        assert 10 <= count <= 600, cause["name"]
        assert cause["affected"]["customers"]


@pytest.mark.parametrize(
    ("ref", "kind"),
    [
        ("(01)09506000002019(21)A", "items"),
        ("(01)09506000002019(10)A", "lots"),
        ("lot:A:B:C", "lots"),
        ("(00)095060000000000017", "units"),
        ("party:HOS-1", "customers"),
        ("batch:W", "batches"),
    ],
)
def test_nodes_are_listed_by_kind(ref: str, kind: str) -> None:
    assert kind_of(ref) == kind


def test_memory_does_not_grow_with_the_scale(tmp_path: Path) -> None:
    def peak(scale: float) -> int:
        tracemalloc.start()
        truth: Truth = generate(tmp_path / str(scale), scale=scale)
        assert truth.flows > 4_000 * scale
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found

    peak(0.5)
    assert peak(10) < peak(1) * 1.2


class Interrupted(Exception):
    """What stops a generation half-way."""


class FailingSeed(int):
    """A seed that can be used a few times only."""

    uses = 0

    def __str__(self) -> str:
        FailingSeed.uses += 1
        if FailingSeed.uses > 10:
            raise Interrupted
        return super().__str__()


def interrupted(folder: Path) -> None:
    FailingSeed.uses = 0
    with pytest.raises(Interrupted):
        generate(folder, seed=FailingSeed(1))


def test_an_interrupted_generation_leaves_nothing(tmp_path: Path) -> None:
    interrupted(tmp_path / "new" / "company")

    assert list((tmp_path / "new").iterdir()) == []


def test_an_interrupted_generation_leaves_an_older_company_whole(tmp_path: Path) -> None:
    generate(tmp_path, scale=0.05)
    before = fingerprint(tmp_path)
    interrupted(tmp_path)

    assert fingerprint(tmp_path) == before


def test_a_company_takes_the_place_of_another_and_leaves_other_files(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    generate(tmp_path, scale=0.1)
    generate(tmp_path, scale=0.05)
    (tmp_path / "notes.md").unlink()
    generate(tmp_path / "alone", scale=0.05)
    (tmp_path / "alone").rename(tmp_path.parent / "alone")

    assert fingerprint(tmp_path) == fingerprint(tmp_path.parent / "alone")


def test_a_company_made_again_is_there_all_the_while(tmp_path: Path) -> None:
    generate(tmp_path, scale=0.05)
    told = (tmp_path / FILE).read_bytes()
    with ThreadPoolExecutor() as pool:
        again = [pool.submit(generate, tmp_path, scale=0.05) for _ in range(3)]
        while not all(run.done() for run in again):
            assert (tmp_path / FILE).read_bytes() == told
    assert all(run.result() == generate(tmp_path, scale=0.05) for run in again)


def test_companies_made_at_once_are_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        for number in range(5):
            folder = tmp_path / str(number)
            at_once = [pool.submit(generate, folder, scale=0.05) for _ in range(4)]
            assert all(run.result() == at_once[0].result() for run in at_once)
            assert fingerprint(folder) == fingerprint(tmp_path / "0")


def test_a_file_in_the_place_of_the_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(InvalidInput) as refused:
        generate(tmp_path / "taken", scale=0.05)
    assert refused.value.error_code == "unwritable_folder"
    assert str(tmp_path / "taken") in refused.value.message()
    assert (tmp_path / "taken").read_text() == "mine"
