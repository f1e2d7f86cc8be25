"""Snapshots of both databases: built, followed up write by write, held against the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genealogy.bootstrap import Lotgraph, engine_on
from genealogy.model.facts import Fact, FlowFact, NodeFact, NodeId
from genealogy.snapshot.keeper import Keeper
from genealogy.store import schema
from genealogy.store.bolt import GraphStore
from genealogy.store.graph_source import GraphCopySource
from genealogy.store.writer import GraphSink
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.run import trace
from tests.conftest import connect
from tests.databases import Endpoint
from tests.engine.test_trace_on_databases import load, own_ids
from tests.fakes import LOADED_AT
from tests.genealogies import Genealogy, chain, day, genealogies
from tests.oracle.test_snapshot_traces import limits, outcome

ENOUGH = settings(
    max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "30")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ways = st.sampled_from(["forward", "backward", "both"])
modes = st.sampled_from(Mode)


@dataclass(frozen=True)
class Copied:
    """A database with a snapshot that was built when there was little in it."""

    store: GraphStore
    engine: Lotgraph
    keeper: Keeper


@pytest.fixture(scope="module")
def copied(shared_database: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    with connect(shared_database) as store:
        schema.ensure(store)
        load(store, own_ids(chain(3)))
        engine = engine_on(store, tmp_path_factory.mktemp("snapshots"))
        assert engine.keeper is not None
        engine.keeper.build()
        yield Copied(store, engine, engine.keeper)


def both(copied: Copied, query: TraceQuery) -> tuple[Any, Any]:
    """What the snapshot answers, and what the database does."""
    found = outcome(lambda: copied.keeper.trace(query))
    return found, outcome(lambda: trace(copied.engine.flows, query))


@ENOUGH
@given(drawn=genealogies(), way=ways, mode=modes, data=st.data())
def test_loads_are_followed_up_and_answered_as_the_database_does(
    copied: Copied, drawn: Genealogy, way: Any, mode: Mode, data: Any
) -> None:
    facts = own_ids(drawn)
    nodes = tuple(f for f in facts if isinstance(f, NodeFact))
    ids = Genealogy(nodes, ()).ids()
    flows = [f for f in facts if isinstance(f, FlowFact)]
    cut = data.draw(st.integers(0, len(facts)))
    again = data.draw(st.lists(st.sampled_from(flows), max_size=3, unique=True)) if flows else []
    told = [told_again(f, data) for f in again]
    for part in (facts[:cut], facts[cut:], told):
        GraphSink(copied.store, LOADED_AT).write(part)
        seed = data.draw(st.sampled_from(ids))
        query = TraceQuery((seed,), way, mode, **data.draw(limits(Genealogy(nodes, ()))))
        found, told = both(copied, query)
        assert found is not None
        assert found == told


def told_again(flow: FlowFact, data: Any) -> FlowFact:
    """A correction: another time, or never."""
    if data.draw(st.booleans()):
        return replace(flow, recorded_at=day(8), retracted_at=day(8))
    return replace(flow, recorded_at=day(8), occurred_at=day(data.draw(st.integers(0, 5))))


def first_of(facts: list[Fact]) -> NodeId:
    """Where a chain begins."""
    return min(f.node_id for f in facts if isinstance(f, NodeFact))


def test_a_snapshot_built_anew_answers_as_the_database_does(copied: Copied) -> None:
    facts = own_ids(chain(12))
    load(copied.store, facts)
    header = copied.keeper.build()
    assert header.watermark == copied.engine.watermark()
    first = first_of(facts)
    found, told = both(copied, TraceQuery((first,), "forward"))
    assert found is not None
    assert found == told
    found = copied.engine.trace(TraceQuery((first,), "forward"))
    assert (len(found.reached), found.watermark) == (13, header.watermark)
    assert found.rows.keys() == set(found.node_ids())


def test_a_write_too_large_to_follow_up_leaves_the_answer_to_the_database(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied.keeper.build()
    monkeypatch.setattr("genealogy.store.writer._KEPT_CHANGES", 2)
    facts = own_ids(chain(5))
    load(copied.store, facts)
    first = first_of(facts)
    found = copied.engine.trace(TraceQuery((first,), "forward"))
    assert (len(found.reached), found.watermark) == (6, None)
    assert copied.keeper.status().reason == "stale"
    copied.keeper.build()
    assert copied.keeper.status().reason == "fresh"


def test_what_was_known_at_another_time_is_for_the_database(copied: Copied) -> None:
    copied.keeper.build()
    seed = next(iter(copied.keeper.source.all_nodes())).node_id[0]
    assert copied.keeper.trace(TraceQuery((seed,), "forward", known_at=day(400))) is None


def test_all_nodes_come_in_order_however_they_are_paged(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genealogy.store.graph_source._PAGE", 7)
    load(copied.store, own_ids(chain(30)))
    source = GraphCopySource(copied.store)
    known: list[NodeId] = [n for page in source.all_nodes() for n in page.node_id]
    assert known == sorted(set(known))
    assert len(known) >= 31
    facts: list[Fact] = own_ids(chain(1))
    before = source.state()
    load(copied.store, facts)
    after = source.state()
    assert after.identity == before.identity
    told = sorted({f.node_id for f in facts if isinstance(f, NodeFact)})
    assert source.changed(before, after.watermark, 9) == told
    assert source.changed(before, after.watermark, 1) is None
    assert source.changed(before, after.watermark + 1, 9) is None
    assert source.changed(replace(before, stamp="another"), after.watermark, 9) is None
    for _ in range(10):
        load(copied.store, own_ids(chain(1)))
    many = source.state().watermark
    assert len(source.changed(before, many, 99) or ()) == 22
    assert source.changed(before, many, 21) is None
