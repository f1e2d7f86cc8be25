"""The products of what a trace reached: lots and batches are known by their product's name."""

from __future__ import annotations

from dataclasses import replace

from genealogy.ports import NodeIndex
from genealogy.trace.result import Trace


def with_products(trace: Trace, index: NodeIndex) -> Trace:
    """The trace with the rows of its nodes' products added; what was reached stays the same."""
    named = {row.product_id for row in trace.rows.values() if row.product_id is not None}
    wanted = sorted(named - trace.rows.keys())
    if not wanted:
        return trace
    products = index.nodes(wanted)
    return replace(trace, rows=trace.rows | {row.node_id: row for row in products})
