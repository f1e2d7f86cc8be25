"""Over real sockets: what is no request, what is too large, and what comes too slowly."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from api.app import create_app
from api.guard import MOST_BODY_BYTES, Guard
from api.wire import Wire
from tests.api.servers import serving
from tests.small_company import engine

POST = "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


class Impatient(Wire):
    """Waits for a head for less than a second."""

    head_seconds = 0.4


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    app = Guard(create_app(engine()), ["localhost"], body_seconds=0.4)
    with serving(app, Impatient) as at:
        yield at


def sent(port: int, *pieces: str, pause: float = 0.0) -> bytes:
    """Everything that comes back until the server hangs up or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        try:
            for piece in pieces:
                client.sendall(piece.encode())
                time.sleep(pause)
        except (BrokenPipeError, ConnectionResetError):
            pass
        found = b""
        try:
            while part := client.recv(65_536):
                found += part
        except ConnectionResetError:
            pass
        return found


def problem_of(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    told = head.decode().lower()
    assert "content-type: application/problem+json" in told
    assert "x-content-type-options: nosniff" in told
    problem: dict[str, Any] = json.loads(body)
    assert f"x-request-id: {problem['request_id']}" in told
    assert int(head.split()[1]) == problem["status"]
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    "request_text",
    [
        "GET /health HTTP/1.1\r\nHost: \r\nHost: x\r\n\r\n",
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nno colon\r\n\r\n",
        "\x16\x03\x01 hello over TLS\r\n\r\n",
        POST + "Content-Length: -1\r\n\r\n",
        POST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET /" + "x" * 100_000,
    ],
)
def test_what_is_no_request_is_answered_with_a_problem(port: int, request_text: str) -> None:
    problem = problem_of(sent(port, request_text))
    assert (problem["status"], problem["code"]) == (400, "malformed_request")


def test_an_empty_host_is_a_name_this_server_does_not_have(port: int) -> None:
    answer = sent(port, "GET /health HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n")
    assert problem_of(answer)["code"] in {"malformed_request", "unknown_host"}


def test_a_body_that_trickles_in_is_not_waited_for(port: int) -> None:
    started = time.monotonic()
    answer = sent(port, POST + "Content-Length: 100\r\n\r\n", *"{     ", pause=0.2)
    problem = problem_of(answer)
    assert (problem["status"], problem["code"]) == (408, "body_too_slow")
    assert time.monotonic() - started < 5


def test_a_head_that_trickles_in_is_not_waited_for(port: int) -> None:
    started = time.monotonic()
    head = ["GET /health HTTP/1.1\r\n", *("X-Slow: 1\r\n" for _ in "12345678")]
    assert sent(port, *head, pause=0.1) == b""
    assert time.monotonic() - started < 5


def test_a_second_head_on_the_same_connection_is_not_waited_for_either(port: int) -> None:
    whole = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    started = time.monotonic()
    head = ["GET /health HTTP/1.1\r\n", *("X-Slow: 1\r\n" for _ in "12345678")]
    answer = sent(port, whole, *head, pause=0.1)
    assert answer.startswith(b"HTTP/1.1 200")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (f"Content-Length: {MOST_BODY_BYTES + 1}\r\n\r\n", "x"),
        ("Transfer-Encoding: chunked\r\n\r\n", "10000\r\n" + "x" * 65_536 + "\r\n"),
    ],
)
def test_a_body_that_is_too_large_is_refused_before_it_is_all_there(
    port: int, head: str, piece: str
) -> None:
    problem = problem_of(sent(port, POST + head, *([piece] * (MOST_BODY_BYTES // 65_536 + 1))))
    assert (problem["status"], problem["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("chunked", [False, True])
def test_who_sends_all_of_a_body_that_is_too_large_before_reading_is_told_why(
    port: int, chunked: bool
) -> None:
    body = b"x" * (2 * MOST_BODY_BYTES)
    pieces = (body[i : i + 65_536] for i in range(0, len(body), 65_536))
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json", "Host": "localhost"}
    connection.request("POST", "/v1/traces", pieces if chunked else body, headers)
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["code"] == "body_too_large"
    connection.close()


def test_a_sound_request_is_answered_as_ever(port: int) -> None:
    answer = sent(port, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
