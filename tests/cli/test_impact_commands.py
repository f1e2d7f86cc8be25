"""``lotgraph compare`` and ``lotgraph common-cause`` on the small company."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from cli.exits import Exit
from tests import small_company
from tests.cli.command import Command

GOODS, TUBING, TWIN = small_company.GOODS, small_company.TUBING, small_company.TWIN


def column(out: str, name: str) -> list[str]:
    """One column of a tab-separated table."""
    head, *rows = [line.split("\t") for line in out.splitlines()]
    return [row[head.index(name)] for row in rows]


def test_compare_prints_what_all_have_in_common_and_how_far_off(lotgraph: Command) -> None:
    ended = lotgraph("compare", "FG1183", "T2201", "--direction", "backward")
    assert ended.code == Exit.OK
    assert column(ended.out, "id") == [
        TUBING,
        small_company.MIX,
        small_company.REWORK,
        small_company.RAW,
        small_company.SUPPLIER,
    ]
    assert column(ended.out, "distances") == ["2 0", "3 1", "3 1", "4 2", "5 3"]
    assert column(ended.out, "cases")[0] == f"{GOODS} {TUBING}"


def test_only_is_what_the_first_alone_has(lotgraph: Command) -> None:
    ended = lotgraph("compare", "C-017", "C-020", "--op", "only", "--allow-partial")
    assert set(column(ended.out, "id")) == {small_company.RENJI, small_company.SENT}


def test_a_union_names_the_cases_of_each_node(lotgraph: Command) -> None:
    ended = lotgraph("compare", TWIN, TUBING, "--op", "union", "--allow-partial")
    cases = dict(zip(column(ended.out, "id"), column(ended.out, "cases"), strict=True))
    assert cases[TWIN] == TWIN
    assert cases[small_company.MIX] == TUBING


def test_an_answer_that_is_not_whole_ends_so(lotgraph: Command) -> None:
    cut = lotgraph("compare", "FG1183", "T2201", "--max-depth", "1")
    assert cut.code == Exit.PARTIAL
    assert "Not complete (truncated)" in cut.err
    assert lotgraph("compare", "FG1183", "T2201", "--max-depth", "1", "--allow-partial").code == 0


def test_the_document_says_of_each_case_what_it_lacks(lotgraph: Command) -> None:
    ended = lotgraph("compare", "FG1183", TWIN, "--max-depth", "1", "--json", "--allow-partial")
    told = json.loads(ended.out)
    assert told["query"]["operation"] == "intersection"
    assert [(case["id"], case["completeness"]) for case in told["cases"]] == [
        (GOODS, "truncated"),
        (TWIN, "gaps"),
    ]
    assert told["completeness"]["state"] == "truncated"
    assert told["nodes"] == []


def test_a_table_without_rows_still_says_in_csv_whether_it_is_whole(
    lotgraph: Command, tmp_path: Path
) -> None:
    file = tmp_path / "common.csv"
    ended = lotgraph("compare", "FG1183", TWIN, "-o", str(file), "--allow-partial")
    assert (ended.code, ended.out) == (Exit.OK, "")
    [row] = csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))
    assert (row["completeness"], row["id"]) == ("gaps", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "FG1183"], "at least two different cases; 1 given"),
        (["compare", "FG1183", GOODS], "at least two different cases; 1 given"),
        (["compare", "FG1183", "T2201", "--json", "--csv"], "only one format"),
        (["compare", "FG1183", "T2201", "-f", "svg"], "there is no format svg"),
        (["compare", "FG1183", "T2201", "-o", "x.svg"], "the ending of x.svg"),
        (["compare", "FG1183", "T2201", "--as-of", "monday"], "--as-of monday"),
        (["common-cause", "--case", "FG1183", "--good", "FG1183"], "as a case and as good"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    lotgraph: Command, arguments: list[str], words: str
) -> None:
    ended = lotgraph(*arguments)
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert words in ended.err


def test_unknown_cases_are_told_with_the_code_for_them(lotgraph: Command) -> None:
    assert lotgraph("compare", "FG1183", "nothing").code == Exit.NOT_FOUND
    assert lotgraph("compare", "FG1183", "24A0871").code == Exit.AMBIGUOUS
    assert lotgraph("common-cause", "--case", "nothing").code == Exit.NOT_FOUND


def test_common_cause_ranks_with_figures(lotgraph: Command) -> None:
    ended = lotgraph("common-cause", "--case", "FG1183", "--good", TWIN, "--allow-partial")
    assert ended.code == Exit.OK
    assert "24A0871" in ended.out
    assert set(column(ended.out, "cases")) == {"1/1"}
    assert set(column(ended.out, "goods")) == {"0/1"}
    assert set(column(ended.out, "p_value")) == {"0.5"}
    assert set(column(ended.out, "lift")) == {"3"}
    assert column(ended.out, "rank") == ["1"] * len(column(ended.out, "id"))
    assert "as likely as" in ended.out


def test_without_good_cases_it_says_that_nothing_was_tested(lotgraph: Command) -> None:
    ended = lotgraph("common-cause", "--case", "C-017", "--case", "C-020", "--allow-partial")
    assert "No good cases were given" in ended.err
    assert set(column(ended.out, "p_value")) == {""}
    assert column(ended.out, "id")[0] == GOODS


def test_the_document_proves_each_candidate(lotgraph: Command) -> None:
    ended = lotgraph("common-cause", "--case", "C-017", "--good", TWIN, "--json", "--allow-partial")
    told = json.loads(ended.out)
    assert told["method"]["test"] == "fisher_exact_one_sided"
    [raw] = [c for c in told["candidates"] if c["id"] == small_company.RAW]
    [proof] = raw["evidence"]
    path = [step["node"] for step in proof["path"]]
    assert (path[0], path[-1]) == (small_company.RENJI, small_company.RAW)
    assert proof["contributed"] == "2026-03-01T01:00:00Z"
    assert raw["volume"]["to_cases"] == {"KGM": "90.000"}
    assert raw["volume"]["share"] == "1.000000"
    [supplier] = [c for c in told["candidates"] if c["kind"] == "supplier"]
    assert (supplier["id"], supplier["label"]) == (
        small_company.SUPPLIER,
        "SUP-017 Huaxin Polymers",
    )


def test_the_csv_of_causes_has_a_row_for_each(lotgraph: Command) -> None:
    ended = lotgraph("common-cause", "--case", "FG1183", "--good", TWIN, "--csv", "--limit", "3")
    rows = list(csv.DictReader(io.StringIO(ended.out.removeprefix("\ufeff"))))
    assert len(rows) == 3
    assert {row["completeness"] for row in rows} == {"gaps"}
    assert {row["cases_hit"] for row in rows} == {"1"}


def test_cases_can_be_read_from_standard_input(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("FG1183\tx\nT2201\n"))
    assert lotgraph("compare", "-").code == Exit.OK


def test_chinese_words_are_spoken(lotgraph: Command) -> None:
    ended = lotgraph("--lang", "zh", "common-cause", "--case", "C-017", "--case", "C-020")
    assert "未给出良品" in ended.err


def test_a_clock_tolerance_is_part_of_the_question(lotgraph: Command) -> None:
    clocks = ("--clock-tolerance", "MES=5m", "--json", "--allow-partial")
    told = json.loads(lotgraph("compare", "FG1183", "T2201", *clocks).out)
    assert told["query"]["clock_tolerance"] == {"MES": "5m"}
    told = json.loads(lotgraph("common-cause", "--case", "FG1183", *clocks).out)
    assert told["query"]["clock_tolerance"] == {"MES": "5m"}
    assert lotgraph("compare", "FG1183", "T2201", "--clock-tolerance", "MES").code == Exit.USAGE
