"""What a name may mean, as records; lots and batches carry the name of their product."""

from __future__ import annotations

from collections.abc import Sequence

from genealogy.exports.records import Record, candidate_record, near_record
from genealogy.model.facts import NodeId
from genealogy.ports import NodeIndex, NodeRow
from genealogy.trace.resolve import Candidate, near

#: Candidates that are listed with an error; its count says how many there are.
MOST_LISTED = 20


def candidate_records(index: NodeIndex, found: Sequence[Candidate]) -> list[Record]:
    """The candidates in the order given."""
    products = _products(index, [candidate.node for candidate in found])
    return [candidate_record(c, products.get(c.node.product_id)) for c in found]


def near_records(index: NodeIndex, text: str, found: Sequence[Candidate] = ()) -> list[Record]:
    """What an unknown name may have been meant to say: partial matches, then similar codes.

    Similar codes have the match "near".
    """
    known = {candidate.node.node_id for candidate in found}
    rows = [row for row in near(index, text, found) if row.node_id not in known]
    products = _products(index, rows)
    alike = [near_record(row, products.get(row.product_id)) for row in rows]
    return [*candidate_records(index, found), *alike]


def _products(index: NodeIndex, rows: Sequence[NodeRow]) -> dict[NodeId | None, NodeRow]:
    wanted = sorted({row.product_id for row in rows if row.product_id is not None})
    return {row.node_id: row for row in index.nodes(wanted)} if wanted else {}
