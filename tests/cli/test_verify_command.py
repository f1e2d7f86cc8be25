"""``lotgraph verify``: whether exported answers are as they were given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.exits import Exit
from tests.cli.command import Command
from tests.small_company import RAW, SUPPLIER, TUBING, WATERMARK

FORMATS = ["json", "ndjson"]


def answer(lotgraph: Command, folder: Path, name: str) -> Path:
    path = folder / f"answer.{name}"
    assert lotgraph("trace", "forward", SUPPLIER, "-o", str(path), "--allow-partial").code == 0
    return path


def test_an_answer_tells_the_state_of_the_data_and_its_digest(
    lotgraph: Command, tmp_path: Path
) -> None:
    told = json.loads(answer(lotgraph, tmp_path, "json").read_text("utf-8"))
    lines = answer(lotgraph, tmp_path, "ndjson").read_text("utf-8").splitlines()
    head, end = json.loads(lines[0]), json.loads(lines[-1])
    assert told["watermark"] == head["watermark"] == WATERMARK
    assert told["digest"] == end["digest"]
    assert len(told["digest"]) == 64


@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_as_it_was_given_is_unaltered(
    lotgraph: Command, tmp_path: Path, name: str
) -> None:
    path = answer(lotgraph, tmp_path, name)
    ended = lotgraph("verify", str(path))
    assert (ended.code, ended.out.splitlines()[-1].split("\t")[-1]) == (Exit.OK, "unaltered")


@pytest.mark.parametrize("name", FORMATS)
def test_any_change_of_an_answer_is_found(lotgraph: Command, tmp_path: Path, name: str) -> None:
    path = answer(lotgraph, tmp_path, name)
    sound = answer(lotgraph, tmp_path, {"json": "ndjson", "ndjson": "json"}[name])
    path.write_text(path.read_text("utf-8").replace("24A0871", "24A0872", 1), "utf-8")
    ended = lotgraph("verify", str(sound), str(path))
    assert ended.code == Exit.FAILURE
    assert [line.split("\t")[-1] for line in ended.out.splitlines()] == [
        "result",
        "unaltered",
        "altered",
    ]
    assert path.name in ended.err


def test_a_new_layout_changes_nothing(lotgraph: Command, tmp_path: Path) -> None:
    path = answer(lotgraph, tmp_path, "json")
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")), indent=4), "utf-8")
    assert lotgraph("verify", str(path)).code == Exit.OK


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "no json", '{"record": "trace"}\n', '{"record": "trace"}\n[]\n', "\xff"],
)
def test_a_file_that_is_no_answer_is_refused(
    lotgraph: Command, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, "latin-1")
    ended = lotgraph("verify", str(path))
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert "[no_answer]" in ended.err


def test_json_lines_that_were_cut_are_refused(lotgraph: Command, tmp_path: Path) -> None:
    path = answer(lotgraph, tmp_path, "ndjson")
    path.write_bytes(path.read_bytes().rpartition(b'{"record":"end"')[0])
    assert lotgraph("verify", str(path)).code == Exit.USAGE


def test_a_file_that_is_not_there_is_refused(lotgraph: Command, tmp_path: Path) -> None:
    ended = lotgraph("verify", str(tmp_path / "nothing.json"))
    assert ended.code == Exit.USAGE
    assert "[unreadable_file]" in ended.err


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("left", [0.3, 0.6, 0.95])
def test_an_answer_that_was_cut_is_told_so(
    lotgraph: Command, tmp_path: Path, name: str, left: float
) -> None:
    path = answer(lotgraph, tmp_path, name)
    whole = path.read_bytes()
    for size in range(int(len(whole) * left), int(len(whole) * left) + 40):
        path.write_bytes(whole[:size])
        ended = lotgraph("verify", str(path))
        assert (ended.code, ended.out) == (Exit.USAGE, "")
        assert "[cut_answer]" in ended.err


def test_an_answer_cut_within_a_letter_is_told_so(lotgraph: Command, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes('{"query": {"seeds": ["批'.encode()[:-1])
    assert "[cut_answer]" in lotgraph("verify", str(path)).err


def test_of_several_files_each_has_a_row_whatever_is_wrong_with_others(
    lotgraph: Command, tmp_path: Path
) -> None:
    sound, bad = answer(lotgraph, tmp_path, "json"), answer(lotgraph, tmp_path, "ndjson")
    cut, other, gone = tmp_path / "cut.json", tmp_path / "other.json", tmp_path / "gone.json"
    cut.write_bytes(sound.read_bytes()[:-90])
    other.write_text("no json")
    bad.write_text(bad.read_text("utf-8").replace("24A0871", "24A0872", 1), "utf-8")
    ended = lotgraph("verify", *map(str, (gone, cut, other, bad, sound)))
    assert ended.code == Exit.FAILURE
    results = [line.split("\t")[-1] for line in ended.out.splitlines()[1:]]
    assert results == ["unreadable", "cut", "unreadable", "altered", "unaltered"]
    assert [path.name in ended.err for path in (gone, cut, other, bad)] == [True] * 4
    assert sound.name not in ended.err


def test_it_says_what_the_digest_is_over(lotgraph: Command, tmp_path: Path) -> None:
    path = answer(lotgraph, tmp_path, "json")
    both = tmp_path / "both.json"
    both.write_text(lotgraph("compare", RAW, TUBING, "--json").out, "utf-8")
    lines = lotgraph("verify", str(path), str(both), str(path)).err.splitlines()
    assert ["completeness, edges, nodes, query" in line for line in lines] == [True, False]
    assert ["cases, completeness, nodes, query" in line for line in lines] == [False, True]
    assert all("watermark" in line for line in lines)
    assert "不涵盖" in lotgraph("--lang", "zh", "verify", str(path)).err


def test_the_way_out_names_every_command_whose_answers_can_be_checked(
    lotgraph: Command, tmp_path: Path
) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}")
    told = lotgraph("verify", str(path)).err
    assert all(name in told for name in ("trace", "compare", "common-cause"))
