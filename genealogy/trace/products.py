"""The products of what a trace reached: lots and batches are known by their product's name."""

from __future__ import annotations

from dataclasses import replace

from genealogy.model.facts import NodeId
from genealogy.ports import NodeIndex, NodeRow
from genealogy.trace.result import Trace


def with_products(trace: Trace, index: NodeIndex) -> Trace:
    """The trace with the rows of its nodes' products added; what was reached stays the same."""
    wanted = {product_of(row) for row in trace.rows.values()} - {None, *trace.rows}
    if not wanted:
        return trace
    products = index.nodes([NodeId(product) for product in sorted(filter(None, wanted))])
    return replace(trace, rows=trace.rows | {row.node_id: row for row in products})


def product_of(row: NodeRow) -> NodeId | None:
    """The node id of the product that a node is of, where it is recorded."""
    found = row.properties.get("product_id")
    return NodeId(found) if isinstance(found, str) and found else None
