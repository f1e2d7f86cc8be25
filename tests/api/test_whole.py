"""Large answers over HTTP: in pieces, cut only where it shows, and with nothing left behind."""

from __future__ import annotations

import http.client
import os
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import whole
from api.app import create_app
from genealogy.exports.registry import EXPORTS
from genealogy.trace.result import Trace
from tests.api.clients import asked, client
from tests.api.servers import serving
from tests.small_company import SUPPLIER, engine
from tests.unit.exports import samples

KINDS = ["json", "ndjson", "csv"]


@pytest.mark.parametrize("name", KINDS)
def test_a_large_answer_has_the_bytes_of_a_small_one(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = client()
    address = asked(api, SUPPLIER).json()["formats"][name]
    small = api.get(address)
    monkeypatch.setattr("api.whole.SMALL", 0)
    monkeypatch.setattr("api.whole.CHUNK", 100)
    large = api.get(address)
    assert large.content == small.content
    assert "content-length" not in large.headers
    kept = {"etag", "content-type", "lotgraph-digest", "lotgraph-completeness", "vary"}
    assert {h: large.headers[h] for h in kept} == {h: small.headers[h] for h in kept}


def test_the_head_of_a_large_answer_takes_no_walk_through_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = client()
    address = asked(api, SUPPLIER).json()["self"]
    monkeypatch.setattr("api.whole.SMALL", 0)
    head = api.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == api.get(address).headers["etag"]


@pytest.mark.parametrize("name", ["json", "ndjson"])
def test_the_memory_an_answer_takes_to_be_sent_does_not_grow_with_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.whole.CHUNK", 1 << 12)

    def most(lots: int) -> tuple[int, int]:
        trace = samples.wide(lots)
        # Once before: what is kept for later answers has a bound of its own.
        size = sum(map(len, whole.pieces_of(EXPORTS[name], trace, "x")))
        tracemalloc.start()
        try:
            sum(map(len, whole.pieces_of(EXPORTS[name], trace, "x")))
            return size, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, _ = most(50)
    size, memory = most(1_000)
    assert size > 10 * small
    assert memory < size / 8, (size, memory)


# --- Over real sockets ---------------------------------------------------------------


class Halting:
    """A format of which large answers are begun, and then fail or wait."""

    def __init__(self, fails: bool) -> None:
        self.fails = fails
        self.begun, self.closed = threading.Event(), threading.Event()

    def parts(self, trace: Trace, digest: str | None) -> Iterator[bytes]:
        try:
            yield b"x" * 1_000_000
            self.begun.set()
            if self.fails:
                raise MemoryError
            while True:
                yield b"x" * 1_000_000
        finally:
            self.closed.set()


@pytest.fixture
def halting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Halting:
    kind = Halting(request.param)
    json = EXPORTS["json"]
    monkeypatch.setattr("api.whole.SMALL", 0)
    monkeypatch.setitem(
        EXPORTS,
        "json",
        type(json)(json.name, json.title, json.suffix, json.media_type, json.write, kind.parts),
    )
    return kind


def begin(port: int) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """Ask for a trace, and for its answer, of which nothing is read yet."""
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    body = f'{{"direction": "forward", "seeds": ["{SUPPLIER}"]}}'
    connection.request("POST", "/v1/traces", body, {"content-type": "application/json"})
    address = connection.getresponse()
    location = address.headers["location"]
    address.read()
    connection.request("GET", f"{location}.json")
    return connection, connection.getresponse()


@pytest.mark.parametrize("halting", [True], indirect=True)
def test_an_answer_that_fails_on_the_way_is_a_failed_request(halting: Halting) -> None:
    with serving(create_app(engine())) as port:
        connection, answer = begin(port)
        assert answer.headers["transfer-encoding"] == "chunked"
        with pytest.raises(http.client.IncompleteRead):
            answer.read()
        connection.close()
    assert halting.closed.is_set()


@pytest.mark.parametrize("halting", [False], indirect=True)
def test_a_client_that_goes_away_leaves_nothing_behind(halting: Halting) -> None:
    with serving(create_app(engine())) as port:
        connection, answer = begin(port)
        answer.read(10)
        assert halting.begun.wait(10)
        connection.close()
        answer.close()
        assert halting.closed.wait(10)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_client_that_goes_away_leaves_no_file_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.whole.SMALL", 1)
    monkeypatch.setattr("api.whole.CHUNK", 10)
    pieces = whole.pieces_of(EXPORTS["csv"], samples.wide(300), "x")
    before = len(os.listdir("/proc/self/fd"))
    assert next(pieces)
    assert len(os.listdir("/proc/self/fd")) == before + 1
    pieces.close()
    assert len(os.listdir("/proc/self/fd")) == before
