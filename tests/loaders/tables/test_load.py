"""Whole loads: counts, refusals, all or nothing, and an order that changes nothing."""

from __future__ import annotations

import csv
import random
import tracemalloc
from collections.abc import Iterable
from functools import cached_property
from itertools import combinations
from pathlib import Path

import pytest

from genealogy.errors import LoadAborted, LoadError, StoreUnavailable, UnreadableFile
from genealogy.model.facts import Fact, FlowFact, Written
from genealogy.model.names import Link
from loaders.report import Count, Loaded
from loaders.tables.load import load_tables, recognises
from tests.loaders.memory import MemoryGraph
from tests.loaders.tables.a_company import (
    COMPANY,
    RESIN,
    Rows,
    table_text,
    write_tables,
    write_zip,
)

BAD_ROW = {"batch_id": "WO-1", "input_id": RESIN, "quantity": "1E5"}


def load(path: Path, graph: MemoryGraph | None = None, **options: object) -> Loaded:
    return load_tables(path, graph or MemoryGraph(), **options)  # type: ignore[arg-type]


def loaded_graph(path: Path) -> MemoryGraph:
    graph = MemoryGraph()
    assert load(path, graph).clean
    return graph


def with_bad_row(folder: Path) -> Path:
    return write_tables(folder, {**COMPANY, "consumption": [*COMPANY["consumption"], BAD_ROW]})


def reject_codes(folder: Path, tables: dict[str, Rows]) -> list[tuple[str, int | None, str]]:
    found = load(write_tables(folder, tables))
    return [(reject.file, reject.line, reject.code) for reject in found.samples]


def test_a_sound_company_loads_without_rejects(tmp_path: Path) -> None:
    loaded = load(write_tables(tmp_path, COMPANY))
    assert loaded.clean
    assert loaded.total.read == loaded.total.accepted == sum(map(len, COMPANY.values()))
    assert loaded.written.flows_new == 13


def test_loading_twice_changes_nothing(tmp_path: Path) -> None:
    graph = loaded_graph(write_tables(tmp_path, COMPANY))
    before = graph.state()
    again = load(tmp_path, graph)
    assert graph.state() == before
    assert again.written == Written(unchanged=again.written.unchanged)


