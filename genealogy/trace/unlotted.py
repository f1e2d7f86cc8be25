"""Material of which nobody recorded the lot: every lot that was on hand may be it.

What of a product has no lot number is one node. To it lead flows that nobody recorded,
made when a trace comes by: one from each lot of the product, as long as that was on
hand. A lot is on hand from when it first came; until the records show that all of it
went into other things. Where they do not show it, it is on hand still.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from itertools import repeat

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import is_unlotted, product_of
from genealogy.model.names import Confidence, Flow, Label, Link
from genealogy.model.times import to_micros
from genealogy.model.units import ratio
from genealogy.ports import Direction, FlowRows, FlowSource, Reading
from genealogy.trace.beside import Beside
from genealogy.trace.clocks import widen
from genealogy.trace.columns import append_unrecorded, as_of, joined, select
from genealogy.trace.products import names_of
from genealogy.trace.windows import BEGIN, END, Spans, windows

_PREFIX = "unlotted:"
#: Flows after which material is not that lot any more, wherever it is.
_USES_UP = frozenset(
    {Flow.CONSUMED_BY, Flow.RELABELLED_AS, Flow.SERIALISED_AS, Flow.LOADED_INTO, Flow.PART_OF}
)

Span = tuple[int, int]


@dataclass(slots=True)
class Candidates(Beside, FlowSource):
    """A source of flows with those from each lot that may be what has no lot number.

    ``slack`` tells how many microseconds the clock of a system may be off. Without
    ``exact`` a lot is on hand at all times. With ``only_used`` there is a flow only where
    something without lot number moved while the lot was on hand.
    """

    exact: bool = True
    until: int | None = None
    known_at: datetime | None = None
    slack: Mapping[str, int] = field(default_factory=dict)
    only_used: bool = True
    _nameless: frozenset[NodeId] | None = None
    _by_product: dict[NodeId, list[NodeId]] = field(default_factory=dict)
    _goals: dict[NodeId, Collection[NodeId]] = field(default_factory=dict)
    _on_hand: dict[NodeId, Span] = field(default_factory=dict)
    _used: dict[NodeId, Spans] = field(default_factory=dict)

    def edges(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading:
        """All flow edges leaving (forward) or entering (backward) the frontier, and those."""
        reading = self.source.edges(frontier, direction, known_at=known_at)
        return self._with(reading, frontier, direction)

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        """What the source has at once, and those at all nodes that are whole."""
        reading = self.source.closure(seeds, direction, known_at=known_at)
        return None if reading is None else self._with(reading, [*reading.whole], direction)

    def _unlotted(self) -> frozenset[NodeId]:
        """The nodes that stand for material of a product of which no lot is known."""
        if self._nameless is None:
            self._nameless = self.source.standing(known_at=self.known_at).unlotted
            told = products_meant(self.source, sorted(self._nameless), self.known_at)
            for node, product in told:
                known = self._by_product.setdefault(product, [])
                known += [node] if node not in known else []
        return self._nameless

    def _with(self, reading: Reading, nodes: Sequence[NodeId], direction: Direction) -> Reading:
        if not self._unlotted():
            return reading
        way = self._from if direction == "forward" else self._to
        pairs = [pair for pair in way(nodes) if self._may_be(*pair)]
        return replace(reading, rows=joined(reading.rows, self._rows(pairs))) if pairs else reading

    def _from(self, nodes: Sequence[NodeId]) -> list[tuple[NodeId, NodeId]]:
        """Lots among these nodes, each with what it may be."""
        self._learn(nodes)
        pairs = [(lot, node) for lot in nodes for node in self._goals.get(lot, ())]
        self._measure({lot for lot, _ in pairs})
        return pairs

    def _to(self, nodes: Sequence[NodeId]) -> list[tuple[NodeId, NodeId]]:
        """The lots that nodes without lot number among these may be, each with such a node."""
        asked = self._unlotted().intersection(nodes)
        products = [p for p, known in self._by_product.items() if asked.intersection(known)]
        if not products:
            return []
        lots = sorted({tie.source for tie in self.source.links_to(products, Link.OF_PRODUCT)})
        return [(lot, node) for lot, node in self._from(lots) if node in asked]

    def _learn(self, nodes: Iterable[NodeId]) -> None:
        """Find out which of these nodes are lots, and what they may be."""
        nameless = self._unlotted()
        new = [n for n in dict.fromkeys(nodes) if n not in self._goals and n not in nameless]
        found = defaultdict[NodeId, dict[NodeId, None]](dict)
        for node, product in products_of(self.source, new):
            found[node].update(dict.fromkeys(self._by_product.get(product, ())))
        hits = [node for node, goals in found.items() if goals]
        kinds = self.source.kinds(hits) if hits else {}
        self._goals.update(dict.fromkeys(new, ()))
        self._goals.update((n, sorted(found[n])) for n in hits if kinds.get(n) == Label.LOT)

    def _may_be(self, lot: NodeId, node: NodeId) -> bool:
        """Whether anything without lot number moved while a lot was on hand."""
        if not self.only_used:
            return True
        if node not in self._used:
            rows = self._moves(self.source.edges([node], "forward", known_at=self.known_at).rows)
            self._used[node] = Spans()
            for since, until in zip(*windows(rows, ()), strict=True):
                self._used[node].add(since, until)
        return self._used[node].meet(*self._on_hand[lot])

    def _measure(self, lots: Iterable[NodeId]) -> None:
        """Find out from when until when these lots were on hand."""
        new = sorted(lot for lot in lots if lot not in self._on_hand)
        self._on_hand.update(dict.fromkeys(new, (BEGIN, END)))
        if not new or not self.exact:
            return
        came = self._moves(self.source.edges(new, "backward", known_at=self.known_at).rows)
        left = self._moves(self.source.edges(new, "forward", known_at=self.known_at).rows)
        kept = self._moves(self.source.stays(new, known_at=self.known_at))
        into, out, stays = _by(came, came.target), _by(left, left.source), _by(kept, kept.source)
        made = {
            row.node_id: row.properties for row in self.source.nodes(new, known_at=self.known_at)
        }
        for lot in new:
            told = made[lot].get("produced_at") if lot in made else None
            since = _since(into[lot], stays[lot])
            if since is None and told is not None:
                since = to_micros(told) - max(self.slack.values(), default=0)
            until = _until(into[lot], out[lot], stays[lot])
            self._on_hand[lot] = BEGIN if since is None else since, until

    def _moves(self, rows: FlowRows) -> FlowRows:
        """Edges as of the end of event time, by clocks that may be off."""
        return as_of(widen(rows, self.slack) if self.slack and rows.type else rows, self.until)

    def _rows(self, pairs: Iterable[tuple[NodeId, NodeId]]) -> FlowRows:
        rows = FlowRows()
        for lot, node in dict.fromkeys(pairs):
            since, until = self._on_hand[lot]
            times = None, None if since == BEGIN else since, None if until == END else until
            append_unrecorded(rows, Flow.MAY_BE, (lot, node), times, Confidence.INFERRED)
        return rows


def products_of(source: FlowSource, nodes: Sequence[NodeId]) -> Iterator[tuple[NodeId, NodeId]]:
    """What is told of the products of nodes: by their ids, and by links."""
    for node in nodes:
        named = NodeId(node.removeprefix(_PREFIX)) if is_unlotted(node) else product_of(node)
        if named is not None:
            yield node, named
    if nodes:
        yield from ((tie.source, tie.target) for tie in source.links(nodes, Link.OF_PRODUCT))


def products_meant(
    source: FlowSource, nodes: Sequence[NodeId], known_at: datetime | None = None
) -> Iterator[tuple[NodeId, NodeId]]:
    """The products of what has no lot number, by all their names."""
    told = list(products_of(source, nodes))
    names = names_of(source, sorted({product for _, product in told}), known_at)
    return ((node, name) for node, product in told for name in names[product])


def _by(rows: FlowRows, ends: Sequence[NodeId]) -> Mapping[NodeId, FlowRows]:
    """Edges by one of their ends."""
    at = defaultdict[NodeId, list[int]](list)
    for i, node in enumerate(ends):
        at[node].append(i)
    found = defaultdict[NodeId, FlowRows](FlowRows)
    found.update((node, select(rows, picks)) for node, picks in at.items())
    return found


def _since(came: FlowRows, stays: FlowRows) -> int | None:
    """When a lot first came; null where nothing is recorded to have brought it."""
    return min((*windows(came, ())[0], *windows(stays, ())[0]), default=None)


def _until(came: FlowRows, left: FlowRows, stays: FlowRows) -> int:
    """When the last of a lot was used up, if the records show that all of it was."""
    used = [i for i, flow in enumerate(left.type) if flow in _USES_UP]
    if Flow.RETURNED_IN in left.type or any(map(_was_taken_out, repeat(left), used)):
        # What came back is there again.
        return END
    units = [uom for uom in (*came.uom, *left.uom) if uom is not None]
    whole = [_amount(came, i, units) for i in range(len(came.type))]
    gone = [_amount(left, i, units) for i in used]
    if not whole or None in whole or sum(filter(None, gone)) < sum(filter(None, whole)):
        return END
    closes = windows(left, frozenset(left.source))[1]
    return max([closes[i] for i in used] + windows(stays, ())[1])


def _was_taken_out(rows: FlowRows, i: int) -> bool:
    return rows.type[i] == Flow.PART_OF and rows.valid_to[i] is not None


def _amount(rows: FlowRows, i: int, units: Sequence[str]) -> Fraction | None:
    """How much moved, in the first of the units; null where that is not known."""
    quantity, uom = rows.quantity[i], rows.uom[i]
    step = None if quantity is None or uom is None else ratio(uom, units[0])
    amount = None if step is None else Fraction(quantity or 0) * step
    return amount if amount and amount > 0 else None
