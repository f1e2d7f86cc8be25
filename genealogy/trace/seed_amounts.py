"""How much of the seeds that windows stand for was there in them.

Of a lot by its stays: what came to the place and what left it. Of what was made or
delivered then by its receipts. A batch, a vessel or a box counts for its span.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from genealogy.model.facts import NodeId
from genealogy.model.names import INTO_SHIPMENT, LASTING, Flow, Label, Link
from genealogy.model.times import to_micros
from genealogy.model.units import Measure
from genealogy.ports import FlowRows, FlowSource
from genealogy.trace.clocks import widen
from genealogy.trace.columns import as_of
from genealogy.trace.departures import sent_from
from genealogy.trace.hubs import PIECE, Hubs, Move, measured
from genealogy.trace.ledger import Came, Ledger, Left
from genealogy.trace.origins import MADE, USES_UP, SeedAmounts
from genealogy.trace.result import Seed, Trace, Window, WindowKind
from genealogy.trace.seeds import span_of
from genealogy.trace.spans import ALWAYS, Span, lasted
from genealogy.trace.unpacked import came_out
from genealogy.trace.whereabouts import MOST_STAYS, Whereabouts
from genealogy.trace.windows import BEGIN, END, windows

_LEAVES = USES_UP | INTO_SHIPMENT
_MADE_HERE = frozenset({Flow.PRODUCED, Flow.RELABELLED_AS, Flow.DRAWN_FROM})
#: When something came to be, or set out.
_BEGAN: dict[str, str] = {
    Label.LOT: "produced_at",
    Label.ITEM: "produced_at",
    Label.SHIPMENT: "dispatched_at",
}


def read_seed_amounts(source: FlowSource, trace: Trace, hubs: Hubs) -> SeedAmounts:
    """How much of each seed that was found for a window was there: by stays and deliveries."""
    named = set(trace.query.seeds)
    groups = defaultdict[tuple[NodeId, int], list[Seed]](list)
    for seed in trace.seeds:
        if seed.node_id not in named:
            groups[seed.node_id, seed.window].append(seed)
    found = SeedAmounts()
    reader = _Reader(source, trace, hubs)
    reader.learn(node for (node, _), seeds in groups.items() if any(s.place for s in seeds))
    for (node, number), seeds in groups.items():
        reader.tell(found, node, number, seeds)
    return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """A stay: where, from where, and when."""

    place: NodeId
    came_from: NodeId | None
    came: Came


@dataclass(frozen=True, slots=True)
class _Asked:
    """A window as it was asked, when it was, and what it is about itself if it is an event's."""

    window: Window
    span: Span
    about: frozenset[NodeId]


