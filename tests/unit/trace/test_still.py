"""Material by which nothing is passed on: reached, listed, and not followed."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import LinkFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label, Link
from genealogy.trace.result import FrontierReason, Mode, State, Trace, TraceQuery
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import SOURCE, Genealogy, flow, genealogies, genealogy, kind_of
from tests.oracle.expanded import expected
from tests.oracle.test_trace_against_oracles import found, modes, now, ways
from tests.unit.trace.following import frontiers, gaps

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "60")), deadline=None)
WATER = NodeId("product:water")


def still(drawn: Genealogy, *lots: str) -> Genealogy:
    """The genealogy where these lots are of a product that passes nothing on."""
    product = NodeFact(Label.PRODUCT, WATER, SOURCE, properties={"non_propagating": True})
    links = [
        LinkFact(Link.OF_PRODUCT, NodeId(lot), kind_of(lot), WATER, Label.PRODUCT, SOURCE)
        for lot in lots
    ]
    return replace(drawn, nodes=(*drawn.nodes, product), links=(*drawn.links, *links))


def ask(drawn: Genealogy, *seeds: str, way: Literal["forward", "backward"] = "forward") -> Trace:
    return trace(MemoryFlows(drawn.facts), TraceQuery(tuple(map(NodeId, seeds)), way))


MIXED = still(
    genealogy(
        [
            flow(Flow.PRODUCED, "batch:well", "lot:water", 0),
            flow(Flow.CONSUMED_BY, "lot:water", "batch:1", 1),
            flow(Flow.CONSUMED_BY, "lot:resin", "batch:1", 1),
            flow(Flow.PRODUCED, "batch:1", "lot:cap", 2),
        ]
    ),
    "lot:water",
)


def test_a_trace_ends_at_such_a_lot_and_says_so_without_being_cut_off() -> None:
    answer = ask(MIXED, "batch:well")
    assert set(answer.node_ids()) == {"batch:well", "lot:water"}
    assert frontiers(answer) == [("non_propagating", "lot:water")]
    assert answer.completeness.state is State.COMPLETE
    assert answer.completeness.count(FrontierReason.NON_PROPAGATING) == 1


def test_backward_it_is_no_lot_without_origin() -> None:
    answer = ask(MIXED, "lot:cap", way="backward")
    assert set(answer.node_ids()) == {"lot:cap", "batch:1", "lot:water", "lot:resin"}
    assert gaps(answer) == [("lot_without_origin", "lot:resin")]
    assert frontiers(answer) == [("non_propagating", "lot:water")]


def test_as_a_seed_it_is_followed() -> None:
    assert "lot:cap" in set(ask(MIXED, "lot:water").node_ids())


@ENOUGH
@given(drawn=genealogies(), way=ways, mode=modes, data=st.data())
def test_it_is_as_if_nothing_led_on_from_there(
    drawn: Genealogy, way: Literal["forward", "backward"], mode: Mode, data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(drawn.ids()))
    lots = data.draw(st.sets(st.sampled_from(drawn.ids(Label.LOT)))) - {seed}
    flows = MemoryFlows(still(drawn, *lots).facts)
    answer = trace(flows, TraceQuery((seed,), way, mode))
    graph = expected(drawn, now(drawn), [seed], way, exact=mode is Mode.EXACT, shut=lots)
    assert found(answer) == graph
