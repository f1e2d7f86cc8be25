"""What may have been at a place within a span of time, by any record that tells of it.

Stays do; so does what ran there or was moved there, a vessel that was used, what was
delivered and is not known to have left, and what something else that was there held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from genealogy.model.facts import NodeId
from genealogy.model.names import LASTING, MOVED_AT, Flow, Label, Link
from genealogy.ports import FlowRows, LinkRow
from genealogy.trace.columns import joined, select
from genealogy.trace.places import (
    batches_at,
    may_be_kept_in,
    may_have_run_on,
    places_within,
)
from genealogy.trace.result import Seed
from genealogy.trace.spans import ALWAYS, Records, Span
from genealogy.trace.windows import BEGIN, END, windows

_LOADS = frozenset({Flow.SHIPPED_IN, Flow.RETURNED_IN})
_LEAVING = _LOADS | {Flow.CONSUMED_BY, Flow.LOADED_INTO, Flow.STORED_AT}
_HOLDS = _LOADS | {Flow.CONTAINED_IN, Flow.PART_OF}
_HOLDERS = frozenset({Label.ITEM, Label.UNIT, Label.SHIPMENT})
#: Parts of a place that tell where something set out or moved, each by rows of its own.
_MOVED = frozenset({MOVED_AT, "from"})


def there(node: NodeId, span: Span, place: str | None = None) -> Seed:
    """A node from which a trace starts for what happened to it in a span, at a place if told."""
    since, until = (None if at in (BEGIN, END) else at for at in span)
    return Seed(node, 0, since, until, None if place is None else NodeId(place))


@dataclass(slots=True)
class Present:
    """The search for what was at a place, and in it, within a span.

    ``is_unknown`` tells afterwards whether anything may have been there of which nothing tells.
    """

    records: Records
    place: NodeId
    span: Span
    places: list[NodeId] = field(init=False)
    is_unknown: bool = False
    _ties: list[LinkRow] = field(init=False)
    _into: FlowRows = field(init=False)

    def __post_init__(self) -> None:
        self.places = places_within(self.records.source, self.place)
        self._ties = self.records.links_to(self.places, Link.AT)
        self._into = self.records.edges(self.places, "backward")

    def seeds(self) -> list[Seed]:
        """What was there, each from when it may have been and until when."""
        found = [*self._kept(), *self._ran(), *self._vessels(), *self._moved(), *self._delivered()]
        return [*found, *parts_inside(self.records, found)]

    def _kept(self) -> Iterator[Seed]:
        stays = self.records.stays_at(self.places, self.span)
        if not stays.source and not self.records.stays_at(self.places, ALWAYS).source:
            self.is_unknown = True
        self.is_unknown |= may_be_kept_in(self.records, self.place, self.span)
        opens, closes = windows(stays, ())
        for i, node in enumerate(stays.source):
            if self.span.meets(opens[i], closes[i]):
                yield there(node, self.span.within(opens[i], closes[i]), stays.target[i])
        # By its master data a unit is there, and nobody says since when.
        ties = [tie for tie in self._ties if tie.part is None]
        kinds = self.records.source.kinds(sorted({tie.source for tie in ties}))
        told = self._with_stays([node for node in kinds if kinds[node] in _HOLDERS])
        for tie in ties:
            if kinds.get(tie.source) in _HOLDERS and tie.source not in told:
                yield there(tie.source, self.span, tie.target)

    def _with_stays(self, nodes: Collection[NodeId]) -> set[NodeId]:
        if not nodes:
            return set()
        return set(self.records.stays_of(sorted(nodes)).source)

    def _ran(self) -> Iterator[Seed]:
        """The batches that may have run there then."""
        self.is_unknown |= may_have_run_on(self.records, self.place, self.span)
        links = (Link.MADE_ON, Link.AT)
        for batch, ran in batches_at(self.records, self.places, self.span, links):
            yield there(batch, Span(max(self.span.since, ran.since), self.span.until))

    def _vessels(self) -> Iterator[Seed]:
        """The vessels here that may have held anything by the end of the span."""
        loaded, drawn = dict[NodeId, Span](), dict[NodeId, int]()
        came = self._into
        for i, (since, until) in enumerate(zip(*windows(came, ()), strict=True)):
            if came.type[i] == Flow.LOADED_INTO:
                known = loaded.get(came.target[i], Span(END, END))
                first = Span(min(since, known.since), min(until, known.until))
                loaded[came.target[i]] = first
        out = self.records.edges(self.places, "forward")
        for i, since in enumerate(windows(out, ())[0]):
            if out.type[i] == Flow.DRAWN_FROM:
                drawn[out.source[i]] = min(since, drawn.get(out.source[i], since))
        for vessel in sorted(loaded.keys() | drawn.keys()):
            first = loaded.get(vessel, ALWAYS)
            # What was drawn before the first load had been in it, whoever recorded that.
            if first.since <= self.span.until or drawn.get(vessel, END) < first.until:
                yield there(vessel, self.span)

    def _moved(self) -> Iterator[Seed]:
        """What was used, packed or loaded there meanwhile, and was there, whatever stays tell."""
        hubs = sorted({tie.source for tie in self._ties if tie.part in _MOVED})
        rows = self.records.edges(hubs, "backward")
        sent = {tie.source for tie in self._ties if tie.part == "from"}
        dispatched = self._dispatched(sent)
        opens, closes = windows(rows, ())
        for i, node in enumerate(rows.source):
            hub, place = rows.target[i], rows.place_id[i]
            if place is None and hub in sent and rows.type[i] in _LOADS:
                place = self.place
            elif place not in self.places:
                continue
            span = moment_of(rows, i, opens[i], closes[i])
            span = dispatched.get(hub, span) if span == ALWAYS else span
            if self.span.meets(*span):
                yield there(node, self.span.within(*span), place)
                if rows.type[i] in LASTING:
                    yield there(hub, self.span.within(*span), place)

    def _dispatched(self, shipments: Collection[NodeId]) -> dict[NodeId, Span]:
        return {
            row.node_id: self.records.lasted(row, "dispatched_at", "dispatched_at")
            for row in self.records.nodes(sorted(shipments))
        }

    # --- What came and stayed -----------------------------------------------------------

    def _delivered(self) -> Iterator[Seed]:
        """What was delivered there meanwhile, or before and may be there still."""
        rows = self._into
        opens, closes = windows(rows, ())
        before = dict[NodeId, tuple[int, NodeId]]()
        for i, flow in enumerate(rows.type):
            if flow == Flow.DELIVERED_TO and self.span.meets(opens[i], closes[i]):
                since = max(self.span.since, opens[i])
                yield there(rows.source[i], Span(since, self.span.until))
            elif flow == Flow.DELIVERED_TO and closes[i] < self.span.since:
                came = closes[i], rows.target[i]
                before[rows.source[i]] = max(came, before.get(rows.source[i], came))
        yield from self._left_there(before)

    def _left_there(self, shipments: Mapping[NodeId, tuple[int, NodeId]]) -> Iterator[Seed]:
        """What came in these shipments, of which nobody says that it was taken away."""
        loads = self.records.edges(sorted(shipments), "backward")
        loads = select(loads, [i for i, flow in enumerate(loads.type) if flow in _LOADS])
        nodes = sorted(set(loads.source))
        stays = self.records.stays_of(nodes) if nodes else FlowRows()
        told = self._told_by_stays(stays, loads, shipments)
        if len(told) < len(loads.source):
            self.is_unknown = True
        out = joined(self.records.edges(nodes, "forward"), stays)
        gone = self._gone(out, loads, shipments)
        last = _last_by_node(loads, shipments)
        kinds = self.records.source.kinds(nodes)
        for i, node in enumerate(loads.source):
            at, place = shipments[loads.target[i]]
            # One thing is where it came to last; of a lot, some may be wherever it ever came.
            counts = kinds.get(node) == Label.LOT or at == last[node]
            if counts and i not in told and node not in gone:
                yield there(node, self.span, place)

    def _told_by_stays(
        self, stays: FlowRows, loads: FlowRows, came: Mapping[NodeId, tuple[int, NodeId]]
    ) -> set[int]:
        """The deliveries of which a stay here tells until when that was here."""
        opens, closes = windows(stays, ())
        ends = defaultdict[NodeId, list[int]](list)
        for i, node in enumerate(stays.source):
            begun = moment_of(stays, i, opens[i], closes[i]).until
            if stays.target[i] in self.places and begun < self.span.since:
                ends[node].append(closes[i])
        return {
            i
            for i, node in enumerate(loads.source)
            if any(end >= came[loads.target[i]][0] for end in ends[node])
        }

    def _gone(
        self, out: FlowRows, loads: FlowRows, came: Mapping[NodeId, tuple[int, NodeId]]
    ) -> set[NodeId]:
        """Those of which as much was taken away before the span as ever came."""
        brought = defaultdict[NodeId, list[int]](list)
        for i, node in enumerate(loads.source):
            brought[node].append(i)
        away, elsewhere = self._away(out, loads, came)
        kinds = self.records.source.kinds(sorted(away))
        lots = {node for node in away if kinds.get(node) == Label.LOT}
        more = elsewhere | self._made_here(sorted(lots - elsewhere))
        last, (opens, _) = _last_by_node(loads, came), windows(out, ())
        gone = {n for n in away.keys() - lots if any(opens[i] >= last[n] for i in away[n])}
        for node in lots - more:
            came_in = _sum(loads, brought[node], unknown=Decimal("Infinity"))
            taken = [i for i in away[node] if self._may_be_from_here(out, i)]
            if taken and _sum(out, taken, unknown=Decimal(0)) >= came_in:
                gone.add(node)
        return gone

    def _away(
        self, out: FlowRows, loads: FlowRows, came: Mapping[NodeId, tuple[int, NodeId]]
    ) -> tuple[dict[NodeId, list[int]], set[NodeId]]:
        """What was elsewhere or used before the span, and what had been sent elsewhere too."""
        opens, closes = windows(out, ())
        first = dict[NodeId, int]()
        for node, shipment in zip(loads.source, loads.target, strict=True):
            at, _ = came[shipment]
            first[node] = min(at, first.get(node, at))
        away, elsewhere = defaultdict[NodeId, list[int]](list), set[NodeId]()
        for i, node in enumerate(out.source):
            if out.type[i] not in _LEAVING or self._goes_here(out, i, came):
                continue
            moved = moment_of(out, i, opens[i], closes[i])
            if moved.since < first[node] and out.type[i] in _LOADS:
                elsewhere.add(node)
            elif first[node] <= moved.since and moved.until < self.span.since:
                away[node].append(i)
        return away, elsewhere

    def _goes_here(self, out: FlowRows, i: int, came: Container[NodeId]) -> bool:
        """Whether an edge tells that something came or stayed here, or was moved elsewhere."""
        if out.type[i] == Flow.STORED_AT:
            return out.target[i] in self.places
        place = out.place_id[i]
        return out.target[i] in came or (place is not None and place not in self.places)

    def _may_be_from_here(self, out: FlowRows, i: int) -> bool:
        """Whether what moved of a lot may be what was here; of a stay elsewhere, whether it is."""
        return out.type[i] != Flow.STORED_AT or out.place_id[i] in self.places

    def _made_here(self, lots: Sequence[NodeId]) -> set[NodeId]:
        """Those of these lots of which more may have come to be here than was delivered."""
        rows = self.records.edges(lots, "backward")
        return {
            node
            for node, flow, place in zip(rows.target, rows.type, rows.place_id, strict=True)
            if flow in (Flow.PRODUCED, Flow.RELABELLED_AS)
            and (place is None or place in self.places)
        }


def _last_by_node(loads: FlowRows, came: Mapping[NodeId, tuple[int, NodeId]]) -> dict[NodeId, int]:
    """When each node came here last."""
    last = dict[NodeId, int]()
    for node, shipment in zip(loads.source, loads.target, strict=True):
        at, _ = came[shipment]
        last[node] = max(at, last.get(node, at))
    return last


def parts_inside(records: Records, seeds: Iterable[Seed]) -> Iterator[Seed]:
    """The items that were built into what a window found: they were there with it.

    Of a lot, what was built in is not the lot; containers and shipments stand for what they hold.
    """
    new, seen = list(dict.fromkeys(seeds)), set[Seed]()
    while new:
        kinds = records.source.kinds(sorted({seed.node_id for seed in new}))
        holders = defaultdict[NodeId, list[Seed]](list)
        for seed in new:
            if kinds.get(seed.node_id) in _HOLDERS:
                holders[seed.node_id].append(seed)
        rows = records.edges(sorted(holders), "backward")
        inner = records.source.kinds(sorted(set(rows.source)))
        new = []
        for is_part, seed in _inside(rows, holders, inner):
            if seed not in seen:
                seen.add(seed)
                new.append(seed)
                if is_part:
                    yield seed


def _inside(
    rows: FlowRows, holders: Mapping[NodeId, Sequence[Seed]], kinds: Mapping[NodeId, str]
) -> Iterator[tuple[bool, Seed]]:
    """What was in holders while they count, and whether it was built in."""
    opens, closes = windows(rows, ())
    for i, flow in enumerate(rows.type):
        if flow not in _HOLDS or kinds.get(rows.source[i]) not in _HOLDERS:
            continue
        until = closes[i] if flow in LASTING else END
        for seed in holders[rows.target[i]]:
            span = Span(
                BEGIN if seed.since is None else seed.since,
                END if seed.until is None else seed.until,
            )
            if span.meets(opens[i], until):
                yield (
                    flow == Flow.PART_OF,
                    there(rows.source[i], span.within(opens[i], until), seed.place),
                )


def moment_of(rows: FlowRows, i: int, opens: int, closes: int) -> Span:
    """When a movement took place; of what lasts, when it began."""
    if rows.type[i] in LASTING:
        at = rows.occurred_at[i]
        return Span(opens, closes if at is None else max(opens, at))
    return Span(opens, closes)


def _sum(rows: FlowRows, picks: Iterable[int], unknown: Decimal) -> Decimal:
    """How much some edges moved together; ``unknown`` stands for what is not known."""
    told = (rows.base_quantity[i] for i in picks)
    return sum((unknown if one is None else Decimal(one) for one in told), Decimal(0))
