"""Every failure as an RFC 9457 problem; the one table from errors to HTTP status."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from api.archive import TraceAltered, TraceUnkept
from api.language import preferred
from api.shelf import TraceChanged
from genealogy import errors
from genealogy.bootstrap import Lotgraph
from genealogy.exports.records import Record
from genealogy.messages import LANGUAGES, text

MEDIA_TYPE = "application/problem+json"
#: Of more flaws in a body only the number is told.
MOST_FLAWS = 20
REQUEST_ID = "x-request-id"


class TooManyJobs(errors.LotgraphError):
    """As many jobs wait as may; none is taken until one of them has ended."""

    code = "too_many_jobs"


class ServerStopping(errors.LotgraphError):
    """The server is being stopped, or was stopped before the job had ended."""

    code = "server_stopping"


class ArrowMissing(errors.LotgraphError):
    """A table in Arrow was asked for where that cannot be written."""

    code = "arrow_missing"


#: The first kind that fits decides.
ERROR_STATUS: tuple[tuple[type[errors.LotgraphError], HTTPStatus], ...] = (
    (TraceChanged, HTTPStatus.GONE),
    (TraceAltered, HTTPStatus.GONE),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Ambiguous, HTTPStatus.CONFLICT),
    (errors.InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ArrowMissing, HTTPStatus.NOT_ACCEPTABLE),
    (TooManyJobs, HTTPStatus.TOO_MANY_REQUESTS),
    (ServerStopping, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.StoreConflict, HTTPStatus.CONFLICT),
    (errors.StoreDuplicate, HTTPStatus.CONFLICT),
    (errors.StoreUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.StoreTimeout, HTTPStatus.SERVICE_UNAVAILABLE),
    (TraceUnkept, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.StoreFull, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.DataFolderLocked, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.SchemaMismatch, HTTPStatus.SERVICE_UNAVAILABLE),
)
#: Failures of HTTP itself, by status; the texts are in the catalogue.
HTTP_CODES = {
    HTTPStatus.BAD_REQUEST: "malformed_request",
    HTTPStatus.NOT_FOUND: "no_such_page",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.NOT_ACCEPTABLE: "not_acceptable",
    HTTPStatus.REQUEST_TIMEOUT: "body_too_slow",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    HTTPStatus.MISDIRECTED_REQUEST: "unknown_host",
}
RETRY_SECONDS = "5"
_LATER = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS})

_log = logging.getLogger(__name__)


class RefusedRequest(errors.InvalidInput):
    """A request that HTTP itself refuses; ``status`` is one of HTTP_CODES."""

    def __init__(self, status: HTTPStatus, **params: Any) -> None:
        self.status = status
        super().__init__(HTTP_CODES[status], **params)


class InvalidBody(errors.InvalidInput):
    """A well-formed body whose values cannot be used; ``items`` says which and why.

    One of them may stand for as many more as its ``count``.
    """

    code = "invalid_body"

    def __init__(self, items: Sequence[Record]) -> None:
        self.items = list(items)
        super().__init__(count=sum(item.get("count", 1) for item in self.items))


def status_of(error: errors.LotgraphError) -> HTTPStatus:
    """The HTTP status of an error."""
    if isinstance(error, RefusedRequest):
        return error.status
    kinds = (status for kind, status in ERROR_STATUS if isinstance(error, kind))
    return next(kinds, HTTPStatus.INTERNAL_SERVER_ERROR)


def hint_of(error: errors.LotgraphError, language: str) -> str:
    """The way out for who asks over HTTP and cannot run a command; empty when there is none."""
    words = error.hint(language)
    return text(f"problem_hint.{error.error_code}", language, default=words, **error.params)


def in_every_language(error: errors.LotgraphError) -> Record:
    """An error to be told later, to readers whose language is not known yet."""
    return {
        "code": error.error_code,
        "detail": {language: error.message(language) for language in LANGUAGES},
        "hint": {language: hint_of(error, language) for language in LANGUAGES},
        "errors": error.items if isinstance(error, InvalidBody) else [],
    }


def register(app: FastAPI) -> None:
    """Answer every failure of the app with a problem."""
    app.add_exception_handler(errors.LotgraphError, _on_error)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(Exception, _on_defect)


def problem(
    error: errors.LotgraphError,
    *,
    instance: str,
    request_id: str,
    language: str,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The response that tells an error in the client's language."""
    status = status_of(error)
    body: Record = {
        "type": f"urn:lotgraph:problem:{error.error_code}",
        "title": text(f"problem.http_{status.value}", language),
        "status": status.value,
        "detail": error.message(language),
        "instance": instance,
        "code": error.error_code,
        "hint": hint_of(error, language),
        "request_id": request_id,
        "errors": error.items if isinstance(error, InvalidBody) else [],
    }
    if candidates := error.params.get("candidates"):
        body["candidates"] = candidates
    more = {"retry-after": RETRY_SECONDS} if status in _LATER else {}
    return JSONResponse(
        body,
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"content-language": language, **more, **(headers or {})},
    )


def _answer(
    request: Request, error: errors.LotgraphError, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    return problem(
        error,
        instance=request.url.path,
        request_id=request.scope.get("request_id", ""),
        language=preferred(request.headers.get("accept-language", "")),
        headers=headers,
    )


def _on_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.LotgraphError)
    response = _answer(request, error)
    if isinstance(error, errors.StoreUnavailable):
        # After the answer has gone out: a server may take longer to start than a client waits.
        response.background = BackgroundTask(reopen, request.app.state.engine)
    return response


def reopen(engine: Lotgraph) -> None:
    """Open a database that has gone; that it cannot be is no failure of who asked."""
    try:
        engine.reopen()
    except errors.LotgraphError as error:
        _log.warning("%s", error)


def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    known = HTTPStatus(error.status_code) if error.status_code in HTTP_CODES else None
    refused = RefusedRequest(
        known or HTTPStatus.BAD_REQUEST, method=request.method, path=request.url.path, reason=""
    )
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if known is HTTPStatus.METHOD_NOT_ALLOWED and (methods := _allowed(request)):
        # By itself it would name the methods of one of several routes at this address.
        headers["allow"] = ", ".join(methods)
    return _answer(request, refused, headers)


def _allowed(request: Request) -> list[str]:
    documented = request.app.openapi()["paths"].items()
    found = [m for path, m in documented if compile_path(path)[0].match(request.url.path)]
    return sorted({method.upper() for methods in found for method in methods})


def _on_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return _answer(request, RefusedRequest(HTTPStatus.BAD_REQUEST))
    language = preferred(request.headers.get("accept-language", ""))
    items = [_item(item) for item in found[:MOST_FLAWS]]
    if more := len(found) - len(items):
        words = text("api.more_flaws", language, count=more)
        items.append({"pointer": "", "code": "more_flaws", "count": more, "message": words})
    return _answer(request, InvalidBody(items))


def _item(item: Mapping[str, Any]) -> Record:
    where, *rest = item["loc"]
    pointer = "".join(f"/{part}" for part in rest)
    return {
        "pointer": pointer if where == "body" else f"{where}{pointer}",
        "code": item["type"],
        "message": item["msg"],
    }


def _on_defect(request: Request, error: Exception) -> JSONResponse:
    _log.error("request %s failed", request.scope.get("request_id"), exc_info=error)
    return _answer(request, errors.LotgraphError())