def test_folder_zip_and_byte_order_mark_give_the_same_graph(tmp_path: Path) -> None:
    plain = loaded_graph(write_tables(tmp_path / "plain", COMPANY)).state()
    members = {f"co/{name}.csv": "\ufeff" + table_text(rows) for name, rows in COMPANY.items()}
    assert loaded_graph(write_zip(tmp_path / "t.zip", members)).state() == plain


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_files_rows_and_columns_changes_nothing(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    parts = [(name, [shuffled(row, dice)]) for name, rows in COMPANY.items() for row in rows]
    dice.shuffle(parts)
    graph = MemoryGraph()
    for number, (name, rows) in enumerate(parts):
        assert load(write_tables(tmp_path / str(number), {name: rows}), graph).clean
    assert graph.state() == loaded_graph(write_tables(tmp_path / "all", COMPANY)).state()


def shuffled(row: dict[str, str], dice: random.Random) -> dict[str, str]:
    return dict(dice.sample(list(row.items()), len(row)))


def test_the_size_of_batches_changes_nothing(tmp_path: Path) -> None:
    write_tables(tmp_path, COMPANY)
    graph = MemoryGraph()
    load(tmp_path, graph, batch_rows=1)
    assert graph.state() == loaded_graph(tmp_path).state()
    assert len(graph.batches) >= sum(map(len, COMPANY.values()))


class FlowsOfEachBatch(MemoryGraph):
    """Also keeps at which nodes the flows of each batch end."""

    def write(self, facts: Iterable[Fact]) -> Written:
        told = list(facts)
        self.targets.append([f.target_id for f in told if isinstance(f, FlowFact)])
        return super().write(told)

    @cached_property
    def targets(self) -> list[list[str]]:
        return []


def test_what_tells_of_flows_at_one_node_is_not_cut_in_two(tmp_path: Path) -> None:
    lines = [f"B{i // 4},lot:S:P:{i},1,KGM" for i in range(22)]
    text = "\n".join(["batch_id,input_id,quantity,uom", *lines])
    (tmp_path / "consumption.csv").write_text(text, encoding="utf-8")
    graph = FlowsOfEachBatch()
    load(tmp_path, graph, batch_rows=10)
    assert [len(targets) for targets in graph.targets] == [8, 8, 4, 2]
    assert all(set(a).isdisjoint(b) for a, b in combinations(graph.targets, 2))


def test_rows_that_all_tell_of_one_node_are_still_written_in_several_batches(
    tmp_path: Path,
) -> None:
    lines = [f"B,lot:S:P:{i},1,KGM" for i in range(50)]
    text = "\n".join(["batch_id,input_id,quantity,uom", *lines])
    (tmp_path / "consumption.csv").write_text(text, encoding="utf-8")
    graph = MemoryGraph()
    loaded = load(tmp_path, graph, batch_rows=10)
    assert max(graph.batches) <= 3 * 10 + 10
    assert loaded.written.flows_new == 50


def test_a_bad_row_stops_nothing_and_is_explained(tmp_path: Path) -> None:
    graph = MemoryGraph()
    loaded = load(with_bad_row(tmp_path / "in"), graph, rejects_path=tmp_path / "rejects.csv")
    assert loaded.counts["consumption.csv"].rejected == 1
    assert loaded.counts["consumption.csv"].accepted == 1
    assert graph.state() == loaded_graph(write_tables(tmp_path / "sound", COMPANY)).state()
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as stream:
        [row] = csv.DictReader(stream)
    assert (row["file"], row["line"], row["field"]) == ("consumption.csv", "3", "quantity")
    assert (row["value"], row["code"]) == ("1E5", "scientific_quantity")


def test_a_dry_run_writes_nothing_and_reports_the_same(tmp_path: Path) -> None:
    graph = MemoryGraph()
    dry = load(with_bad_row(tmp_path), graph, dry_run=True)
    real = load(tmp_path)
    assert graph.batches == []
    assert dry.dry_run
    assert dry.written == Written()
    assert [(c.read, c.rejected) for c in dry.counts.values()] == [
        (c.read, c.rejected) for c in real.counts.values()
    ]


def test_a_strict_load_with_a_reject_writes_nothing(tmp_path: Path) -> None:
    graph = MemoryGraph()
    with pytest.raises(LoadAborted) as caught:
        load(with_bad_row(tmp_path / "in"), graph, strict=True, rejects_path=tmp_path / "r.csv")
    assert graph.batches == []
    assert caught.value.params["count"] == 1
    assert caught.value.params["loaded"].samples[0].line == 3
    assert (tmp_path / "r.csv").exists()


def test_a_strict_load_without_rejects_loads_all(tmp_path: Path) -> None:
    write_tables(tmp_path, COMPANY)
    graph = MemoryGraph()
    assert load(tmp_path, graph, strict=True).clean
    assert graph.state() == loaded_graph(tmp_path).state()


class Failing(MemoryGraph):
    """A graph whose database goes away before the third write."""

    def write(self, facts: Iterable[Fact]) -> Written:
        if len(self.batches) == 2:
            raise StoreUnavailable(uri="bolt://nowhere", reason="gone")
        return super().write(facts)


def test_a_database_that_goes_away_is_told_and_a_reload_completes(tmp_path: Path) -> None:
    write_tables(tmp_path, COMPANY)
    graph = Failing()
    with pytest.raises(StoreUnavailable):
        load(tmp_path, graph)
    after = MemoryGraph(graph.nodes, graph.flows, graph.links)
    load(tmp_path, after)
    assert after.state() == loaded_graph(tmp_path).state()


def test_a_row_told_twice_is_a_duplicate(tmp_path: Path) -> None:
    rows = COMPANY["consumption"]
    loaded = load(
        write_tables(tmp_path, {"consumption": [*rows, {**rows[0], "quantity": "12500.0"}]})
    )
    assert loaded.counts["consumption.csv"] == Count(
        2, 1, 1, 0, loaded.counts["consumption.csv"].written
    )


def test_rows_that_contradict_each_other_are_told_with_the_first_line(tmp_path: Path) -> None:
    row = {**COMPANY["consumption"][0], "record_id": "D/1", "recorded_at": "2026-02-02T00:00:00Z"}
    loaded = load(write_tables(tmp_path, {"consumption": [row, {**row, "quantity": "7"}]}))
    [reject] = loaded.samples
    assert (reject.line, reject.field, reject.code) == (3, "record_id", "contradiction")
    assert "line 2" in reject.reason("en")


def test_a_row_recorded_later_is_a_correction_not_a_contradiction(tmp_path: Path) -> None:
    row = {**COMPANY["consumption"][0], "record_id": "D/1", "recorded_at": "2026-02-02T00:00:00Z"}
    later = {**row, "quantity": "7", "recorded_at": "2026-02-03T00:00:00Z"}
    graph = MemoryGraph()
    assert load(write_tables(tmp_path, {"consumption": [row, later]}), graph).clean
    [versions] = graph.flows.values()
    assert len(versions) == 2


def test_one_lot_described_in_two_ways_is_a_contradiction(tmp_path: Path) -> None:
    one = {"lot_id": RESIN, "quantity": "1", "uom": "KGM"}
    assert reject_codes(tmp_path, {"lots": [one, {**one, "quantity": "2"}]}) == [
        ("lots.csv", 3, "contradiction")
    ]


def test_one_event_may_be_about_several_things(tmp_path: Path) -> None:
    event = COMPANY["quality_events"][0]
    graph = MemoryGraph()
    load(write_tables(tmp_path, {"quality_events": [event, {**event, "about_id": RESIN}]}), graph)
    assert len([link for link in graph.links if link[0] is Link.ABOUT]) == 2


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "empty_file", None),
        (b"\n\n", "empty_file", None),
        (b"name\nx\n", "missing_columns", 1),
        (b"unit_id;unit_type\nU;case\n", "wrong_separator", 1),
        ("unit_id,名\nU,树脂颗粒供应商\n".encode("gb18030"), "not_utf8", 1),
        ("unit_id\nU\n".encode("utf-16"), "not_utf8", 1),
        (b'unit_id,"unit_type\n', "broken_quotes", 1),
    ],
)
def test_files_that_cannot_be_tables_are_refused_as_a_whole(
    tmp_path: Path, content: bytes, code: str, line: int | None
) -> None:
    (tmp_path / "units.csv").write_bytes(content)
    write_tables(tmp_path, {"lots": COMPANY["lots"]})
    loaded = load(tmp_path)
    assert loaded.refused_files == ("units.csv",)
    assert [(r.code, r.line) for r in loaded.samples] == [(code, line)]
    assert loaded.counts["lots.csv"].accepted == 2


