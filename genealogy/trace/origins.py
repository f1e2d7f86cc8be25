"""Seed material of a trace, by product: what is followed, and how much there is of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.model.units import Measure
from genealogy.trace.from_place import seen, taken
from genealogy.trace.hubs import PIECE, Hubs, Move
from genealogy.trace.ledger import Ledger
from genealogy.trace.parcel import ZERO, Parcel, smaller, total_of
from genealogy.trace.signs import HOLDS
from genealogy.trace.spans import Span
from genealogy.trace.windows import END

#: Flows after which material is not that lot any more.
USES_UP = frozenset(
    {Flow.CONSUMED_BY, Flow.RELABELLED_AS, Flow.PART_OF, Flow.LOADED_INTO, Flow.DRAWN_FROM}
)
#: Flows by which something came to be, or to us.
MADE = frozenset({Flow.PRODUCED, Flow.SUPPLIED, Flow.SERIALISED_AS})


@dataclass(slots=True)
class SeedAmounts:
    """What is seed of the nodes that were found for windows.

    Of lots all (``lots``) or a part, by a ledger for each window. Of ``wholes`` (items,
    units, shipments) all, of batches and vessels (``spans``) what was in them in the spans.
    ``unsure`` are those of which nobody knows whether they are seed at all.
    """

    lots: set[NodeId] = field(default_factory=set)
    parts: dict[NodeId, list[Ledger]] = field(default_factory=dict)
    wholes: dict[NodeId, list[Span]] = field(default_factory=dict)
    spans: dict[NodeId, list[Span]] = field(default_factory=dict)
    unsure: set[NodeId] = field(default_factory=set)

    def add(self, lot: NodeId, part: Ledger | None) -> None:
        """Take a lot for seed, or a part of it."""
        if part is None:
            self.lots.add(lot)
        else:
            self.parts.setdefault(lot, []).append(part)


@dataclass(slots=True)
class Origin:
    """Seed material of one product, counted in ``unit``.

    ``nodes`` are seed through and through, ``moves`` all that moved by them. ``marks`` are
    lots of which a part is, by the movements that tell how much; ``put_out`` is the same
    of seeds that are no material themselves. ``parts`` are lots of which a part is because of
    windows. In ``vessels`` is seed what was in them in the spans: their ``loads``, each for
    certain or perhaps; ``drawn`` is what left them then. Nodes and movements that are
    ``unsure`` may be no seed at all.
    """

    product: NodeId | None
    unit: str | None = None
    nodes: set[NodeId] = field(default_factory=set)
    moves: dict[str, Move] = field(default_factory=dict)
    marks: dict[NodeId, list[Move]] = field(default_factory=lambda: defaultdict(list))
    put_out: dict[NodeId, list[Move]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[NodeId, list[Ledger]] = field(default_factory=dict)
    vessels: dict[NodeId, list[Ledger]] = field(default_factory=dict)
    loads: dict[str, bool] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)

    def size(self, measure: Measure | None) -> Fraction | None:
        """An amount in the unit of this material; null where it cannot be told."""
        return measure.amount if measure is not None and measure.unit == self.unit else None

    def total(self, hubs: Hubs) -> Fraction | None:
        """How much seed material there is in all; null when a part is not known."""
        return None if self.unsure else total_of(share for share, _ in self._all(hubs))

    def most(self, hubs: Hubs) -> Fraction | None:
        """How much seed material there can be in all; null when there is no limit."""
        return total_of(most for _, most in self._all(hubs))

    def _all(self, hubs: Hubs) -> Iterator[tuple[Fraction | None, Fraction | None]]:
        """What each seed is, and at most."""
        marked = {move.edge_id for moves in self.marks.values() for move in moves}
        yield from ((self.whole(hubs, node), self.most_of(hubs, node)) for node in self.nodes)
        known = [self.size(m.came) for edge, m in self.moves.items() if edge not in marked]
        yield from ((one, one) for one in known)
        told = [self.marked(hubs, lot, None) for lot in {*self.marks, *self.parts}]
        told += [self.inside(node) for node in self.vessels]
        yield from ((one.share, one.most) for one in told if one is not None)

    def part(self, hubs: Hubs, lot: NodeId) -> Parcel:
        """How much of a lot is seed because of windows."""
        whole, limit = self._ever(hubs, lot), self._limit(hubs, lot)
        ledgers = [ledger.told(self.size, whole) for ledger in self.parts[lot]]
        told = _together(ledger.there(self.size, whole, limit) for ledger in ledgers)
        return replace(told, most=smaller(told.most, limit))

    def inside(self, vessel: NodeId) -> Parcel:
        """How much seed was in a vessel in the spans of windows."""
        return _together(ledger.there(self.size, None, None) for ledger in self.vessels[vessel])

    def taken(self, hubs: Hubs) -> dict[str, Parcel]:
        """What was taken from stores of which windows tell, by the id of its edge."""
        found = dict[str, Parcel]()
        for lot, ledgers in self.parts.items():
            # What else may be in a lot may be in its store too.
            comes = lot in self.marks or any(move.carries for move in hubs.into[lot])
            if len(ledgers) == 1 and not comes:
                ledger = ledgers[0].told(self.size, self._ever(hubs, lot))
                found.update(taken(ledger, self.size, self.unit))
            for ledger in ledgers:
                found.update(seen(ledger, self.size, self.unit))
        return found

    def marked(self, hubs: Hubs, lot: NodeId, limit: Fraction | None) -> Parcel | None:
        """How much of a lot is seed of which a part is; null where none is by this."""
        # What came in a shipment to a place is told by the ledger of the place.
        boxes = frozenset[str]().union(*(ledger.boxes for ledger in self.parts.get(lot, ())))
        moves = [move for move in self.marks.get(lot, ()) if move.edge_id not in boxes]
        known = [None if m.edge_id in self.unsure else self.size(m.came) for m in moves]
        most = [limit if (s := self.size(m.came)) is None else s for m in moves]
        least, share = sum((s for s in known if s is not None), ZERO), total_of(known)
        if len(moves) > 1 and self._may_be_twice(hubs, lot, moves):
            least, share = max((s for s in known if s is not None), default=ZERO), None
        held = Parcel(least, share, total_of(most))
        if lot not in self.parts:
            return held if known else None
        part = self.part(hubs, lot)
        if not known:
            return part
        # What lies in a box may be of what lay at the place.
        most_of_both = smaller(total_of((held.most, part.most)), self._limit(hubs, lot))
        return Parcel(max(held.least, part.least), None, most_of_both)

    def _may_be_twice(self, hubs: Hubs, lot: NodeId, moves: Iterable[Move]) -> bool:
        """Whether the same material of a lot may have been in several boxes, one after another.

        Not if all that was ever packed or shipped of it is no more than there is.
        """
        packed = total_of(self.size(m.left) for m in hubs.out[lot] if m.type in HOLDS)
        whole = self._ever(hubs, lot)
        if whole is not None and packed is not None and packed <= whole:
            return False
        return max(m.begin for m in moves) >= min(_out_again(hubs, m) for m in moves)

    def whole(self, hubs: Hubs, node_id: NodeId) -> Fraction | None:
        """How much of a seed lot or item there is; null when it is not known or contradicts."""
        if hubs.kind(node_id) == Label.ITEM:
            return self.size(hubs.units_of(node_id).measure(Fraction(1), PIECE))
        return None if self.contradicts(hubs, node_id) else self._ever(hubs, node_id)

    def contradicts(self, hubs: Hubs, node_id: NodeId) -> bool:
        """Whether more of a lot is recorded to have moved than there ever was."""
        whole = self._ever(hubs, node_id)
        return whole is not None and whole < self._proven(hubs, node_id)

    def most_of(self, hubs: Hubs, node_id: NodeId) -> Fraction | None:
        """How much of a seed lot or item there can be; null when there is no limit."""
        if hubs.kind(node_id) == Label.ITEM:
            return self.whole(hubs, node_id)
        return self._limit(hubs, node_id)

    def _ever(self, hubs: Hubs, node_id: NodeId) -> Fraction | None:
        came = [self.size(move.came) for move in hubs.into[node_id]]
        whole = total_of(came) if came else None
        if whole is None and len(came) < 2:
            whole = self.size(hubs.recorded(node_id))
        return whole

    def _limit(self, hubs: Hubs, node_id: NodeId) -> Fraction | None:
        """At most how much of a lot there ever was: the larger of its receipts and its own record.

        Null where that is not known, and where more of it is recorded to have moved.
        """
        whole, own = self._ever(hubs, node_id), self.size(hubs.recorded(node_id))
        if whole is None:
            return None
        limit = whole if own is None else max(whole, own)
        return None if limit < self._proven(hubs, node_id) else limit

    def _proven(self, hubs: Hubs, node_id: NodeId) -> Fraction:
        """How much of a lot there was at least, by what left it and where it was kept."""
        held = (self.size(m.left) for m in hubs.out[node_id] if m.type in HOLDS)
        kept = (ledger.at_once(self.size) for ledger in self.parts.get(node_id, ()))
        known = (size for size in held if size is not None)
        return max((self.used(hubs, node_id), *kept, *known))

    def used(self, hubs: Hubs, node_id: NodeId) -> Fraction:
        """How much of a node is known to have been used up."""
        used = (self.size(m.left) for m in hubs.out[node_id] if m.type in USES_UP)
        return sum((size for size in used if size is not None), ZERO)


def _out_again(hubs: Hubs, move: Move) -> int:
    """When something can have been out of a box again at the earliest."""
    if move.type == Flow.CONTAINED_IN:
        return move.sure[1]
    delivered = (m.begin for m in hubs.out[move.target] if m.type == Flow.DELIVERED_TO)
    return min(delivered, default=END)


def _together(told: Iterable[tuple[Fraction, Fraction | None]]) -> Parcel:
    """What was there in several windows: the same material may have been in each."""
    bounds = list(told)
    least = max((one for one, _ in bounds), default=ZERO)
    most = total_of(one for _, one in bounds)
    return Parcel(least, least if least == most else None, most)
