"""Why a window of a store does not reach a node, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from genealogy.model.names import Flow
from tests.api.clients import assert_problem, client
from tests.cli.test_same_terms import company
from tests.genealogies import flow, genealogy
from tests.small_company import GOODS, KINDS, RAW, RENJI, WATERMARK, Company, engine
from tests.unit.trace.test_not_there import COLD, FACTS

TIMES = {"since": "2026-01-05T00:00:00Z", "until": "2026-01-06T00:00:00Z"}


def ask(node: str, **asked: Any) -> Any:
    api = client(engine(Company(FACTS)))
    return api.post("/v1/why-not", json={"node": node, **asked})


@pytest.mark.parametrize("seed", [{"seed": "quality:Q"}, {"seed": COLD, **TIMES}])
def test_what_was_in_a_store_at_another_time_is_told_with_the_stay(seed: dict[str, str]) -> None:
    told = ask("lot:late", **seed).json()
    [obstacle] = told["obstacles"]
    assert (obstacle["kind"], obstacle["place"]) == ("came_after", COLD)
    assert obstacle["at"] == "2026-01-07T00:00:00Z"
    assert obstacle["came"]["type"] == "STORED_AT"
    assert "after the window" in obstacle["message"]
    assert told["reached"] is False
    assert ask("lot:there", **seed).json()["reached"] is True


def test_times_of_a_seed_that_has_none_are_pointed_at() -> None:
    answer = client().post("/v1/why-not", json={"node": RENJI, "seed": RAW, **TIMES})
    body = assert_problem(answer, 422, "invalid_body")
    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [("/seed", "wrong_window")]


def test_every_term_of_a_trace_can_be_given() -> None:
    api = client()
    schemas = api.get("/openapi.json").json()["components"]["schemas"]
    terms = set(schemas["TraceRequest"]["properties"])
    assert terms <= set(schemas["WhyNotRequest"]["properties"])


@pytest.mark.parametrize(
    "terms",
    [
        {"carry_over": {"*": "72h"}},
        {"clock_tolerance": {"MES": "5m"}, "max_depth": 3, "mode": "conservative"},
        {"dilution": "0.01"},
        {"quantities": True, "stops": [GOODS]},
        {"as_of": "2026-03-01T06:30:00Z", "known_at": "2026-03-20T00:00:00Z"},
    ],
)
def test_it_says_reached_exactly_where_the_trace_has_the_node(terms: dict[str, Any]) -> None:
    api, question = client(), {"seeds": [RAW], "direction": "forward", **terms}
    summary = api.post("/v1/traces", json=question).json()
    reached = {n["id"] for n in api.get(f"{summary['self']}.json").json()["nodes"]}
    for node in sorted(KINDS):
        told = api.post("/v1/why-not", json={"node": node, **question})
        assert told.status_code == 200, told.text
        assert told.json()["reached"] == (node in reached), node


def test_the_answer_says_which_state_of_the_data_it_is_of() -> None:
    for node in (RENJI, "lot:SUP-090:RM-900:24A0871"):
        answer = client().post("/v1/why-not", json={"node": node, "seed": RAW})
        assert answer.json()["watermark"] == WATERMARK
        assert answer.headers["lotgraph-watermark"] == str(WATERMARK)


def test_windows_and_several_seeds_are_asked_about_together() -> None:
    window = {"kind": "place", "id": COLD, "from": TIMES["since"], "to": TIMES["until"]}
    told = ask("lot:late", windows=[window], seeds=["batch:1"], direction="forward").json()
    assert [o["kind"] for o in told["obstacles"]] == ["came_after"]
    assert told["query"]["windows"][0]["id"] == COLD
    assert ask("lot:made", windows=[window], seeds=["batch:1"]).json()["reached"] is True


def test_names_that_mean_nothing_are_each_pointed_at() -> None:
    window = {"kind": "place", "id": "NOPE-1"}
    answer = ask("NOPE-2", seeds=["NOPE-3"], windows=[window], stops=["NOPE-4"])
    body = assert_problem(answer, 422, "invalid_body")
    pointers = {e["pointer"] for e in body["errors"]}
    assert pointers == {"/node", "/seeds/0", "/windows/0/id", "/stops/0"}


def test_a_question_without_a_start_is_refused() -> None:
    for asked in ({}, {"since": TIMES["since"]}):
        body = assert_problem(ask("lot:late", **asked), 422, "invalid_body")
        assert [e["code"] for e in body["errors"]] == ["no_seeds"]


MISSPELT = {"carry_over": {"lnie": "72h", "*": "1h"}, "clock_tolerance": {"MSE": "5m", "MES": "1s"}}
NAMED = [("nothing_carried", "*"), ("nothing_carried", "lnie"), ("clock_unheard", "MSE")]


def test_a_class_or_system_that_meets_nothing_is_told_by_its_name() -> None:
    api, question = client(), {"seeds": [RAW], "direction": "forward", **MISSPELT}
    summary = api.post("/v1/traces", json=question).json()
    assert [(r["code"], r["name"]) for r in summary["remarks"]] == NAMED
    address, chinese = f"{summary['self']}/summary", {"Accept-Language": "zh"}
    assert api.get(address).json()["remarks"] == summary["remarks"]
    told = api.get(address, headers=chinese).json()["remarks"]
    assert "没有批次间残留" in told[1]["message"]
    assert "MSE" in told[2]["message"]
    answer = api.post("/v1/why-not", json={"node": RENJI, **question}).json()
    assert answer["remarks"] == summary["remarks"]
    plain = {"node": RENJI, "seeds": [RAW], "clock_tolerance": {"MES": "1s"}}
    assert api.post("/v1/why-not", json=plain).json()["remarks"] == []


def test_a_class_by_which_something_is_carried_over_is_not_told() -> None:
    api = client(company())
    question = {
        "seeds": ["lot:A"],
        "direction": "forward",
        "carry_over": {"line": "72h", "lnie": "72h"},
    }
    summary = api.post("/v1/traces", json=question).json()
    assert [(r["code"], r["name"]) for r in summary["remarks"]] == [("nothing_carried", "lnie")]


def test_tolerances_of_the_settings_count_as_they_do_in_a_trace() -> None:
    late = [
        flow(Flow.CONSUMED_BY, "lot:A", "batch:1", 5),
        flow(Flow.PRODUCED, "batch:1", "lot:B", 3),
    ]
    strict = engine(Company(genealogy(late).facts))
    kind = replace(strict, clock_tolerance=(("tests", timedelta(days=2)),))
    question = {"node": "lot:B", "seed": "lot:A", "direction": "forward"}
    told = [client(one).post("/v1/why-not", json=question).json() for one in (strict, kind)]
    assert [one["reached"] for one in told] == [False, True]
