"""Stops statements that run too long or whose caller has gone away.

A database that ignores the driver's timeout would burn a core for ever, and one
that honours it still goes on when the client is interrupted. Both products list
running transactions and end one on request.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Event, Lock, Thread
from typing import Any

from neo4j import Session
from neo4j.exceptions import DriverError, Neo4jError

from genealogy.store.engines import Engine
from genealogy.trace.calling_off import Cancellation, current

_TICK_SECONDS = 0.25


class Watchdog:
    """Watches the statements of one store; its thread starts with the first statement."""

    def __init__(self, open_session: Callable[[], Session], engine: Engine, timeout: float) -> None:
        self._open_session = open_session
        self._engine = engine
        self._timeout = timeout
        self._deadlines: dict[str, float] = {}
        self._askers: dict[str, Cancellation | None] = {}
        self._names = map(f"{uuid.uuid4().hex[:12]}-{{}}".format, count())
        self._free: list[str] = []
        self._spent: set[str] = set()
        self._lock = Lock()
        self._closed = Event()
        self._thread: Thread | None = None

    @contextmanager
    def watch(self) -> Iterator[str]:
        """Give a statement a name to be found by, and end it when it is overdue.

        Names are used again, for where they are part of the text a database plans
        each new one anew; but not one under which a statement may yet be ended.
        Raises CalledOff instead of doing what nobody wants any more.
        """
        asker = current()
        with self._lock:
            run_id = self._free.pop() if self._free else next(self._names)
            self._deadlines[run_id] = time.monotonic() + self._timeout
            self._askers[run_id] = asker
            self._start()
        try:
            # Only now: whoever calls it off from here on finds the statement.
            if asker is not None:
                asker.check()
            yield run_id
        finally:
            with self._lock:
                del self._deadlines[run_id], self._askers[run_id]
                if run_id not in self._spent:
                    self._free.append(run_id)

    def cancel(self, asker: Cancellation) -> int:
        """End the statements that run for one asker now; returns how many were found."""
        with self._lock:
            running = [run_id for run_id, one in self._askers.items() if one is asker]
            self._spent.update(running)
        return sum(map(self._end, running))

    def terminate(self, run_id: str) -> bool:
        """End the transaction of this name, which runs now; says whether it was found."""
        with self._lock:
            self._spent.add(run_id)
        return self._end(run_id)

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _end(self, run_id: str) -> bool:
        try:
            with self._open_session() as session:
                found = [
                    row
                    for row in session.run("SHOW TRANSACTIONS YIELD *").data()
                    if self._is(row, run_id)
                ]
                for row in found:
                    session.run("TERMINATE TRANSACTIONS $ids", ids=[row["transactionId"]]).consume()
        except (DriverError, Neo4jError):
            return False
        return bool(found)

    def _is(self, row: dict[str, Any], run_id: str) -> bool:
        if self._engine.tag == "comment":
            return f"// run {run_id}" in (row.get("currentQuery") or "")
        return (row.get("metaData") or {}).get("lotgraph") == run_id

    def _start(self) -> None:
        if self._thread is None and not self._engine.honours_timeout:
            self._thread = Thread(target=self._patrol, name="lotgraph-watchdog", daemon=True)
            self._thread.start()

    def _patrol(self) -> None:
        while not self._closed.wait(_TICK_SECONDS):
            now = time.monotonic()
            with self._lock:
                overdue = [run_id for run_id, due in self._deadlines.items() if due < now]
                self._spent.update(overdue)
            for run_id in overdue:
                self._end(run_id)