def test_a_file_with_only_a_header_is_no_fault_but_told(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("unit_id\n")
    loaded = load(tmp_path)
    assert loaded.clean
    assert loaded.total == Count()
    assert [r.code for r in loaded.remarks] == ["header_only"]
    assert loaded.remarks[0].reason("zh") != loaded.remarks[0].reason("en")


def test_tables_where_they_are_not_read_are_told_of(tmp_path: Path) -> None:
    write_tables(tmp_path, {"lots": COMPANY["lots"]})
    (tmp_path / "batches.xlsx").write_bytes(b"PK")
    (tmp_path / "readme.txt").write_text("x")
    write_tables(tmp_path / "2025", {"lots": COMPANY["lots"]})

    assert [(r.file, r.code) for r in load(tmp_path).remarks] == [
        ("2025/lots.csv", "left_out"),
        ("batches.xlsx", "left_out"),
    ]


def test_what_a_zip_holds_beside_its_tables_is_told_of(tmp_path: Path) -> None:
    names = ("lots.csv", "a/b/lots.csv", "events.json", "__MACOSX/a/lots.csv", "x.txt")
    path = write_zip(tmp_path / "t.zip", dict.fromkeys(names, table_text(COMPANY["lots"])))

    assert [r.file for r in load(path).remarks] == ["a/b/lots.csv", "events.json"]


def test_unknown_columns_and_tables_are_named(tmp_path: Path) -> None:
    write_tables(tmp_path, {"units": [{"unit_id": "U", "colour": "red"}], "stock": [{"a": "b"}]})
    remarks = [(r.file, r.code, r.params) for r in load(tmp_path).remarks]
    assert [(file, code) for file, code, _ in remarks] == [
        ("stock.csv", "unknown_table"),
        ("units.csv", "unknown_columns"),
    ]
    assert remarks[1][2]["columns"] == "colour"


def test_a_path_without_any_table_is_an_error(tmp_path: Path) -> None:
    write_tables(tmp_path, {"stock": [{"a": "b"}]})
    with pytest.raises(LoadError, match="no table") as caught:
        load(tmp_path)
    assert "lots" in caught.value.hint()


def test_a_damaged_member_of_a_zip_is_refused_and_the_others_load(tmp_path: Path) -> None:
    members = {"lots.csv": table_text(COMPANY["lots"]), "units.csv": table_text(COMPANY["units"])}
    path = write_zip(tmp_path / "t.zip", members)
    data = bytearray(path.read_bytes())
    at = data.index(b"units.csv") + len("units.csv") + 4
    data[at] ^= 0xFF
    path.write_bytes(bytes(data))
    loaded = load(path)
    assert loaded.refused_files == ("units.csv",)
    assert loaded.samples[0].code == "damaged_file"
    assert loaded.counts["lots.csv"].accepted == 2


def test_a_path_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        load(tmp_path / "none")


def test_progress_runs_up_to_all_bytes(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    write_tables(tmp_path, COMPANY)
    load(tmp_path, progress=lambda file, done, size: told.append((file, done, size)))
    done = [entry[1] for entry in told]
    assert done == sorted(done)
    assert told[-1][1] == told[-1][2] == sum(p.stat().st_size for p in tmp_path.iterdir())


def test_every_fact_names_its_file_and_line(tmp_path: Path) -> None:
    graph = loaded_graph(write_tables(tmp_path, COMPANY))
    records = {fact.source.record for fact in graph.flow_list()}
    assert {"consumption.csv:2", "vessel_moves.csv:3"} <= records


class Drain(MemoryGraph):
    """A graph that forgets what it is told."""

    def write(self, facts: Iterable[Fact]) -> Written:
        return Written(flows_new=len(list(facts)))


def test_of_a_row_that_was_read_nothing_stays_but_a_mark_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loaders.tables.rows._REMEMBERED", 500)

    def peak(rows: int) -> int:
        lines = (f"B,lot:A:B:{n % 50},{n}" for n in range(rows))
        text = "batch_id,input_id,quantity\n" + "\n".join(lines)
        (tmp_path / "consumption.csv").write_text(text)
        tracemalloc.start()
        assert load(tmp_path, Drain(), batch_rows=500).total.accepted == rows
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found

    peak(1_000)
    small, large = peak(2_000), peak(8_000)
    assert large - small < 6_000 * 80


def test_tables_are_recognised_by_the_names_of_their_files(tmp_path: Path) -> None:
    write_tables(tmp_path / "co", {"units": [{"unit_id": "U"}]})
    (tmp_path / "x.json").write_text("{}")
    (tmp_path / "other.csv").write_text("a\n")
    assert recognises(tmp_path / "co")
    assert recognises(tmp_path / "co" / "units.csv")
    assert not recognises(tmp_path / "x.json")
    assert not recognises(tmp_path / "other.csv")
