"""Every failure is a problem: what it says, in which language, and that nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest

from api.errors import ERROR_STATUS, HTTP_CODES
from api.guard import MOST_BODY_BYTES
from genealogy import errors
from genealogy.bootstrap import Lotgraph
from genealogy.exports.candidates import MOST_LISTED
from genealogy.messages import catalogue
from tests.api.clients import PRODUCT, asked, assert_problem, client, nameless
from tests.small_company import GOODS, GOODS_URN, RAW, TUBING, TWIN, engine

JSON = {"content-type": "application/json"}


def test_an_unknown_address_is_a_problem() -> None:
    assert_problem(client().get("/nowhere"), 404, "no_such_page")


def test_a_wrong_method_is_a_problem_that_names_the_right_ones() -> None:
    answer = client().delete("/v1/resolve")
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "path", ["/v1/resolve?q=%ff", "/v1/lots/%c3%28", "/v1/resolve?q=a%00b", "/%80"]
)
def test_text_that_is_not_utf_8_is_refused(path: str) -> None:
    answer = client().get(path)
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed_request"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"direction": "\xc3("}'])
def test_a_malformed_body_is_refused(body: bytes) -> None:
    answer = client().post("/v1/traces", content=body, headers=JSON)
    assert_problem(answer, 400, "malformed_request")


@pytest.mark.parametrize("kind", ["text/plain", "", "application/xml"])
def test_a_body_of_another_type_is_refused(kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    answer = client().post("/v1/traces", content=b"{}", headers=headers)
    assert_problem(answer, 415, "unsupported_media_type")


def test_a_body_that_is_announced_too_large_is_refused() -> None:
    answer = client().post("/v1/traces", content=b"x" * (MOST_BODY_BYTES + 1), headers=JSON)
    assert_problem(answer, 413, "body_too_large")


def test_a_body_that_grows_too_large_is_refused() -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(MOST_BODY_BYTES // 65_536 + 2):
            yield b" " * 65_536

    answer = client().post("/v1/traces", content=chunks(), headers=JSON)
    assert_problem(answer, 413, "body_too_large")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"seeds": [GOODS]}, "/direction"),
        ({"direction": "sideways", "seeds": [GOODS]}, "/direction"),
        ({"direction": "forward", "seeds": []}, "/seeds"),
        ({"direction": "forward", "seeds": [""]}, "/seeds/0"),
        ({"direction": "forward", "seeds": [GOODS], "max_depth": -1}, "/max_depth"),
        (
            {"direction": "forward", "seeds": [GOODS], "clock_tolerance": {"A": 5}},
            "/clock_tolerance/A",
        ),
        ({"direction": "forward", "seeds": [GOODS], "max_depth": "3"}, "/max_depth"),
        ({"direction": "forward", "seeds": [GOODS], "as_of": "2026-03-01"}, "/as_of"),
        ({"direction": "forward", "seeds": [GOODS], "as_of": 5}, "/as_of"),
        ({"direction": "forward", "seeds": [GOODS], "asOf": None}, "/asOf"),
        ([], ""),
    ],
)
def test_a_value_that_cannot_be_used_is_pointed_at(body: Any, pointer: str) -> None:
    problem = assert_problem(client().post("/v1/traces", json=body), 422, "invalid_body")
    assert [flaw["pointer"] for flaw in problem["errors"]] == [pointer]


def test_a_format_that_is_not_ours_is_refused_with_those_that_are() -> None:
    api = client()
    address = asked(api, GOODS).json()["self"]
    answer = api.get(address, headers={"accept": "application/pdf"})
    assert "application/graphml+xml" in assert_problem(answer, 406, "not_acceptable")["hint"]


def test_a_suffix_that_is_not_ours_is_a_problem() -> None:
    api = client()
    answer = api.get(asked(api, GOODS).json()["self"] + ".pdf")
    assert_problem(answer, 422, "invalid_body")


def test_an_ambiguous_name_lists_what_it_may_mean() -> None:
    problem = assert_problem(client().get("/v1/lots/24A0871"), 409, "ambiguous")
    assert len(problem["candidates"]) == 2


def test_an_unknown_name_offers_near_ones() -> None:
    problem = assert_problem(client().get("/v1/lots/FG1184"), 404, "not_found")
    assert GOODS in problem["hint"]
    assert [(c["id"], c["match"]) for c in problem["candidates"]] == [(GOODS, "near")]


def test_an_unknown_name_without_near_ones_is_told_where_to_look() -> None:
    problem = assert_problem(client().get("/v1/lots/nothing-like-it"), 404, "not_found")
    assert "GET /v1/resolve?q=" in problem["hint"]
    assert "candidates" not in problem


def test_an_ambiguous_seed_is_pointed_at_with_what_it_may_mean() -> None:
    problem = assert_problem(asked(client(), GOODS, "24A0871"), 422, "invalid_body")
    [flaw] = problem["errors"]
    assert (flaw["pointer"], flaw["code"]) == ("/seeds/1", "ambiguous")
    told = [(c["id"], c["kind"], c["name"], c["match"]) for c in flaw["candidates"]]
    assert told == [(RAW, "Lot", "PVC granulate", "code"), (TWIN, "Lot", "Carton", "code")]


def test_unknown_seeds_and_stops_are_pointed_at_with_near_names() -> None:
    answer = asked(client(), "FG1184", stops=["T22"])
    seed, stop = assert_problem(answer, 422, "invalid_body")["errors"]
    assert (seed["pointer"], seed["candidates"][0]["id"]) == ("/seeds/0", GOODS)
    assert (stop["pointer"], stop["candidates"][0]["match"]) == ("/stops/0", "prefix")
    assert TUBING in stop["message"]


def test_an_unknown_seed_is_told_in_the_readers_language() -> None:
    body = {"direction": "forward", "seeds": ["nothing-like-it"]}
    answer = client().post("/v1/traces", json=body, headers={"accept-language": "zh"})
    [flaw] = assert_problem(answer, 422, "invalid_body")["errors"]
    assert "批次" in flaw["message"]
    assert "lotgraph find" not in flaw["message"]


def test_no_more_candidates_are_listed_than_anybody_reads() -> None:
    company = nameless(*(f"S{i}" for i in range(30)))
    problem = assert_problem(client(engine(company)).get("/v1/lots/N1"), 409, "ambiguous")
    assert len(problem["candidates"]) == MOST_LISTED


def test_candidates_carry_the_name_of_their_product() -> None:
    answer = client(engine(nameless())).get("/v1/lots/N1")
    problem = assert_problem(answer, 409, "ambiguous")
    assert {c["product_name"] for c in problem["candidates"]} == {"Bare resin"}


@pytest.mark.parametrize("name", [GOODS, GOODS_URN, "FG1183", "fg1183"])
def test_a_lot_is_found_by_any_spelling(name: str) -> None:
    assert client().get(f"/v1/lots/{name}").json()["id"] == GOODS


def test_a_digital_link_with_slashes_is_a_spelling_too() -> None:
    link = "https://id.gs1.org/01/06901234000016/10/FG1183"
    found = client().get(f"/v1/lots/{link}").json()
    assert found["id"] == GOODS
    assert client().get(found["self"]).json() == found


def test_nothing_found_is_an_answer_of_resolve() -> None:
    assert client().get("/v1/resolve?q=zzz").json() == {"q": "zzz", "candidates": []}


def test_problems_speak_the_readers_language_and_codes_do_not_change() -> None:
    headers = {"accept-language": "fr, zh-CN;q=0.9, en;q=0.1"}
    answer = client().get("/v1/lots/nothing-like-it", headers=headers)
    problem = assert_problem(answer, 404, "not_found")
    assert problem["title"] == "未找到"
    assert answer.headers["content-language"] == "zh"


@pytest.mark.parametrize("accept", ["fr", "", ";;;", "zh;q=0", "en;q=1, zh;q=nan"])
def test_english_is_spoken_to_everyone_else(accept: str) -> None:
    answer = client().get("/nowhere", headers={"accept-language": accept})
    assert answer.json()["title"] == "Not found"


# --- The database, and defects ---------------------------------------------------------


def failing(error: Exception) -> Lotgraph:
    def fail() -> int:
        raise error

    return replace(engine(), watermark=fail, ready=fail)


@pytest.mark.parametrize(
    "error",
    [
        errors.StoreUnavailable(uri="neo4j://db", reason="refused"),
        errors.StoreTimeout(seconds=1, query="trace/level.cypher"),
        errors.StoreFull(folder="/data"),
    ],
)
def test_a_database_that_does_not_answer_is_unavailable(error: errors.LotgraphError) -> None:
    answer = client(failing(error)).get("/ready")
    assert_problem(answer, 503, error.error_code)
    assert int(answer.headers["retry-after"]) > 0


GONE = errors.StoreUnavailable("embedded_gone", folder="/data")


@pytest.mark.parametrize(
    ("error", "times"), [(GONE, 1), (errors.StoreTimeout(seconds=1, query="a.cypher"), 0)]
)
def test_a_database_that_is_gone_is_opened_again_once_for_each_refusal(
    error: errors.LotgraphError, times: int
) -> None:
    opened: list[None] = []
    api = client(replace(failing(error), reopen=lambda: opened.append(None)))
    for refusals in (1, 2):
        assert_problem(api.get("/ready"), 503, error.error_code)
        assert len(opened) == times * refusals


def test_a_database_that_cannot_be_opened_again_is_logged_and_stays_unavailable(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse() -> None:
        raise errors.StoreFull(folder="/data")

    answer = client(replace(failing(GONE), reopen=refuse)).get("/ready")
    assert_problem(answer, 503, "embedded_gone")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "/data" in caplog.text


@pytest.mark.parametrize("code", ["embedded_gone", "embedded_out_of_memory"])
@pytest.mark.parametrize(("language", "not_said"), [("en", "command"), ("zh", "命令")])
def test_who_asks_over_http_is_not_told_to_run_a_command(
    code: str, language: str, not_said: str
) -> None:
    error = errors.StoreUnavailable(code, folder="/data")
    answer = client(failing(error)).get("/ready", headers={"accept-language": language})
    hint = assert_problem(answer, 503, code)["hint"]
    assert hint
    assert (hint == error.hint(language), not_said in hint) == (False, False)


def test_the_process_lives_although_the_database_does_not() -> None:
    api = client(failing(errors.StoreUnavailable(uri="neo4j://db", reason="refused")))
    assert api.get("/health").json()["status"] == "ok"


def test_a_defect_is_told_without_its_inside(caplog: pytest.LogCaptureFixture) -> None:
    answer = client(failing(RuntimeError("secret detail"))).get("/ready")
    problem = assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert problem["request_id"] in caplog.text


def test_every_error_has_one_status() -> None:
    kinds = [kind for kind, _ in ERROR_STATUS]
    assert len(set(kinds)) == len(kinds)
    for i, kind in enumerate(kinds):
        assert not any(issubclass(kind, earlier) for earlier in kinds[:i])


def test_every_status_has_its_words() -> None:
    statuses = {*HTTP_CODES, *(s for _, s in ERROR_STATUS), HTTPStatus.INTERNAL_SERVER_ERROR}
    for status in statuses:
        assert f"problem.http_{status.value}" in catalogue()
    for code in HTTP_CODES.values():
        assert f"error.{code}" in catalogue()


# --- What holds for every request --------------------------------------------------------


def test_a_foreign_host_name_is_refused() -> None:
    answer = client().get("/health", headers={"host": "evil.example:8000"})
    assert_problem(answer, 421, "unknown_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:80", "[::1]:8000"])
def test_loopback_names_are_answered(host: str) -> None:
    assert client().get("/health", headers={"host": host}).status_code == 200


def test_any_host_is_answered_when_none_are_named() -> None:
    answer = client(hosts=None).get("/health", headers={"host": "evil.example"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/v1/resolve?q=%ff"])
def test_every_answer_carries_the_safe_headers(path: str) -> None:
    headers = client().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"]
    assert headers["x-request-id"]


def test_a_sound_request_id_is_kept_and_an_odd_one_replaced() -> None:
    api = client()
    assert api.get("/health", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    odd = api.get("/health", headers={"x-request-id": "a b<script>"}).headers["x-request-id"]
    assert len(odd) == 16


def test_no_page_loads_scripts_from_elsewhere() -> None:
    assert client().get("/docs").status_code == 404
    assert client().get("/redoc").status_code == 404


def test_a_seed_that_does_not_move_is_refused_and_not_answered_by_itself() -> None:
    body = assert_problem(asked(client(engine(nameless())), PRODUCT), 422, "invalid_body")
    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [("/seeds", "still_seed")]
    assert PRODUCT in body["errors"][0]["message"]


def test_a_method_that_is_not_possible_is_told_those_that_are() -> None:
    for path, allowed in ((f"/v1/jobs/{'a' * 26}", "DELETE, GET"), ("/v1/traces", "POST")):
        answer = client().put(path)
        assert_problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == allowed
