"""Amounts, best paths and what is in the way: the same from a database as from memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from genealogy.bootstrap import Lotgraph, engine_on
from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label, Link
from genealogy.store import schema
from genealogy.store.bolt import GraphStore
from genealogy.store.writer import GraphSink
from genealogy.trace.details import with_details
from genealogy.trace.not_there import why_not_in_window
from genealogy.trace.obstacles import ObstacleKind
from genealogy.trace.result import TraceQuery, Window, WindowKind
from genealogy.trace.run import trace
from genealogy.trace.shares import with_amounts
from tests.amounts import moved, products
from tests.conftest import connect
from tests.databases import Endpoint
from tests.engine.test_trace_on_databases import own_ids
from tests.fakes import LOADED_AT, MemoryFlows
from tests.genealogies import SOURCE, Genealogy, day, flow, genealogy
from tests.unit.trace.test_not_there import FACTS

_numbers = count()


@pytest.fixture(scope="module")
def shared_store(shared_database: Endpoint) -> Iterator[GraphStore]:
    with connect(shared_database) as store:
        schema.ensure(store)
        yield store


def plant() -> tuple[list[Fact], dict[str, str]]:
    """Sacks of a raw lot in one of two batches, a late dose, and a withdrawn shipment."""
    mark = f"x{next(_numbers)}"
    ids = {name: f"lot:S{mark}:RM{mark}:{name}" for name in ("raw", "other", "end", "late")}
    ids |= {name: f"{name}:{mark}" for name in ("batch", "shipment", "party")}
    flows = [
        moved(Flow.CONSUMED_BY, ids["raw"], ids["batch"], 3, 1, uom="XSA"),
        moved(Flow.CONSUMED_BY, ids["other"], ids["batch"], 25, 1),
        moved(Flow.PRODUCED, ids["batch"], ids["end"], 60, 2),
        moved(Flow.PRODUCED, ids["batch"], ids["late"], 40, 2),
        moved(Flow.RELABELLED_AS, ids["end"], ids["raw"], 1, 0),
        replace(
            moved(Flow.SHIPPED_IN, ids["end"], ids["shipment"], 10, 3),
            recorded_at=day(3),
            retracted_at=day(4),
        ),
        moved(Flow.DELIVERED_TO, ids["shipment"], ids["party"], None, 5),
    ]
    flows = [replace(f, fact_id=f"{mark}-{i}") for i, f in enumerate(flows)]
    units = {f"RM{mark}": {"base_uom": "KGM", "unit_xsa": "25"}}
    return [*genealogy(flows).facts, *products(**units)], ids


def loaded(store: GraphStore, facts: list[Fact]) -> Lotgraph:
    GraphSink(store, loaded_at=LOADED_AT).write(facts)
    return engine_on(store)


def test_amounts_are_those_from_memory(shared_store: GraphStore) -> None:
    facts, ids = plant()
    engine = loaded(shared_store, facts)
    query = TraceQuery((NodeId(ids["raw"]),), "forward", quantities=True)
    source = MemoryFlows(facts)
    expected = with_amounts(with_details(trace(source, query), source), source).amounts
    found = engine.trace(query).amounts
    assert found == expected
    assert found is not None
    [amount] = found[NodeId(ids["end"])]
    assert (amount.unit, amount.least, amount.share, amount.most) == ("KGM", 35, 45, 60)


def test_amounts_from_a_vessel_are_those_from_memory(shared_store: GraphStore) -> None:
    mark = f"x{next(_numbers)}"
    first, second, tank = f"lot:S{mark}:RM:a", f"lot:S{mark}:RM:b", f"place:{mark}"
    flows = [
        moved(Flow.LOADED_INTO, first, tank, 10, 1),
        moved(Flow.LOADED_INTO, second, tank, 10, 2),
        moved(Flow.DRAWN_FROM, tank, f"batch:{mark}-1", 15, 3),
        moved(Flow.DRAWN_FROM, tank, f"batch:{mark}-2", 5, 5),
    ]
    flows = [replace(f, fact_id=f"{mark}-{i}") for i, f in enumerate(flows)]
    drawn = genealogy(flows, properties={tank: {"vessel_policy": "fifo"}})
    engine, source = loaded(shared_store, list(drawn.facts)), MemoryFlows(drawn.facts)
    query = TraceQuery((NodeId(second),), "forward", quantities=True)
    found = engine.trace(query).amounts
    assert found == with_amounts(with_details(trace(source, query), source), source).amounts
    assert found is not None
    told = {node: [(a.least, a.share, a.most) for a in amounts] for node, amounts in found.items()}
    assert told[NodeId(f"batch:{mark}-1")] == told[NodeId(f"batch:{mark}-2")] == [(5, 5, 5)]


def test_amounts_of_a_window_are_those_from_memory(shared_store: GraphStore) -> None:
    """A lot in two rooms of a store by its stays, and another by the shipment it came in."""
    mark = f"x{next(_numbers)}"
    kept, sent = f"lot:S{mark}:RM:kept", f"lot:S{mark}:RM:sent"
    store, room, ship = f"place:{mark}", f"place:{mark}-room", f"shipment:{mark}"
    flows = [
        moved(Flow.STORED_AT, kept, room, 60, 1, start=1),
        replace(moved(Flow.STORED_AT, kept, store, 60, 2, start=2), place_id=NodeId(room)),
        replace(moved(Flow.CONSUMED_BY, kept, f"batch:{mark}", 45, 6), place_id=NodeId(store)),
        moved(Flow.SHIPPED_IN, sent, ship, 30, 0),
        moved(Flow.DELIVERED_TO, ship, store, None, 1),
    ]
    flows = [replace(f, fact_id=f"{mark}-{i}") for i, f in enumerate(flows)]
    ends = (NodeId(room), Label.PLACE, NodeId(store), Label.PLACE)
    facts = [*genealogy(flows).facts, LinkFact(Link.AT, *ends, SOURCE, "parent")]
    engine, source = loaded(shared_store, facts), MemoryFlows(facts)
    window = Window(WindowKind.PLACE, NodeId(store), day(3), day(4))
    query = TraceQuery((), "forward", windows=(window,), quantities=True)
    found = engine.trace(query).amounts
    assert found == with_amounts(with_details(trace(source, query), source), source).amounts
    assert found is not None
    told = {node: [(a.least, a.share, a.most) for a in amounts] for node, amounts in found.items()}
    assert told[NodeId(kept)] == [(60, 60, 60)]
    assert told[NodeId(sent)] == [(30, 30, 30)]
    assert told[NodeId(f"batch:{mark}")] == [(45, 45, 45)]


def test_a_withdrawn_record_is_what_is_in_the_way(shared_store: GraphStore) -> None:
    facts, ids = plant()
    engine = loaded(shared_store, facts)
    found = engine.why_not(TraceQuery((NodeId(ids["raw"]),), "forward"), NodeId(ids["party"]))
    [obstacle] = found.obstacles
    assert (obstacle.kind, obstacle.at) == (ObstacleKind.WITHDRAWN, day(4))
    assert [hop.after for hop in found.path][-2:] == [ids["shipment"], ids["party"]]
    back = TraceQuery((NodeId(ids["party"]),), "backward")
    assert engine.why_not(back, NodeId(ids["raw"])).obstacles[0].at == day(4)
    then = replace(back, direction="forward", seeds=(NodeId(ids["raw"]),), known_at=day(3))
    assert engine.why_not(then, NodeId(ids["party"])).reached


def test_withdrawn_edges_are_those_from_memory_at_any_record_time(
    shared_store: GraphStore,
) -> None:
    facts, ids = plant()
    engine, source = loaded(shared_store, facts), MemoryFlows(facts)
    for way, node in (("forward", ids["end"]), ("backward", ids["shipment"])):
        for moment in (None, day(2), day(3), day(4)):
            rows = engine.history.withdrawn([NodeId(node)], way, known_at=moment)  # type: ignore[arg-type]
            told = source.withdrawn([NodeId(node)], way, known_at=moment)  # type: ignore[arg-type]
            assert (rows.source, rows.target, rows.retracted_at) == (
                told.source, told.target, told.retracted_at,
            )  # fmt: skip


def test_the_best_paths_are_found_too(shared_store: GraphStore) -> None:
    facts, ids = plant()
    engine = loaded(shared_store, facts)
    answer = engine.trace(TraceQuery((NodeId(ids["raw"]),), "forward"))
    [path] = engine.paths(answer, NodeId(ids["late"]), "forward", 5)
    assert [hop.after for hop in path] == [ids["batch"], ids["late"]]


def test_that_a_lot_had_left_its_store_is_told_alike(shared_store: GraphStore) -> None:
    nodes = [f for f in FACTS if isinstance(f, NodeFact)]
    flows = [f for f in FACTS if isinstance(f, FlowFact)]
    links = [f for f in FACTS if isinstance(f, LinkFact)]
    facts = own_ids(Genealogy(tuple(nodes), tuple(flows), tuple(links)))
    ids = {f.node_id.partition("~")[0]: f.node_id for f in facts if isinstance(f, NodeFact)}
    engine, source = loaded(shared_store, facts), MemoryFlows(facts)
    query = TraceQuery((ids["quality:Q"],), "forward")
    window = Window(WindowKind.EVENT, ids["quality:Q"])
    for name in ("lot:early", "lot:late", "lot:both", "lot:never", "lot:made", "batch:soon"):
        found = engine.why_not(query, ids[name])
        asked = replace(query, seeds=(), windows=(window,))
        told = why_not_in_window(source, source, asked, ids[name])
        assert found.obstacles == told.obstacles
        assert found.obstacles
    assert engine.why_not(query, ids["batch:then"]).reached


def test_many_names_are_found_at_once_by_identifier_and_by_code(shared_store: GraphStore) -> None:
    mark = f"m{next(_numbers)}"
    twins = [f"lot:{mark}{maker}:P:{mark}-twin" for maker in "AB"]
    lots = [f"lot:{mark}:P:{mark}-{i}" for i in range(30)]
    flows = [
        replace(flow(Flow.CONSUMED_BY, lot, f"batch:{mark}", 1), fact_id=f"{mark}{i}")
        for i, lot in enumerate([*twins, *lots])
    ]
    engine = loaded(shared_store, list(genealogy(flows).facts))
    codes = [f"{mark}-{i}" for i in range(30)]
    found = engine.identified([*codes, codes[3].upper(), lots[0], twins[1], f"{mark}-twin", "no"])
    assert {code: found[code] for code in codes} == dict(zip(codes, lots, strict=True))
    assert found[codes[3].upper()] == lots[3]
    assert (found[lots[0]], found[twins[1]]) == (lots[0], twins[1])
    assert f"{mark}-twin" not in found
    assert "no" not in found
