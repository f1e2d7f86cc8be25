"""What a trace lacks: where it did not go on, and what the data do not say along it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.names import FLOW_ENDS, Flow, Label
from genealogy.ports import Direction
from genealogy.trace.book import Ints
from genealogy.trace.contents import Contents, can_open
from genealogy.trace.kernel.state import FOUND, Column
from genealogy.trace.result import Completeness, Frontier, FrontierReason, Gap, GapKind
from genealogy.trace.signs import FLOW_BITS, FLOW_CODES, KIND_CODES, TIMELESS, UNDATED
from genealogy.trace.walk import Walk

Flags = npt.NDArray[np.bool_]
_Rules = dict[Label, tuple[GapKind, frozenset[Flow]]]

#: Kinds of node that a gap may concern, each with the flows that would close it
#: (an empty set stands for any flow).
_CLOSED_BY: dict[Direction, _Rules] = {
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
    """The edges that the trace took as arrays, and those it would have taken but for a limit.

    Of the latter, cut off by a stop or at the greatest depth, there are few or none.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.edges = _numbers(walk.run.found[: walk.tally[FOUND]])
        self.near = _numbers(walk.run.near[: walk.tally[FOUND]])
        halted = [(e, walk.run.node[n]) for n, _ in walk.halted for e in walk.passable(n)]
        self.more_edges, self.more_near = self.edges, self.near
        if halted:
            edges, near = map(np.array, zip(*halted, strict=True))
            self.more_edges = np.concatenate((self.edges, edges))
            self.more_near = np.concatenate((self.near, near))

    @cached_property
    def more_sign(self) -> Ints:
        """The signs of all these edges."""
        return picked(self.walk.book.ways.sign, self.more_edges)

    def closed(self, closing: frozenset[Flow]) -> Flags:
        """For each node whether a flow closes a gap; a delivery does only at a known time.

        A flow at a time at which the material was not there closes nothing: of what was
        there the data then say no more than if there were no flow.
        """
        nodes = np.zeros(len(self.walk.book.names), dtype=bool)
        near = self.more_near
        if closing:
            codes = np.zeros(FLOW_BITS + 1, dtype=bool)
            codes[[FLOW_CODES[flow] for flow in closing]] = True
            closes = codes[self.more_sign & FLOW_BITS]
            if closing == {Flow.DELIVERED_TO}:
                closes &= (self.more_sign & UNDATED) == 0
            near = near[closes]
        nodes[near] = True
        return nodes

    def targets_without_time(self) -> Ints:
        """The targets of edges that were taken and of which no time is known."""
        ways, book = self.walk.book.ways, self.walk.book
        timeless = np.flatnonzero(picked(ways.sign, self.edges) & TIMELESS)
        if book.direction == "forward":
            return picked(ways.head, self.edges[timeless])
        return self.near[timeless]


def _numbers(column: Column) -> Ints:
    """Numbers of nodes or edges as an array."""
    return column if isinstance(column, np.ndarray) else np.array(column, dtype=np.int64)


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
    rules = {k: rule for k, rule in _CLOSED_BY[book.direction].items() if book.has_kind(_code(k))}
    if book.whole:
        yield from _gaps_of_known(walk, walked, rules)
        return
    closed = {kind: walked.closed(closing) for kind, (_, closing) in rules.items()}
    nodes = _open_ends(walk, closed)
    kinds = {_code(kind): kind for kind in rules}
    for node, code in zip(nodes.tolist(), book.kind_codes(nodes), strict=True):
        known = kinds.get(code)
        if known is not None and not closed[known][node]:
            yield Gap(rules[known][0], book.names[node])


def _gaps_of_known(walk: Walk, walked: _Walked, rules: _Rules) -> Iterator[Gap]:
    """The same where all kinds are known."""
    if not rules:
        return
    book, nodes = walk.book, _numbers(walk.reached)
    codes = book.kind_codes(nodes)
    for kind, (gap, closing) in rules.items():
        ends = nodes[codes == _code(kind)]
        if len(ends):
            open_ends = ends[~walked.closed(closing)[ends]]
            yield from (Gap(gap, node_id) for node_id in book.ids(open_ends))


def _code(kind: Label) -> int:
    return KIND_CODES[kind]


def _unlotted(walk: Walk) -> Iterator[Gap]:
    """Material of unknown lot; forward also such as may be a reached item, and moved."""
    if not walk.book.has_unlotted:
        return
    known = set(walk.book.unlotted(walk.reached))
    for node_id in known:
        yield Gap(GapKind.UNLOTTED_MATERIAL, node_id)
    if walk.book.direction == "backward":
        return
    moving = walk.book.moving(sorted(walk.book.nameless(walk.reached) - known))
    if moving:
        # What may be a reached lot was reached itself (``genealogy.trace.unlotted``).
        codes = walk.book.kind_codes(walk.reached)
        items = [n for n, c in zip(walk.reached, codes, strict=True) if c == KIND_CODES[Label.ITEM]]
        for node_id in moving & walk.book.nameless(items):
            yield Gap(GapKind.UNLOTTED_MATERIAL, node_id)


def _open_ends(walk: Walk, closed: Mapping[Label, Flags]) -> Ints:
    """Reached nodes that may be of a kind whose gap is not closed, by the edge that led there.

    So that kinds are read of few nodes, where they have to be.
    """
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
    return nodes[open_end]


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
    if book.exact and book.has_timeless:
        for node in np.unique(walked.targets_without_time()).tolist():
            yield Gap(GapKind.UNKNOWN_TIME, book.names[node])
