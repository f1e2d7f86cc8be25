"""Jobs on both databases: called off, their statements end, and no other's does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Event

import pytest

from genealogy.bootstrap import Lotgraph, engine_on
from genealogy.model.facts import NodeId
from genealogy.ports import Direction, Outset, Reading, Standing
from genealogy.store import schema
from genealogy.store.bolt import GraphStore
from genealogy.store.flows import GraphFlows
from tests.api.clients import client
from tests.api.jobs import begun, ended
from tests.api.test_jobs import events_of
from tests.engine.test_store import FOREVER, query, runs
from tests.small_company import FLOWS, NODES, SUPPLIER


class Endless(GraphFlows):
    """Flows of a database that takes for ever to find those of the supplier."""

    def __init__(self, store: GraphStore) -> None:
        super().__init__(store)
        self.asked = store

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        if NodeId(SUPPLIER) in seeds:
            self.asked.run(query(FOREVER))
        return super().closure(seeds, direction, known_at=known_at)

    def standing(
        self, *, known_at: datetime | None = None, outset: Outset | None = None
    ) -> Standing:
        """Without the closure, so that it is asked for."""
        return super().standing(known_at=known_at)


class Stepwise(GraphFlows):
    """Flows of a database that are read a level at a time, the second when a test lets them."""

    def __init__(self, store: GraphStore) -> None:
        super().__init__(store)
        self.levels = 0
        self.go = Event()

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        return None

    def standing(
        self, *, known_at: datetime | None = None, outset: Outset | None = None
    ) -> Standing:
        """Without the closure, so that it is asked for."""
        return super().standing(known_at=known_at)

    def edges(
        self,
        frontier: Sequence[NodeId],
        direction: Direction,
        *,
        known_at: datetime | None = None,
    ) -> Reading:
        self.levels += 1
        if self.levels > 1:
            self.go.wait()
        return super().edges(frontier, direction, known_at=known_at)


@pytest.fixture
def engine(store: GraphStore) -> Lotgraph:
    """An engine that knows the small company."""
    schema.ensure(store)
    made = engine_on(store)
    made.sink().write([*NODES, *FLOWS])
    return made


def test_a_job_called_off_leaves_nothing_running_and_the_others_alone(
    engine: Lotgraph, store: GraphStore
) -> None:
    api = client(replace(engine, flows=Endless(store)))
    one, other = begun(api), begun(api)
    queued = begun(api, seeds=["T2201"])
    runs(store, 2)
    api.delete(one["self"])
    assert ended(api, one)["state"] == "cancelled"
    assert ended(api, queued)["state"] == "done"
    runs(store, 1)
    assert api.get(other["self"]).json()["state"] == "running"
    api.delete(other["self"])
    assert ended(api, other)["state"] == "cancelled"
    runs(store, 0)


def test_a_server_that_stops_leaves_nothing_running(engine: Lotgraph, store: GraphStore) -> None:
    api = client(replace(engine, flows=Endless(store)))
    with api:
        jobs = [begun(api), begun(api), begun(api)]
        runs(store, 2)
    assert {api.get(job["self"]).json()["state"] for job in jobs} == {"failed"}
    runs(store, 0)


def test_the_stream_of_a_job_tells_levels_and_the_end(engine: Lotgraph, store: GraphStore) -> None:
    flows = Stepwise(store)
    api = client(replace(engine, flows=flows))
    job = begun(api)
    while not (now := api.get(job["self"]).json())["progress"]["levels"]:
        assert now["state"] in ("queued", "running")
    assert now["progress"] == {"levels": 1, "nodes": 1, "edges": 1}
    flows.go.set()
    told = events_of(api.get(job["events"]).text)
    assert told[-1]["event"] == "done"
    answer = api.get(told[-1]["data"]["result"]).json()
    assert told[-1]["data"]["progress"]["nodes"] == len(answer["nodes"])
