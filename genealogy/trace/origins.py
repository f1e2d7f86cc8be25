"""What counts as seed material of a trace, by product: what is followed, and how much there is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.model.units import Measure
from genealogy.trace.hubs import Hubs, Move
from genealogy.trace.parcel import ZERO, total_of

_HOLDS = frozenset({Flow.CONTAINED_IN, Flow.SHIPPED_IN, Flow.RETURNED_IN})
_HOLDING = frozenset({Label.UNIT, Label.ITEM, Label.SHIPMENT})
_BOXES = frozenset({Label.UNIT, Label.SHIPMENT})
_COUNTED = frozenset({Label.LOT, Label.ITEM})
#: Flows after which material is not that lot any more.
USES_UP = frozenset(
    {Flow.CONSUMED_BY, Flow.RELABELLED_AS, Flow.PART_OF, Flow.LOADED_INTO, Flow.DRAWN_FROM}
)


@dataclass(slots=True)
class Origin:
    """Seed material of one product, counted in ``unit``.

    ``nodes`` are seed through and through, ``moves`` all that moved by them. ``marks`` are
    lots of which a part is, by the movements that tell how much; ``put_out`` is the same
    of seeds that are no material themselves.
    """

    product: NodeId | None
    unit: str | None = None
    nodes: set[NodeId] = field(default_factory=set)
    moves: dict[str, Move] = field(default_factory=dict)
    marks: dict[NodeId, list[Move]] = field(default_factory=lambda: defaultdict(list))
    put_out: dict[NodeId, list[Move]] = field(default_factory=lambda: defaultdict(list))

    def size(self, measure: Measure | None) -> Fraction | None:
        """An amount in the unit of this material; null where it cannot be told."""
        return measure.amount if measure is not None and measure.unit == self.unit else None

    def total(self, hubs: Hubs) -> Fraction | None:
        """How much seed material there is in all; null when a part is not known."""
        lots = [self.whole(hubs, node) for node in self.nodes]
        return total_of([*lots, *(self.size(move.came) for move in self.moves.values())])

    def whole(self, hubs: Hubs, node_id: NodeId) -> Fraction | None:
        """How much of a seed lot or item there is; null when it is not known or contradicts."""
        if hubs.kind(node_id) == Label.ITEM:
            return self.size(hubs.units_of(node_id).measure(Fraction(1), "H87"))
        came = [self.size(move.came) for move in hubs.into[node_id]]
        whole = total_of(came) if came else None
        if whole is None and len(came) < 2:
            whole = self.size(hubs.recorded(node_id))
        return None if whole is None or whole < self.used(hubs, node_id) else whole

    def used(self, hubs: Hubs, node_id: NodeId) -> Fraction:
        """How much of a node is known to have been used up."""
        used = (self.size(m.left) for m in hubs.out[node_id] if m.type in USES_UP)
        return sum((size for size in used if size is not None), ZERO)


def origins(hubs: Hubs, seeds: Iterable[NodeId]) -> list[Origin]:
    """The seed material of a trace, one entry for each product, in the order of their ids."""
    found: dict[NodeId | None, Origin] = {}

    def of(product: NodeId | None) -> Origin:
        return found.setdefault(product, Origin(product))

    for seed in sorted(set(seeds)):
        kind = hubs.kind(seed)
        if kind in _COUNTED:
            of(hubs.product(seed)).nodes.add(seed)
        elif kind not in _HOLDING:
            for move in _put_out(hubs, seed):
                origin = of(_product(hubs, move.target))
                origin.moves[move.edge_id] = move
                origin.put_out[seed].append(move)
    for move in _contents(hubs, seeds):
        kind, product = hubs.kind(move.source), _product(hubs, move.source)
        if kind == Label.ITEM:
            of(product).nodes.add(move.source)
        elif kind == Label.LOT and move.source not in of(product).nodes:
            of(product).moves[move.edge_id] = move
            of(product).marks[move.source].append(move)
    for origin in found.values():
        origin.unit = _unit(hubs, origin)
    return sorted(found.values(), key=lambda origin: origin.product or "")


def _product(hubs: Hubs, node_id: NodeId) -> NodeId | None:
    return hubs.product(node_id) if hubs.kind(node_id) in _COUNTED else None


def _put_out(hubs: Hubs, seed: NodeId) -> Iterator[Move]:
    """What a batch, vessel or supplier put out; what its shipments hold is told by these."""
    is_supplier = hubs.kind(seed) == Label.PARTY
    for move in hubs.out[seed]:
        if move.carries and not (is_supplier and hubs.kind(move.target) in _BOXES):
            yield move


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
            if move.carries and move.type in _HOLDS:
                yield move
                if hubs.kind(move.source) in _HOLDING and move.source not in seen:
                    seen.add(move.source)
                    pending.append(move.source)


def _unit(hubs: Hubs, origin: Origin) -> str | None:
    """The base unit of the product; without one, the unit that most of its movements are in."""
    base = hubs.units.get(origin.product) if origin.product else None
    if base is not None and base.base is not None:
        return base.base
    units = [hubs.unit(node) for node in origin.nodes]
    units += [m.came.unit if m.came else None for m in origin.moves.values()]
    counts = Counter(unit for unit in units if unit is not None)
    return min(counts, key=lambda unit: (-counts[unit], unit)) if counts else None
