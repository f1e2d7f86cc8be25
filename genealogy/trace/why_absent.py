"""Why a node is not in a trace, whatever the trace is asked: the one way to ask it."""

from __future__ import annotations

from dataclasses import replace

from genealogy.model.facts import NodeId
from genealogy.ports import FlowHistory, FlowSource
from genealogy.trace.details import with_details
from genealogy.trace.dilution import refuse_amounts, without_diluted
from genealogy.trace.not_there import why_not_in_window
from genealogy.trace.obstacles import Obstacle, ObstacleKind, WhyNot
from genealogy.trace.result import TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.shares import with_amounts
from genealogy.trace.why_not import why_not


def why_absent(
    source: FlowSource, history: FlowHistory, query: TraceQuery, node_id: NodeId
) -> WhyNot:
    """What keeps a trace from reaching a node; nothing where the trace has it.

    A threshold of dilution is in the way only where nothing else is. Raises what a trace
    of the question raises.
    """
    refuse_amounts(query)
    search = why_not_in_window if query.windows else why_not
    told = search(source, history, replace(query, quantities=False, dilution=None), node_id)
    if told.reached and _is_diluted(source, query, node_id):
        told = replace(told, obstacles=(Obstacle(ObstacleKind.DILUTION, node_id),))
    return replace(told, query=query)


def _is_diluted(source: FlowSource, query: TraceQuery, node_id: NodeId) -> bool:
    if query.dilution is None:
        return False
    found = with_amounts(with_details(trace(source, query), source), source)
    return node_id not in set(without_diluted(found).node_ids())
