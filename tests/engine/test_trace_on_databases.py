"""Traces on both databases, held against the time-expanded graph of the oracle.

Each example lives in the same database under ids of its own, so that an example
costs a load and not a database.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genealogy.bootstrap import Lotgraph, engine_on
from genealogy.errors import NotFound
from genealogy.model.facts import Fact, FlowFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label, VesselPolicy
from genealogy.store import schema
from genealogy.store.bolt import GraphStore
from genealogy.store.flows import GraphFlows
from genealogy.store.queries import Query
from genealogy.store.writer import GraphSink
from genealogy.trace.details import with_details
from genealogy.trace.result import Mode, Trace, TraceQuery
from genealogy.trace.run import trace
from tests.conftest import connect
from tests.databases import Endpoint
from tests.fakes import LOADED_AT, MemoryFlows
from tests.genealogies import LAST_DAY, Genealogy, chain, day, flow, genealogies, genealogy

ENOUGH = settings(
    max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_numbers = count()

ways = st.sampled_from(["forward", "backward", "both"])
modes = st.sampled_from(Mode)


@pytest.fixture(scope="module")
def shared_store(shared_database: Endpoint) -> Iterator[GraphStore]:
    with connect(shared_database) as store:
        schema.ensure(store)
        yield store


def own_ids(drawn: Genealogy) -> list[Fact]:
    """The facts of a genealogy under ids that no other example uses."""
    mark = f"~{next(_numbers)}"
    nodes = [replace(n, node_id=NodeId(n.node_id + mark)) for n in drawn.nodes]
    flows = [
        replace(
            f,
            source_id=NodeId(f.source_id + mark),
            target_id=NodeId(f.target_id + mark),
            place_id=f.place_id and NodeId(f.place_id + mark),
            fact_id=f"{f.type}{f.source_id}{f.target_id}{f.fact_id}{mark}",
        )
        for f in drawn.flows
    ]
    links = [
        replace(k, source_id=NodeId(k.source_id + mark), target_id=NodeId(k.target_id + mark))
        for k in drawn.links
    ]
    return [*nodes, *flows, *links]


def moves(fact: Fact) -> bool:
    """Whether a fact tells of a node that a trace can start from."""
    return isinstance(fact, NodeFact) and fact.label != Label.QUALITY_EVENT


def load(store: GraphStore, facts: Iterable[Fact], *, size: int = 5) -> Lotgraph:
    facts = list(facts)
    sink = GraphSink(store, LOADED_AT)
    for i in range(0, len(facts), size):
        sink.write(facts[i : i + size])
    return engine_on(store)


def answer(found: Trace) -> dict[str, Any]:
    """All of an answer that does not depend on who gave it."""
    edges = zip(found.edges.type, found.edges.source, found.edges.target, strict=True)
    times = zip(found.edges.occurred_at, found.edges.valid_from, found.edges.valid_to, strict=True)
    return {
        "reached": [(r.node_id, r.direction, r.distance, r.exposure) for r in found.reached],
        "edges": sorted(map(repr, zip(edges, times, strict=True))),
        "kinds": {node_id: row.kind for node_id, row in found.rows.items()},
        "completeness": found.completeness,
    }


def outcome(ask: Callable[[], Trace]) -> dict[str, Any]:
    """An answer, or why there is none."""
    try:
        return answer(ask())
    except NotFound as why:
        return {"refused": why.error_code, **why.params}


def in_memory(facts: list[Fact], query: TraceQuery) -> Trace:
    """The same question to facts in memory, which the oracle tests hold to networkx."""
    flows = MemoryFlows(facts)
    return with_details(trace(flows, query), flows)


@ENOUGH
@given(drawn=genealogies(), way=ways, mode=modes, data=st.data())
def test_a_trace_finds_on_the_database_what_it_finds_in_memory(
    shared_store: GraphStore, drawn: Genealogy, way: Any, mode: Mode, data: st.DataObject
) -> None:
    facts = own_ids(drawn)
    seed = data.draw(st.sampled_from([f.node_id for f in facts if moves(f)]))
    known_at = day(data.draw(st.none() | st.integers(0, LAST_DAY + 1)))
    as_of = day(data.draw(st.none() | st.integers(0, LAST_DAY)))
    query = TraceQuery((seed,), way, mode, as_of, known_at)
    engine = load(shared_store, facts)
    assert outcome(lambda: engine.trace(query)) == outcome(lambda: in_memory(facts, query))


@ENOUGH
@given(drawn=genealogies())
def test_nodes_are_known_on_the_database_since_they_are_in_memory(
    shared_store: GraphStore, drawn: Genealogy
) -> None:
    facts = own_ids(drawn)
    ids = [f.node_id for f in facts if moves(f)]
    found = load(shared_store, facts).flows.first_recorded(ids)
    assert found == MemoryFlows(facts).first_recorded(ids)
    told = {i for f in facts if isinstance(f, FlowFact) for i in (f.source_id, f.target_id)}
    assert found.keys() >= told


@ENOUGH
@given(drawn=genealogies(), way=ways, data=st.data())
def test_answers_too_large_for_one_statement_come_whole_all_the_same(
    shared_store: GraphStore, drawn: Genealogy, way: Any, data: st.DataObject
) -> None:
    facts = own_ids(drawn)
    ids = [f.node_id for f in facts if moves(f)]
    known_at = day(data.draw(st.none() | st.just(LAST_DAY + 1)))
    query = TraceQuery((data.draw(st.sampled_from(ids)),), way, known_at=known_at)
    load(shared_store, facts)
    narrow = GraphFlows(shared_store, most=data.draw(st.integers(1, 3)))
    in_parts = outcome(lambda: with_details(trace(narrow, query), narrow))
    assert in_parts == outcome(lambda: in_memory(facts, query))


@pytest.mark.parametrize("mode", Mode)
def test_a_small_genealogy_takes_one_statement(
    shared_store: GraphStore, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = own_ids(chain(20))
    engine, first = load(shared_store, facts), facts[0].node_id
    asked, run = list[str](), GraphStore.run

    def noted(store: GraphStore, query: Query[Any], **params: Any) -> list[Any]:
        asked.append(query.path)
        return run(store, query, **params)

    monkeypatch.setattr(GraphStore, "run", noted)
    assert len(trace(engine.flows, TraceQuery((first,), "forward", mode)).reached) == 21
    assert asked == ["trace/ahead_forward.cypher"]


@ENOUGH
@given(drawn=genealogies(), mode=modes, data=st.data())
def test_stops_and_depths_cut_alike(
    shared_store: GraphStore, drawn: Genealogy, mode: Mode, data: st.DataObject
) -> None:
    facts = own_ids(drawn)
    ids = [f.node_id for f in facts if moves(f)]
    query = TraceQuery(
        (data.draw(st.sampled_from(ids)),),
        "forward",
        mode,
        stops=tuple(data.draw(st.lists(st.sampled_from(ids), max_size=2, unique=True))),
        max_depth=data.draw(st.none() | st.integers(0, 3)),
    )
    engine = load(shared_store, facts)
    assert answer(engine.trace(query)) == answer(in_memory(facts, query))


@ENOUGH
@given(drawn=genealogies(), seed=st.integers(0, 2**32))
def test_the_order_of_loading_changes_nothing(
    shared_store: GraphStore, drawn: Genealogy, seed: int
) -> None:
    facts = own_ids(drawn)
    shuffled = own_ids(drawn)
    Random(seed).shuffle(shuffled)
    first = load(shared_store, facts)
    second = load(shared_store, shuffled, size=3)
    assert everything(first, facts) == everything(second, shuffled)


def everything(engine: Lotgraph, facts: list[Fact]) -> Any:
    """The whole graph of an example as the store holds it, without the example's mark."""
    ids = sorted(f.node_id for f in facts if isinstance(f, NodeFact))
    nodes = {row.node_id: (row.kind, dict(row.properties)) for row in engine.index.nodes(ids)}
    rows = engine.flows.edges(
        ids, "forward", known_at=datetime.max.replace(tzinfo=LOADED_AT.tzinfo)
    ).rows
    edges = zip(
        rows.source, rows.target, rows.type, rows.occurred_at, rows.valid_to, rows.recorded_at,
        rows.retracted_at, strict=True,
    )  # fmt: skip
    return (
        {plain(k): v for k, v in nodes.items()},
        sorted(repr((plain(a), plain(b), *rest)) for a, b, *rest in edges),
    )


