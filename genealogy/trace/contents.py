"""What the seeds of a forward trace hold: a container or shipment stands for its contents.

An item may be a container too: a case with a serial of its own. A supplier supplied
what was in the shipments and containers that came from it, so these are opened as well.
Contents are found against the direction of the flow. They were there while each
containment on the way lasted, all at the same time; the trace follows them from
the beginning of that time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.trace.book import FlowBook
from genealogy.trace.result import FrontierReason, TraceQuery
from genealogy.trace.walk import Labels
from genealogy.trace.windows import BEGIN, END, Spans

_EVER = (BEGIN, END)


@dataclass(frozen=True, slots=True)
class Holding:
    """Something in a seed during an interval, and the label that stands for it."""

    label: int
    node: NodeId
    start: int
    end: int


@dataclass(slots=True)
class Contents:
    """Labels from which a trace starts, by their distance, and holdings not opened."""

    layers: list[list[int]]
    halted: list[tuple[Holding, FrontierReason]] = field(default_factory=list)


def unpack(book: FlowBook, labels: Labels, query: TraceQuery) -> Contents:
    """Label the seeds and, on a forward trace, all they hold."""
    seeds = [Holding(labels.add(s, BEGIN, END, -1, -1), s, BEGIN, END) for s in sorted(book.seeds)]
    found = Contents([[seed.label for seed in seeds]])
    if book.direction == "backward":
        return found
    seen: dict[NodeId, Spans] = defaultdict(Spans)
    opened = [s for s in seeds if book.may_hold(s.node) and seen[s.node].add(BEGIN, END)]
    supplied = _supplied(book, labels, seeds, query)
    while opened or supplied:
        book.read_contents([holding.node for holding in opened])
        opened = list(_openable(opened, found, query))
        came = [*supplied, *_inside(book, labels, opened)]
        inside = [h for h in came if seen[h.node].add(h.start, h.end)]
        if inside:
            found.layers.append([holding.label for holding in inside])
        book.read_kinds(holding.node for holding in inside)
        opened, supplied = [h for h in inside if book.may_hold(h.node)], []
    return found


def can_open(book: FlowBook, holding: Holding) -> Iterator[int]:
    """The edges by which something came into a holding while it was of interest."""
    for edge in book.inside.of(holding.node):
        if book.opens[edge] <= holding.end and book.closes[edge] >= holding.start:
            yield edge


def _supplied(
    book: FlowBook, labels: Labels, seeds: Iterable[Holding], query: TraceQuery
) -> list[Holding]:
    """What the seeds among suppliers supplied, if it may hold anything, by node."""
    if query.max_depth == 0:
        return []
    parties = {
        seed.node: seed
        for seed in seeds
        if book.kinds[seed.node] == Label.PARTY and seed.node not in query.stops
    }
    book.read_edges(parties)
    rows, ids = book.rows, book.rows.edge_id
    edges = [e for node in parties for e in book.ahead.of(node) if rows.type[e] == Flow.SUPPLIED]
    book.read_kinds(rows.target[e] for e in edges)
    boxes = [e for e in edges if book.may_hold(rows.target[e])]
    boxes.sort(key=lambda e: (rows.target[e], book.opens[e], ids[e]))
    return [
        # What was in it counts whenever it was, as with a seed; the thing itself since it came.
        Holding(
            labels.add(node, book.opens[e], END, e, parties[rows.source[e]].label), node, *_EVER
        )
        for e in boxes
        for node in (rows.target[e],)
    ]


def _openable(opened: Iterable[Holding], found: Contents, query: TraceQuery) -> Iterator[Holding]:
    for holding in opened:
        if holding.node in query.stops:
            found.halted.append((holding, FrontierReason.STOP))
        elif len(found.layers) - 1 == query.max_depth:
            found.halted.append((holding, FrontierReason.MAX_DEPTH))
        else:
            yield holding


def _inside(book: FlowBook, labels: Labels, opened: Iterable[Holding]) -> Iterator[Holding]:
    ids = book.rows.edge_id
    found = sorted(
        (book.rows.source[e], max(book.opens[e], h.start), min(book.closes[e], h.end), ids[e], e, h)
        for h in opened
        for e in can_open(book, h)
    )
    for node, start, end, _, edge, holding in found:
        book.kept[edge] = 1
        yield Holding(labels.add(node, start, END, edge, holding.label), node, start, end)
