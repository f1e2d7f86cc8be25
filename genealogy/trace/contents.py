"""What the seeds of a forward trace hold: a container or shipment stands for its contents.

An item may be a container too: a case with a serial of its own. A supplier supplied
what was in the shipments and containers that came from it, so these are opened as well.
Contents are found against the direction of the flow. They were there while each
containment on the way lasted, all at the same time; the trace follows them from
the beginning of that time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from genealogy.model.names import Flow, Label
from genealogy.trace.book import Held
from genealogy.trace.result import FrontierReason
from genealogy.trace.signs import FLOW_BITS, FLOW_CODES, KIND_CODES
from genealogy.trace.walk import Walk
from genealogy.trace.windows import Spans


@dataclass(frozen=True, slots=True)
class Holding:
    """Something in a seed during an interval, and the label that stands for it."""

    label: int
    node: int
    start: int
    end: int


@dataclass(slots=True)
class Contents:
    """Labels from which a trace starts, by their distance, and holdings not opened."""

    layers: list[list[int]]
    halted: list[tuple[Holding, FrontierReason]] = field(default_factory=list)
    any_found: bool = False


def unpack(walk: Walk) -> Contents:
    """Label the seeds and, on a forward trace, all they hold."""
    book, earliest, latest = walk.book, walk.book.ways.earliest, walk.book.ways.latest
    seeds = [
        Holding(walk.label(seed, earliest, latest, -1, -1), seed, earliest, latest)
        for seed in book.seeds
    ]
    found = Contents([[seed.label for seed in seeds]])
    if book.direction == "backward":
        return found
    seen: dict[int, Spans] = defaultdict(Spans)
    opened = [s for s in _boxes(walk, seeds) if seen[s.node].add(s.start, s.end)]
    supplied = _supplied(walk, seeds)
    while opened or supplied:
        book.read_contents(holding.node for holding in opened)
        walk.fit()
        opened = list(_openable(walk, opened, found))
        came = [*supplied, *_inside(walk, opened)]
        found.any_found |= bool(came)
        inside = [h for h in came if seen[h.node].add(h.start, h.end)]
        if inside:
            found.layers.append([holding.label for holding in inside])
        opened, supplied = _boxes(walk, inside), []
    return found


def can_open(walk: Walk, holding: Holding) -> Iterator[Held]:
    """The edges by which something came into a holding while it was of interest."""
    for held in walk.book.held(holding.node):
        if held.opens <= holding.end and held.closes >= holding.start:
            yield held


def _boxes(walk: Walk, holdings: Sequence[Holding]) -> list[Holding]:
    """Those that stand for their contents."""
    boxes = set(walk.book.stands_for_contents([holding.node for holding in holdings]))
    return [holding for holding in holdings if holding.node in boxes]


def _supplied(walk: Walk, seeds: Sequence[Holding]) -> list[Holding]:
    """What the seeds among suppliers supplied, if it may hold anything, by node."""
    book = walk.book
    if walk.query.max_depth == 0:
        return []
    kinds = book.kind_codes([seed.node for seed in seeds])
    parties = {
        seed.node: seed
        for seed, kind in zip(seeds, kinds, strict=True)
        if kind == KIND_CODES[Label.PARTY] and seed.node not in walk.stops
    }
    if not parties:
        return []
    book.read_edges(parties)
    walk.fit()
    ways, names = book.ways, book.names
    edges = [(e, party) for party in parties for e in _supplies(walk, party)]
    boxes = set(book.stands_for_contents([int(ways.head[e]) for e, _ in edges]))
    found = [(int(ways.head[e]), int(ways.opens[e]), e, party) for e, party in edges]
    found.sort(key=lambda f: (names[f[0]], f[1], names[f[3]], f[2]))
    return [
        # What was in it counts whenever it was, as with a seed; the thing itself since it came.
        Holding(
            walk.label(node, since, ways.latest, edge, parties[party].label),
            node,
            ways.earliest,
            ways.latest,
        )
        for node, since, edge, party in found
        if node in boxes
    ]


def _supplies(walk: Walk, party: int) -> Iterator[int]:
    ways, supplied = walk.book.ways, FLOW_CODES[Flow.SUPPLIED]
    for edge in range(ways.begin[party], ways.split[party]):
        if ways.sign[edge] & FLOW_BITS == supplied:
            yield edge


def _openable(walk: Walk, opened: Iterable[Holding], found: Contents) -> Iterator[Holding]:
    for holding in opened:
        if holding.node in walk.stops:
            found.halted.append((holding, FrontierReason.STOP))
        elif len(found.layers) - 1 == walk.query.max_depth:
            found.halted.append((holding, FrontierReason.MAX_DEPTH))
        else:
            yield holding


def _inside(walk: Walk, opened: Iterable[Holding]) -> Iterator[Holding]:
    names = walk.book.names
    found = sorted(
        (
            (max(held.opens, outer.start), min(held.closes, outer.end), held, outer)
            for outer in opened
            for held in can_open(walk, outer)
        ),
        key=lambda f: (names[f[2].inner], f[0], f[1], names[f[3].node], f[2].edge),
    )
    for start, end, held, outer in found:
        walk.keep(held.edge, held.inner)
        label = walk.label(held.inner, start, walk.book.ways.latest, held.edge, outer.label)
        yield Holding(label, held.inner, start, end)
