"""What a trace lacks: where it did not go on, and what the data do not say along it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.identifiers import unlotted_id
from genealogy.model.names import FLOW_ENDS, Flow, Label
from genealogy.ports import Direction
from genealogy.trace.book import Ints
from genealogy.trace.contents import Contents, can_open
from genealogy.trace.kernel.state import FOUND
from genealogy.trace.result import Completeness, Frontier, FrontierReason, Gap, GapKind
from genealogy.trace.signs import FLOW_BITS, FLOW_CODES, KIND_CODES, TIMELESS, UNDATED
from genealogy.trace.walk import Walk

Flags = npt.NDArray[np.bool_]

#: Kinds of node that a gap may concern, each with the flows that would close it
#: (an empty set stands for any flow).
_CLOSED_BY: dict[Direction, dict[Label, tuple[GapKind, frozenset[Flow]]]] = {
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
        walked = _Walked(walk)
        gaps.update(_node_gaps(walk, walked), _unlotted(walk), _time_gaps(walked))
    return Completeness(
        tuple(sorted(frontiers, key=lambda f: (f.reason, f.node_id))),
        tuple(sorted(gaps, key=in_order)),
    )


def in_order(gap: Gap) -> tuple[str, str]:
    """What gaps are sorted by."""
    return gap.kind, gap.node_id or ""


def keep_edges_among_reached(walk: Walk) -> None:
    """Keep the edges from nodes at the greatest depth back to nodes reached before."""
    for label in walk.cut:
        for edge in walk.passable(label):
            if walk.run.first[walk.book.ways.head[edge]] >= 0:
                walk.keep(edge, walk.run.node[label])


def _halted_walks(walk: Walk) -> Iterator[Frontier]:
    first, head = walk.run.first, walk.book.ways.head
    for label, reason in walk.halted:
        if label in walk.leading or any(
            reason is FrontierReason.STOP or first[head[edge]] < 0 for edge in walk.passable(label)
        ):
            yield Frontier(walk.book.names[walk.run.node[label]], reason)


def _halted_contents(walk: Walk, contents: Contents) -> Iterator[Frontier]:
    for holding, reason in contents.halted:
        if holding.label in walk.leading or any(
            reason is FrontierReason.STOP or walk.run.first[held.inner] < 0
            for held in can_open(walk, holding)
        ):
            yield Frontier(walk.book.names[holding.node], reason)


class _Walked:
    """The edges that the trace took as arrays: near end, far end and sign.

    ``more`` has those too that it would have taken but for a stop or the depth.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        found = walk.run.found[: walk.tally[FOUND]]
        near = walk.run.near[: walk.tally[FOUND]]
        self.near, self.far, self.sign = self._of(found, near)
        halted = [(e, walk.run.node[n]) for n, _ in walk.halted for e in walk.passable(n)]
        more = self._of([e for e, _ in halted], [n for _, n in halted])
        self.more_near = np.concatenate((self.near, more[0]))
        self.more_sign = np.concatenate((self.sign, more[2]))

    def _of(self, edges: Sequence[int], near: Sequence[int]) -> tuple[Ints, Ints, Ints]:
        ways = self.walk.book.ways
        at = np.asarray(edges, dtype=np.int64)
        return np.asarray(near, dtype=np.int64), picked(ways.head, at), picked(ways.sign, at)

    def closed(self, closing: frozenset[Flow]) -> Flags:
        """For each node whether a flow closes a gap; a delivery does only at a known time.

        A flow at a time at which the material was not there closes nothing: of what was
        there the data then say no more than if there were no flow.
        """
        nodes = np.zeros(len(self.walk.book.names), dtype=bool)
        near, sign = self.more_near, self.more_sign
        if closing:
            codes = np.zeros(FLOW_BITS + 1, dtype=bool)
            codes[[FLOW_CODES[flow] for flow in closing]] = True
            closes = codes[sign & FLOW_BITS]
            if closing == {Flow.DELIVERED_TO}:
                closes &= (sign & UNDATED) == 0
            near = near[closes]
        nodes[near] = True
        return nodes


