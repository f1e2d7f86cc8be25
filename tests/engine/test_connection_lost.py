"""A connection that breaks: work is done anew, and once; and whether it stands is told in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest

from genealogy.bootstrap import engine_on
from genealogy.errors import StoreUnavailable
from genealogy.store import schema
from genealogy.store.bolt import GraphStore, Transaction
from genealogy.store.queries import ADVANCE_WATERMARK, NODE_COUNT
from tests.conftest import connect
from tests.databases import Endpoint


class Relay:
    """Stands between a driver and its server, and can break every connection."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self._server = (parts.hostname, parts.port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []
        self._talking = Event()
        self._talking.set()
        self.uri = f"{parts.scheme}://127.0.0.1:{self._door.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections; new ones are let through."""
        while self._lines:
            with suppress(OSError):
                self._lines.pop().shutdown(socket.SHUT_RDWR)

    def hush(self) -> None:
        """Pass nothing on from now on, on any connection, and break none."""
        self._talking.clear()

    def close(self) -> None:
        """Break all connections and take no new ones."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                ours, _ = self._door.accept()
                theirs = socket.create_connection(self._server)
                self._lines += [ours, theirs]
                for source, target in ((ours, theirs), (theirs, ours)):
                    Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self._talking.is_set():
                    target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def relayed(database: Endpoint) -> Iterator[tuple[Relay, GraphStore]]:
    relay = Relay(database.uri)
    with connect(replace(database, uri=relay.uri)) as store:
        schema.ensure(store)
        try:
            yield relay, store
        finally:
            relay.close()


def test_a_read_whose_connection_breaks_is_asked_again(database: Endpoint) -> None:
    with relayed(database) as (relay, store):
        assert store.run(NODE_COUNT)[0].count == 0
        relay.cut()
        assert store.run(NODE_COUNT)[0].count == 0


def test_a_write_whose_connection_breaks_is_done_once(database: Endpoint) -> None:
    times = []

    def work(tx: Transaction) -> None:
        times.append(None)
        tx.run(ADVANCE_WATERMARK, stamp="a", ids=None, told=0)
        if len(times) == 1:
            relay.cut()
            tx.run(NODE_COUNT)

    with relayed(database) as (relay, store):
        store.write(work)
        found = schema.state(store)
    assert (len(times), found and found.watermark) == (2, 1)


def test_a_ready_database_tells_its_watermark(database: Endpoint) -> None:
    with relayed(database) as (_, store):
        store.run(ADVANCE_WATERMARK, stamp="a", ids=None, told=0)
        assert engine_on(store).ready() == 1


def test_connections_that_broke_unnoticed_do_not_make_a_database_unready(
    database: Endpoint,
) -> None:
    with relayed(database) as (relay, store):
        relay.cut()
        assert engine_on(store).ready() == 0


def test_a_database_that_is_gone_is_told_as_soon_as_a_health_check_asks(
    database: Endpoint,
) -> None:
    with relayed(database) as (relay, store):
        relay.close()
        assert _seconds_to_refuse(store) < 4


def test_a_database_that_says_nothing_is_told_as_soon_as_a_health_check_asks(
    database: Endpoint,
) -> None:
    with relayed(database) as (relay, store):
        relay.hush()
        assert _seconds_to_refuse(store) < 4


def _seconds_to_refuse(store: GraphStore) -> float:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable) as refused:
        engine_on(store).ready()
    assert refused.value.error_code == "store_unavailable"
    return time.monotonic() - began
