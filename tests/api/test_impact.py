"""Comparisons and common causes over HTTP."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from starlette.testclient import TestClient

from genealogy.exports.digest import digest_of_document
from genealogy.impact.question import CauseQuery
from tests import small_company
from tests.api.clients import assert_problem, client
from tests.api.jobs import Waiting, ended, events_of, waiting_client

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


# --- Stored ------------------------------------------------------------------------

#: How to ask each kind of question, and where its answers are.
KINDS = {
    "comparisons": {"cases": ["FG1183", "T2201"], "operation": "union"},
    "common-causes": {"cases": ["C-017"], "goods": ["C-020"]},
}
kinds = pytest.mark.parametrize("kind", KINDS)


def posted(api: TestClient, kind: str, **headers: str) -> Any:
    return api.post(f"/v1/{kind}", json=KINDS[kind], headers=headers)


@kinds
def test_an_answer_is_kept_and_the_same_when_it_is_got_again(kind: str, tmp_path: Path) -> None:
    made = posted(client(folder=tmp_path), kind)
    address = made.headers["content-location"]
    assert address.startswith(f"/v1/{kind}/")
    again = client(folder=tmp_path).get(address)
    assert (again.status_code, again.content) == (200, made.content)
    for name in ("lotgraph-watermark", "lotgraph-digest", "lotgraph-completeness", "etag"):
        assert again.headers[name] == made.headers[name]
    told = made.json()
    assert made.headers["lotgraph-digest"] == told["digest"]
    assert made.headers["lotgraph-watermark"] == str(told["watermark"])
    assert told["query"]["known_at"] == "2026-03-20T12:00:00Z"
    assert posted(client(folder=tmp_path), kind).headers["content-location"] == address


@kinds
def test_another_program_finds_the_digest_of_an_answer(kind: str) -> None:
    told = posted(client(), kind).json()
    over = {
        "comparisons": ("cases", "completeness", "nodes", "query"),
        "common-causes": ("candidates", "cases", "completeness", "goods", "method", "query"),
    }
    part = {name: told[name] for name in over[kind]}
    assert hashlib.sha256(rfc8785.dumps(part)).hexdigest() == told["digest"]
    assert digest_of_document(told) == told["digest"]


@kinds
def test_an_answer_that_is_known_already_is_not_sent_again(kind: str) -> None:
    api = client()
    made = posted(api, kind)
    answer = api.get(
        made.headers["content-location"], headers={"if-none-match": made.headers["etag"]}
    )
    assert (answer.status_code, answer.content) == (304, b"")


@kinds
def test_an_answer_that_has_made_room_is_found_again(kind: str, tmp_path: Path) -> None:
    made = posted(client(folder=tmp_path), kind)
    for file in tmp_path.rglob("*.answer"):
        file.unlink()
    assert client(folder=tmp_path).get(made.headers["content-location"]).content == made.content


@kinds
def test_an_answer_that_the_data_no_longer_give_is_not_served(kind: str, tmp_path: Path) -> None:
    address = posted(client(folder=tmp_path), kind).headers["content-location"]
    for file in tmp_path.rglob("*.answer"):
        file.unlink()
    fewer = small_company.Company((*small_company.NODES, *small_company.FLOWS[:5]))
    answer = client(small_company.engine(fewer), tmp_path).get(address)
    assert_problem(answer, 410, "trace_changed")


@kinds
def test_an_answer_that_was_altered_is_not_served(kind: str, tmp_path: Path) -> None:
    address = posted(client(folder=tmp_path), kind).headers["content-location"]
    for file in tmp_path.rglob("*.answer"):
        file.write_bytes(file.read_bytes().replace(b'"watermark":', b'"watermark" :'))
    assert_problem(client(folder=tmp_path).get(address), 410, "trace_altered")


@kinds
def test_an_unknown_answer_is_a_problem(kind: str, tmp_path: Path) -> None:
    for name in ("a" * 26, "x", "..%2fjobs"):
        answer = client(folder=tmp_path).get(f"/v1/{kind}/{name}")
        assert answer.status_code == 404
    assert_problem(client().get(f"/v1/{kind}/{'a' * 26}"), 404, "no_such_answer")


@kinds
def test_answers_of_one_kind_are_not_found_among_those_of_another(
    kind: str, tmp_path: Path
) -> None:
    api = client(folder=tmp_path)
    made = posted(api, kind).headers["content-location"].rpartition("/")[2]
    others = {"comparisons", "common-causes", "traces"} - {kind}
    assert {api.get(f"/v1/{other}/{made}").status_code for other in others} == {404}


@kinds
def test_a_clock_that_goes_on_does_not_change_a_kept_answer(kind: str) -> None:
    source = small_company.engine()
    api = client(source)
    first = posted(api, kind)
    assert posted(api, kind).content == first.content
    # Other data are another question.
    later = client(replace(source, watermark=lambda: small_company.WATERMARK + 1))
    other = posted(later, kind)
    assert other.headers["content-location"] != first.headers["content-location"]
    assert other.json()["watermark"] == small_company.WATERMARK + 1
    assert other.json()["digest"] == first.json()["digest"]


# --- As jobs -----------------------------------------------------------------------


@kinds
def test_a_job_leads_to_the_answer_that_waiting_gives(kind: str) -> None:
    api = client()
    begun = posted(api, kind, prefer="respond-async")
    assert begun.status_code == 202
    assert begun.headers["location"] == begun.json()["self"]
    assert begun.headers["preference-applied"] == "respond-async"
    assert begun.json()["query"]["cases"]
    job = ended(api, begun.json())
    assert (job["state"], job["error"]) == ("done", None)
    made = posted(api, kind)
    assert job["result"] == made.headers["content-location"]
    assert api.get(job["result"]).content == made.content
    assert job["progress"]["nodes"] > 1
    assert job["progress"]["levels"] > 1


@kinds
def test_a_job_is_called_off_and_its_statements_are_ended(kind: str) -> None:
    company = Waiting()
    api = waiting_client(company)
    job = posted(api, kind, prefer="respond-async").json()
    company.begun.acquire()
    assert api.delete(job["self"]).status_code == 202
    told = ended(api, job)
    assert (told["state"], told["result"]) == ("cancelled", None)
    assert len(company.ended) >= 1
    last = events_of(api.get(job["events"]).text)[-1]
    assert last["event"] == "cancelled"


@kinds
def test_a_job_that_fails_points_at_what_is_wrong(kind: str) -> None:
    api = client()
    body = {**KINDS[kind], "known_at": LONG_AGO}
    begun = api.post(f"/v1/{kind}", json=body, headers={"prefer": "respond-async"})
    job = ended(api, begun.json())
    assert (job["state"], job["error"]["code"]) == ("failed", "invalid_body")
    assert job["error"]["errors"][0]["pointer"] == "/known_at"


@kinds
def test_a_job_names_unknown_cases_at_once(kind: str) -> None:
    body = {**KINDS[kind], "cases": ["nothing", "FG1183"]}
    answer = client().post(f"/v1/{kind}", json=body, headers={"prefer": "respond-async"})
    assert_problem(answer, 422, "invalid_body")


# --- Asked wrongly -----------------------------------------------------------------


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
