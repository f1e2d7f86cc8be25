"""Material without lot number in shapes worked out by hand: a backflushed glue."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from genealogy.model.facts import FlowFact, LinkFact, NodeFact, NodeId
from genealogy.model.names import Confidence, Flow, Label, Link
from genealogy.trace.details import with_details
from genealogy.trace.obstacles import ObstacleKind
from genealogy.trace.paths import best_paths
from genealogy.trace.result import Mode, Trace, TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.shares import with_amounts
from genealogy.trace.why_absent import why_absent
from genealogy.trace.why_not import why_not
from tests.fakes import MemoryFlows
from tests.genealogies import DAY_ZERO, SOURCE, Genealogy, day, flow, genealogy

USED, MADE = Flow.CONSUMED_BY, Flow.PRODUCED
GTIN = NodeId("(01)09506000134352")
GLUE, OLD, NEW = "unlotted:product:GLUE", "lot:S:GLUE:1", "lot:S:GLUE:2"


def kilos(amount: int, *told: Any, **more: Any) -> FlowFact:
    return replace(flow(*told, **more), quantity=Decimal(amount), uom="KGM")


def glued(*more: FlowFact) -> Genealogy:
    """The old lot came and was used up by day 4, the new one came on day 3."""
    drawn = genealogy(
        [
            kilos(10, Flow.SUPPLIED, "party:S", OLD, 1),
            kilos(10, USED, OLD, "batch:1", 4),
            kilos(10, Flow.SUPPLIED, "party:S", NEW, 3),
            *(flow(USED, GLUE, f"batch:at{at}", at) for at in (0, 2, 4, 6)),
            *(flow(MADE, f"batch:at{at}", f"lot:M:SET:{at}", at) for at in (0, 2, 4, 6)),
            *more,
        ],
        more=["product:GLUE"],
    )
    product = (NodeId("product:GLUE"), Label.PRODUCT, SOURCE)
    ends = (NodeId(lot) for lot in (OLD, NEW, GLUE))
    return replace(
        drawn, links=tuple(LinkFact(Link.OF_PRODUCT, lot, Label.LOT, *product) for lot in ends)
    )


def ask(drawn: Genealogy, seed: str, way: Any = "forward", **more: Any) -> Trace:
    return trace(MemoryFlows(drawn.facts), TraceQuery((NodeId(seed),), way, **more))


def batches(answer: Trace) -> set[str]:
    return {n.removeprefix("batch:at") for n in answer.node_ids() if n.startswith("batch:at")}


def test_every_use_while_a_lot_was_on_hand_may_be_of_it() -> None:
    old, new = ask(glued(), OLD), ask(glued(), NEW)
    assert batches(old) == {"2", "4"}
    assert batches(new) == {"4", "6"}
    assert GLUE in old.inferred
    assert "batch:1" not in old.inferred
    assert batches(old) <= {n.removeprefix("batch:at") for n in old.inferred}
    [guess] = [i for i, flow_type in enumerate(old.edges.type) if flow_type == Flow.MAY_BE]
    assert old.edges.confidence[guess] == Confidence.INFERRED
    assert (GLUE, "unlotted_material") in {(g.node_id, g.kind) for g in old.completeness.gaps}


@pytest.mark.parametrize(
    ("nameless", "lot"),
    [("product:F", f"lot:S:{GTIN}:1"), (GTIN, "lot:S:F:1")],
)
def test_a_lot_named_by_the_gtin_of_a_product_may_be_what_has_no_number(
    nameless: str, lot: str
) -> None:
    drawn = genealogy(
        [flow(USED, f"unlotted:{nameless}", "batch:B", 4), flow(MADE, "batch:A", lot, 1)],
        more=["product:F"],
        properties={"product:F": {"gtin": GTIN.removeprefix("(01)")}},
    )
    product = NodeId("product:F" if lot == "lot:S:F:1" else GTIN)
    links = (
        LinkFact(Link.OF_PRODUCT, NodeId(lot), Label.LOT, product, Label.PRODUCT, SOURCE),
        LinkFact(Link.OF_PRODUCT, GTIN, Label.PRODUCT, NodeId("product:F"), Label.PRODUCT, SOURCE),
    )
    drawn = replace(drawn, nodes=(*drawn.nodes, NodeFact(Label.PRODUCT, GTIN, SOURCE)), links=links)
    assert "batch:B" in ask(drawn, lot).node_ids()
    assert lot in ask(drawn, "batch:B", "backward").node_ids()


def test_a_product_leads_back_to_every_lot_that_was_on_hand() -> None:
    behind = {
        at: set(ask(glued(), f"lot:M:SET:{at}", "backward").node_ids()) for at in (0, 2, 4, 6)
    }
    assert {at: {OLD, NEW} & found for at, found in behind.items()} == {
        0: set(),
        2: {OLD},
        4: {OLD, NEW},
        6: {NEW},
    }


def test_conservatively_every_lot_may_be_every_use() -> None:
    assert batches(ask(glued(), OLD, mode=Mode.CONSERVATIVE)) == {"0", "2", "4", "6"}


def test_a_lot_that_is_not_known_to_be_used_up_is_on_hand_still() -> None:
    drawn = glued()
    lost = [replace(f, quantity=None) if f.source_id == OLD else f for f in drawn.flows]
    assert batches(ask(replace(drawn, flows=tuple(lost)), OLD)) == {"2", "4", "6"}


@pytest.mark.parametrize(
    "back",
    [
        flow(Flow.RETURNED_IN, OLD, "shipment:back", 5),
        flow(Flow.PART_OF, OLD, "item:SET:1", 2, start=2, end=5),
        flow(Flow.STORED_AT, OLD, "place:shelf", 2, start=2),
    ],
)
def test_a_lot_of_which_some_came_back_may_be_there_again(back: FlowFact) -> None:
    assert batches(ask(glued(back), OLD)) == {"2", "4", "6"}


def test_a_clock_that_is_off_widens_when_a_lot_was_on_hand() -> None:
    told = (("tests", timedelta(days=2)),)
    assert batches(ask(glued(), OLD, clock_tolerance=told)) == {"0", "2", "4", "6"}


def test_as_of_a_day_a_lot_was_on_hand_that_was_used_up_later() -> None:
    assert batches(ask(glued(), OLD, as_of=day(2))) == {"2"}
    assert GLUE not in set(ask(glued(), NEW, as_of=day(3)).node_ids())


def test_a_lot_without_any_arrival_is_on_hand_since_it_was_made() -> None:
    drawn = glued()
    flows = tuple(f for f in drawn.flows if f.target_id != NEW)
    made = tuple(
        replace(n, properties={"produced_at": DAY_ZERO + timedelta(days=5)})
        if n.node_id == NEW
        else n
        for n in drawn.nodes
    )
    assert batches(ask(replace(drawn, flows=flows), NEW)) == {"0", "2", "4", "6"}
    assert batches(ask(replace(drawn, flows=flows, nodes=made), NEW)) == {"6"}


def test_what_may_be_of_a_lot_holds_none_of_it_for_certain() -> None:
    source = MemoryFlows(glued().facts)
    query = TraceQuery((NodeId(OLD),), "forward", quantities=True)
    told = with_amounts(with_details(trace(source, query), source), source).amounts or {}
    for node in (GLUE, "batch:at2", "lot:M:SET:2"):
        [amount] = told[NodeId(node)]
        assert (amount.least, amount.share, amount.most) == (0, None, 10)
    assert told[NodeId("batch:1")][0].least == 10


def test_every_path_by_way_of_a_guess_is_found() -> None:
    drawn = glued(flow(USED, OLD, "batch:at4", 4))
    answer = ask(drawn, OLD)
    source = MemoryFlows(drawn.facts)
    paths = best_paths(source, answer, NodeId("lot:M:SET:4"), "forward", 5)
    assert [len(path) for path in paths] == [2, 3]


def test_that_a_lot_was_not_on_hand_is_said_to_be_in_the_way() -> None:
    source = MemoryFlows(glued().facts)
    query = TraceQuery((NodeId(OLD),), "forward")
    [obstacle] = why_not(source, source, query, NodeId("lot:M:SET:6")).obstacles
    assert (obstacle.kind, obstacle.node_id) == (ObstacleKind.ON_HAND, GLUE)


def spare() -> Genealogy:
    """Material without lot number of which only more came, and nothing moved on since."""
    drawn = glued()
    kept = [f for f in drawn.flows if not (f.source_id == GLUE and f.type == USED)]
    return replace(drawn, flows=tuple(kept))


def test_material_without_lot_number_of_which_nothing_moved_is_told_as_that() -> None:
    drawn = spare()
    source = MemoryFlows(drawn.facts)
    for mode in Mode:
        query = TraceQuery((NodeId(OLD),), "forward", mode)
        assert GLUE not in set(trace(source, query).node_ids())
        found = why_absent(source, source, query, NodeId(GLUE))
        [obstacle] = found.obstacles
        assert (obstacle.kind, obstacle.node_id) == (ObstacleKind.UNUSED, GLUE)
        assert found.edges.type[obstacle.came or 0] == Flow.MAY_BE
        back = TraceQuery((NodeId(GLUE),), "backward", mode)
        assert OLD not in set(trace(source, back).node_ids())
        found = why_absent(source, source, back, NodeId(OLD))
        assert [o.kind for o in found.obstacles] == [ObstacleKind.UNUSED]


def test_why_not_does_not_call_reached_what_the_trace_leaves_out() -> None:
    source = MemoryFlows(glued().facts)
    for node in glued().ids():
        for way in ("forward", "backward"):
            query = TraceQuery((NodeId(OLD),), way)  # type: ignore[arg-type]
            told = why_absent(source, source, query, node)
            assert told.reached == (node in set(trace(source, query).node_ids())), node
