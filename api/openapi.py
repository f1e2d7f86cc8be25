"""The OpenAPI document: summaries in both languages, and examples that tests run.

``examples.json`` holds, for each operation, requests with the answers they get on
a small example genealogy. A test asks each of them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.errors import MEDIA_TYPE
from api.schemas.problems import Problem
from api.schemas.traces import TraceDocument
from genealogy import __version__
from genealogy.exports.as_arrow import MEDIA_TYPE as ARROW
from genealogy.exports.registry import EXPORTS
from genealogy.messages import text

SCHEMAS = "#/components/schemas/"

Json = dict[str, Any]

#: What each operation may fail with, beside what every one may: 400, 421, 500, 503.
PROBLEMS: dict[str, tuple[int, ...]] = {
    "health": (),
    "ready": (),
    "resolve": (422,),
    "lot": (404, 409, 422),
    "trace": (413, 415, 422, 429),
    "trace_file": (404, 410, 422),
    "trace_answer": (404, 406, 410, 422),
    "trace_summary": (404, 410, 422),
    "trace_nodes": (404, 406, 410, 422),
    "trace_edges": (404, 406, 410, 422),
    "trace_paths": (404, 409, 410, 422),
    "job": (404, 422),
    "job_events": (404, 422),
    "job_cancel": (404, 422),
    "why_not": (413, 415, 422),
    "comparison": (413, 415, 422, 429),
    "comparison_answer": (404, 410, 422),
    "common_cause": (413, 415, 422, 429),
    "common_cause_answer": (404, 410, 422),
    "foodchain_scores": (413, 415, 422),
    "foodchain_file": (413, 415, 422),
}
EVERYWHERE = (400, 421, 500, 503)
_DOCUMENTS = ("trace_answer", "trace_file")
_IN_ONE_FORM = ("comparison_answer", "common_cause_answer")
_TABLES = ("trace_nodes", "trace_edges")


@cache
def examples() -> list[Json]:
    """Requests and the answers they get, by operation."""
    found = resources.files("api").joinpath("examples.json").read_bytes()
    return list(orjson.loads(found))


def described(operation: str, more: Mapping[HTTPStatus, type[BaseModel]] | None = None) -> Json:
    """What FastAPI is told of an operation: its id, and its summary in both languages.

    ``more`` are successes beside the usual one, and what they answer.
    """
    key = f"api_summary.{operation}"
    successes = {
        str(status.value): {"model": model, "description": status.phrase}
        for status, model in (more or {}).items()
    }
    return {
        "operation_id": operation,
        "summary": f"{text(key, 'en')} · {text(key, 'zh')}",
        "responses": successes | {str(status): _problem(status) for status in _statuses(operation)},
    }


def document(app: FastAPI) -> Json:
    """The OpenAPI 3.1 document of the app, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title="Lotgraph",
            version=__version__,
            summary=f"{text('api.title', 'en')} · {text('api.title', 'zh')}",
            description=f"{text('api.about', 'en')}\n\n{text('api.about', 'zh')}",
            routes=app.routes,
        )
        _complete(made)
        app.openapi_schema = made
    return app.openapi_schema


def _statuses(operation: str) -> list[int]:
    return sorted({*PROBLEMS[operation], *EVERYWHERE})


def _problem(status: int) -> Json:
    description = text(f"problem.http_{status}", "en")
    schema = {"$ref": f"{SCHEMAS}Problem"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def _complete(made: Json) -> None:
    schemas = made["components"]["schemas"]
    for model in (Problem, TraceDocument):
        whole = model.model_json_schema(ref_template=SCHEMAS + "{model}")
        schemas.update(whole.pop("$defs", {}))
        schemas[model.__name__] = whole
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for methods in made["paths"].values():
        for operation in methods.values():
            _complete_operation(operation)


def _complete_operation(operation: Json) -> None:
    name = operation["operationId"]
    responses = operation["responses"]
    if name in _DOCUMENTS:
        responses["200"]["content"] = _document_content()
        responses["304"] = {"description": "Not Modified"}
    if name in _IN_ONE_FORM:
        responses["304"] = {"description": "Not Modified"}
    if name in _TABLES:
        table = {"schema": {"type": "string", "format": "binary"}}
        responses["200"]["content"][ARROW] = table
        responses["304"] = {"description": "Not Modified"}
    if name == "job_events":
        responses["200"]["content"] = {"text/event-stream": {"schema": {"type": "string"}}}
        responses["204"] = {"description": "No Content"}
    for example in (e for e in examples() if e["operation"] == name):
        _add_request(operation, example)
        _add_answer(responses[str(example["response"]["status"])], example)


def _document_content() -> Json:
    content: Json = {
        e.media_type: {"schema": {"type": "object" if e.media_type.endswith("+json") else "string"}}
        for e in EXPORTS.values()
    }
    content["application/json"] = {"schema": {"$ref": f"{SCHEMAS}TraceDocument"}}
    return content


def _add_request(operation: Json, example: Json) -> None:
    request = example["request"]
    if "body" in request:
        media = operation["requestBody"]["content"]["application/json"]
        media.setdefault("examples", {})[example["name"]] = {"value": request["body"]}
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in request.get("parameters", {}):
            value = request["parameters"][parameter["name"]]
            parameter.setdefault("examples", {})[example["name"]] = {"value": value}


def _add_answer(response: Json, example: Json) -> None:
    answer = example["response"]
    media = response.get("content", {}).get(answer["media_type"])
    if media is not None and "body" in answer:
        media.setdefault("examples", {})[example["name"]] = {"value": answer["body"]}
