"""Every kind of cause, told in tables and ranked on both databases, with snapshot and without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import comb
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from genealogy.bootstrap import Lotgraph, engine_on
from genealogy.impact.causes import Candidate, CommonCauses
from genealogy.impact.question import CauseQuery
from genealogy.model.facts import NodeId
from genealogy.model.times import from_micros, iso
from genealogy.store import schema
from loaders.run import load
from tests.conftest import connect
from tests.databases import Endpoint

RUNS = range(12)
#: What each run has of every kind of attribute, and the runs that have the bad one.
BAD = {
    "supplier": ("party:SUP-BAD", {0, 1, 2, 3}),
    "lot": ("lot:S:RAW:BAD", {4, 5, 6}),
    "line": ("place:L-BAD", {0, 4, 8}),
    "equipment": ("place:E-BAD", {1, 5, 9}),
    "operator": ("Li", {2, 6, 10}),
    "recipe_revision": ("mix B", {3, 7, 11}),
    "place": ("place:SCALE-BAD", {0, 5, 10}),
    "product": ("product:RAW-2", {1, 6, 11}),
    "site": ("place:SITE-BAD", {2, 7, 8}),
}
#: Runs whose product was kept in the bad store, and runs of the good line in its bad hours.
KEPT, HOURS = {4, 9, 11}, {5, 6, 7}


#: Lots in a freezer, by first and last day; it failed on day 11, when the bad ones lay there.
FROZEN = {
    "bad-0": (2, 11), "bad-1": (5, 30), "bad-2": (9, 14), "bad-3": (11, 20),
    "good-0": (0, 8), "good-1": (3, 9), "good-2": (13, 29), "good-3": (15, None), "good-4": (1, 6),
}  # fmt: skip


def at(day: int, hour: int = 0) -> str:
    return f"2026-03-{day + 1:02}T{hour:02}:00:00Z"


def which(kind: str, run: int) -> str:
    value, runs = BAD[kind]
    name = value.partition(":")[2] or value
    return name if run in runs else name.replace("BAD", "GOOD").replace("Li", "Wang")


def tables() -> dict[str, str]:
    """Twelve runs, one a day, each with two raw lots and a product that is kept in a store."""
    lines: dict[str, list[str]] = {
        "places": ["place_id,name,place_type"],
        "parties": ["party_id,name,roles"],
        "products": ["product_id,name,base_uom", "RAW,Resin,KGM", "RAW-2,Dye,KGM", "FG,Set,H87"],
        "lots": ["lot_id,produced_at"],
        "supplies": ["supplier_id,supplied_id,occurred_at"],
        "batches": ["batch_id,process,site_id,line_id,equipment_id,operator,recipe,"
                    "recipe_revision,started_at,ended_at"],
        "consumption": ["batch_id,input_id,occurred_at,place_id"],
        "production": ["batch_id,output_id,occurred_at"],
        "stays": ["content_id,stored_at,arrived_at,left_at"],
        "quality_events": ["event_id,kind,about_id,occurred_at,ended_at,reported_at"],
    }  # fmt: skip
    for place in ("L", "E", "SCALE", "SITE", "COLD"):
        lines["places"] += [f"{place}-{how},{place},site" for how in ("BAD", "GOOD")]
    lines["parties"] += [f"SUP-{how},Supplier,supplier" for how in ("BAD", "GOOD")]
    lines["lots"].append("lot:S:RAW:BAD,")
    for run in RUNS:
        _run(lines, run)
    lines["places"].append("FREEZER,Freezer,site")
    for name, (first, last) in FROZEN.items():
        left = "" if last is None else at(last)
        lines["lots"].append(f"lot:LG:ICE:{name},")
        lines["stays"].append(f"lot:LG:ICE:{name},FREEZER,{at(first)},{left}")
    lines["quality_events"] += [
        f"EXCURSION,storage_excursion,place:COLD-BAD,{at(15)},{at(16)},",
        f"FINDING,nonconformance,product:FG,{at(5)},{at(8)},",
    ]
    return {name: "\n".join(rows) + "\n" for name, rows in lines.items()}


def _run(lines: dict[str, list[str]], run: int) -> None:
    product = "RAW-2" if run in BAD["product"][1] else "RAW"
    raw, made, batch = f"lot:S:{product}:{run}", f"lot:LG:FG:{run}", f"WO-{run}"
    other = "lot:S:RAW:BAD" if run in BAD["lot"][1] else f"lot:S:RAW:X{run}"
    revision = (
        which("recipe_revision", run).partition(" ")[2] if run in BAD["recipe_revision"][1] else "A"
    )
    lines["lots"] += [f"{raw},", f"{made},{at(run, 8)}", f"lot:S:RAW:X{run},"]
    lines["supplies"].append(f"{which('supplier', run)},{raw},{at(run)}")
    lines["batches"].append(
        f"{batch},mixing,{which('site', run)},{which('line', run)},{which('equipment', run)},"
        f"{which('operator', run)},mix,{revision},{at(run, 6)},{at(run, 8)}"
    )
    lines["consumption"] += [
        f"{batch},{raw},{at(run, 6)},{which('place', run)}",
        f"{batch},{other},{at(run, 6)},",
    ]
    lines["production"].append(f"{batch},{made},{at(run, 8)}")
    cold = "COLD-BAD" if run in KEPT else "COLD-GOOD"
    lines["stays"].append(f"{made},{cold},{at(run, 9)},{at(20)}")
    lines["quality_events"].append(f"Q-{run},complaint,{made},,,{at(21)}")


@pytest.fixture(scope="module")
def loaded(
    shared_database: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lotgraph]:
    folder = tmp_path_factory.mktemp("company")
    for name, rows in tables().items():
        (folder / f"{name}.csv").write_text(rows)
    with connect(shared_database) as store:
        schema.ensure(store)
        engine = engine_on(store, tmp_path_factory.mktemp("snapshots"))
        report = load(folder, engine.sink(), engine.book)
        assert report.clean, report
        assert engine.keeper is not None
        engine.keeper.build()
        yield engine


@pytest.fixture
def engine(loaded: Lotgraph) -> Lotgraph:
    return replace(loaded, uses_snapshot=False)


def explained(engine: Lotgraph, bad: set[int]) -> CommonCauses:
    """What complaints about the products of some runs share, and those of the others do not."""
    cases, goods = (
        tuple(NodeId(f"quality:Q-{run}") for run in RUNS if (run in bad) is is_bad)
        for is_bad in (True, False)
    )
    return engine.common_causes(CauseQuery(cases, goods, listed=1_000))


def one(found: CommonCauses, kind: str, value: str) -> Candidate:
    subjects = [(c.ranked.subject, c) for c in found.candidates]
    [candidate] = [c for s, c in subjects if (s.kind, s.value, s.since) == (kind, value, None)]
    return candidate


@pytest.mark.parametrize("kind", BAD)
def test_a_cause_of_any_kind_ranks_first_and_is_proven_for_each_case(
    engine: Lotgraph, kind: str
) -> None:
    value, runs = BAD[kind]
    cause = one(explained(engine, runs), kind, value)
    assert (cause.ranked.rank, cause.ranked.coverage, cause.ranked.goods) == (1, 1.0, ())
    assert cause.ranked.p_value == pytest.approx(1 / comb(len(RUNS), len(runs)))
    assert [proof.case for proof in cause.evidence] == list(range(len(runs)))
    assert all(proof.path for proof in cause.evidence)


def test_where_things_were_kept_is_a_cause_too(engine: Lotgraph) -> None:
    cause = one(explained(engine, KEPT), "place", "place:COLD-BAD")
    assert (cause.ranked.rank, cause.ranked.coverage, cause.ranked.goods) == (1, 1.0, ())


@pytest.mark.parametrize("copied", [False, True])
def test_the_day_on_which_a_store_failed_is_a_cause(loaded: Lotgraph, *, copied: bool) -> None:
    cases, goods = (
        tuple(NodeId(f"lot:LG:ICE:{name}") for name in FROZEN if name.startswith(prefix))
        for prefix in ("bad", "good")
    )
    engine = replace(loaded, uses_snapshot=copied)
    found = engine.common_causes(CauseQuery(cases, goods, listed=1_000))
    [store] = [c for c in found.candidates if c.ranked.subject.since is not None]
    subject = store.ranked.subject
    assert (subject.kind, subject.value, store.ranked.rank) == ("place", "place:FREEZER", 1)
    assert (store.ranked.coverage, store.ranked.goods) == (1.0, ())
    assert [iso(from_micros(t or 0)) for t in (subject.since, subject.until)] == [at(11), at(11)]
    assert [proof.node_id for proof in store.evidence] == list(cases)
    assert one(found, "place", "place:FREEZER").ranked.p_value == 1.0


def test_the_hours_in_which_a_line_was_wrong_are_a_cause(engine: Lotgraph) -> None:
    found = explained(engine, HOURS)
    [hours] = [
        c.ranked
        for c in found.candidates
        if c.ranked.subject.value == "place:L-GOOD" and c.ranked.subject.since is not None
    ]
    since, until = hours.subject.since or 0, hours.subject.until or 0
    assert (iso(from_micros(since)), iso(from_micros(until))) == (at(5, 6), at(7, 8))
    assert (hours.coverage, hours.goods) == (1.0, ())


def test_the_snapshot_ranks_as_the_database_does(loaded: Lotgraph, engine: Lotgraph) -> None:
    for runs in (BAD["lot"][1], KEPT, HOURS):
        told = [
            [(c.ranked, c.volume, c.timing) for c in explained(asked, runs).candidates]
            for asked in (loaded, engine)
        ]
        assert told[0] == told[1]


@pytest.mark.parametrize("kind", ["comparisons", "common-causes"])
def test_a_stored_answer_of_the_snapshot_is_found_again_in_the_database(
    loaded: Lotgraph, kind: str, tmp_path: Path
) -> None:
    """Also what the snapshot answered without a record time, once its file has made room."""
    cases = [f"quality:Q-{run}" for run in sorted(KEPT)]
    body = {"cases": cases} if kind == "comparisons" else {"cases": cases, "goods": ["WO-0"]}

    def api() -> TestClient:
        return TestClient(create_app(loaded, folder=tmp_path), base_url="http://localhost")

    made = api().post(f"/v1/{kind}", json=body)
    assert made.status_code == 200, made.text
    [file] = tmp_path.rglob("*.answer")
    file.unlink()
    again = api().get(made.headers["content-location"])
    assert (again.status_code, again.content) == (200, made.content)


@pytest.mark.parametrize(
    ("event", "concerned"), [("quality:EXCURSION", KEPT), ("quality:FINDING", {5, 6, 7})]
)
def test_an_event_about_a_place_or_product_stands_for_what_it_concerned_then(
    engine: Lotgraph, event: str, concerned: set[int]
) -> None:
    others = tuple(NodeId(f"quality:Q-{run}") for run in RUNS if run not in concerned)
    found = engine.common_causes(CauseQuery((NodeId(event),), others, listed=1_000))
    [case] = found.cases
    assert case.seeds == tuple(sorted(NodeId(f"lot:LG:FG:{run}") for run in concerned))
    for run in concerned:
        cause = one(found, "batch", f"batch:WO-{run}").ranked
        assert (cause.coverage, cause.goods) == (1.0, ())
    assert not [c for c in found.candidates if c.ranked.subject.value == "batch:WO-0"]