@dataclass(slots=True)
class _Reader:
    source: FlowSource
    trace: Trace
    hubs: Hubs
    places: Whereabouts = field(init=False)
    _stays: dict[NodeId, list[_Kept]] = field(default_factory=lambda: defaultdict(list))
    _from: dict[NodeId, NodeId] = field(default_factory=dict)
    _delivered: dict[NodeId, list[Came]] = field(default_factory=lambda: defaultdict(list))
    _goals: dict[NodeId, list[NodeId]] = field(default_factory=lambda: defaultdict(list))
    _asked: dict[int, _Asked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = Whereabouts(self.source, self.trace.query.known_at, self._ready)

    def learn(self, nodes: Iterable[NodeId]) -> None:
        """Read the stays of seeds, and of the units that lots among them were packed in."""
        asked = set(nodes)
        self._learn_shipments(asked)
        asked.update(
            m.target for n in list(asked) for m in self.hubs.out[n] if m.type == Flow.CONTAINED_IN
        )
        if not asked:
            return
        rows = self._ready(self.source.stays(sorted(asked), known_at=self.trace.query.known_at))
        opens, closes = windows(rows, ())
        for i, node in enumerate(rows.source):
            at, slack = rows.occurred_at[i], self.hubs.slack.get(rows.source_system[i], 0)
            last = closes[i] if opens[i] == BEGIN else opens[i] if at is None else max(opens[i], at)
            gone = closes[i] if closes[i] == END else closes[i] - 2 * slack
            units = self.hubs.units_of(node)
            told = measured(units, rows.quantity[i], rows.uom[i])
            whole = self.hubs.kind(node) != Label.LOT
            measure = units.measure(Fraction(1), PIECE) if whole else told
            came_from = NodeId(place) if (place := rows.place_id[i]) else None
            came = Came(opens[i], last, measure, gone, closes[i])
            self._stays[node].append(_Kept(rows.target[i], came_from, came))

    def _learn_shipments(self, nodes: Iterable[NodeId]) -> None:
        """Read from where the shipments of seeds were sent, and where they were delivered."""
        out = (move for node in nodes for move in self.hubs.out[node])
        ships = sorted({move.target for move in out if move.type in INTO_SHIPMENT})
        if not ships:
            return
        self._from.update(sent_from(self.source, ships))
        known_at = self.trace.query.known_at
        rows = self._ready(self.source.edges(ships, "forward", known_at=known_at).rows)
        opens, closes = windows(rows, ())
        for i, flow in enumerate(rows.type):
            if flow == Flow.DELIVERED_TO:
                self._goals[rows.source[i]].append(rows.target[i])
                self._delivered[rows.source[i]].append(Came(opens[i], closes[i], None))

    def _place_of(self, move: Move) -> NodeId | None:
        """Where something moved; what was loaded where nobody says, where its shipment set out."""
        return move.place or (self._from.get(move.target) if move.type in INTO_SHIPMENT else None)

    def _ready(self, rows: FlowRows) -> FlowRows:
        until = self.trace.query.as_of
        rows = widen(rows, self.hubs.slack) if self.hubs.slack and rows.type else rows
        return as_of(rows, None if until is None else to_micros(until))

    def tell(self, found: SeedAmounts, node: NodeId, number: int, seeds: Sequence[Seed]) -> None:
        """Tell what a window makes seed of a node."""
        kind, span, asked = self.hubs.kind(node), _hull(seeds), self._window(number)
        places = frozenset(seed.place for seed in seeds if seed.place)
        if kind == Label.LOT:
            found.add(node, self._of_lot(node, asked, places, span))
        elif kind in (Label.BATCH, Label.PLACE):
            found.spans.setdefault(node, []).append(span)
        else:
            found.wholes.setdefault(node, []).append(span)
            if not self._is_sure(node, asked, places, span):
                found.unsure.add(node)

    def _of_lot(
        self, lot: NodeId, asked: _Asked, places: frozenset[NodeId], span: Span
    ) -> Ledger | None:
        """What of a lot is seed; null for all of it."""
        if places:
            return self._kept(lot, places, asked.span)
        if span != ALWAYS:
            return self._exposed(lot, span)
        return None if lot in asked.about else self._received(lot, asked)

    def _is_sure(self, node: NodeId, asked: _Asked, places: frozenset[NodeId], span: Span) -> bool:
        """Whether an item, a unit or a shipment was there for certain."""
        if node in asked.about:
            return True
        if places:
            least, _ = self._kept(node, places, asked.span).told(_one, None).there(_one, None, None)
            return least > 0
        if span == ALWAYS:
            return self._was_within(node, asked)
        delivered = (m for m in self.hubs.out[node] if m.type == Flow.DELIVERED_TO)
        return any(_is_within(span, m) for m in delivered)

    def _window(self, number: int) -> _Asked:
        if number not in self._asked:
            window, query = self.trace.query.windows[number], self.trace.query
            about = frozenset[NodeId]()
            [row] = self.source.nodes([window.node_id], known_at=query.known_at)
            if window.kind is WindowKind.EVENT:
                ties = self.source.links([window.node_id], Link.ABOUT)
                about = frozenset(tie.target for tie in ties)
            self._asked[number] = _Asked(window, span_of(window, row), about)
        return self._asked[number]

    # --- What was kept at places --------------------------------------------------------

    def _kept(self, node: NodeId, places: frozenset[NodeId], span: Span) -> Ledger:
        """What came to places and left them."""
        stays, used = self._stays[node], [_left(m) for m in self._used(node)]
        if len(stays) > MOST_STAYS:
            return Ledger(*span, (), used=used, is_all=False)
        here = [s for s in stays if self._is_at(s.place, places) is not None]
        here.sort(key=lambda s: (s.came.last, s.came.first, s.place))
        came = [self._arrived(s, here, places) for s in here]
        inward = self._inward(node, places)
        if not stays:
            came = [*self._brought(inward), *self._made(node, places)]
        return Ledger(
            *span,
            [*came, *came_out(self.hubs.out[node], (s.came for s in here), span)],
            [*self._moved(stays, here, places), *self._gone(node, places, inward)],
            used,
            is_all=bool(came),
            afresh=[s.came.measure for s in stays if self._before(s, stays) is None],
            unsaid=[*self._unsaid(stays, places)],
            seen=[*self._seen(node, places, span)],
            boxes=frozenset() if stays else self._boxes(inward, span),
        )

    def _inward(self, node: NodeId, places: frozenset[NodeId]) -> list[tuple[Move, bool]]:
        """The movements into shipments that were delivered to places, or may have been."""
        found = []
        for move in self.hubs.out[node]:
            goals = self._goals.get(move.target, ()) if move.type in INTO_SHIPMENT else ()
            told = [self._is_at(goal, places) for goal in goals]
            if any(sure is not None for sure in told):
                # A shipment with several deliveries may have been divided in any way.
                found.append((move, len(told) == 1 and bool(told[0])))
        return found

    def _brought(self, inward: Iterable[tuple[Move, bool]]) -> Iterator[Came]:
        """What came by shipments."""
        for move, sure in inward:
            told = self._delivered[move.target]
            first, last = min(c.first for c in told), max(c.last for c in told)
            yield Came(first, last, move.left, sure=sure)

    def _boxes(self, inward: Iterable[tuple[Move, bool]], span: Span) -> frozenset[str]:
        """The movements into shipments that may have been delivered by the end of a span."""
        return frozenset(
            move.edge_id
            for move, _ in inward
            if min(c.first for c in self._delivered[move.target]) <= span.until
        )

    def _made(self, node: NodeId, places: frozenset[NodeId]) -> Iterator[Came]:
        """What came to be at places, or may have."""
        for move in self.hubs.into[node]:
            sure = self._is_at(move.place, places) if move.place else False
            if move.type in _MADE_HERE and sure is not None:
                yield Came(move.begin, move.end, move.came, sure=sure)

    def _seen(self, node: NodeId, places: frozenset[NodeId], span: Span) -> Iterator[Left]:
        """What was moved at places within a span for certain, and so was there."""
        holds = self.hubs.into[node] if self.hubs.kind(node) != Label.LOT else ()
        piece = self.hubs.units_of(node).measure(Fraction(1), PIECE)
        for move, is_held in [(m, False) for m in self.hubs.out[node]] + [(m, True) for m in holds]:
            place, lasts = self._place_of(move), move.type in LASTING
            last = move.sure[0] if lasts else move.end
            is_then = span.since <= move.begin and last <= span.until
            if is_then and place and self._is_at(place, places) and (lasts or not is_held):
                told = replace(_left(move), end=last)
                yield replace(told, measure=piece, edge_id=None) if is_held else told

    def _is_at(self, place: NodeId, places: Iterable[NodeId]) -> bool | None:
        """Whether a place is one of these, or is in one; null if it has nothing to do with them.

        False for a place of which one of these is a part.
        """
        if any(self.places.within(place, one) for one in places):
            return True
        return False if any(self.places.related(place, one) for one in places) else None

    def _used(self, node: NodeId) -> Iterator[Move]:
        return (move for move in self.hubs.out[node] if move.type in USES_UP)

    def _before(self, stay: _Kept, here: Sequence[_Kept]) -> int | None:
        """Until when what came to one of several places was at another, by recorded stays."""
        if stay.came_from is None:
            return None
        explains = (s for s in here if s is not stay and s.came.first <= stay.came.last)
        known = [s for s in explains if self.places.related(s.place, stay.came_from)]
        return max((s.came.until for s in known), default=None)

    def _moved(
        self, stays: Iterable[_Kept], here: Sequence[_Kept], places: frozenset[NodeId]
    ) -> Iterator[Left]:
        """What is recorded to have left places, or may be, as it came to another."""
        for stay in stays:
            sure = None if stay.came_from is None else self._is_at(stay.came_from, places)
            if sure is not None:
                is_inner = self._is_at(stay.place, places) and self._before(stay, here) is not None
                came = stay.came
                yield Left(came.first, came.last, came.measure, sure, is_inner=bool(is_inner))

    def _arrived(self, stay: _Kept, here: Sequence[_Kept], places: frozenset[NodeId]) -> Came:
        """What came, and whether it may have been at another of these places before."""
        came, before = stay.came, self._before(stay, here)
        others = here[: here.index(stay)] if stay.came_from is None else ()
        again = any(s.place != stay.place and s.came.first <= came.last for s in others)
        sure = bool(self._is_at(stay.place, places))
        return replace(came, sure=sure, before=before, again=again)

    def _unsaid(self, stays: Iterable[_Kept], places: frozenset[NodeId]) -> Iterator[Left]:
        """What came elsewhere from nobody says where."""
        for stay in stays:
            if stay.came_from is None and self._is_at(stay.place, places) is None:
                yield Left(stay.came.first, stay.came.last, stay.came.measure, sure=False)

    def _gone(
        self, node: NodeId, places: frozenset[NodeId], inward: Iterable[tuple[Move, bool]]
    ) -> Iterator[Left]:
        """What left places, or may have, as it was used, shipped, or taken away in a unit."""
        coming = {move.edge_id for move, _ in inward}
        for move in self.hubs.out[node]:
            place = self._place_of(move)
            sure = self._is_at(place, places) if place else False
            if sure is None or move.edge_id in coming:
                continue
            if move.type in _LEAVES:
                yield _left(move, sure=sure)
            elif move.type == Flow.CONTAINED_IN and (since := self._taken_away(move, places)) < END:
                yield Left(since, END, move.left, sure=False)

    def _taken_away(self, packed: Move, places: frozenset[NodeId]) -> int:
        """From when on what was packed may be gone from places with its unit."""
        unit = packed.target
        if unit not in self.hubs.nodes:
            return packed.begin
        times = [move.begin for move in self.hubs.out[unit]]
        kept = self._stays[unit]
        times += [s.came.first for s in kept if not self._is_at(s.place, places)]
        return max(packed.begin, min(times, default=END))

    # --- What there was of a lot at all ---------------------------------------------------

    def _exposed(self, lot: NodeId, span: Span) -> Ledger:
        """What there was of a lot, wherever it was."""
        into = [m for m in self.hubs.into[lot] if m.type != Flow.DELIVERED_TO]
        came = [Came(m.begin, m.end, m.came) for m in into]
        own = self.hubs.recorded(lot)
        if own is not None and not into:
            came = [Came(BEGIN, BEGIN, own)]
        elif own is not None and len(into) == 1 and into[0].came is None:
            came = [Came(into[0].begin, into[0].end, own)]
        used = [_left(m) for m in self._used(lot)]
        return Ledger(*span, came, used, used, is_all=bool(came))

    def _received(self, lot: NodeId, asked: _Asked) -> Ledger | None:
        """What was made or delivered of a lot in a window; null for all of it."""
        receipts = [m for m in self.hubs.into[lot] if m.type in MADE]
        if asked.window.kind is WindowKind.SUPPLIER:
            receipts = [m for m in receipts if m.source == asked.window.node_id]
        if len(receipts) < 2 or all(self._is_then(m, asked) for m in receipts):
            was_then = self._was_within(lot, asked)
            return None if was_then else Ledger(*asked.span, (), is_all=False)
        met = [m for m in receipts if asked.span.meets(m.begin, m.end)]
        came = [Came(m.begin, m.end, m.came, sure=self._is_then(m, asked)) for m in met]
        # What was sent at another time may have been received then.
        return Ledger(*asked.span, came, is_all=asked.window.kind is not WindowKind.SUPPLIER)

    def _is_then(self, receipt: Move, asked: _Asked) -> bool:
        """Whether a receipt was within a window for certain, and by the recipe that was asked."""
        revision, row = asked.window.revision, self.hubs.rows.get(receipt.source)
        told = row.properties.get("recipe_revision") if row is not None else None
        return _is_within(asked.span, receipt) and (not revision or told == revision)

    def _was_within(self, node: NodeId, asked: _Asked) -> bool:
        """Whether something was made, sent or received within a window for certain."""
        if any(self._is_then(m, asked) for m in self.hubs.into[node] if m.type in MADE):
            return True
        row, names = self.hubs.rows.get(node), _BEGAN.get(self.hubs.kind(node))
        if row is not None and names is not None and not asked.window.revision:
            most = max(self.hubs.slack.values(), default=0)
            since, until = lasted(row.properties, names, names)
            if asked.span.since <= since - most and until + most <= asked.span.until:
                return True
        ships = [m.target for m in self.hubs.out[node] if self._is_inward(m, asked)]
        moves = (m for ship in (node, *ships) for m in self.hubs.out[ship])
        return any(m.type == Flow.DELIVERED_TO and _is_within(asked.span, m) for m in moves)

    def _is_inward(self, move: Move, asked: _Asked) -> bool:
        """Whether something of a supplier came by a shipment."""
        row = self.hubs.rows.get(move.target)
        shipped = move.type == Flow.SHIPPED_IN and row is not None
        is_inbound = row is not None and row.properties.get("kind") == "inbound"
        return shipped and is_inbound and asked.window.kind is WindowKind.SUPPLIER


def _hull(seeds: Iterable[Seed]) -> Span:
    """From the first to the last moment at which one of these counts."""
    told = [(seed.since, seed.until) for seed in seeds]
    return Span(
        min(BEGIN if since is None else since for since, _ in told),
        max(END if until is None else until for _, until in told),
    )


def _left(move: Move, *, sure: bool = True) -> Left:
    used = move.type in USES_UP
    return Left(move.begin, move.end, move.left, sure, move.edge_id, used)


def _is_within(span: Span, move: Move) -> bool:
    return span.since <= move.begin and move.end <= span.until


def _one(measure: Measure | None) -> Fraction | None:
    """A thing that is there or not; how much of it left is not known where nobody says."""
    return None if measure is None else Fraction(1)
