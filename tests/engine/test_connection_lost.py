"""A connection that breaks in the middle of a transaction: the work is done anew, and once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Thread
from urllib.parse import urlsplit

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
        self.uri = f"{parts.scheme}://127.0.0.1:{self._door.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections; new ones are let through."""
        while self._lines:
            with suppress(OSError):
                self._lines.pop().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Break all connections and take no new ones."""
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
                    Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
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
    times = []

    def work(tx: Transaction) -> int:
        times.append(None)
        if len(times) == 1:
            relay.cut()
        return tx.one(NODE_COUNT).count

    with relayed(database) as (relay, store):
        assert store.read(work) == 0
    assert len(times) == 2


def test_a_write_whose_connection_breaks_is_done_once(database: Endpoint) -> None:
    times = []

    def work(tx: Transaction) -> None:
        times.append(None)
        tx.run(ADVANCE_WATERMARK)
        if len(times) == 1:
            relay.cut()
            tx.run(NODE_COUNT)

    with relayed(database) as (relay, store):
        store.write(work)
        found = schema.state(store)
    assert (len(times), found and found.watermark) == (2, 1)
