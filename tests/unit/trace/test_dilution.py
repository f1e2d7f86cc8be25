"""The dilution filter leaves out only what can be proved thin, and says so."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from genealogy.errors import InvalidQuery
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.trace.details import with_details
from genealogy.trace.dilution import refuse_amounts, without_diluted
from genealogy.trace.result import Frontier, FrontierReason, State, Trace, TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.shares import with_amounts
from genealogy.trace.witness import hops
from tests.amounts import moved
from tests.fakes import MemoryFlows
from tests.genealogies import genealogy

USED, MADE = Flow.CONSUMED_BY, Flow.PRODUCED
RAW, THIN, THICK = "lot:S:RM:1", "lot:M:RM:thin", "lot:M:RM:thick"
FLOWS = [
    moved(USED, RAW, "batch:1", 1, 1),
    moved(USED, "lot:S:RM:2", "batch:1", 999, 1),
    moved(MADE, "batch:1", THIN, 1000, 2),
    moved(USED, RAW, "batch:2", 1, 1),
    moved(MADE, "batch:2", THICK, 1, 2),
]


def filtered(flows: list, threshold: str) -> Trace:
    source = MemoryFlows(genealogy(flows).facts)
    query = TraceQuery((NodeId(RAW),), "forward", quantities=True, dilution=Decimal(threshold))
    found = with_amounts(with_details(trace(source, query), source), source)
    return without_diluted(replace(found, query=query))


def test_nodes_below_the_threshold_are_left_out_and_told() -> None:
    found = filtered(FLOWS, "0.01")
    assert list(found.node_ids()) == [RAW, "batch:2", THICK]
    left_out = [Frontier(NodeId(n), FrontierReason.DILUTION) for n in ("batch:1", THIN)]
    assert list(found.completeness.frontiers) == left_out
    assert found.completeness.state is State.TRUNCATED
    assert set(found.edges.target) == {"batch:2", THICK}
    assert [hop.after for hop in hops(found, NodeId(THICK))] == ["batch:2", THICK]


def test_what_can_reach_the_threshold_stays() -> None:
    assert THIN in list(filtered(FLOWS, "0.001").node_ids())


def test_what_is_not_known_stays_with_the_path_to_it() -> None:
    more = moved(USED, THIN, "batch:3", None, 3)
    other = moved(USED, "lot:S:RM:3", "batch:3", None, 3)
    found = filtered([*FLOWS, more, other], "0.01")
    assert {"batch:1", THIN, "batch:3"} <= set(found.node_ids())
    assert not found.completeness.frontiers


def test_pieces_are_not_compared_with_pieces_of_another_product() -> None:
    flows = [
        moved(USED, RAW, "batch:1", 1, 1, uom="H87"),
        moved(USED, "lot:S:SCREW:1", "batch:1", 9999, 1, uom="H87"),
    ]
    assert "batch:1" in list(filtered(flows, "0.5").node_ids())


@pytest.mark.parametrize("threshold", ["0", "1.5", "-0.1"])
def test_a_threshold_without_sense_is_refused(threshold: str) -> None:
    query = TraceQuery((NodeId(RAW),), "forward", quantities=True, dilution=Decimal(threshold))
    with pytest.raises(InvalidQuery) as refused:
        refuse_amounts(query)
    assert refused.value.error_code == "no_dilution"


def test_quantities_backward_are_refused() -> None:
    with pytest.raises(InvalidQuery) as refused:
        refuse_amounts(TraceQuery((NodeId(RAW),), "backward", quantities=True))
    assert refused.value.error_code == "quantities_backward"