def picked(column: Any, at: Ints) -> Ints:
    """The values at these positions of a list, a bytearray or an array."""
    if isinstance(column, bytearray):
        # A copy, since a view would keep the column from growing.
        column = np.frombuffer(bytes(column), dtype=np.uint8)
    if isinstance(column, list):
        return np.array([column[i] for i in at.tolist()], dtype=np.int64)
    picked: Ints = column[at]
    return picked


def _node_gaps(walk: Walk, walked: _Walked) -> Iterator[Gap]:
    book = walk.book
    rules = _CLOSED_BY[book.direction]
    closed = {kind: walked.closed(closing) for kind, (_, closing) in rules.items()}
    ends = _open_ends(walk, closed)
    codes = {KIND_CODES[kind]: kind for kind in rules}
    for node, code in zip(ends, book.kind_codes(ends), strict=True):
        kind = codes.get(code)
        if kind is not None and not closed[kind][node]:
            yield Gap(rules[kind][0], book.names[node])


def _unlotted(walk: Walk) -> Iterator[Gap]:
    """Material of unknown lot; forward also such as may be a reached item, and moved."""
    known = set(walk.book.unlotted(walk.reached))
    for node_id in known:
        yield Gap(GapKind.UNLOTTED_MATERIAL, node_id)
    if walk.book.direction == "backward":
        return
    nameless = set(map(unlotted_id, walk.book.products(walk.reached))) - known
    moving = walk.book.moving(sorted(nameless))
    if moving:
        # What may be a reached lot was reached itself (``genealogy.trace.unlotted``).
        codes = walk.book.kind_codes(walk.reached)
        items = [n for n, c in zip(walk.reached, codes, strict=True) if c == KIND_CODES[Label.ITEM]]
        for node_id in moving.intersection(map(unlotted_id, walk.book.products(items))):
            yield Gap(GapKind.UNLOTTED_MATERIAL, node_id)


def _open_ends(walk: Walk, closed: Mapping[Label, Flags]) -> list[int]:
    """Reached nodes that may be of a kind whose gap is not closed, by the edge that led there."""
    run, ways = walk.run, walk.book.ways
    nodes = np.asarray(walk.reached, dtype=np.int64)
    label = picked(run.first, nodes)
    edge = picked(run.edge, label)
    seeds = edge < 0
    sign = np.zeros(len(nodes), dtype=np.int64)
    led = np.flatnonzero(~seeds)
    sign[led] = picked(ways.sign, edge[led])
    is_target = np.zeros(len(nodes), dtype=np.int64)
    if walk.book.direction == "forward":
        is_target[led] = picked(ways.head, edge[led]) == nodes[led]
    open_end = seeds.copy()
    for kind, known in closed.items():
        open_end |= _may_be(kind)[is_target, sign & FLOW_BITS] & ~known[nodes]
    ends: list[int] = nodes[open_end].tolist()
    return ends


@cache
def _may_be(kind: Label) -> Flags:
    """Whether the source (row 0) or target (row 1) of a flow may be of a kind, by its code."""
    found = np.zeros((2, FLOW_BITS + 1), dtype=bool)
    for flow, ends in FLOW_ENDS.items():
        found[:, FLOW_CODES[flow]] = [kind in kinds for kinds in ends]
    return found


def _time_gaps(walked: _Walked) -> Iterator[Gap]:
    """In exact mode, where an edge that carried the trace has no time at all."""
    book = walked.walk.book
    if book.exact:
        targets = walked.far if book.direction == "forward" else walked.near
        for node in np.unique(targets[(walked.sign & TIMELESS) != 0]).tolist():
            yield Gap(GapKind.UNKNOWN_TIME, book.names[node])
