"""``lotgraph trace`` and ``lotgraph why``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from cli.answers import FIELDS, PIPED
from cli.exits import Exit
from genealogy.exports.registry import EXPORTS
from tests.cli.command import Command
from tests.small_company import (
    GOODS,
    GOODS_URN,
    RAW,
    RENJI,
    SENT,
    SUPPLIER,
    TUBING,
    WATERMARK,
    Company,
    engine,
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_piped_answers_are_tab_separated_and_whole(lotgraph: Command) -> None:
    ended = lotgraph("trace", "forward", SUPPLIER)
    assert ended.out.splitlines()[0].split("\t") == list(PIPED)
    assert [r["id"] for r in rows(ended.out)][:3] == [SUPPLIER, RAW, "batch:WO-2201"]
    assert len(rows(ended.out)) == 11


def test_nothing_but_data_goes_to_standard_output(lotgraph: Command) -> None:
    ended = lotgraph("trace", "forward", SUPPLIER)
    assert "Not complete" not in ended.out
    assert "Not complete" in ended.err
    assert "\x1b" not in ended.out + ended.err


def test_an_answer_with_gaps_ends_with_partial(lotgraph: Command) -> None:
    assert lotgraph("trace", "forward", SUPPLIER).code == Exit.PARTIAL


def test_partial_answers_can_be_accepted(lotgraph: Command) -> None:
    ended = lotgraph("trace", "forward", SUPPLIER, "--allow-partial")
    assert (ended.code, "Not complete" in ended.err) == (Exit.OK, True)


def test_a_truncated_answer_says_where_it_stopped(lotgraph: Command) -> None:
    ended = lotgraph("trace", "backward", GOODS, "--max-depth", "2")
    assert ended.code == Exit.PARTIAL
    assert "not followed at 1 node (--stop" in ended.err
    assert {r["id"]: r["note"] for r in rows(ended.out)}[TUBING] == "max_depth"


def test_a_complete_answer_ends_with_ok(lotgraph: Command) -> None:
    ended = lotgraph("trace", "backward", "FG1183")
    assert (ended.code, ended.err) == (Exit.OK, "")


@pytest.mark.parametrize("command", [("trace", "backward", GOODS), ("why", RAW, "--from", GOODS)])
def test_a_seed_not_known_then_is_an_error_that_says_since_when_it_is(
    lotgraph: Command, command: tuple[str, ...]
) -> None:
    ended = lotgraph(*command, "--known-at", "2020-01-01T00:00Z")
    assert (ended.code, ended.out) == (Exit.NOT_FOUND, "")
    assert "was not known at 2020-01-01T00:00:00Z; it was first recorded at 2026-" in ended.err
    assert "[not_known_then]" in ended.err


def test_before_anything_happened_is_no_finished_answer(lotgraph: Command) -> None:
    ended = lotgraph("trace", "forward", GOODS, "--as-of", "2020-01-01T00:00Z")
    assert (ended.code, len(rows(ended.out))) == (Exit.PARTIAL, 1)
    assert rows(ended.out)[0]["note"] == "not_begun"
    assert "1 gap in the data" in ended.err


def test_quiet_says_nothing(lotgraph: Command) -> None:
    assert lotgraph("-q", "trace", "forward", SUPPLIER).err == ""


@pytest.mark.parametrize(
    "spelling", [GOODS, GOODS_URN, "FG1183", "https://id.gs1.org/01/06901234000016/10/FG1183"]
)
def test_any_spelling_is_a_seed(lotgraph: Command, spelling: str) -> None:
    assert rows(lotgraph("trace", "backward", spelling).out)[0]["id"] == GOODS


def test_levels_upstream_are_negative(lotgraph: Command) -> None:
    found = rows(lotgraph("trace", "both", TUBING, "--allow-partial").out)
    assert {r["id"]: r["level"] for r in found}[RAW] == "-2"
    assert {r["id"]: r["level"] for r in found}[GOODS] == "2"


@pytest.mark.parametrize("name", EXPORTS)
def test_every_format_is_written(lotgraph: Command, name: str) -> None:
    ended = lotgraph("trace", "backward", GOODS, "-f", name)
    assert ended.code == Exit.OK
    assert GOODS in ended.out


@pytest.mark.parametrize(
    ("shorthand", "name"), [("--json", "json"), ("--nl", "ndjson"), ("--csv", "csv")]
)
def test_shorthands_are_formats(lotgraph: Command, shorthand: str, name: str) -> None:
    asked = ("trace", "backward", GOODS)
    assert lotgraph(*asked, shorthand).out == lotgraph(*asked, "-f", name).out


def test_a_file_name_chooses_its_format(lotgraph: Command, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "t.json"
    ended = lotgraph("trace", "backward", GOODS, "-o", str(target))
    assert (ended.code, ended.out) == (Exit.OK, "")
    assert json.loads(target.read_text("utf-8"))["query"]["seeds"] == [GOODS]


def test_a_table_can_be_written_to_a_file(lotgraph: Command, tmp_path: Path) -> None:
    target = tmp_path / "t.tsv"
    lotgraph("trace", "backward", GOODS, "-o", str(target))
    assert rows(target.read_text("utf-8"))[0]["id"] == GOODS


@pytest.mark.parametrize("name", ["t.doc", "t", "t.xlsx"])
def test_a_file_name_that_tells_no_format_is_refused(
    lotgraph: Command, tmp_path: Path, name: str
) -> None:
    ended = lotgraph("trace", "backward", GOODS, "-o", str(tmp_path / name))
    assert (ended.code, list(tmp_path.iterdir())) == (Exit.USAGE, [])
    assert all(export.suffix in ended.err for export in EXPORTS.values())
    assert lotgraph("trace", "backward", GOODS, "-o", str(tmp_path / name), "-f", "json").code == 0
    assert json.loads((tmp_path / name).read_text("utf-8"))["nodes"]


def test_a_device_needs_no_ending(lotgraph: Command) -> None:
    assert lotgraph("trace", "backward", GOODS, "-o", "/dev/null").code == Exit.OK


def test_fields_choose_columns(lotgraph: Command) -> None:
    ended = lotgraph("trace", "backward", GOODS, "--fields", "id, kind", "--no-headers")
    assert ended.out.splitlines()[0] == f"{GOODS}\tLot"


def test_every_field_can_be_chosen(lotgraph: Command) -> None:
    ended = lotgraph("trace", "backward", GOODS, "--fields", ",".join(FIELDS))
    assert tuple(ended.out.splitlines()[0].split("\t")) == FIELDS


def test_a_limit_says_how_many_rows_it_left_out(lotgraph: Command) -> None:
    ended = lotgraph("trace", "backward", GOODS, "--limit", "2")
    assert len(rows(ended.out)) == 2
    assert "5 more rows" in ended.err


def test_a_limit_of_zero_means_all(lotgraph: Command) -> None:
    assert len(rows(lotgraph("trace", "backward", GOODS, "--limit", "0").out)) == 7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--as-of", "2026-03-01"), "--as-of 2026-03-01"),
        (("--known-at", "2026-03-01T00:00"), "--known-at"),
        (("--limit", "9" * 21), "--limit"),
        (("--max-depth", "9" * 21), "--max-depth"),
        (("-f", "xml"), "no format xml"),
        (("--json", "--csv"), "only one format"),
        (("--json", "--limit", "3"), "--limit is for tables"),
        (("--fields", "colour"), "no column colour"),
    ],
)
def test_options_that_cannot_be_used_are_usage_errors(
    lotgraph: Command, arguments: tuple[str, ...], words: str
) -> None:
    ended = lotgraph("trace", "forward", GOODS, *arguments)
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert words in ended.err


def test_the_same_format_twice_is_no_contradiction(lotgraph: Command) -> None:
    assert lotgraph("trace", "backward", GOODS, "--json", "-f", "JSON").code == Exit.OK


def test_times_restrict_what_had_happened(lotgraph: Command) -> None:
    ended = lotgraph("trace", "forward", RAW, "--as-of", "2026-03-01T09:30+08:00", "-q")
    assert [r["id"] for r in rows(ended.out)] == [RAW, "batch:WO-2201"]


def test_stops_are_resolved_and_kept(lotgraph: Command) -> None:
    ended = lotgraph("trace", "backward", GOODS, "--stop", "T2201", "--json")
    assert json.loads(ended.out)["query"]["stops"] == [TUBING]
    assert ended.code == Exit.PARTIAL


# --- why ---------------------------------------------------------------------------------


def test_why_prints_a_path_with_its_records(lotgraph: Command) -> None:
    ended = lotgraph("why", "C-017", "--from", RAW)
    path = rows(ended.out)
    assert (path[0]["node"], path[-1]["node"]) == (RAW, RENJI)
    assert path[1]["source_record"] == "moves.csv:1"
    assert ended.code == Exit.OK


def test_tables_show_times_in_one_form(lotgraph: Command) -> None:
    steps = rows(lotgraph("why", "C-017", "--from", RAW).out)
    reached = {r["id"]: r["time"] for r in rows(lotgraph("trace", "forward", RAW, "-q").out)}
    assert steps[1]["occurred_at"].endswith("Z")
    assert steps[1]["occurred_at"] == reached[steps[1]["node"]]
    assert steps[0]["occurred_at"] == ""


def test_why_goes_upstream_too(lotgraph: Command) -> None:
    found = json.loads(lotgraph("why", RAW, "--from", SENT, "--json").out)
    assert (found["from"], found["to"]) == (SENT, RAW)
    assert found["steps"][0]["edge"] is None
    assert found["steps"][1]["edge"]["type"] == "SHIPPED_IN"


@pytest.mark.parametrize("paths", ["1", "3"])
def test_why_says_what_was_asked_and_of_which_state_of_the_data(
    lotgraph: Command, paths: str
) -> None:
    asked = ("why", "C-017", "--from", RAW, "--max-depth", "9", "--clock-tolerance", "MES=5m")
    told = json.loads(lotgraph(*asked, "--paths", paths, "--json").out)
    assert told["watermark"] == WATERMARK
    query = told["query"]
    assert (query["seeds"], query["max_depth"], query["direction"]) == ([RAW], 9, "both")
    assert query["clock_tolerance"] == {"MES": "5m"}


def test_why_of_what_was_not_reached_is_not_found(lotgraph: Command) -> None:
    ended = lotgraph("why", "lot:SUP-090:RM-900:24A0871", "--from", RAW)
    assert ended.code == Exit.NOT_FOUND
    assert "Not complete" in ended.err


def test_an_unfinished_load_makes_every_answer_partial_and_says_what_to_do(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = Company()
    company.unfinished = ["/data/march"]
    asked = ("trace", "forward", SUPPLIER)
    ended = lotgraph(*asked, opener=lambda *_: engine(company))
    assert ended.code == Exit.PARTIAL
    assert "! The load of /data/march has not finished" in ended.err
    assert "Load it again to complete it." in ended.err
    assert lotgraph(*asked, "--allow-partial", opener=lambda *_: engine(company)).code == Exit.OK
    monkeypatch.setenv("LOTGRAPH_LANG", "zh")
    assert "/data/march 的载入尚未完成" in lotgraph(*asked, opener=lambda *_: engine(company)).err


def test_a_load_that_completes_what_was_broken_off_makes_answers_whole_again(
    lotgraph: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "products.csv").write_text("product_id,name,base_uom\nP1,Tube,MTR\n")
    company = Company()
    company.unfinished = [str(tmp_path / "products.csv")]

    def told() -> str:
        return lotgraph("trace", "forward", SUPPLIER, opener=lambda *_: engine(company)).err

    assert "products.csv has not finished" in told()
    assert lotgraph("load", "products.csv", opener=lambda *_: engine(company)).code == Exit.OK
    assert "has not finished" not in told()


def test_amounts_stand_in_columns_of_their_own_when_asked_for(lotgraph: Command) -> None:
    found = rows(lotgraph("trace", "forward", RAW, "--quantities", "--allow-partial").out)
    by_id = {row["id"]: row for row in found}
    told = [by_id[TUBING][name] for name in ("seed_min", "seed_share", "seed_max", "seed_uom")]
    assert told == ["92.2875", "92.2875", "92.2875", "KGM"]
    assert by_id[SENT]["seed_share"] != "?"


def test_amounts_are_told_of_what_a_window_stands_for(lotgraph: Command) -> None:
    asked = ("trace", "forward", "--supplier", SUPPLIER, "--quantities", "--allow-partial")
    for window in ((), ("--from", "2026-02-01T00:00:00Z", "--to", "2026-04-01T00:00:00Z")):
        by_id = {row["id"]: row for row in rows(lotgraph(*asked, *window).out)}
        told = [by_id[RAW][name] for name in ("seed_min", "seed_share", "seed_max", "seed_uom")]
        assert told == ["500", "500", "500", "KGM"]
        assert by_id[TUBING]["seed_share"] == "92.2875"


def test_every_format_repeats_the_dilution_threshold(lotgraph: Command) -> None:
    asked = ("trace", "forward", RAW, "--dilution", "0.1%", "--allow-partial")
    assert "0.001" in lotgraph(*asked).err
    for name in EXPORTS:
        assert "0.001" in lotgraph(*asked, "-f", name).out, name


def test_a_dilution_threshold_that_is_no_fraction_is_refused(lotgraph: Command) -> None:
    for threshold in ("much", "0", "120%"):
        ended = lotgraph("trace", "forward", RAW, "--dilution", threshold)
        assert (ended.code, ended.out) == (Exit.USAGE, "")
        assert "[no_dilution]" in ended.err


def test_every_format_repeats_how_far_clocks_may_be_off(lotgraph: Command) -> None:
    asked = ("trace", "forward", RAW, "--clock-tolerance", "MES=300s", "--allow-partial")
    for name in EXPORTS:
        assert "5m" in lotgraph(*asked, "-f", name).out, name


@pytest.mark.parametrize("told", ["MES", "=5m", "MES=5", "MES=soon", ""])
def test_a_clock_tolerance_that_cannot_be_read_is_refused(lotgraph: Command, told: str) -> None:
    ended = lotgraph("trace", "forward", RAW, "--clock-tolerance", told)
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert "--clock-tolerance" in ended.err


def test_a_window_is_a_start_and_each_seed_says_so(lotgraph: Command) -> None:
    asked = ("trace", "forward", "--supplier", SUPPLIER, "--allow-partial")
    ended = lotgraph(*asked, "--to", "2026-12-31T00:00:00Z")
    first = rows(ended.out)[0]
    assert (first["id"], first["note"]) == (RAW, "window 0")
    told = json.loads(lotgraph(*asked, "--json").out)
    window = {"kind": "supplier", "id": SUPPLIER, "from": None, "to": None}
    assert told["query"]["windows"] == [window]
    assert told["query"]["seeds"] == []
    [seed] = [node for node in told["nodes"] if node["direction"] == "seed"]
    assert seed["found_in"] == [{"window": 0, "since": None, "until": None, "place": None}]
    for name in EXPORTS:
        assert SUPPLIER in lotgraph(*asked, "-f", name).out, name


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((RAW, "--to", "2026-01-01T00:00:00Z"), "--from and --to need"),
        ((RAW, "--revision", "B"), "--revision needs"),
        (("--supplier", SUPPLIER, "--from", "2026-01-01"), "--from"),
        (("--equipment", SUPPLIER), "[wrong_window]"),
        (("--supplier", SUPPLIER, "--to", "1999-01-01T00:00:00Z"), "[nothing_in_window]"),
        (
            ("--supplier", SUPPLIER, "--from", "2026-02-01T00:00:00Z", "--to", "2026-01-01T00:00Z"),
            "[window_ends_first]",
        ),
        ((), "identifier"),
    ],
)
def test_windows_without_sense_are_refused(
    lotgraph: Command, options: tuple[str, ...], told: str
) -> None:
    ended = lotgraph("trace", "forward", *options)
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert told in ended.err


def test_quantities_backward_are_refused(lotgraph: Command) -> None:
    ended = lotgraph("trace", "backward", GOODS, "--quantities")
    assert "[quantities_backward]" in ended.err


def test_the_best_paths_are_numbered_and_the_first_is_the_only_one_without_asking(
    lotgraph: Command,
) -> None:
    one = rows(lotgraph("why", GOODS, "--from", RAW).out)
    more = rows(lotgraph("why", GOODS, "--from", RAW, "--paths", "5").out)
    assert [{k: v for k, v in r.items() if k != "path"} for r in more if r["path"] == "1"] == one
    told = json.loads(lotgraph("why", GOODS, "--from", RAW, "--paths", "5", "--json").out)
    assert told["steps"] == told["paths"][0]["steps"]
    assert len(told["paths"]) == int(more[-1]["path"])
    assert len(rows(lotgraph("why", RAW, "--from", GOODS, "--paths", "2").out)) > 4


def test_a_class_or_clock_that_meets_nothing_is_told(lotgraph: Command) -> None:
    told = lotgraph("trace", "forward", RAW, "--carry-over", "lnie=72h", "--allow-partial")
    assert "Nothing was carried over" in told.err
    told = lotgraph("trace", "forward", RAW, "--clock-tolerance", "NOSUCH=5m", "--allow-partial")
    assert "recorded by NOSUCH" in told.err
    assert "carried over" not in told.err


def test_carry_over_is_repeated_in_every_format_and_refused_if_it_cannot_be_read(
    lotgraph: Command,
) -> None:
    asked = ("trace", "forward", RAW, "--carry-over", "line=72h", "--allow-partial")
    for name in EXPORTS:
        assert "3d" in lotgraph(*asked, "-f", name).out, name
    assert json.loads(lotgraph(*asked, "--json").out)["query"]["carry_over"] == {"line": "3d"}
    refused = lotgraph("trace", "forward", RAW, "--carry-over", "=72h")
    assert (refused.code, "--carry-over" in refused.err) == (Exit.USAGE, True)
