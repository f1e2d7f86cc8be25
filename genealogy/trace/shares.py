"""How much seed material came to each node of a forward trace (``docs/quantities.md``).

One pass over the movements in the order of time. Each node has a script: what came in
and what left, in order; a movement out is told when all that may have come in before
it is known. Movements in a circle without order are broken open at one of them, of
which then only is known that it moved no more seed material than there is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.model.units import Measure
from genealogy.ports import FlowSource
from genealogy.trace.hubs import Hubs, Move, read_hubs
from genealogy.trace.limits import Limits
from genealogy.trace.origins import USES_UP, Origin
from genealogy.trace.parcel import (
    ZERO,
    Parcel,
    bounded,
    converted,
    pure,
    smaller,
    total_of,
    unknown,
)
from genealogy.trace.recipe import Division, Material, Output, Recipe
from genealogy.trace.result import Amount, Trace
from genealogy.trace.seed_amounts import read_seed_amounts
from genealogy.trace.seeding import origins
from genealogy.trace.stocks import Stocks, stocks_of
from genealogy.trace.whole import Piece, Stay, Whole, held
from genealogy.trace.windows import BEGIN, END

_WHOLE = frozenset({Label.ITEM, Label.UNIT, Label.SHIPMENT})
_STAY: dict[str, Stay] = {Flow.CONTAINED_IN: Stay.INSIDE, Flow.PART_OF: Stay.BUILT_IN}


def with_amounts(trace: Trace, source: FlowSource) -> Trace:
    """The trace with the amounts of seed material that came to each node it reached forward."""
    forward = [r.node_id for r in trace.reached if r.direction != "backward"]
    hubs = read_hubs(source, trace, forward)
    found: dict[NodeId, tuple[Amount, ...]] = {node: () for node in forward}
    for origin in origins(hubs, trace.query.seeds, read_seed_amounts(source, trace, hubs)):
        run = _run(hubs, origin)
        # What is certain without what runs may have left is so with it.
        sure = _run(_without_carried(hubs), origin) if trace.query.carry_over else run
        for node in found:
            amount, least = run.amount(node), sure.amount(node).least
            found[node] += (replace(amount, least=max(amount.least, least)),)
    return replace(trace, amounts=found)


def _run(hubs: Hubs, origin: Origin) -> _Run:
    run = _Run(hubs, origin, origin.total(hubs), origin.most(hubs))
    run.all()
    return run


def _without_carried(hubs: Hubs) -> Hubs:
    """The same movements without those that nobody recorded."""
    moves = {edge: move for edge, move in hubs.moves.items() if not _is_carried(move)}
    into, out = (
        defaultdict(list, {node: _recorded(told) for node, told in ways.items()})
        for ways in (hubs.into, hubs.out)
    )
    return replace(hubs, moves=moves, into=into, out=out)


@dataclass(slots=True)
class _Node:
    """A node as the run goes over it: its script, how far it has come, and what is there.

    ``went_in`` is how much seed material can have gone into a batch so far.
    """

    steps: list[tuple[int, int, str, Move]]
    at: int = 0
    stocks: Stocks | None = None
    whole: Whole | None = None
    batch: Recipe | Division | None = None
    outputs: dict[str, Output] = field(default_factory=dict)
    went_in: Fraction | None = ZERO


@dataclass(slots=True)
class _Run:
    """One pass for the seed material of one product: ``total`` in all, ``most`` at most."""

    hubs: Hubs
    origin: Origin
    total: Fraction | None
    most: Fraction | None
    parcels: dict[str, Parcel] = field(default_factory=dict)
    nodes: dict[NodeId, _Node] = field(default_factory=dict)
    limits: Limits | None = None
    taken: Mapping[str, Parcel] = field(default_factory=dict)
    _ready: list[NodeId] = field(default_factory=list)
    _broken: bool = False

    def all(self) -> None:
        """Tell what every movement carries."""
        hubs = self.hubs
        self.taken = self.origin.taken(hubs)
        self.limits = Limits.of(hubs, self.origin, self.most)
        for move in hubs.moves.values():
            if not move.carries:
                self._tell(move, Parcel())
            elif self._is_pure(move):
                self._tell(move, self._pure(move))
        self.nodes = {node: self._node(node) for node in sorted(hubs.nodes) if hubs.out[node]}
        self._ready = list(self.nodes)
        self._follow()
        for node_id, node in self.nodes.items():
            while node.at < len(node.steps):
                self._break_open(node_id)
                self._follow()

    def _follow(self) -> None:
        while self._ready:
            self._go_on(self._ready.pop())

    def amount(self, node_id: NodeId) -> Amount:
        """What came into a node, as the answer tells it."""
        least, share, most = self._came(node_id)
        if node_id not in self.origin.put_out:
            most = smaller(most, self._limit(node_id))
        share = ZERO if most == 0 else share
        whole = self._material(node_id)
        of_seed = None if share is None or not self.total else share / self.total
        of_node = None if share is None or not whole else share / whole
        most_of_node = ZERO if most == 0 else None if most is None or not whole else most / whole
        fractions = (of_seed, of_node, most_of_node)
        return Amount(self.origin.product, self.origin.unit, least, share, most, *fractions)

    def _came(self, node_id: NodeId) -> tuple[Fraction, Fraction | None, Fraction | None]:
        origin, hubs = self.origin, self.hubs
        if node_id in origin.nodes:
            whole, most = origin.whole(hubs, node_id), origin.most_of(hubs, node_id)
            if node_id in origin.unsure:
                return ZERO, None, most
            return origin.used(hubs, node_id) if whole is None else whole, whole, most
        if node_id in origin.put_out:
            return held(self._pure(move) for move in origin.put_out[node_id])
        into = [move for move in hubs.into[node_id] if move.edge_id not in origin.loads]
        came = [self.parcels[move.edge_id] for move in _recorded(into)]
        # What was left behind by several runs is no more than there is.
        carried = total_of(self.parcels[m.edge_id].most for m in into if _is_carried(m))
        came.append(unknown(smaller(carried, self.most)))
        marked = origin.marked(hubs, node_id, self.most)
        inside = origin.inside(node_id) if node_id in origin.vessels else None
        return held([*came, *(one for one in (marked, inside) if one is not None)])

    def _material(self, node_id: NodeId) -> Fraction | None:
        """How much of any material came into a node, in the unit of the seed."""
        origin, hubs = self.origin, self.hubs
        if node_id in origin.nodes:
            return origin.whole(hubs, node_id)
        came = hubs.into[node_id]
        if any(move.type == Flow.PART_OF for move in came):
            return None
        told = total_of(self.parcels[m.edge_id].bulk for m in came) if came else None
        if told is None and len(came) < 2:
            told = origin.size(hubs.recorded(node_id))
        return told

    def _is_pure(self, move: Move) -> bool:
        origin, edge = self.origin, move.edge_id
        return move.source in origin.nodes or edge in origin.moves or edge in origin.drawn

    def _pure(self, move: Move) -> Parcel:
        """What a movement of nothing but seed carries."""
        unsure = not self.origin.unsure.isdisjoint((move.source, move.edge_id))
        if self.hubs.kind(move.source) == Label.ITEM:
            whole = self.origin.whole(self.hubs, move.source)
            return unknown(whole) if unsure else pure(whole, self.origin.unit, self.most)
        return self._all_of(
            move.left if move.source in self.origin.nodes else move.came, not unsure
        )

    def _all_of(self, measure: Measure | None, sure: bool) -> Parcel:
        """So much, all of it seed, or perhaps."""
        size = self.origin.size(measure)
        if measure is not None and (size is None or not sure):
            return unknown(self.most if size is None else size, measure.amount, measure.unit)
        return pure(size, self.origin.unit, self.most)

    def _tell(self, move: Move, parcel: Parcel) -> None:
        """Write down what a movement carries, as it is measured where it arrives."""
        total = self.most
        if move.type == Flow.MAY_BE:
            # Of what may be of a lot nobody knows that any of it is.
            parcel = unknown(parcel.most)
        if not (self._broken or self._is_pure(move)):
            total = smaller(total, self._limit(move.source))
        told = converted(bounded(parcel, total), *_size(move, parcel))
        if told.bulk is None:
            bulk = self.hubs.bulk(move, self.origin.product, self.origin.unit)
            told = replace(told, bulk=bulk)
        self.parcels[move.edge_id] = told
        if self.limits is not None and move.target not in self.origin.nodes:
            self.limits.add(move.target, told.most)

    def _limit(self, node_id: NodeId) -> Fraction | None:
        return None if self.limits is None else self.limits.at(node_id)

    def _node(self, node_id: NodeId) -> _Node:
        hubs, into = self.hubs, self.hubs.into[node_id]
        kind = hubs.kind(node_id)
        free = node_id in hubs.mixed and kind == Label.BATCH
        steps = [(BEGIN if free else m.begin, 0, m.edge_id, m) for m in into]
        steps += [(END if free else m.end, 1, m.edge_id, m) for m in hubs.out[node_id]]
        node = _Node(sorted(steps, key=lambda step: step[:3]))
        if kind in _WHOLE:
            deliveries = [m for m in hubs.out[node_id] if m.type == Flow.DELIVERED_TO]
            node.whole = Whole(kind == Label.ITEM, len(deliveries) > 1)
        elif kind == Label.BATCH:
            self._set_up(node, node_id, free)
        else:
            node.stocks = self._stocks(node_id)
        return node

    def _stocks(self, node_id: NodeId) -> Stocks:
        held = self.origin.marked(self.hubs, node_id, self.most)
        marks = () if held is None else (replace(held, unit=self.origin.unit),)
        clean = self._is_proven(node_id)
        sound = held is None or not self.origin.contradicts(self.hubs, node_id)
        return stocks_of(self.hubs, node_id, marks, clean=clean, sound=sound)

    def _is_proven(self, node_id: NodeId) -> bool:
        """Whether what the trace did not go over from a node holds nothing.

        What left a vessel before a window is no seed, though it was of what then was.
        """
        return self.hubs.is_whole and node_id not in self.origin.vessels

    def _set_up(self, node: _Node, node_id: NodeId, free: bool) -> None:
        into = _recorded(self.hubs.into[node_id])
        out = _recorded(m for _, way, _, m in node.steps if way)
        ends = [END if free else m.end for m in out]
        outputs = [Output(end, *_size(m)) for end, m in zip(ends, out, strict=True)]
        node.outputs = {m.edge_id: o for m, o in zip(out, outputs, strict=True)}
        first = min((m.begin for m in out), default=END)
        before = max((m.end for m in into), default=BEGIN) <= first
        if (free or before) and self._one_kind(out, outputs):
            # What an earlier run may have left comes to what is recorded, and dilutes none of it.
            materials = {**self._materials(into), Flow.CARRIED_OVER: Material(None)}
            node.batch = Recipe(materials, outputs)
        else:
            node.batch = Division(outputs)

    def _one_kind(self, out: list[Move], outputs: list[Output]) -> bool:
        """Whether outputs are of one product, and can be compared."""
        if len(outputs) == 1:
            return True
        products = {self.hubs.product(m.target) or m.target for m in out}
        told = total_of(o.size for o in outputs)
        return len(products) == 1 and len({o.unit for o in outputs}) == 1 and bool(told)

    def _materials(self, into: Iterable[Move]) -> Mapping[Hashable, Material]:
        found: dict[Hashable, list[Move]] = {}
        for move in into:
            found.setdefault(self._material_of(move), []).append(move)
        if None in found:
            # What is of no known product may be of any.
            found = {None: list(chain(*found.values()))}
        return {material: Material(_in_all(moves)) for material, moves in found.items()}

    def _material_of(self, move: Move) -> Hashable:
        """What inputs must share to be one material."""
        return move.type if _is_carried(move) else self.hubs.product(move.source)

    def _go_on(self, node_id: NodeId) -> None:
        """Follow a node's script as far as what came in is known."""
        node = self.nodes[node_id]
        while node.at < len(node.steps):
            _, leaves, edge_id, move = node.steps[node.at]
            if not leaves:
                if edge_id not in self.parcels:
                    return
                self._take(node, move, self.parcels[edge_id])
            elif edge_id not in self.parcels:
                self._tell(move, self._give(node, move))
                self._wake(move.target)
            elif node.stocks is not None and move.type in USES_UP:
                node.stocks.give(move, is_clean=not move.carries and self._is_proven(node_id))
            node.at += 1

    def _wake(self, node_id: NodeId) -> None:
        if node_id in self.nodes:
            self._ready.append(node_id)

    def _take(self, node: _Node, move: Move, parcel: Parcel) -> None:
        if node.stocks is not None:
            sure = self.origin.loads.get(move.edge_id)
            node.stocks.take(move, parcel if sure is None else self._all_of(move.came, sure))
        elif node.batch is not None:
            node.batch.take(parcel, self._material_of(move), node.steps[node.at][0])
            node.went_in = total_of((node.went_in, parcel.most))
        elif node.whole is not None:
            stay = _STAY.get(move.type, Stay.SURE)
            node.whole.take(Piece(parcel, move.begin, move.end, stay, move.sure))

    def _give(self, node: _Node, move: Move) -> Parcel:
        if node.stocks is not None:
            parcel = node.stocks.give(move, self.taken.get(move.edge_id))
            return self._out_of_vessel(node.stocks, move, parcel)
        if _is_carried(move):
            # How much a seed left behind that is no material itself, nothing tells.
            is_seed = move.source in self.origin.put_out
            return unknown(self.most if is_seed else node.went_in)
        if node.batch is not None:
            return node.batch.give(node.outputs[move.edge_id])
        assert node.whole is not None
        size, unit = (None, None) if move.left is None else (move.left.amount, move.left.unit)
        return node.whole.give(move.begin, move.end, size, unit)

    def _out_of_vessel(self, stocks: Stocks, move: Move, parcel: Parcel) -> Parcel:
        """What leaves a vessel of which a window tells: what was in it then, as far as is known."""
        ledgers = self.origin.vessels.get(move.source)
        if ledgers is None:
            return parcel
        if not stocks.is_sound:
            # More left than is recorded to have come: what was there besides may be seed.
            return unknown(self.origin.size(move.came), parcel.size, parcel.unit)
        since = min(ledger.since for ledger in ledgers)
        if move.begin < since:
            return unknown(parcel.most, parcel.size, parcel.unit)
        return parcel

    def _break_open(self, node_id: NodeId) -> None:
        """Take one movement of a circle, in which each waits for the one before, as unknown.

        From then on more may have come on from a node than is known to have come to it.
        """
        self._broken = True
        seen: list[NodeId] = []
        waits: dict[NodeId, Move] = {}
        while node_id not in waits:
            node = self.nodes[node_id]
            seen.append(node_id)
            waits[node_id] = node.steps[node.at][3]
            node_id = waits[node_id].source
        circle = (waits[n] for n in seen[seen.index(node_id) :])
        move = min(circle, key=lambda m: (m.begin, m.edge_id))
        self._tell(move, unknown(self.most, *_size(move)))
        self._wake(move.target)


def _is_carried(move: Move) -> bool:
    """Whether nobody recorded a movement: it takes none of what is recorded."""
    return move.type == Flow.CARRIED_OVER


def _recorded(moves: Iterable[Move]) -> list[Move]:
    return [move for move in moves if not _is_carried(move)]


def _in_all(moves: Iterable[Move]) -> Fraction | None:
    """How much came by movements together; null where that is unknown or cannot be compared."""
    told = [_size(move) for move in moves]
    return total_of(size for size, _ in told) if len({unit for _, unit in told}) == 1 else None


def _size(move: Move, parcel: Parcel | None = None) -> tuple[Fraction | None, str | None]:
    """How much came by a movement, and in what unit; without record, as the parcel tells."""
    if move.came is not None:
        return move.came.amount, move.came.unit
    return (None, None) if parcel is None else (parcel.size, parcel.unit)