def plain(node_id: str) -> str:
    return node_id.partition("~")[0]


@ENOUGH
@given(
    drawn=genealogies(only=[Flow.LOADED_INTO, Flow.DRAWN_FROM], size=10),
    policies=st.tuples(st.sampled_from(VesselPolicy), st.sampled_from(VesselPolicy)),
    way=ways,
    data=st.data(),
)
def test_vessels_are_alike_on_the_database_and_in_memory(
    shared_store: GraphStore, drawn: Genealogy, policies: Any, way: Any, data: st.DataObject
) -> None:
    kept = dict(zip(["place:0", "place:1"], policies, strict=True))
    nodes = tuple(
        replace(n, properties={**n.properties, "vessel_policy": kept[n.node_id].value})
        if n.node_id in kept
        else n
        for n in drawn.nodes
    )
    flows = tuple(replace(f, quantity=Decimal(1), uom="KGM") for f in drawn.flows)
    facts = own_ids(replace(drawn, nodes=nodes, flows=flows))
    seed = data.draw(st.sampled_from([f.node_id for f in facts if moves(f)]))
    known_at = day(data.draw(st.none() | st.integers(0, LAST_DAY + 1)))
    query = TraceQuery((seed,), way, Mode.EXACT, None, known_at)
    engine = load(shared_store, facts)
    assert outcome(lambda: engine.trace(query)) == outcome(lambda: in_memory(facts, query))


