"""The nodes of a trace with all that moved in and out of them, measured exactly.

A trace holds the movements that carried it. How a batch or a lot divides them also
rests on those that did not: other inputs, other outputs, earlier draws.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import product_of
from genealogy.model.names import LASTING, Flow, Label
from genealogy.model.times import to_micros
from genealogy.model.units import Measure, ProductUnits, adds_up, product_units
from genealogy.ports import Direction, FlowRows, FlowSource, NodeRow, Reading
from genealogy.trace.clocks import slack_of, widen
from genealogy.trace.columns import as_of, select
from genealogy.trace.result import Mode, Trace
from genealogy.trace.spans import Records
from genealogy.trace.tanks import Reader, Tanks
from genealogy.trace.windows import BEGIN, END, windows

#: Kinds of node of which there is an amount.
COUNTED = frozenset({Label.LOT, Label.ITEM})
_ENDS = frozenset({Label.PARTY, Label.PLACE})
#: Flows by which something comes to be, or comes under another name.
_MAKES = frozenset(
    {Flow.PRODUCED, Flow.SERIALISED_AS, Flow.SUPPLIED, Flow.RELABELLED_AS, Flow.DRAWN_FROM}
)
#: The unit of what is counted one by one (UN/ECE Recommendation 20).
PIECE = "H87"
_WAYS: tuple[Direction, ...] = ("backward", "forward")


@dataclass(frozen=True, slots=True)
class Move:
    """A movement: when it can have been, and how much moved, as each end measures it.

    ``carries`` tells whether the trace went over it with the material. ``sure`` is from
    when until when it lasts for certain, if it lasts: clocks may be off, and dates known in part.
    ``place`` is where it was, null where that is not known.
    """

    edge_id: str
    type: str
    source: NodeId
    target: NodeId
    begin: int
    end: int
    left: Measure | None
    came: Measure | None
    carries: bool
    sure: tuple[int, int] = (END, BEGIN)
    place: NodeId | None = None


@dataclass(slots=True)
class Hubs:
    """Every node that the material passed or reached, with the movements at it.

    ``tanks`` tells how vessels are taken apart, as the trace did. ``is_whole`` when the trace
    was not cut off by depth: then a movement that it did not go over holds nothing.
    """

    nodes: frozenset[NodeId]
    rows: Mapping[NodeId, NodeRow]
    units: Mapping[NodeId, ProductUnits]
    mixed: frozenset[NodeId]
    exact: bool
    slack: Mapping[str, int]
    tanks: Tanks
    is_whole: bool = True
    moves: dict[str, Move] = field(default_factory=dict)
    into: dict[NodeId, list[Move]] = field(default_factory=lambda: defaultdict(list))
    out: dict[NodeId, list[Move]] = field(default_factory=lambda: defaultdict(list))

    def kind(self, node_id: NodeId) -> str:
        """The kind of a node."""
        row = self.rows.get(node_id)
        return row.kind if row else Label.ENTITY

    def product(self, node_id: NodeId) -> NodeId | None:
        """The product that a lot or item is of."""
        row = self.rows.get(node_id)
        if row is not None and row.product_id is not None:
            return row.product_id
        return product_of(node_id)

    def units_of(self, node_id: NodeId) -> ProductUnits:
        """The units of the product of a node."""
        product = self.product(node_id)
        return self.units.get(product, ProductUnits()) if product else ProductUnits()

    def recorded(self, node_id: NodeId) -> Measure | None:
        """How much a lot is by its own record."""
        properties = self.rows[node_id].properties if node_id in self.rows else {}
        quantity, uom = properties.get("quantity"), properties.get("uom")
        if self.kind(node_id) != Label.LOT:
            return None
        return measured(self.units_of(node_id), _text(quantity), _text(uom))

    def bulk(self, move: Move, product: NodeId | None, unit: str | None) -> Fraction | None:
        """How much moved, in a unit of the product that is followed; null where that has no sense.

        Pieces of one product are never so many pieces of another.
        """
        makes = move.type in _MAKES and self.kind(move.target) in COUNTED
        moved = self.product(move.target if makes else move.source)
        if move.came is None or unit is None or not (moved == product or adds_up(unit)):
            return None
        return self.units.get(moved, ProductUnits()).put_in(move.came, unit) if moved else None

    def unit(self, node_id: NodeId) -> str | None:
        """The unit in which the movements at a lot or vessel are best compared."""
        base = self.units_of(node_id).base
        told = [m.came for m in self.into[node_id]] + [m.left for m in self.out[node_id]]
        own = self.recorded(node_id)
        counts = Counter(m.unit for m in [*told, own] if m is not None)
        if not counts or (base is not None and base in counts):
            return base
        return min(counts, key=lambda unit: (-counts[unit], unit))


def read_hubs(source: FlowSource, trace: Trace, forward: Iterable[NodeId]) -> Hubs:
    """The nodes of a forward trace with all movements at them, by two queries a page of nodes."""
    nodes = frozenset(forward)
    asked = _passages(trace, nodes)
    readings = [source.edges(asked, way, known_at=trace.query.known_at) for way in _WAYS]
    mixed = frozenset(n for reading in readings for n in reading.mixed)
    until = None if trace.query.as_of is None else to_micros(trace.query.as_of)
    tables = [trace.edges, *(as_of(reading.rows, until) for reading in readings)]
    rows, units = _known(source, trace, {n for t in tables for n in (*t.source, *t.target)})
    exact, slack = trace.query.mode is Mode.EXACT, slack_of(trace.query)
    tanks = Tanks(source, trace.query.known_at, slack, _reader(readings, slack, until))
    hubs = Hubs(nodes, rows, units, mixed, exact, slack, tanks, trace.query.max_depth is None)
    if exact:
        tanks.learn(node for node in asked if hubs.kind(node) == Label.PLACE)
    carrying = frozenset(trace.edges.edge_id)
    records = Records(source, trace.query.known_at, until, slack)
    for table in tables:
        new = [i for i, edge_id in enumerate(table.edge_id) if edge_id not in hubs.moves]
        for move in _moves(hubs, select(table, new), carrying, records):
            hubs.moves[move.edge_id] = move
            hubs.into[move.target].append(move)
            hubs.out[move.source].append(move)
    return hubs


def _reader(readings: Sequence[Reading], slack: Mapping[str, int], until: int | None) -> Reader:
    """The edges of one node as the trace saw them when it took vessels apart."""

    @cache
    def ready(way: Direction) -> tuple[FlowRows, dict[NodeId, list[int]]]:
        read = readings[_WAYS.index(way)].rows
        rows = as_of(widen(read, slack) if slack and read.type else read, until)
        at = defaultdict[NodeId, list[int]](list)
        for i, node in enumerate(rows.source if way == "forward" else rows.target):
            at[node].append(i)
        return rows, at

    def of(node: NodeId, way: Direction) -> FlowRows:
        rows, at = ready(way)
        return select(rows, at.get(node, []))

    return of


def _passages(trace: Trace, nodes: Iterable[NodeId]) -> list[NodeId]:
    """The nodes that material passes; of the places those from which anything was drawn."""
    flows = zip(trace.edges.type, trace.edges.source, strict=True)
    vessels = {source for flow, source in flows if flow == Flow.DRAWN_FROM}
    vessels.update(seed.node_id for seed in trace.seeds)
    kinds = {n: trace.rows[n].kind for n in nodes if n in trace.rows}
    return sorted(n for n, kind in kinds.items() if kind not in _ENDS or n in vessels)


def _known(
    source: FlowSource, trace: Trace, ends: set[NodeId]
) -> tuple[dict[NodeId, NodeRow], dict[NodeId, ProductUnits]]:
    """Rows of all nodes at movements, and the units of their products."""
    rows = dict(trace.rows)

    def read(node_ids: Iterable[NodeId]) -> None:
        missing = sorted(n for n in node_ids if n not in rows)
        if missing:
            found = source.nodes(missing, known_at=trace.query.known_at)
            rows.update((row.node_id, row) for row in found)

    read(ends)
    named = {row.product_id or product_of(row.node_id) for row in list(rows.values())}
    products = {product for product in named if product is not None}
    read(products)
    return rows, {p: product_units(rows[p].properties) for p in products if p in rows}


def _moves(
    hubs: Hubs, rows: FlowRows, carrying: frozenset[str], records: Records
) -> Iterator[Move]:
    lots = {n for n in rows.source if hubs.kind(n) == Label.LOT}
    begins, ends = windows(widen(rows, hubs.slack) if hubs.slack and rows.type else rows, lots)
    earliest = records.earliest_ends(rows, begins, ends)
    for i, flow in enumerate(rows.type):
        source, target = rows.source[i], rows.target[i]
        bound = hubs.exact or flow in LASTING
        yield Move(
            rows.edge_id[i],
            flow,
            source,
            target,
            begins[i] if bound else BEGIN,
            ends[i] if bound else END,
            *_measures(hubs, flow, (source, target), rows.quantity[i], rows.uom[i]),
            rows.edge_id[i] in carrying and source in hubs.nodes and target in hubs.nodes,
            (_sure_from(rows, i, hubs.slack), earliest[i]) if flow in LASTING else (END, BEGIN),
            NodeId(place) if (place := rows.place_id[i]) else None,
        )


def _sure_from(rows: FlowRows, i: int, slack: Mapping[str, int]) -> int:
    """From when on something lasts, whichever of the moments it can have begun."""
    more = slack.get(rows.source_system[i], 0)
    begin = max(
        (t for t in (rows.valid_from[i], rows.occurred_at[i]) if t is not None), default=END
    )
    return begin + more


def _measures(
    hubs: Hubs, flow: str, ends: tuple[NodeId, NodeId], quantity: str | None, uom: str | None
) -> tuple[Measure | None, Measure | None]:
    """How much moved, as the product that left and the one that came are measured."""
    source, target = ends
    is_item = hubs.kind(source) == Label.ITEM
    if quantity is None and (is_item or (flow in _MAKES and hubs.kind(target) == Label.ITEM)):
        quantity, uom = "1", PIECE
    near = source if hubs.kind(source) in COUNTED else target
    left = measured(hubs.units_of(near), quantity, uom)
    if flow in _MAKES and hubs.kind(target) in COUNTED:
        return left, measured(hubs.units_of(target), quantity, uom)
    return left, left


def measured(units: ProductUnits, quantity: str | None, uom: str | None) -> Measure | None:
    """A quantity as a product measures it; null where it is unknown, negative or no number."""
    if quantity is None or uom is None:
        return None
    try:
        exact = Fraction(Decimal(quantity))
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return units.measure(exact, uom) if exact >= 0 else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def sizes(moves: Sequence[Move], unit: str | None) -> list[Fraction | None]:
    """How much came by each movement, in a unit; null where that is not known."""
    return [m.came.amount if m.came is not None and m.came.unit == unit else None for m in moves]
