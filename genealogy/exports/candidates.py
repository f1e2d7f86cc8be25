"""What a name may mean, as records; lots and batches carry the name of their product."""

from __future__ import annotations

from collections.abc import Sequence

from genealogy.errors import Ambiguous, NotFound
from genealogy.exports.records import Record, candidate_record, near_record
from genealogy.messages import text
from genealogy.model.facts import NodeId
from genealogy.ports import NodeIndex, NodeRow
from genealogy.trace.resolve import Candidate, near

#: Candidates that are listed with an error; its count says how many there are.
MOST_LISTED = 20


def candidate_records(index: NodeIndex, found: Sequence[Candidate]) -> list[Record]:
    """The candidates in the order given."""
    products = _products(index, [candidate.node for candidate in found])
    return [candidate_record(c, products.get(c.node.product_id)) for c in found]


def near_records(index: NodeIndex, name: str, found: Sequence[Candidate] = ()) -> list[Record]:
    """What an unknown name may have been meant to say: partial matches, then similar codes.

    Similar codes have the match "near".
    """
    known = {candidate.node.node_id for candidate in found}
    rows = [row for row in near(index, name, found) if row.node_id not in known]
    products = _products(index, rows)
    alike = [near_record(row, products.get(row.product_id)) for row in rows]
    return [*candidate_records(index, found), *alike]


def explained(
    index: NodeIndex,
    error: Ambiguous | NotFound,
    nothing_near: str,
    language: str | None = None,
    kind: str = "any_kind",
) -> Ambiguous | NotFound:
    """The error of the resolver with records of what the name may mean as ``candidates``.

    Twenty at most. The words ``nothing_near`` tell what to do where there is none; ``kind`` is
    what was looked for, as a window names it.
    """
    found = error.params["candidates"][:MOST_LISTED]
    if isinstance(error, Ambiguous):
        return Ambiguous(**{**error.params, "candidates": candidate_records(index, found)})
    name = error.params["text"]
    close = near_records(index, name, found)
    told = ", ".join(_told(record) for record in close[:5])
    return NotFound(
        kind=text(f"resolve.{kind}", language),
        text=name,
        near=text("resolve.did_you_mean", language, names=told) if close else nothing_near,
        candidates=close,
    )


def name_of(record: Record) -> str:
    """What a node is called: by its own name, else by that of its product."""
    return record["name"] or record["product_name"] or ""


def _told(record: Record) -> str:
    name = name_of(record)
    return f"{record['id']} ({name})" if name else str(record["id"])


def _products(index: NodeIndex, rows: Sequence[NodeRow]) -> dict[NodeId | None, NodeRow]:
    wanted = sorted({row.product_id for row in rows if row.product_id is not None})
    return {row.node_id: row for row in index.nodes(wanted)} if wanted else {}