def test_a_deep_chain_is_followed_to_its_end(shared_store: GraphStore) -> None:
    facts = own_ids(chain(300))
    seed = min(f.node_id for f in facts if isinstance(f, NodeFact))
    found = load(shared_store, facts, size=1000).trace(TraceQuery((seed,), "forward"))
    assert max(r.distance for r in found.reached) == 300
    assert not found.completeness.frontiers


@pytest.mark.parametrize("way", ["forward", "backward"])
def test_a_dense_lattice_costs_its_nodes_and_not_its_paths(
    shared_store: GraphStore, way: Any
) -> None:
    layers, width, degree = 12, 30, 5
    lattice = genealogy(
        flow(Flow.RELABELLED_AS, f"lot:{a}-{i}", f"lot:{a + 1}-{(i + d) % width}", a)
        for a in range(layers - 1)
        for i in range(width)
        for d in range(degree)
    )
    facts = own_ids(lattice)
    seed = next(
        f.node_id
        for f in facts
        if isinstance(f, NodeFact)
        and (f.node_id.startswith("lot:0-0~" if way == "forward" else f"lot:{layers - 1}-0~"))
    )
    found = load(shared_store, facts, size=1000).trace(TraceQuery((seed,), way))
    assert answer(found) == answer(in_memory(facts, TraceQuery((seed,), way)))
    assert len(found.reached) > (layers - 8) * width


def test_answers_beyond_the_first_query_are_whole(shared_store: GraphStore) -> None:
    fan = genealogy(
        [flow(Flow.RELABELLED_AS, "lot:root", f"lot:{i:04}", 1) for i in range(2_500)]
        + [flow(Flow.RELABELLED_AS, f"lot:{i:04}", f"lot:{i:04}-after", 2) for i in range(2_500)]
    )
    facts = own_ids(fan)
    [root] = [f.node_id for f in facts if isinstance(f, NodeFact) and "root" in f.node_id]
    found = load(shared_store, facts, size=5_000).trace(TraceQuery((root,), "forward"))
    assert len(found.reached) == 5_001


def test_a_seed_that_is_not_known_is_refused(shared_store: GraphStore) -> None:
    with pytest.raises(NotFound):
        engine_on(shared_store).trace(TraceQuery((NodeId("lot:none:of:these"),), "forward"))
