"""``lotgraph verify``: whether exported answers are as they were given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.exits import Exit
from tests.cli.command import Command
from tests.small_company import SUPPLIER, WATERMARK

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
