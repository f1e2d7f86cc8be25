"""EPCIS events on both databases give the graph that they give in memory, in any order of files."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from genealogy.model.facts import Fact, FlowFact, NodeId, Written
from genealogy.model.times import to_micros
from genealogy.store import schema
from genealogy.store.bolt import GraphStore
from genealogy.store.events import GraphEvents
from genealogy.store.flows import GraphFlows
from genealogy.store.writer import GraphSink
from loaders.epcis import Options, load_epcis
from loaders.report import Loaded
from tests.fakes_store import LOADED_AT, MemoryGraph
from tests.loaders.epcis.epcis_events import (
    BY_ADVICE,
    ITEM,
    ITEM_2,
    LOT,
    LOT_2,
    PALLET,
    PALLET_2,
    amounts,
    document,
    event,
    packing,
    receiving,
    recorded,
    shipping,
    unpacking,
    utc,
    voiding,
)
from tests.loaders.real_epcis_table import files, folder

MAKING = event(
    "Transformation",
    1,
    eventID="urn:x:make",
    inputQuantityList=amounts(LOT, "12345678901234567890.125", "KGM"),
    outputQuantityList=amounts(LOT_2),
    outputEPCList=[ITEM, ITEM_2],
    ilmd={"cbvmda:lotNumber": "批次7"},
)
UNPACKING = recorded(unpacking(5, [ITEM], eventID="urn:x:out"), 6)
#: A little history with late, voided and contradicting news.
HISTORY = [
    recorded(MAKING, 2),
    recorded(packing(2, [ITEM, ITEM_2], eventID="urn:x:in"), 3),
    recorded(packing(4, action="OBSERVE", eventID="urn:x:seen"), 2),
    UNPACKING,
    voiding(UNPACKING, 8),
    recorded(packing(6, [ITEM_2], PALLET_2, eventID="urn:x:moved"), 7),
    recorded(shipping(7, [PALLET, PALLET_2], eventID="urn:x:sent", **BY_ADVICE), 8),
    recorded(receiving(9, [PALLET], eventID="urn:x:got", **BY_ADVICE), 9),
    event("Object", 8, eventID="urn:x:void", bizStep="void_shipping", epcList=[PALLET_2]),
]


@pytest.fixture
def ready(store: GraphStore) -> GraphStore:
    schema.ensure(store)
    return store


def load_into(store: GraphStore, path: Path) -> Loaded:
    sink, book = GraphSink(store, LOADED_AT), GraphEvents(store)
    return load_epcis(path, sink, book, Options(now=LOADED_AT, batch_events=3))


def load_events(store: GraphStore, tmp_path: Path, *events: dict[str, Any]) -> Loaded:
    path = tmp_path / "events.json"
    path.write_text(json.dumps(document(events)))
    return load_into(store, path)


Row = tuple[Any, ...]


def stored(store: GraphStore, nodes: list[NodeId], known_at: datetime | None) -> set[Row]:
    rows = GraphFlows(store).edges(nodes, "forward", known_at=known_at).rows
    columns = (rows.type, rows.source, rows.target, rows.quantity, rows.uom)
    times = (rows.occurred_at, rows.valid_from, rows.valid_to, rows.recorded_at, rows.confidence)
    return set(zip(*columns, *times, strict=True))


def expected(graph: MemoryGraph, known_at: datetime | None) -> set[Row]:
    return {_row(flow) for flow in graph.flows(known_at)}


def _row(flow: FlowFact) -> Row:
    quantity = None if flow.quantity is None else str(flow.quantity)
    times = (flow.occurred_at, flow.valid_from, flow.valid_to, flow.recorded_at)
    ends = (str(flow.type), flow.source_id, flow.target_id, quantity, flow.uom)
    return (*ends, *(t and to_micros(t) for t in times), str(flow.confidence))


@pytest.mark.parametrize("backwards", [False, True])
def test_a_history_told_in_many_files_is_the_graph_in_memory(
    ready: GraphStore, tmp_path: Path, backwards: bool
) -> None:
    memory = MemoryGraph()
    path = tmp_path / "all.json"
    path.write_text(json.dumps(document(HISTORY)))
    load_epcis(path, memory, memory, Options(now=LOADED_AT))

    for one in reversed(HISTORY) if backwards else HISTORY:
        assert load_events(ready, tmp_path, one).clean

    nodes = sorted(memory.nodes)
    for known_at in (None, *(utc(day, 20) for day in range(1, 12))):
        assert stored(ready, nodes, known_at) == expected(memory, known_at)


def test_telling_it_again_changes_nothing(ready: GraphStore, tmp_path: Path) -> None:
    load_events(ready, tmp_path, *HISTORY)
    written = load_events(ready, tmp_path, *HISTORY).written

    assert (written.nodes_new, written.flows_new, written.links_new) == (0, 0, 0)
    assert (written.nodes_changed, written.flows_changed) == (0, 0)


def test_a_real_chain_is_the_graph_in_memory(ready: GraphStore) -> None:
    if not files():
        pytest.skip(f"real data: no folder {folder()}")
    path = folder() / (
        "ift-gftc__opentraceability/CSharp/OpenTraceability.Tests/Data/"
        "gdst_data_withmasterdata.jsonld"
    )
    memory = MemoryGraph()
    load_epcis(path, memory, memory, Options(now=LOADED_AT))
    load_into(ready, path)

    assert stored(ready, sorted(memory.nodes), None) == expected(memory, None)
    found = {row.node_id: row for row in GraphFlows(ready).nodes(sorted(memory.nodes))}
    assert found.keys() == memory.nodes.keys()
    for node_id, node in memory.nodes.items():
        assert set(found[node_id].roles) == {str(role) for role in node.roles}
        assert list(found[node_id].identifiers) == node.identifiers


class Stopping:
    """A sink that is stopped before it writes flows."""

    def __init__(self, sink: GraphSink) -> None:
        self._sink = sink

    def loading(self, source: str) -> AbstractContextManager[None]:
        return self._sink.loading(source)

    def write(self, facts: Sequence[Fact]) -> Written:
        if any(isinstance(fact, FlowFact) for fact in facts):
            raise KeyboardInterrupt
        return self._sink.write(facts)

    def stream(self, batches: Iterable[Sequence[Fact]]) -> Generator[Written, None, None]:
        return (self.write(batch) for batch in batches)


def test_an_event_too_large_for_one_write_is_whole_or_not_there(
    ready: GraphStore, tmp_path: Path
) -> None:
    serials = [f"urn:epc:id:sgtin:4012345.011122.{i}" for i in range(7_000)]
    large = packing(1, serials, eventID="urn:x:large")
    path = tmp_path / "events.json"
    path.write_text(json.dumps(document([large])))
    memory = MemoryGraph()
    load_epcis(path, memory, memory, Options(now=LOADED_AT))
    nodes = sorted(memory.nodes)

    with pytest.raises(KeyboardInterrupt):
        load_epcis(path, Stopping(GraphSink(ready, LOADED_AT)), GraphEvents(ready))
    assert stored(ready, nodes, None) == set()

    assert load_into(ready, path).total.accepted == 1
    assert stored(ready, nodes, None) == expected(memory, None)
    assert load_into(ready, path).total.duplicates == 1
    assert load_events(ready, tmp_path, unpacking(2, eventID="urn:x:out")).clean
    assert load_events(ready, tmp_path, voiding(large, 3)).clean
    assert stored(ready, nodes, None) == set()
