"""Who the nodes of a trace are: their data, and the products that lots and batches are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from genealogy.model.facts import NodeId
from genealogy.ports import FlowSource, NodeRow
from genealogy.trace.result import Trace


def with_details(trace: Trace, source: FlowSource) -> Trace:
    """The trace with its nodes and their products, as they were known at its record time."""
    rows = rows_with_products(source, list(trace.node_ids()), trace.query.known_at)
    return replace(trace, rows=rows)


def rows_with_products(
    source: FlowSource, node_ids: Sequence[NodeId], known_at: datetime | None = None
) -> dict[NodeId, NodeRow]:
    """What is known of nodes, and of the products they are of."""
    rows = {row.node_id: row for row in source.nodes(node_ids, known_at=known_at)}
    products = {row.product_id for row in rows.values() if row.product_id is not None}
    missing = sorted(products - rows.keys())
    more = source.nodes(missing, known_at=known_at) if missing else []
    return rows | {row.node_id: row for row in more}
