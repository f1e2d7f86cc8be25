"""What counts as seed material of a trace: found from its seeds and their windows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.trace.hubs import COUNTED, Hubs, Move
from genealogy.trace.ledger import Came, Ledger, Left
from genealogy.trace.origins import Origin, SeedAmounts
from genealogy.trace.signs import HOLDS
from genealogy.trace.spans import Span
from genealogy.trace.windows import END

_HOLDING = frozenset({Label.UNIT, Label.ITEM, Label.SHIPMENT})
_BOXES = frozenset({Label.UNIT, Label.SHIPMENT})


def origins(hubs: Hubs, seeds: Iterable[NodeId], amounts: SeedAmounts) -> list[Origin]:
    """The seed material of a trace, one entry for each product, in the order of their ids."""
    found = _Origins(hubs)
    for seed in sorted(set(seeds)):
        kind = hubs.kind(seed)
        if kind in COUNTED:
            found.of(hubs.product(seed)).nodes.add(seed)
        elif kind not in _HOLDING:
            found.put_out(seed, _put_out(hubs, seed))
    found.take_found(amounts)
    for seed, spans in amounts.spans.items():
        if hubs.kind(seed) == Label.BATCH:
            found.put_out(seed, _since(hubs, seed, spans), _made_within(hubs, seed, spans))
        else:
            found.take_vessel(seed, spans)
    sure = [node for node in amounts.wholes if node not in amounts.unsure]
    found.take_contents([*seeds, *sure], amounts, sure=True)
    found.take_contents(sorted(amounts.unsure), amounts, sure=False)
    for origin in found.by_product.values():
        origin.unit = _unit(hubs, origin)
    return sorted(found.by_product.values(), key=lambda origin: origin.product or "")


@dataclass(slots=True)
class _Origins:
    """Seed material by product, as it is found."""

    hubs: Hubs
    by_product: dict[NodeId | None, Origin] = field(default_factory=dict)

    def of(self, product: NodeId | None) -> Origin:
        """The seed material of a product."""
        return self.by_product.setdefault(product, Origin(product))

    def put_out(
        self, seed: NodeId, moves: Iterable[Move], sure: Container[str] | None = None
    ) -> None:
        """Take for seed what a batch, vessel or supplier put out; without ``sure`` all of it.

        What it may have left behind counts only where nothing else is recorded.
        """
        told = list(moves)
        for move in [m for m in told if m.type != Flow.CARRIED_OVER] or told:
            origin = self.of(_product(self.hubs, move.target))
            origin.moves[move.edge_id] = move
            origin.put_out[seed].append(move)
            if sure is not None and move.edge_id not in sure:
                origin.unsure.add(move.edge_id)

    def take_found(self, amounts: SeedAmounts) -> None:
        """Take the lots and items that were found for windows, or a part of them."""
        items = [node for node in amounts.wholes if self.hubs.kind(node) == Label.ITEM]
        for node in (*amounts.lots, *items):
            origin = self.of(self.hubs.product(node))
            origin.nodes.add(node)
            origin.unsure.update({node} & amounts.unsure)
        for lot, ledgers in amounts.parts.items():
            origin = self.of(self.hubs.product(lot))
            if lot not in origin.nodes:
                origin.parts[lot] = ledgers

    def take_vessel(self, vessel: NodeId, spans: Sequence[Span]) -> None:
        """Take for seed what was in a vessel: all that was loaded by then."""
        first, last = min(s.until for s in spans), max(s.until for s in spans)
        all_loads = [m for m in self.hubs.into[vessel] if m.type == Flow.LOADED_INTO]
        loads = [m for m in all_loads if m.begin <= last]
        drawn = {m.edge_id for m in self.hubs.out[vessel] if _left_within(m, spans)}
        if not loads:
            # It was drawn from before its first load: something was in it all the same.
            self.put_out(vessel, _since(self.hubs, vessel, spans), drawn)
            return
        products = {_product(self.hubs, m.source) for m in loads}
        for product in products:
            origin = self.of(product)
            own = [m for m in loads if _product(self.hubs, m.source) == product]
            origin.loads.update((m.edge_id, m.end <= first) for m in own)
            is_only = len(products) == 1
            ever = [m for m in all_loads if is_only or _product(self.hubs, m.source) == product]
            origin.vessels[vessel] = [_ledger(self.hubs, vessel, ever, s, is_only) for s in spans]
            origin.drawn.update(drawn if is_only else ())

    def take_contents(self, boxes: Iterable[NodeId], amounts: SeedAmounts, *, sure: bool) -> None:
        """Take for seed what containers, shipments, and those of suppliers held."""
        for move in _contents(self.hubs, boxes):
            kind = self.hubs.kind(move.source)
            if kind not in COUNTED:
                continue
            origin = self.of(_product(self.hubs, move.source))
            if kind == Label.ITEM:
                is_new = move.source not in origin.nodes
                origin.nodes.add(move.source)
                name: str = move.source
            elif move.source not in origin.nodes:
                is_new = move.edge_id not in origin.moves
                name = move.edge_id
                if is_new:
                    origin.moves[move.edge_id] = move
                    origin.marks[move.source].append(move)
            else:
                continue
            spans = amounts.wholes.get(move.target)
            if is_new and not (sure and (spans is None or _held_within(move, spans))):
                origin.unsure.add(name)


def _product(hubs: Hubs, node_id: NodeId) -> NodeId | None:
    return hubs.product(node_id) if hubs.kind(node_id) in COUNTED else None


def _put_out(hubs: Hubs, seed: NodeId) -> Iterator[Move]:
    """What a batch, vessel or supplier put out; what its shipments hold is told by these."""
    is_supplier = hubs.kind(seed) == Label.PARTY
    for move in hubs.out[seed]:
        if move.carries and not (is_supplier and hubs.kind(move.target) in _BOXES):
            yield move


def _since(hubs: Hubs, seed: NodeId, spans: Sequence[Span]) -> Iterator[Move]:
    """What a batch or vessel put out since the first of spans began; one that is mixed, all."""
    first = min(span.since for span in spans)
    for move in hubs.out[seed]:
        if move.carries and (move.end >= first or seed in hubs.mixed):
            yield move


def _made_within(hubs: Hubs, batch: NodeId, spans: Sequence[Span]) -> set[str]:
    """What of a batch was in it within a span for certain, by what had gone in by then."""
    into = (move for move in hubs.into[batch] if move.type != Flow.CARRIED_OVER)
    last = max((move.end for move in into), default=END)
    return {
        move.edge_id
        for move in hubs.out[batch]
        for span in spans
        if span.since <= move.begin and (move.end <= span.until or last <= span.until)
    }


def _left_within(move: Move, spans: Sequence[Span]) -> bool:
    """Whether something left within a span for certain, and so was there."""
    return any(span.since <= move.begin and move.end <= span.until for span in spans)


def _held_within(move: Move, spans: Sequence[Span]) -> bool:
    """Whether something was in a box for certain as long as a span lasts."""
    since, until = move.sure
    lasts = move.type == Flow.CONTAINED_IN
    return not lasts or any(since <= span.since and span.until <= until for span in spans)


def _ledger(hubs: Hubs, vessel: NodeId, loads: Iterable[Move], span: Span, is_only: bool) -> Ledger:
    """What came into a vessel and left it; of several products nobody knows which left."""
    cleaned = hubs.tanks.cleaned.get(vessel, ())
    came = []
    for move in loads:
        gone = min((first for first, last in cleaned if last >= move.begin), default=END)
        until = min((last for first, last in cleaned if first > move.end), default=END)
        came.append(Came(move.begin, move.end, move.came, gone, until))
    drawn = [m for m in hubs.out[vessel] if m.type == Flow.DRAWN_FROM]
    left = [Left(m.begin, m.end, m.left, is_only, is_used=True) for m in drawn]
    seen = [told for m, told in zip(drawn, left, strict=True) if _left_within(m, [span])]
    return Ledger(*span, came, left, seen=seen if is_only else ())


def _contents(hubs: Hubs, seeds: Iterable[NodeId]) -> Iterator[Move]:
    """The movements by which contents came into the seeds that stand for them, and into those."""
    pending = [seed for seed in seeds if hubs.kind(seed) in _HOLDING]
    for seed in seeds:
        if hubs.kind(seed) == Label.PARTY:
            supplied = (m.target for m in hubs.out[seed] if m.type == Flow.SUPPLIED and m.carries)
            pending += [node for node in supplied if hubs.kind(node) in _HOLDING]
    seen = set(pending)
    while pending:
        for move in hubs.into[pending.pop()]:
            if move.carries and move.type in HOLDS:
                yield move
                if hubs.kind(move.source) in _HOLDING and move.source not in seen:
                    seen.add(move.source)
                    pending.append(move.source)


def _unit(hubs: Hubs, origin: Origin) -> str | None:
    """The base unit of the product; without one, the unit that most of its movements are in."""
    base = hubs.units.get(origin.product) if origin.product else None
    if base is not None and base.base is not None:
        return base.base
    units = [hubs.unit(node) for node in (*origin.nodes, *origin.parts, *origin.vessels)]
    units += [m.came.unit if m.came else None for m in origin.moves.values()]
    came = (one for ledgers in origin.parts.values() for ledger in ledgers for one in ledger.came)
    units += [one.measure.unit if one.measure else None for one in came]
    counts = Counter(unit for unit in units if unit is not None)
    return min(counts, key=lambda unit: (-counts[unit], unit)) if counts else None
