"""FoodChain-Lab's scores over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.clients import asked, assert_problem, client
from tests.loaders.fcl.a_chain import DELIVERIES, whole

FILES = "/v1/foodchain/files"


def scored(document: Any = None, **more: Any) -> Any:
    body = {"document": whole() if document is None else document, **more}
    return client().post("/v1/foodchain/scores", json=body)


def by_id(answer: Any) -> dict[str, float]:
    assert answer.status_code == 200, answer.text
    return {one["id"]: one["score"] for one in answer.json()["scores"]}


@pytest.mark.parametrize("tool", ["desktop", "web", "safe"])
def test_the_case_leads_back_to_all_that_went_into_it(tool: str) -> None:
    found = by_id(scored(weights={"S4": 1}, tool=tool))
    assert [found[name] for name in ("S1", "S2", "S3", "S4", "D1", "D3", "D4")] == [1.0] * 7
    assert found["D2"] == 0.0


def test_a_trace_that_was_exported_can_be_scored() -> None:
    api = client()
    made = asked(api, "party:SUP-017").json()
    file = api.get(made["formats"]["fcl"]).json()
    found = by_id(scored(file, weights={"party:C-017": 1, "party:C-020": 1}, tool="safe"))
    assert found["party:SUP-017"] == 1.0


def test_without_weights_it_says_so() -> None:
    answer = scored()
    assert answer.json()["weighted"] is False
    assert set(by_id(answer).values()) == {0.0}


def test_rows_that_cannot_be_used_are_told_in_the_readers_language() -> None:
    bad = whole(deliveries=[*DELIVERIES, {"ID": "D9", "from": "S1", "to": "S9"}])
    body = {"document": bad, "weights": {"S4": 1}}
    [english] = scored(bad).json()["rejects"]
    assert (english["field"], english["code"]) == (
        "data.deliveries.data[4].to",
        "fcl_unknown_station",
    )
    assert "there is no station" in english["message"]
    answer = (
        client().post("/v1/foodchain/scores", json=body, headers={"accept-language": "zh"}).json()
    )
    assert not answer["rejects"][0]["message"].isascii()


@pytest.mark.parametrize(
    ("more", "pointers"),
    [
        ({"weights": {"S99": 1, "S1": 1}}, ["/weights/S99"]),
        ({"weights": {"a/b~c": 1}}, ["/weights/a~1b~0c"]),
        ({"cross": ["S1", "S99"], "kill": ["S98"]}, ["/cross/1", "/kill/0"]),
        ({"merge": {"ALL": ["S1", "S2"], "MORE": ["ALL", "S1"]}}, ["/merge/MORE/1"]),
    ],
)
def test_each_name_that_the_file_does_not_have_is_pointed_at(
    more: dict[str, Any], pointers: list[str]
) -> None:
    body = assert_problem(scored(**more), 422, "invalid_body")
    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [
        (p, "not_found") for p in pointers
    ]


def test_what_the_file_does_not_have_is_told_in_the_readers_language() -> None:
    body = {"document": whole(), "kill": ["S98"]}
    chinese = {"Accept-Language": "zh"}
    answer = client().post("/v1/foodchain/scores", json=body, headers=chinese)
    [error] = assert_problem(answer, 422, "invalid_body")["errors"]
    assert "未找到 文件中的站点或交付“S98”" in error["message"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"data": 3},
        {"data": {"stations": []}},
        {"stations": 3},
        whole(tracing={"nodes": [{"id": "S1", "weight": "much"}]}),
        whole(settings={"metaNodes": [3]}),
    ],
)
def test_what_is_no_file_of_foodchain_lab_is_pointed_at(document: Any) -> None:
    for answer in scored(document), client().post(FILES, json={"document": document}):
        body = assert_problem(answer, 422, "invalid_body")
        [error] = body["errors"]
        assert (error["pointer"], error["code"]) == ("/document", "unreadable_file")


@pytest.mark.parametrize(
    "more",
    [
        {"weights": {"S4": "much"}},
        {"weights": {"S4": "1/0"}},
        {"weights": {"S4": True}},
        {"weights": {"S4": None}},
        {"weights": {"S4": 1e300}},
        {"merge": {"ALL": []}},
        {"tool": "abacus"},
        {"temporal": "yes"},
        {"other": 1},
    ],
)
def test_what_is_no_mark_is_refused(more: dict[str, Any]) -> None:
    assert_problem(scored(**more), 422, "invalid_body")


def test_a_loop_is_refused_with_the_way_out() -> None:
    deliveries = [{"ID": "a", "from": "S1", "to": "S2"}, {"ID": "b", "from": "S2", "to": "S1"}]
    relations = [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]
    document = whole(deliveries=deliveries, relations=relations)
    body = assert_problem(scored(document, weights={"S1": 1}), 422, "invalid_body")
    [error] = body["errors"]
    assert (error["pointer"], error["code"]) == ("/tool", "fcl_loop")
    assert "safe with loops" in error["message"]
    assert by_id(scored(document, weights={"S1": 1}, tool="safe"))["S1"] == 1.0


def test_only_json_is_taken() -> None:
    answer = client().post(
        "/v1/foodchain/scores", content=b"{}", headers={"content-type": "text/plain"}
    )
    assert_problem(answer, 415, "unsupported_media_type")
