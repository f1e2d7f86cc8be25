"""What the picture shows: a mark for each node, or for each group of nodes when they are many.

A group says how many nodes it stands for and never hides a seed; links between
groups carry their count. The picture is a view: the table formats hold every node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from genealogy.exports.picture.layers import Link, acyclic, closing_links, layers
from genealogy.exports.picture.palette import STATUSES, Status, both, look_of
from genealogy.exports.records import node_records, node_row, product_row
from genealogy.model.facts import NodeId
from genealogy.model.names import Confidence, Flow
from genealogy.ports import FlowRows, NodeRow
from genealogy.trace.result import Trace

#: More marks than this are grouped.
MOST_MARKS = 200
#: Up to so many seeds, and so many parties, stay apart even then: where it began, whom to tell.
MOST_APART = 40
LEAST_ALIKE = 3
BANDS = 12
LONG_CODE = 14

_SAME_STATUS = {
    "available": "in_stock",
    "stock": "in_stock",
    "hold": "on_hold",
    "quarantine": "on_hold",
    "quarantined": "on_hold",
    "blocked": "on_hold",
    "scrapped": "destroyed",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One node with what the picture says of it."""

    row: NodeRow
    product: NodeRow | None
    record: dict[str, Any]
    look: str
    status: Status | None


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing drawn; ``pieces`` are the nodes it stands for, ``inside`` its hidden links."""

    pieces: tuple[Piece, ...]
    look: str
    inside: int = 0

    @property
    def seed(self) -> bool:
        """Whether the trace started here."""
        return any(piece.record["direction"] == "seed" for piece in self.pieces)

    @property
    def status(self) -> Status | None:
        """The status all its nodes share, if they do."""
        found = {piece.status for piece in self.pieces}
        return found.pop() if len(found) == 1 else None

    @property
    def gaps(self) -> int:
        """How many gaps in the data lie at its nodes."""
        return sum(len(piece.record["gaps"]) for piece in self.pieces)

    @property
    def frontiers(self) -> int:
        """At how many of its nodes the trace did not go on."""
        return sum(piece.record["frontier"] is not None for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Bond:
    """The flow edges, by position in the trace's columns, from one mark to another.

    ``loop``: they all close a cycle (rework, returns).
    """

    source: int
    target: int
    edges: tuple[int, ...]
    loop: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything drawn."""

    marks: list[Mark]
    bonds: list[Bond]
    nodes: int

    @property
    def grouped(self) -> bool:
        """Whether some marks stand for several nodes."""
        return len(self.marks) < self.nodes


def scene(trace: Trace) -> Scene:
    """The marks and bonds of a trace, at most about ``MOST_MARKS`` marks."""
    pieces = _pieces(trace)
    position = {piece.row.node_id: i for i, piece in enumerate(pieces)}
    ends = [
        (position[s], position[t])
        for s, t in zip(trace.edges.source, trace.edges.target, strict=True)
    ]
    links = sorted(set(ends))
    closing = closing_links(len(pieces), links)
    part = _parts(pieces, acyclic(links, closing), MOST_MARKS)
    return _gathered(pieces, ends, trace.edge_order(), closing, part)


def total_quantity(pieces: Iterable[Piece]) -> str:
    """The sum with its unit where every node has a quantity in one unit, else empty."""
    amounts = [(p.row.properties.get("quantity"), p.row.properties.get("uom")) for p in pieces]
    units = {unit for _, unit in amounts}
    if len(units) != 1 or any(quantity is None for quantity, _ in amounts):
        return ""
    total = sum((Decimal(str(quantity)) for quantity, _ in amounts), Decimal())
    return f"{total:,f} {units.pop() or ''}".strip()


def _pieces(trace: Trace) -> list[Piece]:
    moving = _in_transit(trace.edges)
    pieces = []
    for record in node_records(trace):
        row = node_row(trace, record["id"])
        status = STATUSES["in_transit"] if row.node_id in moving else _status(row)
        pieces.append(Piece(row, product_row(trace, row), record, look_of(row), status))
    return pieces


def _in_transit(edges: FlowRows) -> set[NodeId]:
    deliveries = [i for i, kind in enumerate(edges.type) if kind == Flow.DELIVERED_TO]
    arrived = {edges.source[i] for i in deliveries if edges.occurred_at[i] is not None}
    return {edges.source[i] for i in deliveries} - arrived


def _status(row: NodeRow) -> Status | None:
    name = str(row.properties.get("status") or "").strip().lower().replace(" ", "_")
    return STATUSES.get(_SAME_STATUS.get(name, name))


def _parts(pieces: Sequence[Piece], links: Sequence[Link], most: int) -> list[int]:
    if len(pieces) <= most:
        return list(range(len(pieces)))
    column = layers(len(pieces), links)
    part: list[int] = []
    for keys in _foldings(pieces, links, column):
        part = _numbered(keys)
        if max(part) < most:
            break
    return part


