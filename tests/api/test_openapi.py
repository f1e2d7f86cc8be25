"""The OpenAPI document: 3.1, bilingual, and its examples are true.

LOTGRAPH_UPDATE_GOLDEN=1 writes the answers of the examples anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from api import openapi
from tests.api.clients import asked, client
from tests.api.jobs import begun, ended

EXAMPLES = Path(openapi.__file__).parent / "examples.json"
REQUEST_ID = "example"
JOB = "nrpwcylunbqxgzlemvtgk5tfom"
REQUESTS = orjson.loads(EXAMPLES.read_bytes())
IDS = [f"{e['operation']}-{e['name']}" for e in REQUESTS]


def ask(example: dict[str, Any]) -> Any:
    """Send the request of an example, stored traces being asked for first."""
    api, request = client(), example["request"]
    if example.get("after") == "forward":
        assert asked(api, "party:SUP-017").status_code == 201
    for first in REQUESTS:
        if f"{first['operation']}-{first['name']}" == example.get("after"):
            api.post(first["request"]["path"], json=first["request"]["body"])
    if example.get("after") == "job":
        ended(api, begun(api))
    headers = {"x-request-id": REQUEST_ID, **request.get("headers", {})}
    return api.request(
        request["method"], request["path"], headers=headers, json=request.get("body")
    )


def told(answer: Any) -> dict[str, Any]:
    """What an example keeps of an answer."""
    media_type = answer.headers["content-type"].partition(";")[0]
    body = answer.text if media_type == "text/event-stream" else answer.json()
    return {"status": answer.status_code, "media_type": media_type, "body": body}


def write_anew(example: dict[str, Any]) -> None:
    """Put the answer an example gets now into the file."""
    kept = orjson.loads(EXAMPLES.read_bytes())
    [found] = [e for e in kept if (e["operation"], e["name"]) == names(example)]
    found["response"] = told(ask(example))
    EXAMPLES.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2) + b"\n")


def names(example: dict[str, Any]) -> tuple[str, str]:
    """What tells an example from every other."""
    return example["operation"], example["name"]


@pytest.mark.parametrize("example", REQUESTS, ids=IDS)
def test_an_example_gets_the_answer_it_shows(
    example: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.jobs._new_id", lambda: JOB)
    if os.environ.get("LOTGRAPH_UPDATE_GOLDEN") == "1":
        write_anew(example)
    else:
        assert told(ask(example)) == example["response"]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = client().get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [o for methods in document["paths"].values() for o in methods.values()]


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")


def test_every_operation_has_a_summary_in_both_languages(document: dict[str, Any]) -> None:
    for operation in operations(document):
        english, chinese = operation["summary"].split(" · ")
        assert english.isascii()
        assert not chinese.isascii()


def test_every_operation_shows_a_success_and_a_problem(document: dict[str, Any]) -> None:
    shown = {(e["operation"], e["response"]["status"] >= 400) for e in REQUESTS}
    for operation in operations(document):
        assert (operation["operationId"], False) in shown
        assert (operation["operationId"], True) in shown


def test_examples_are_in_the_document(document: dict[str, Any]) -> None:
    text = orjson.dumps(document).decode()
    assert all(f'"{example["name"]}":{{"value"' in text for example in REQUESTS)


def test_no_reference_leads_nowhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    text = orjson.dumps(document).decode()
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in schemas


def test_problems_are_described_as_problems(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"]
