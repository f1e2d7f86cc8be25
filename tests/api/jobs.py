"""Jobs that wait for a test: a company that answers only when it is told to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Event, Semaphore
from typing import Any

from starlette.testclient import TestClient

from genealogy.bootstrap import Lotgraph
from genealogy.model.facts import NodeId
from genealogy.ports import Direction, Reading
from genealogy.trace.calling_off import Cancellation, current
from tests.api.clients import client
from tests.small_company import Company, engine

ASYNC = {"prefer": "respond-async"}
BODY = {"direction": "forward", "seeds": ["party:SUP-017"]}


class Waiting(Company):
    """A company whose edges are read only when a test lets them; one call off ends the wait.

    ``read`` counts readings that were begun.
    """

    def __init__(self) -> None:
        super().__init__()
        self.begun = Semaphore(0)
        self.go = Event()
        self.ended: list[Cancellation] = []

    def edges(
        self,
        frontier: Sequence[NodeId],
        direction: Direction,
        *,
        known_at: datetime | None = None,
    ) -> Reading:
        asker = current()
        self.begun.release()
        self.go.wait()
        if asker is not None:
            asker.check()
        return super().edges(frontier, direction, known_at=known_at)

    def engine(self) -> Lotgraph:
        """An engine whose statements end when they are called off, as a database's would."""
        return replace(engine(self), cancel=self._end)

    def _end(self, asker: Cancellation) -> int:
        self.ended.append(asker)
        self.go.set()
        return 1


def begun(api: TestClient, **more: Any) -> dict[str, Any]:
    """A job that was just begun."""
    answer = api.post("/v1/traces", json={**BODY, **more}, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


def ended(api: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    """The job when it has ended: its stream of events lasts until then."""
    assert api.get(job["events"]).status_code in (200, 204)
    told: dict[str, Any] = api.get(job["self"]).json()
    assert told["state"] in ("done", "failed", "cancelled")
    return told


def waiting_client(company: Waiting) -> TestClient:
    """A client of an engine that waits."""
    return client(company.engine())


def events_of(text: str) -> list[dict[str, Any]]:
    """The events of a stream, as a browser would read them."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in lines:
            found.append({**lines, "data": json.loads(lines["data"])})
    return found
