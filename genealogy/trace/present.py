"""What may have been at a place within a span of time, by any record that tells of it.

Stays do; so does what ran there or was moved there, a vessel that was used, what was
delivered or unpacked and is not known to have left, and what something else that was there held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from genealogy.model.facts import NodeId
from genealogy.model.names import INTO_SHIPMENT, LASTING, MOVED_AT, Flow, Label, Link
from genealogy.ports import FlowRows, LinkRow
from genealogy.trace.columns import joined
from genealogy.trace.leaving import PACKED
from genealogy.trace.places import (
    batches_at,
    may_be_kept_in,
    may_have_run_on,
    places_within,
)
from genealogy.trace.remaining import Remaining
from genealogy.trace.result import Seed
from genealogy.trace.spans import ALWAYS, Records, Span, moment_of, there
from genealogy.trace.windows import BEGIN, END, windows

_HOLDS = INTO_SHIPMENT | PACKED
_HOLDERS = frozenset({Label.ITEM, Label.UNIT, Label.SHIPMENT})
#: Parts of a place that tell where something set out or moved, each by rows of its own.
_MOVED = frozenset({MOVED_AT, "from"})


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
    _stays: FlowRows = field(init=False)
    _held: list[tuple[NodeId, NodeId]] = field(init=False)

    def __post_init__(self) -> None:
        self.places = places_within(self.records.source, self.place)
        self._ties = self.records.links_to(self.places, Link.AT)
        self._into = self.records.edges(self.places, "backward")
        self._stays = self.records.stays_at(self.places, self.span)
        self._held = list(self._by_master_data())

    def seeds(self) -> list[Seed]:
        """What was there, each from when it may have been and until when."""
        found = [*self._kept(), *self._ran(), *self._vessels(), *self._moved(), *self._remaining()]
        return [*found, *parts_inside(self.records, found)]

    def _kept(self) -> Iterator[Seed]:
        stays = self._stays
        if not stays.source and not self.records.stays_at(self.places, ALWAYS).source:
            self.is_unknown = True
        self.is_unknown |= may_be_kept_in(self.records, self.place, self.span)
        opens, closes = windows(stays, ())
        for i, node in enumerate(stays.source):
            if self.span.meets(opens[i], closes[i]):
                yield there(node, self.span.within(opens[i], closes[i]), stays.target[i])
        for node, place in self._held:
            yield there(node, self.span, place)

    def _by_master_data(self) -> Iterator[tuple[NodeId, NodeId]]:
        """What is there by its master data alone, and nobody says since when."""
        ties = [tie for tie in self._ties if tie.part is None]
        kinds = self.records.source.kinds(sorted({tie.source for tie in ties}))
        told = self._with_stays([node for node in kinds if kinds[node] in _HOLDERS])
        for tie in ties:
            if kinds.get(tie.source) in _HOLDERS and tie.source not in told:
                yield tie.source, tie.target

    def _remaining(self) -> Iterator[Seed]:
        """What came there, and stayed as far as anybody says."""
        stays = joined(self._stays, self.records.opened_at(self.places, self.span))
        told = self.records, self.places, self.span, self._into, stays, self._held
        remaining = Remaining(*told)
        yield from remaining.seeds()
        self.is_unknown |= remaining.is_unknown

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
            if place is None and hub in sent and rows.type[i] in INTO_SHIPMENT:
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
