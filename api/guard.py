"""What holds for every request: an id, safe headers, known hosts, sound text, bounded bodies."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import REQUEST_ID, RefusedRequest, problem
from api.language import preferred

MOST_BODY_BYTES = 1 << 23
#: How much of a refused body is taken in, so that its sender gets to read why.
MOST_DISCARDED_BYTES = 1 << 26
#: Seconds in which a body has to be there; a client may not hold a connection by trickling.
BODY_SECONDS = 30.0

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Stands before the app; ``hosts`` are the names it answers to, None means any."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: Collection[str] | None = None,
        *,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a sound request through; answer any other with a problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers.get(REQUEST_ID, ""))
        scope["request_id"] = request_id
        answer = _with_headers(send, request_id)
        incoming = _Incoming(receive)
        try:
            self._check(scope, headers)
            async with asyncio.timeout(self._body_seconds):
                body = await _read(incoming, headers)
        except TimeoutError:
            late = RefusedRequest(HTTPStatus.REQUEST_TIMEOUT, seconds=f"{self._body_seconds:g}")
            hanging_up = {"connection": "close"}
            await _refuse(late, scope, headers, hanging_up)(scope, receive, answer)
            return
        except RefusedRequest as error:
            if "expect" not in headers:
                answer = _heard_out(answer, incoming, self._body_seconds)
            await _refuse(error, scope, headers)(scope, receive, answer)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", "head": True}
            answer = _without_body(answer)
        await self._app(scope, _replayed(body, receive), answer)

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = _host(headers.get("host", ""))
        if self._hosts is not None and host not in self._hosts:
            raise RefusedRequest(HTTPStatus.MISDIRECTED_REQUEST, host=host)
        for raw in (scope.get("raw_path") or b"", scope.get("query_string") or b""):
            _check_text(raw)


@dataclass(slots=True)
class _Incoming:
    """A body as it comes in, and whether there is more of it."""

    receive: Receive
    more: bool = True

    async def __call__(self) -> Message:
        """The next part of it."""
        message = await self.receive()
        self.more = message.get("more_body", False)
        return message


def _heard_out(send: Send, incoming: _Incoming, seconds: float) -> Send:
    """Sends an answer and ends it when the rest of the body has come in.

    Many clients read no answer before they have sent all; hung up on, they would only
    know that the connection was reset.
    """

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.body":
            await send({**message, "more_body": True})
            await _discard(incoming, seconds)
            message = {"type": "http.response.body"}
        await send(message)

    return answer


async def _discard(incoming: _Incoming, seconds: float) -> None:
    left = MOST_DISCARDED_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while incoming.more and left > 0:
                left -= len((await incoming()).get("body", b""))


def _request_id(given: str) -> str:
    return given if _SAFE_ID.fullmatch(given) else secrets.token_hex(8)


def _host(header: str) -> str:
    bracketed = header.startswith("[")
    return header.partition("]")[0] + "]" if bracketed else header.partition(":")[0].lower()


def _check_text(raw: bytes) -> None:
    try:
        found = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise RefusedRequest(HTTPStatus.BAD_REQUEST) from None
    if "\x00" in found:
        raise RefusedRequest(HTTPStatus.BAD_REQUEST)


async def _read(receive: Receive, headers: Headers) -> bytes:
    """The whole body. Raises RefusedRequest when it is too large or not UTF-8."""
    announced = headers.get("content-length", "0")
    body = bytearray()
    more = not announced.isdigit() or int(announced) <= MOST_BODY_BYTES
    if not more:
        raise RefusedRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, most=MOST_BODY_BYTES)
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BODY_BYTES:
            raise RefusedRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, most=MOST_BODY_BYTES)
    _check_body(body)
    return bytes(body)


def _check_body(body: bytearray) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        raise RefusedRequest(HTTPStatus.BAD_REQUEST) from None


def _replayed(body: bytes, receive: Receive) -> Receive:
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _refuse(
    error: RefusedRequest, scope: Scope, headers: Headers, more: Mapping[str, str] | None = None
) -> ASGIApp:
    return problem(
        error,
        instance=scope["path"],
        request_id=scope["request_id"],
        language=preferred(headers.get("accept-language", "")),
        headers=more,
    )


def _with_headers(send: Send, request_id: str) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID] = request_id
            for name, value in SECURITY.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return answer


def _without_body(send: Send) -> Send:
    """Sends what a GET would get, with all its headers and no body: that is a HEAD."""

    async def answer(message: Message) -> None:
        await send({**message, "body": b""} if "body" in message else message)

    return answer