def _foldings(
    pieces: Sequence[Piece], links: Sequence[Link], column: Sequence[int]
) -> Iterable[list[Hashable]]:
    width = max(column) + 1
    apart = _apart(pieces)
    before, after = _neighbours(len(pieces), links)
    alike = _keys(pieces, lambda i, p: (column[i], p.look, _product(p), before[i], after[i]), apart)
    sizes = Counter(alike)
    yield [key if sizes[key] >= LEAST_ALIKE else i for i, key in enumerate(alike)]
    yield _keys(pieces, lambda i, p: (column[i], p.look, _product(p)), apart)
    yield _keys(pieces, lambda i, p: (column[i], p.look), apart)
    yield _keys(pieces, lambda i, p: (column[i] * BANDS // width, p.look), apart)


def _apart(pieces: Sequence[Piece]) -> set[int]:
    seeds = {i for i, piece in enumerate(pieces) if piece.record["direction"] == "seed"}
    parties = {i for i, piece in enumerate(pieces) if piece.look == "party"}
    return {i for few in (seeds, parties) if len(few) <= MOST_APART for i in few}


def _keys(
    pieces: Sequence[Piece], key: Callable[[int, Piece], Hashable], apart: set[int]
) -> list[Hashable]:
    # A seed is never in one group with what was reached from it.
    return [
        i if i in apart else (piece.record["direction"] == "seed", key(i, piece))
        for i, piece in enumerate(pieces)
    ]


def _product(piece: Piece) -> str:
    return str(piece.row.properties.get("product_id") or "")


def _product_name(piece: Piece) -> str:
    return (piece.product.name if piece.product else None) or _product(piece)


def _neighbours(
    size: int, links: Sequence[Link]
) -> tuple[list[frozenset[int]], list[frozenset[int]]]:
    before: list[set[int]] = [set() for _ in range(size)]
    after: list[set[int]] = [set() for _ in range(size)]
    for source, target in links:
        before[target].add(source)
        after[source].add(target)
    return [frozenset(b) for b in before], [frozenset(a) for a in after]


def _numbered(keys: Sequence[Hashable]) -> list[int]:
    number: dict[Hashable, int] = {}
    return [number.setdefault(key, len(number)) for key in keys]


def _gathered(
    pieces: Sequence[Piece],
    ends: Sequence[Link],
    order: Iterable[int],
    closing: set[Link],
    part: Sequence[int],
) -> Scene:
    members: dict[int, list[Piece]] = {}
    for i, piece in enumerate(pieces):
        members.setdefault(part[i], []).append(piece)
    edges: dict[Link, list[int]] = {}
    for i in order:
        source, target = ends[i]
        edges.setdefault((part[source], part[target]), []).append(i)
    marks = [
        Mark(tuple(found), found[0].look, len(edges.get((number, number), ())))
        for number, found in sorted(members.items())
    ]
    bonds = [
        Bond(s, t, tuple(found), all(ends[i] in closing for i in found))
        for (s, t), found in edges.items()
        if s != t
    ]
    return Scene(marks, bonds, len(pieces))


def title_of(mark: Mark) -> str:
    """The first line of a mark: the code, or how many there are of what."""
    if len(mark.pieces) == 1:
        row = mark.pieces[0].row
        return row.code or row.node_id
    products = {_product_name(piece) for piece in mark.pieces}
    return f"×{len(mark.pieces):,} {products.pop() if len(products) == 1 else ''}".strip()


def name_of(mark: Mark) -> str:
    """The second line of a mark: the name in Chinese and English, or the range of codes."""
    if len(mark.pieces) > 1:
        return _range(sorted(piece.row.code or piece.row.node_id for piece in mark.pieces))
    row, product = mark.pieces[0].row, mark.pieces[0].product
    named = row if row.name or product is None else product
    names = (named.properties.get("name_zh"), named.name)
    kind = row.properties.get("process") or row.properties.get("unit_type")
    return " ".join(str(name) for name in names if name) or str(kind or _product(mark.pieces[0]))


def _range(codes: Sequence[str]) -> str:
    """The first code, and of the last the end in which it differs."""
    first, last = codes[0], codes[-1]
    if len(first) != len(last) or len(first) < LONG_CODE:
        return f"{first} … {last}"
    differ = next(
        (i for i, pair in enumerate(zip(first, last, strict=True)) if len(set(pair)) > 1), 0
    )
    return f"{first} … {last[differ:]}"


def detail_of(mark: Mark) -> str:
    """The third line of a mark: its kind, status and quantity."""
    status = mark.status
    said = f"{status.glyph} {both(f'status.{status.name}')}" if status else ""
    parts = (both(f"kind.{mark.look}"), total_quantity(mark.pieces), said)
    return " · ".join(part for part in parts if part)


def inferred(edges: FlowRows, bond: Bond) -> bool:
    """Whether nothing in the bond was recorded as such."""
    return all(edges.confidence[i] == Confidence.INFERRED for i in bond.edges)
