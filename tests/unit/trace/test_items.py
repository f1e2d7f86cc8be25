"""One faulty serial: what it may have reached, and that its lot is not condemned by it."""

from __future__ import annotations

from typing import Any

import pytest

from genealogy.model.facts import LinkFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label, Link
from genealogy.trace.result import Mode, TraceQuery, Window, WindowKind
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import SOURCE, day, flow, genealogy

USED, MADE, SERIAL, IN = Flow.CONSUMED_BY, Flow.PRODUCED, Flow.SERIALISED_AS, Flow.CONTAINED_IN
SHIPPED, PART = Flow.SHIPPED_IN, Flow.PART_OF
X, Y, LATE, LOT = "item:P:X", "item:P:Y", "item:P:LATE", "lot:M:P:1"

#: Two pumps of one lot in one case on a pallet, a third packed later; a valve lot in each.
PACKED = genealogy(
    [
        flow(USED, "lot:S:RM:1", "batch:1", 0),
        flow(MADE, "batch:1", LOT, 1),
        *(flow(SERIAL, LOT, item, at) for item, at in ((X, 2), (Y, 2), (LATE, 3))),
        flow(PART, "lot:S:VALVE:1", X, 2, start=2),
        flow(PART, "lot:S:VALVE:2", Y, 2, start=2),
        flow(IN, X, "unit:case", start=3, end=6),
        flow(IN, Y, "unit:case", start=3, end=6),
        flow(IN, "unit:case", "unit:pallet", start=4, end=5),
        flow(IN, LATE, "unit:pallet", start=5),
        flow(SHIPPED, "unit:pallet", "shipment:1", 4),
        flow(Flow.DELIVERED_TO, "shipment:1", "party:hospital", 5, start=4),
        flow(PART, X, "item:BED:1", start=7),
        flow(SHIPPED, "item:BED:1", "shipment:2", 8),
        flow(SHIPPED, Y, "shipment:3", 8),
        flow(Flow.RETURNED_IN, X, "shipment:back", 9),
        flow(SHIPPED, LOT, "shipment:rest", 6),
    ]
)


def found(seed: str, way: Any = "forward", mode: Mode = Mode.EXACT) -> set[str]:
    query = TraceQuery((NodeId(seed),), way, mode)
    return set(trace(MemoryFlows(PACKED.facts), query).node_ids()) - {seed}


@pytest.mark.parametrize("mode", Mode)
def test_a_faulty_serial_goes_through_its_packing_and_its_host_and_nowhere_else(mode: Mode) -> None:
    assert found(X, mode=mode) == {
        "unit:case",
        "unit:pallet",
        "shipment:1",
        "party:hospital",
        "item:BED:1",
        "shipment:2",
        "shipment:back",
    }
    assert found(LATE, mode=mode) == {"unit:pallet"}


def test_a_part_in_a_serial_condemns_no_other_serial_of_the_lot() -> None:
    ahead = found("lot:S:VALVE:1")
    assert X in ahead
    assert not ahead & {Y, LATE, LOT, "shipment:3", "shipment:rest"}


@pytest.mark.parametrize("cause", ["lot:S:RM:1", "batch:1", LOT])
def test_a_cause_upstream_of_the_lot_reaches_every_serial_of_it(cause: str) -> None:
    assert found(cause) >= {X, Y, LATE, "shipment:3", "shipment:rest", "item:BED:1"}


def test_backward_from_a_serial_lies_its_lot_but_no_sister() -> None:
    assert found(X, "backward") == {LOT, "batch:1", "lot:S:RM:1", "lot:S:VALVE:1"}
    assert not found(X, "both") & {Y, LATE, "shipment:3", "shipment:rest"}
    assert found("shipment:3", "backward") >= {Y, LOT}
    assert X not in found("shipment:3", "backward")


def test_an_excursion_of_one_serial_starts_with_that_serial_alone() -> None:
    told = {"kind": "storage_excursion", "occurred_at": day(7), "ended_at": day(8)}
    event = NodeFact(Label.QUALITY_EVENT, NodeId("quality:1"), SOURCE, properties=told)
    about = LinkFact(Link.ABOUT, event.node_id, event.label, NodeId(Y), Label.ITEM, SOURCE)
    window = Window(WindowKind.EVENT, event.node_id)
    facts = [*PACKED.facts, event, about]
    answer = trace(MemoryFlows(facts), TraceQuery((), "forward", windows=(window,)))
    assert set(answer.node_ids()) == {Y, "shipment:3"}
