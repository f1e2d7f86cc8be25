"""Comparisons and common causes over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from genealogy.impact.question import CauseQuery
from tests import small_company
from tests.api.clients import assert_problem, client

GOODS, TUBING = small_company.GOODS, small_company.TUBING
LONG_AGO = "2020-01-01T00:00:00Z"


def compare(*cases: str, **more: Any) -> Any:
    return client().post("/v1/comparisons", json={"cases": list(cases), **more})


def causes(*cases: str, **more: Any) -> Any:
    return client().post("/v1/common-causes", json={"cases": list(cases), **more})


def test_a_comparison_names_the_cases_of_each_node() -> None:
    answer = compare("FG1183", "T2201", operation="union")
    assert answer.status_code == 200
    nodes = {node["id"]: node for node in answer.json()["nodes"]}
    assert nodes[GOODS]["cases"] == [GOODS]
    assert nodes[TUBING]["cases"] == [GOODS, TUBING]
    assert nodes[TUBING]["distances"] == [2, 0]


def test_completeness_stands_in_the_header_too() -> None:
    answer = compare("FG1183", "T2201", max_depth=1)
    assert answer.headers["lotgraph-completeness"].startswith("truncated; frontiers=")
    assert causes("FG1183").headers["lotgraph-completeness"].startswith("complete; ")


def test_an_answer_tells_which_data_it_was_made_of() -> None:
    answers = compare("FG1183", "T2201"), causes("FG1183")
    assert [answer.json()["watermark"] for answer in answers] == [small_company.WATERMARK] * 2


def test_each_name_that_is_not_known_is_pointed_at() -> None:
    body = assert_problem(compare("FG1183", "nothing", "24A0871"), 422, "invalid_body")
    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [
        ("/cases/1", "not_found"),
        ("/cases/2", "ambiguous"),
    ]
    body = assert_problem(causes("FG1183", goods=["nothing"]), 422, "invalid_body")
    assert [e["pointer"] for e in body["errors"]] == ["/goods/0"]


@pytest.mark.parametrize(
    ("answer", "pointer", "code"),
    [
        (compare("FG1183", GOODS), "/cases", "too_few_cases"),
        (causes("FG1183", goods=[GOODS]), "/goods", "bad_and_good"),
        (
            compare("FG1183", "T2201", known_at=LONG_AGO),
            "/known_at",
            "not_known_then",
        ),
    ],
    ids=["too few", "bad and good", "not known then"],
)
def test_what_cannot_be_asked_is_pointed_at(answer: Any, pointer: str, code: str) -> None:
    body = assert_problem(answer, 422, "invalid_body")
    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [(pointer, code)]


@pytest.mark.parametrize("limit", [0, 1_001, "3"])
def test_the_limit_is_a_number_within_bounds(limit: Any) -> None:
    assert_problem(causes("FG1183", limit=limit), 422, "invalid_body")


def test_the_answer_is_the_one_of_the_engine() -> None:
    told = causes("C-017", "C-020", limit=3).json()
    query = CauseQuery((small_company.RENJI, small_company.HUASHAN), listed=3)  # type: ignore[arg-type]
    found = small_company.engine().common_causes(query)
    assert [c["id"] for c in told["candidates"]] == [
        c.ranked.subject.value for c in found.candidates
    ]
    assert told["method"] == {
        "test": None,
        "correction": None,
        "continuity": None,
        "ranked_by": "coverage_and_distance",
        "tested": found.tested,
        "found": found.found,
    }


def test_a_clock_tolerance_is_part_of_the_question() -> None:
    told = compare("FG1183", "T2201", clock_tolerance={"MES": "5m"}).json()
    assert told["query"]["clock_tolerance"] == {"MES": "5m"}
    assert "clock_tolerance" not in causes("FG1183").json()["query"]
