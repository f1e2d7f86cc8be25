"""What a trace lacks: where it did not go on, and what the data do not say along it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from operator import and_

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import is_unlotted, product_of, unlotted_id
from genealogy.model.names import FLOW_ENDS, Flow, Label
from genealogy.ports import Direction, FlowRows
from genealogy.trace.book import FlowBook
from genealogy.trace.contents import Contents, can_open
from genealogy.trace.result import Completeness, Frontier, FrontierReason, Gap, GapKind
from genealogy.trace.walk import Walk

#: Kinds of node that a gap may concern, each with the flows that would close it
#: (an empty set stands for any flow).
_CLOSED_BY: dict[Direction, dict[str, tuple[GapKind, frozenset[Flow]]]] = {
    "forward": {
        Label.SHIPMENT: (GapKind.SHIPPED_WITHOUT_RECEIPT, frozenset({Flow.DELIVERED_TO})),
        Label.BATCH: (GapKind.BATCH_WITHOUT_OUTPUT, frozenset({Flow.PRODUCED})),
    },
    "backward": {
        Label.BATCH: (GapKind.BATCH_WITHOUT_INPUT, frozenset({Flow.CONSUMED_BY, Flow.DRAWN_FROM})),
        Label.LOT: (GapKind.LOT_WITHOUT_ORIGIN, frozenset()),
        Label.ITEM: (
            GapKind.LOT_WITHOUT_ORIGIN,
            frozenset({Flow.SERIALISED_AS, Flow.PRODUCED, Flow.SUPPLIED}),
        ),
    },
}


def completeness(walks: Iterable[tuple[Walk, Contents]]) -> Completeness:
    """What the walks of a trace lack, each once and in order."""
    frontiers: set[Frontier] = set()
    gaps: set[Gap] = set()
    for walk, contents in walks:
        frontiers.update(_halted_walks(walk), _halted_contents(walk, contents))
        gaps.update(_node_gaps(walk), _lots_that_may_be_others(walk), _time_gaps(walk.book))
    return Completeness(
        tuple(sorted(frontiers, key=lambda f: (f.reason, f.node_id))),
        tuple(sorted(gaps, key=in_order)),
    )


def in_order(gap: Gap) -> tuple[str, str]:
    """What gaps are sorted by."""
    return gap.kind, gap.node_id or ""


def keep_edges_among_reached(walk: Walk) -> None:
    """Keep the edges from nodes at the greatest depth back to nodes reached before."""
    for label, reason in walk.halted:
        if reason is FrontierReason.MAX_DEPTH:
            for edge in walk.passable(label):
                if walk.book.heads[edge] in walk.first:
                    walk.book.kept[edge] = 1


def _halted_walks(walk: Walk) -> Iterator[Frontier]:
    for label, reason in walk.halted:
        heads = (walk.book.heads[edge] for edge in walk.passable(label))
        if label in walk.leading or any(
            reason is FrontierReason.STOP or head not in walk.first for head in heads
        ):
            yield Frontier(walk.labels.node[label], reason)


def _halted_contents(walk: Walk, contents: Contents) -> Iterator[Frontier]:
    for holding, reason in contents.halted:
        sources = (walk.book.rows.source[e] for e in can_open(walk.book, holding))
        if holding.label in walk.leading or any(
            reason is FrontierReason.STOP or s not in walk.first for s in sources
        ):
            yield Frontier(holding.node, reason)


def _node_gaps(walk: Walk) -> Iterator[Gap]:
    for node_id in walk.first:
        if is_unlotted(node_id):
            yield Gap(GapKind.UNLOTTED_MATERIAL, node_id)
    rules = _CLOSED_BY[walk.book.direction]
    closed = {kind: _closed(walk, closing) for kind, (_, closing) in rules.items()}
    open_ends = list(_open_ends(walk, closed))
    walk.book.read_kinds(open_ends)
    for node_id in open_ends:
        kind = walk.book.kinds.get(node_id)
        if kind in rules and node_id not in closed[kind]:
            yield Gap(rules[kind][0], node_id)


def _lots_that_may_be_others(walk: Walk) -> Iterator[Gap]:
    """Forward, material of unknown lot that may be of a lot or item that was reached, and moved."""
    if walk.book.direction == "backward":
        return
    products = set(map(product_of, walk.first)) - {None}
    nameless = {unlotted_id(product) for product in products if product} - walk.first.keys()
    for node_id in sorted(walk.book.moving(sorted(nameless))):
        yield Gap(GapKind.UNLOTTED_MATERIAL, node_id)


def _open_ends(walk: Walk, closed: Mapping[str, Container[NodeId]]) -> Iterator[NodeId]:
    """Reached nodes that may be of a kind whose gap is not closed, by the edge that led there."""
    rows, last = walk.book.rows, walk.labels.edge
    may_be: dict[str, tuple[list[Container[NodeId]], ...]] = {
        flow: tuple([closed[kind] for kind in closed if kind in kinds] for kinds in ends)
        for flow, ends in FLOW_ENDS.items()
    }
    for node_id, label in walk.first.items():
        edge = last[label]
        if edge < 0:
            yield node_id
            continue
        for nodes in may_be[rows.type[edge]][rows.target[edge] == node_id]:
            if node_id not in nodes:
                yield node_id
                break


def _closed(walk: Walk, closing: frozenset[Flow]) -> set[NodeId]:
    """Nodes with a flow that closes a gap; a delivery does only when its time is known.

    A flow at a time at which the material was not there closes nothing: of what was
    there the data then say no more than if there were no flow.
    """
    rows, tails, walked = walk.book.rows, walk.book.tails(walk.book.rows), _walked(walk)
    if closing == {Flow.DELIVERED_TO}:
        ends = zip(tails, rows.type, rows.occurred_at, walked, strict=True)
        return {t for t, flow, at, on in ends if on and at is not None and flow in closing}
    if not closing:
        return set(compress(tails, walked))
    return set(compress(tails, map(and_, walked, map(closing.__contains__, rows.type))))


def _walked(walk: Walk) -> Sequence[int]:
    """For each edge whether the trace took it, or would have but for a stop or the depth."""
    if not walk.halted:
        return walk.book.kept
    walked = bytearray(walk.book.kept)
    for label, _ in walk.halted:
        for edge in walk.passable(label):
            walked[edge] = 1
    return walked


def _time_gaps(book: FlowBook) -> Iterator[Gap]:
    """In exact mode, where an edge that carried the trace has no time at all."""
    if not book.exact:
        return
    rows = book.rows
    for edge, moment in enumerate(rows.occurred_at):
        if moment is None and book.kept[edge] and not _has_interval(rows, edge):
            yield Gap(GapKind.UNKNOWN_TIME, rows.target[edge])


def _has_interval(rows: FlowRows, edge: int) -> bool:
    return rows.valid_from[edge] is not None or rows.valid_to[edge] is not None
