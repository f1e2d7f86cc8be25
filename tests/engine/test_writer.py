"""Facts folded into the graph, on both databases."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Event, Thread, active_count
from typing import Any

import pytest

from genealogy.errors import StoreError
from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, NodeId, Source, Written
from genealogy.model.names import FEW_AT, FLOW_ENDS, Flow, Label, Link, Role
from genealogy.model.times import to_micros
from genealogy.ports import Direction
from genealogy.store import schema
from genealogy.store.bolt import GraphStore, Transaction
from genealogy.store.flows import GraphFlows
from genealogy.store.node_index import GraphIndex
from genealogy.store.queries import FLOW_COUNT, LOCK_NODES, NODE_COUNT, create_nodes
from genealogy.store.writer import GraphSink
from loaders.tables.load import load_tables
from tests.conftest import connect
from tests.databases import Endpoint

T0 = datetime(2026, 1, 1, tzinfo=UTC)
ERP = Source("erp", "lots.csv:2")
FLOUR = NodeId("lot:SUP-1:FLOUR:24A0871")
DOUGH = NodeId("batch:MIX-33")
PALLET = NodeId("unit:PALLET-1")
BREAD = NodeId("lot:MILL:BREAD:FG-1183")


def at(hours: int) -> datetime:
    return T0 + timedelta(hours=hours)


@pytest.fixture
def sink(store: GraphStore) -> GraphSink:
    schema.ensure(store)
    return GraphSink(store, at(1000))


def consumed(quantity: str | None = "90.000", **changes: Any) -> FlowFact:
    fact = FlowFact(
        Flow.CONSUMED_BY,
        FLOUR,
        Label.LOT,
        DOUGH,
        Label.BATCH,
        "f-consumed",
        ERP,
        quantity=None if quantity is None else Decimal(quantity),
        uom="KGM",
        occurred_at=at(6),
        occurred_offset="+08:00",
    )
    return replace(fact, **changes)


def lot(**properties: Any) -> NodeFact:
    return NodeFact(Label.LOT, FLOUR, ERP, properties=properties)


def edges_of(
    store: GraphStore,
    node_id: NodeId,
    known_at: datetime | None = None,
    direction: Direction = "forward",
) -> list[Any]:
    found = GraphFlows(store).edges([node_id], direction, known_at=known_at).rows
    return list(zip(*(getattr(found, f.name) for f in fields(found)), strict=True))


def test_an_end_known_in_part_is_kept_as_it_was_known(sink: GraphSink) -> None:
    """Of a pallet unpacked some time between two hours, then for certain at the later one."""
    told = replace(
        consumed(), type=Flow.CONTAINED_IN, target_id=PALLET, target_label=Label.UNIT,
        fact_id="f-packed", recorded_at=at(20), valid_to=at(10), ends_from=at(8),
    )  # fmt: skip
    sink.write([told])
    sink.write([told])
    flows = GraphFlows(sink.store)
    assert flows.earliest_ends([FLOUR, PALLET]) == {"f-packed": to_micros(at(8))}
    sink.write([replace(told, recorded_at=at(30), ends_from=None)])
    assert flows.earliest_ends([FLOUR]) == {}
    assert flows.earliest_ends([FLOUR], known_at=at(25)) == {"f-packed": to_micros(at(8))}


def test_an_edge_brings_its_ends_with_it(sink: GraphSink) -> None:
    assert sink.write([consumed()]) == Written(nodes_new=2, flows_new=1)
    rows = GraphIndex(sink.store).nodes([FLOUR, DOUGH])
    assert {(r.node_id, r.kind, r.code) for r in rows} == {
        (FLOUR, "Lot", "24A0871"),
        (DOUGH, "ProductionBatch", "MIX-33"),
    }


def test_an_edge_comes_back_as_it_was_told(sink: GraphSink) -> None:
    sink.write([consumed(valid_from=at(6), valid_to=at(7), place_id="place:L1", event_id="e-1")])
    [row] = edges_of(sink.store, FLOUR)
    assert row[:4] == (FLOUR, DOUGH, "CONSUMED_BY", "f-consumed")
    assert row[4] == 1767247200000000
    assert row[9:] == (
        "90.000", "KGM", None, "+08:00", "place:L1", "erp", "lots.csv:2", "recorded",
    )  # fmt: skip


def test_microseconds_survive(sink: GraphSink) -> None:
    moment = at(6) + timedelta(microseconds=123457)
    sink.write([consumed(occurred_at=moment)])
    [row] = edges_of(sink.store, FLOUR)
    assert row[4] == 1767247200123457


def test_an_unknown_quantity_stays_unknown(sink: GraphSink) -> None:
    sink.write([consumed(None, uom=None)])
    [row] = edges_of(sink.store, FLOUR)
    assert row[9:12] == (None, None, None)


@pytest.mark.parametrize("quantity", ["0.000001", "123456789012345678901234567890.123456789", "0"])
def test_a_quantity_is_kept_to_the_last_digit(sink: GraphSink, quantity: str) -> None:
    sink.write([consumed(quantity)])
    assert edges_of(sink.store, FLOUR)[0][9] == quantity


def test_writing_twice_changes_nothing(sink: GraphSink) -> None:
    facts: list[Fact] = [lot(status="released"), consumed(), LINK]
    sink.write(facts)
    assert sink.write(facts) == Written(unchanged=3)
    assert schema.state(sink.store).watermark == 1  # type: ignore[union-attr]
    assert sink.store.run(FLOW_COUNT)[0].count == 1


def test_the_same_fact_twice_in_one_write_is_one_edge(sink: GraphSink) -> None:
    sink.write([consumed(), consumed()])
    assert sink.store.run(FLOW_COUNT)[0].count == 1


def test_a_correction_retracts_and_both_are_known_in_their_time(sink: GraphSink) -> None:
    sink.write([consumed("90", recorded_at=at(10))])
    written = sink.write([consumed("80", recorded_at=at(20))])
    assert written == Written(flows_changed=1)
    assert [r[9] for r in edges_of(sink.store, FLOUR)] == ["80"]
    assert [r[9] for r in edges_of(sink.store, FLOUR, at(19))] == ["90"]
    assert [r[9] for r in edges_of(sink.store, FLOUR, at(20))] == ["80"]
    assert edges_of(sink.store, FLOUR, at(9)) == []


def test_a_correction_loaded_before_what_it_corrects_gives_the_same(sink: GraphSink) -> None:
    sink.write([consumed("80", recorded_at=at(20))])
    sink.write([consumed("90", recorded_at=at(10))])
    assert [r[9] for r in edges_of(sink.store, FLOUR)] == ["80"]
    assert [r[9] for r in edges_of(sink.store, FLOUR, at(19))] == ["90"]


def test_a_withdrawn_fact_is_not_followed_any_more(sink: GraphSink) -> None:
    sink.write([consumed(recorded_at=at(10))])
    sink.write([consumed(recorded_at=at(10), retracted_at=at(30))])
    assert edges_of(sink.store, FLOUR) == []
    assert len(edges_of(sink.store, FLOUR, at(29))) == 1


def test_derived_facts_replace_what_no_longer_follows(sink: GraphSink) -> None:
    sink.write([consumed(recorded_at=at(10), derived=True)])
    sink.write([consumed("70", recorded_at=at(12), derived=True)])
    assert edges_of(sink.store, FLOUR, at(11)) == []
    assert [r[9] for r in edges_of(sink.store, FLOUR)] == ["70"]


def test_properties_of_a_node_follow_the_latest_record(sink: GraphSink) -> None:
    sink.write([replace(lot(status="released"), recorded_at=at(9))])
    sink.write([replace(lot(status="blocked", expires_on="2027-01-01"), recorded_at=at(5))])
    [row] = GraphIndex(sink.store).nodes([FLOUR])
    assert row.properties == {"status": "released", "expires_on": "2027-01-01"}


def test_a_claim_told_on_two_lines_of_one_write_is_one_claim(sink: GraphSink) -> None:
    twice: list[Fact] = [
        lot(status="released"),
        replace(lot(status="released"), source=Source("erp", "lots.csv:3")),
    ]
    sink.write(twice)
    assert sink.write(twice) == Written(unchanged=1)


def test_times_of_a_node_come_back_in_utc(sink: GraphSink) -> None:
    sink.write([lot(produced_at=at(3))])
    [row] = GraphIndex(sink.store).nodes([FLOUR])
    assert row.properties["produced_at"] == at(3)
    assert row.properties["produced_at"].tzinfo is UTC


def test_a_time_without_zone_is_never_stored(sink: GraphSink) -> None:
    with pytest.raises(ValueError, match="without zone"):
        sink.write([lot(produced_at=datetime(2026, 1, 1))])  # noqa: DTZ001


def test_roles_come_on_top_and_keep_edges(sink: GraphSink) -> None:
    sink.write([consumed()])
    sink.write([NodeFact(Label.LOT, FLOUR, ERP, (Role.SUPPLIER_LOT,))])
    [row] = GraphIndex(sink.store).nodes([FLOUR])
    assert row.roles == ("SupplierLot",)
    assert len(edges_of(sink.store, FLOUR)) == 1


def test_roles_and_properties_can_come_with_one_write(sink: GraphSink) -> None:
    sink.write([lot(status="blocked")])
    fact = replace(lot(grade="A"), roles=(Role.SUPPLIER_LOT, Role.PRODUCT_LOT))
    sink.write([fact])
    [row] = GraphIndex(sink.store).nodes([FLOUR])
    assert row.roles == ("ProductLot", "SupplierLot")
    assert row.properties == {"grade": "A", "status": "blocked"}


def test_a_known_node_can_get_role_property_and_edges_in_one_write(sink: GraphSink) -> None:
    sink.write([consumed()])
    role = replace(lot(grade="A"), roles=(Role.SUPPLIER_LOT, Role.PRODUCT_LOT))
    sink.write([role, consumed(fact_id="more"), LINK])
    [row] = GraphIndex(sink.store).nodes([FLOUR])
    assert row.roles == ("ProductLot", "SupplierLot")
    assert row.properties == {"grade": "A"}
    assert sorted(r[3] for r in edges_of(sink.store, FLOUR)) == ["f-consumed", "more"]
    back = edges_of(sink.store, DOUGH, direction="backward")
    assert sorted(r[3] for r in back) == ["f-consumed", "more"]


def test_a_role_once_written_is_neither_asked_for_nor_written_again(sink: GraphSink) -> None:
    role = NodeFact(Label.LOT, FLOUR, ERP, (Role.SUPPLIER_LOT,))
    assert sink.write([role]) == Written(nodes_new=1)
    assert sink.write([role, consumed()]) == Written(nodes_new=1, flows_new=1)
    more = replace(role, roles=(Role.SUPPLIER_LOT, Role.PRODUCT_LOT))
    assert sink.write([more]) == Written(nodes_changed=1)
    assert GraphSink(sink.store, at(1000)).write([more]) == Written()
    [row] = GraphIndex(sink.store).nodes([FLOUR])
    assert row.roles == ("ProductLot", "SupplierLot")


def test_lots_and_what_gives_them_their_part_are_written_in_one_go(
    sink: GraphSink, tmp_path: Path
) -> None:
    (tmp_path / "lots.csv").write_text("lot_id,status\nlot:S:P:1,ok\n", encoding="utf-8")
    production = "batch_id,output_id\nB1,lot:S:P:1\n"
    (tmp_path / "production.csv").write_text(production, encoding="utf-8")
    written = load_tables(tmp_path, sink).written
    assert (written.nodes_new, written.nodes_changed) == (3, 0)
    [row] = GraphIndex(sink.store).nodes([NodeId("lot:S:P:1")])
    assert row.roles == ("ProductLot",)


LINK = LinkFact(
    Link.OF_PRODUCT, FLOUR, Label.LOT, NodeId("product:FLOUR"), Label.PRODUCT, ERP, part="lot"
)


def test_a_link_is_stored_once_for_each_part(sink: GraphSink) -> None:
    assert sink.write([LINK, LINK, replace(LINK, part="other")]).links_new == 2
    assert sink.write([LINK]) == Written(unchanged=1)


@pytest.mark.parametrize("flow", Flow)
def test_every_flow_between_every_kind_it_joins(sink: GraphSink, flow: Flow) -> None:
    sources, targets = FLOW_ENDS[flow]
    facts = [
        FlowFact(flow, NodeId(f"a:{s}{t}"), s, NodeId(f"b:{s}{t}"), t, f"{flow}{s}{t}", ERP)
        for s in sorted(sources)
        for t in sorted(targets)
    ]
    assert sink.write(facts).flows_new == len(facts)
    assert sink.write(facts) == Written(unchanged=len(facts))
    assert FEW_AT[flow] in ("source", "target")


def test_a_failed_write_leaves_nothing(sink: GraphSink) -> None:
    creation = create_nodes([Label.LOT], ["node_id", "code"])
    with pytest.raises(StoreError):
        sink.store.write(
            lambda tx: [
                tx.run(creation, rows=[{"node_id": "lot:a:b:c", "code": "c"}]),
                tx.run(creation, rows=[{"node_id": ["not", 1, {}]}]),
            ]
        )
    assert sink.store.run(NODE_COUNT)[0].count == 0


def test_writers_side_by_side_neither_lose_nor_double(sink: GraphSink) -> None:
    barrier = Barrier(4)
    counts: list[Written] = []

    def work(number: int) -> None:
        barrier.wait()
        for i in range(10):
            fact = consumed(fact_id=f"f{i}", source_id=NodeId(f"lot:S:P:{i}"))
            counts.append(sink.write([fact, lot(status="ok"), consumed(fact_id=f"w{number}-{i}")]))

    threads = [Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == 40
    assert sink.store.run(FLOW_COUNT)[0].count == 50
    assert sum(w.flows_new for w in counts) == 50


def test_nodes_that_are_looked_up_are_locked_where_writers_work_side_by_side(
    sink: GraphSink,
) -> None:
    sink.write([consumed()])
    first_holds, other_was_let_in = Event(), Event()

    def hold(tx: Transaction) -> bool:
        found = tx.one(LOCK_NODES, ids=[DOUGH, FLOUR, "lot:unknown"]).ids
        assert sorted(found) == [DOUGH, FLOUR]
        first_holds.set()
        return other_was_let_in.wait(1)

    def enter(tx: Transaction) -> None:
        tx.one(LOCK_NODES, ids=[FLOUR])
        other_was_let_in.set()

    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(sink.store.write, hold)
        first_holds.wait()
        pool.submit(sink.store.write, enter).result()
        assert not held.result()


def test_a_stream_of_batches_is_written_in_order(sink: GraphSink) -> None:
    batches = [
        [consumed(fact_id=f"f{i}-{j}", source_id=NodeId(f"lot:S:P:{i}-{j}")) for j in range(20)]
        for i in range(6)
    ]
    assert [w.flows_new for w in sink.stream(batches)] == [20] * 6


def test_a_stream_leaves_python_as_it_was_when_it_ends(sink: GraphSink) -> None:
    before = gc.get_threshold(), sys.getswitchinterval()
    first, second = (sink.stream([[consumed()], [consumed()]]) for _ in range(2))
    assert next(first).flows_new == 1
    assert next(second).flows_new == 0
    for stream in (first, second):
        assert gc.get_threshold() > before[0]
        assert sys.getswitchinterval() < before[1]
        stream.close()
    assert (gc.get_threshold(), sys.getswitchinterval()) == before


def test_a_stream_stops_at_the_first_failure(sink: GraphSink) -> None:
    bad: list[Fact] = [lot(produced_at=datetime(2026, 1, 1))]  # noqa: DTZ001
    with pytest.raises(ValueError, match="without zone"):
        list(sink.stream([[consumed()], bad, [consumed(fact_id="later")]]))


def test_versions_of_flows_in_a_stream_are_folded_as_if_in_turn(sink: GraphSink) -> None:
    names = [f"f{j}" for j in range(300)]
    sink.write([consumed(fact_id="before")])
    batches = [
        [consumed(f"{10 + i}", recorded_at=at(i), fact_id=name) for name in names] for i in range(6)
    ]
    assert sum(sink.stream(batches), Written()).flows_new == len(names)
    assert sorted(r[3] for r in edges_of(sink.store, FLOUR)) == ["before", *sorted(names)]
    assert sink.store.run(FLOW_COUNT)[0].count == 1 + len(batches) * len(names)


def test_claims_in_a_stream_are_all_kept(sink: GraphSink) -> None:
    lots = [NodeId(f"lot:S:P:{j}") for j in range(300)]
    sink.write([NodeFact(Label.LOT, one, ERP) for one in lots])
    told = {f"p{i}": f"v{i}" for i in range(6)}
    batches = [[NodeFact(Label.LOT, one, ERP, (), {k: v}) for one in lots] for k, v in told.items()]
    assert sum(sink.stream(batches), Written()).nodes_changed == len(batches) * len(lots)
    assert all(row.properties == told for row in GraphIndex(sink.store).nodes(lots))


def test_a_stream_that_is_closed_leaves_whole_batches_and_no_thread(sink: GraphSink) -> None:
    def batches() -> Iterator[list[Fact]]:
        for i in range(100):
            yield [consumed(fact_id=f"f{i}-{j}", source_id=NodeId(f"lot:{i}")) for j in range(10)]

    before = active_count()
    stream = sink.stream(batches())
    assert next(stream).flows_new == 10
    stream.close()
    assert active_count() == before
    assert sink.store.run(FLOW_COUNT)[0].count in range(10, 60, 10)


def test_what_breaks_off_the_making_of_batches_ends_the_stream(sink: GraphSink) -> None:
    def batches() -> Iterator[list[Fact]]:
        yield [consumed()]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(sink.stream(batches()))
    assert sink.store.run(FLOW_COUNT)[0].count in (0, 1)
    assert sum((w for w in sink.stream([[consumed()]])), Written()).flows_changed == 0
    assert sink.store.run(FLOW_COUNT)[0].count == 1


def test_texts_beyond_one_message_of_the_database_are_written_in_several(sink: GraphSink) -> None:
    long = "s" * 6_000
    facts = [
        NodeFact(Label.LOT, NodeId(f"lot:S:T:{i}"), ERP, properties={"note": long})
        for i in range(1_600)
    ]
    assert sink.write(facts).nodes_new == 1_600
    assert sink.write([replace(f, properties={"note": "x" + long}) for f in facts]) == Written(
        nodes_changed=1_600
    )


def test_two_programs_on_one_folder_write_in_turn(
    sink: GraphSink, database: Endpoint, tmp_path: Path
) -> None:
    def work(first: int) -> None:
        with connect(database) as own:
            own.folder = tmp_path
            barrier.wait()
            for i in range(15):
                facts = [lot(**{f"seen_{first}": str(i)}), consumed(fact_id=f"f{i}"), LINK]
                GraphSink(own, at(1000)).write(facts)

    barrier = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert sink.store.run(FLOW_COUNT)[0].count == 15
    assert sink.write([LINK]) == Written(unchanged=1)
    [row] = GraphIndex(sink.store).nodes([FLOUR])
    assert {"seen_0", "seen_1"} <= row.properties.keys()
