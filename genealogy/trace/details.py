"""Who the nodes of a trace are: their data, and the products that lots and batches are of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from genealogy.model.facts import NodeId
from genealogy.ports import FlowSource, NodeRow
from genealogy.trace.result import Trace


def with_details(trace: Trace, source: FlowSource) -> Trace:
    """The trace with its nodes and their products, as they were known at its record time."""

    def read(node_ids: Iterable[NodeId]) -> dict[NodeId, NodeRow]:
        rows = source.nodes(list(node_ids), known_at=trace.query.known_at)
        return {row.node_id: row for row in rows}

    nodes = read(trace.node_ids())
    named = {row.product_id for row in nodes.values() if row.product_id is not None}
    return replace(trace, rows=nodes | read(sorted(named - nodes.keys())))
