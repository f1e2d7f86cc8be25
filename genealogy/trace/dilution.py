"""A trace without the nodes that can hold only a trifle of seed material.

Judged by what a node can hold at most, so that what is left out is left out with proof;
a node of which that is not known stays, and so does one on the path to a node that
stays. Each node left out is told as a frontier: such an answer is not whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from genealogy.errors import InvalidQuery
from genealogy.model.facts import NodeId
from genealogy.trace.columns import select
from genealogy.trace.result import (
    Amount,
    Frontier,
    FrontierReason,
    Reached,
    Steps,
    Trace,
    TraceQuery,
)


def refuse_amounts(query: TraceQuery) -> None:
    """Raise InvalidQuery for quantities asked backward, and for a threshold without sense."""
    if query.quantities and query.direction == "backward":
        raise InvalidQuery("quantities_backward")
    if query.dilution is not None and not (query.quantities and 0 < query.dilution <= 1):
        raise InvalidQuery("no_dilution", dilution=query.dilution)


def without_diluted(trace: Trace) -> Trace:
    """The trace without nodes below the dilution threshold of its question, if it has one."""
    threshold, amounts = trace.query.dilution, trace.amounts
    if threshold is None or amounts is None:
        return trace
    thin = {node for node, told in amounts.items() if _is_thin(told, Fraction(threshold))}
    thin -= {r.node_id for r in trace.reached if r.direction != "forward"}
    thin -= set(_on_the_way(trace, thin))
    if not thin:
        return trace
    left_out = (Frontier(node, FrontierReason.DILUTION) for node in thin)
    frontiers = (f for f in trace.completeness.frontiers if f.node_id not in thin)
    ordered = tuple(sorted((*frontiers, *left_out), key=lambda f: (f.reason, f.node_id)))
    gaps = tuple(gap for gap in trace.completeness.gaps if gap.node_id not in thin)
    found = _less(trace, thin)
    return replace(found, completeness=replace(trace.completeness, frontiers=ordered, gaps=gaps))


def _is_thin(amounts: tuple[Amount, ...], threshold: Fraction) -> bool:
    """Whether all seed material in a node together is less than the threshold."""
    total = Fraction(0)
    for amount in amounts:
        if amount.most_of_node is None:
            return False
        total += amount.most_of_node
    return bool(amounts) and total < threshold


def _on_the_way(trace: Trace, thin: set[NodeId]) -> Iterator[NodeId]:
    """The nodes on the witness paths of those that stay."""
    for steps in trace.steps.values():
        seen: set[int] = set()
        for node, step in steps.first.items():
            if node in thin:
                continue
            while step >= 0 and step not in seen:
                seen.add(step)
                if steps.edge[step] >= 0:
                    yield trace.edges.source[steps.edge[step]]
                    yield trace.edges.target[steps.edge[step]]
                step = steps.before[step]


def _less(trace: Trace, thin: set[NodeId]) -> Trace:
    """The trace without some nodes, their edges, and the steps that led to them."""
    edges = trace.edges
    ends = enumerate(zip(edges.source, edges.target, strict=True))
    picks = [i for i, pair in ends if thin.isdisjoint(pair)]
    place = {before: after for after, before in enumerate(picks)}
    reached = tuple(_moved(r, place) for r in trace.reached if r.node_id not in thin)
    steps = {
        way: Steps(
            [place.get(edge, -1) for edge in told.edge],
            told.before,
            {node: step for node, step in told.first.items() if node not in thin},
        )
        for way, told in trace.steps.items()
    }
    amounts = {node: told for node, told in (trace.amounts or {}).items() if node not in thin}
    return replace(trace, reached=reached, edges=select(edges, picks), steps=steps, amounts=amounts)


def _moved(reached: Reached, place: dict[int, int]) -> Reached:
    return reached if reached.via is None else replace(reached, via=place[reached.via])
