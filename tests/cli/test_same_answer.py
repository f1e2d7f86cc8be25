"""One question, two front ends, the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.exits import Exit
from genealogy.exports.registry import EXPORTS
from tests.api.clients import asked, client
from tests.cli.command import Command
from tests.loaders.fcl.a_chain import saved, whole
from tests.small_company import GOODS, RAW, SUPPLIER, TUBING, WATERMARK

KNOWN_AT = "2026-03-15T00:00:00Z"
QUESTIONS = {
    "forward": ("forward", (SUPPLIER,), {}),
    "backward": ("backward", ("FG1183",), {}),
    "both": ("both", (TUBING,), {"mode": "conservative"}),
    "as_of": ("forward", (RAW,), {"as_of": "2026-03-01T13:30:00+08:00"}),
    "amounts": ("forward", (RAW,), {"quantities": True}),
    "diluted": ("forward", (RAW,), {"quantities": True, "dilution": "0.001"}),
    "stopped": ("forward", (RAW, GOODS), {"stops": ["T2201"], "max_depth": 4}),
}


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_command_line_and_api_answer_alike(lotgraph: Command, question: str, name: str) -> None:
    direction, seeds, more = QUESTIONS[question]
    options = [o for key, value in more.items() for o in option(key, value)]
    typed = lotgraph(
        "trace", direction, *seeds, "--known-at", KNOWN_AT, *options, "-f", name, "--allow-partial"
    )
    api = client()
    made = asked(api, *seeds, direction=direction, known_at=KNOWN_AT, **more).json()
    assert typed.out.encode() == api.get(made["formats"][name]).content


@pytest.mark.parametrize(
    ("command", "kind", "body"),
    [
        (["compare", "FG1183", "T2201"], "comparisons", {"cases": ["FG1183", "T2201"]}),
        (
            ["common-cause", "--case", "C-017", "--good", "C-020"],
            "common-causes",
            {"cases": ["C-017"], "goods": ["C-020"]},
        ),
    ],
    ids=["compare", "common cause"],
)
def test_several_cases_are_answered_alike(
    lotgraph: Command, tmp_path: Path, command: list[str], kind: str, body: dict[str, object]
) -> None:
    file = tmp_path / "answer.json"
    options = ("--known-at", KNOWN_AT, "-o", str(file), "--allow-partial")
    assert lotgraph(*command, *options).code == Exit.OK
    told = client().post(f"/v1/{kind}", json={**body, "known_at": KNOWN_AT})
    assert json.loads(file.read_bytes()) == told.json()
    assert told.json()["watermark"] == WATERMARK
    ended = lotgraph("verify", str(file))
    assert ended.out.splitlines()[-1].split("\t")[1:] == [told.json()["digest"], "unaltered"]
    altered = file.read_text("utf-8").replace("backward", "forward").replace("C-020", "C-021")
    file.write_text(altered, "utf-8")
    assert lotgraph("verify", str(file)).code == Exit.FAILURE


#: A weight of a third is rounded in a file.
FIGURES = ("score", "positive", "negative", "normalized", "max_lot")
#: Marks as the API takes them, and the same on the command line.
SCORES = {
    "desktop": ({"weights": {"S4": 1, "D2": -0.5}}, ["--weight", "S4=1", "--weight", "D2=-0.5"]),
    "web": (
        {"tool": "web", "weights": {"S4": "1"}, "dates": "inferred"},
        ["--tool", "web", "--weight", "S4=1", "--dates", "inferred"],
    ),
    "safe": (
        {"tool": "safe", "weights": {"S4": "1/3"}, "cross": ["S3"], "temporal": False},
        ["--tool", "safe", "--weight", "S4=1/3", "--cross", "S3", "--no-temporal"],
    ),
    "merged": (
        {"weights": {"S4": 1}, "kill": ["D1"], "merge": {"ALL": ["S1", "S2"]}},
        ["--weight", "S4=1", "--kill", "D1", "--merge", "ALL=S1,S2"],
    ),
    "of the file": ({}, []),
}


@pytest.mark.parametrize("asked_for", SCORES)
def test_foodchain_labs_scores_are_the_same(
    lotgraph: Command, tmp_path: Path, asked_for: str
) -> None:
    body, options = SCORES[asked_for]
    marks = {"nodes": [{"id": "S3", "weight": 2, "killContamination": False}], "deliveries": []}
    document = whole(tracing=marks)
    typed = json.loads(
        lotgraph("fcl-score", str(saved(tmp_path, document)), *options, "--json").out
    )
    told = client().post("/v1/foodchain/scores", json={"document": document, **body}).json()
    assert {name: told[name] for name in typed} == typed
    assert any(one["score"] for one in told["scores"])
    assert (told["weighted"], told["rejects"]) == (True, [])


@pytest.mark.parametrize("asked_for", SCORES)
def test_a_file_with_marks_is_the_same_and_scores_as_the_marks_do(
    lotgraph: Command, tmp_path: Path, asked_for: str
) -> None:
    body, options = SCORES[asked_for]
    document = whole(tracing={"nodes": [{"id": "S3", "weight": 2}], "deliveries": []})
    path, into = saved(tmp_path, document), tmp_path / "marked.json"
    typed = lotgraph("fcl-score", str(path), *options, "--marked", str(into), "--json")
    how = {name: body[name] for name in ("tool", "temporal", "dates") if name in body}
    marks = {name: value for name, value in body.items() if name not in how}
    told = client().post("/v1/foodchain/files", json={"document": document, **marks})
    assert told.json() == json.loads(into.read_bytes())
    again = client().post("/v1/foodchain/scores", json={"document": told.json(), **how}).json()
    assert figures(again["scores"]) == figures(json.loads(typed.out)["scores"])


def figures(scores: list[dict[str, Any]]) -> dict[str, Any]:
    """What there is of scores to compare: lots have other ids where their station has."""
    rounded = [
        (one["kind"], one["id"], [one[part] and round(one[part], 9) for part in FIGURES])
        for one in scores
    ]
    found = {name: told for kind, name, told in rounded if kind != "lot"}
    return {**found, "lots": sorted(told[0] for kind, _, told in rounded if kind == "lot")}


def option(key: str, value: object) -> list[str]:
    """The command line's way to give one value of a request body."""
    if key == "stops":
        assert isinstance(value, list)
        return [word for stop in value for word in ("--stop", stop)]
    if value is True:
        return [f"--{key}"]
    return [f"--{key.replace('_', '-')}", str(value)]
