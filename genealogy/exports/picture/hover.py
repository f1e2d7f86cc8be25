"""What the picture says when a mark or a link is pointed at: all that a card has no room for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from genealogy.exports.picture.marks import Bond, Mark
from genealogy.exports.picture.palette import both, both_counted
from genealogy.exports.records import Record, edge_record
from genealogy.ports import FlowRows

MOST_LINES = 12


def mark_hover(mark: Mark) -> str:
    """The text of a mark: a node with its properties, or the nodes of a group."""
    if len(mark.pieces) == 1:
        return "\n".join(_node_lines(mark.pieces[0].record))
    inside = [both_counted("picture.inside", mark.inside)] if mark.inside else []
    return "\n".join([*inside, *_first(str(piece.record["id"]) for piece in mark.pieces)])


def bond_hover(edges: FlowRows, bond: Bond) -> str:
    """The text of a link: every movement with quantity, time and source record."""
    kinds = Counter(edges.type[i] for i in bond.edges)
    head = ", ".join(f"{kind} ×{count}" if count > 1 else kind for kind, count in kinds.items())
    lines = _first(_edge_line(edge_record(edges, i)) for i in bond.edges)
    return "\n".join([head, *lines])


def bond_label(edges: FlowRows, bond: Bond) -> str:
    """The short text on a link: the quantity of one movement, or how many there are."""
    if len(bond.edges) > 1:
        return f"×{len(bond.edges)}"
    edge = bond.edges[0]
    return " ".join(filter(None, (edges.quantity[edge], edges.uom[edge])))


def _node_lines(node: Record) -> Iterable[str]:
    yield node["label"]
    yield f"id: {node['id']}"
    for name in ("direction", "distance", "first_exposure", "last_contribution", "frontier"):
        if node[name] is not None:
            yield f"{name}: {node[name]}"
    for name in ("gaps", "identifiers"):
        if node[name]:
            yield f"{name}: {', '.join(node[name])}"
    for name, value in node["properties"].items():
        yield f"{name}: {value}"


def _edge_line(edge: Record) -> str:
    quantity = " ".join(filter(None, (edge["quantity"], edge["uom"]))) or both("picture.unknown")
    when = edge["occurred_at"] or edge["valid_from"] or both("picture.no_time")
    ends = f"{edge['source']} → {edge['target']}"
    record = f"{edge['source_system']} {edge['source_record']} ({edge['confidence']})"
    return f"{ends}: {quantity}, {when}, {record}"


def _first(lines: Iterable[str]) -> list[str]:
    found = list(lines)
    rest = len(found) - MOST_LINES
    return [*found[:MOST_LINES], *([both_counted("picture.more", rest)] if rest > 0 else [])]
