"""What came to a place and is not known to have left: delivered there, or unpacked there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from genealogy.model.facts import NodeId
from genealogy.model.names import INTO_SHIPMENT, Flow, Label
from genealogy.ports import FlowRows
from genealogy.trace.columns import select
from genealogy.trace.leaving import NOTHING_LEFT, PACKED, Leaving, Left, read_leaving
from genealogy.trace.result import Seed
from genealogy.trace.spans import ALWAYS, Records, Span, moment_of, there
from genealogy.trace.unpacked import Arrival, Presence, contents, unpacked
from genealogy.trace.windows import BEGIN, END, windows


class _Delivery(NamedTuple):
    shipment: NodeId
    came: Span
    place: NodeId


@dataclass(slots=True)
class Remaining:
    """The search for what came to places and may be there still within a span.

    ``into`` are the edges that enter the places, ``stays`` those there within the span and, of
    what was opened there, before it, and ``held`` what is there nobody says since when.
    ``is_unknown`` tells afterwards whether anything came before of which nobody says how long
    it was there.
    """

    records: Records
    places: Collection[NodeId]
    span: Span
    into: FlowRows
    stays: FlowRows
    held: Sequence[tuple[NodeId, NodeId]]
    is_unknown: bool = False
    _kinds: dict[NodeId, str] = field(default_factory=dict)
    _ends: dict[NodeId, int] = field(default_factory=dict)

    def seeds(self) -> Iterator[Seed]:
        """What was delivered or unpacked there meanwhile, or before and may be there still."""
        delivered = [one for one in self._deliveries() if one.came.since <= self.span.until]
        for one in delivered:
            if one.came.until >= self.span.since:
                yield there(one.shipment, self._rest(one.came))
        loads = self.records.edges(sorted({one.shipment for one in delivered}), "backward")
        loads = select(loads, [i for i, flow in enumerate(loads.type) if flow in INTO_SHIPMENT])
        before = self._before(delivered)
        brought = [*_brought(loads, before)]
        inside = contents(self.records, {*loads.source, *self.stays.source, *dict(self.held)})
        ever = self._unpacked(inside, delivered, loads, NOTHING_LEFT)
        self._ends = self._last_stays({one.node for one in [*brought, *ever]})
        # Of what stays here tell all, nothing else is read.
        told = self._told_by_stays([*brought, *ever])
        asked = {one.node for i, one in enumerate([*brought, *ever]) if i not in told}
        leaving = read_leaving(self.records, asked, self.places)
        for arrival in self._unpacked(inside, delivered, loads, leaving):
            if arrival.came.until < self.span.since:
                brought.append(arrival)
            elif arrival.came.since <= self.span.until:
                yield there(arrival.node, self._rest(arrival.came), arrival.place)
        brought = [one for one in brought if one.node in asked]
        yield from self._left_there(brought, leaving, before.keys())

    def _rest(self, came: Span) -> Span:
        return Span(max(self.span.since, came.since), self.span.until)

    def _deliveries(self) -> Iterator[_Delivery]:
        rows, (opens, closes) = self.into, windows(self.into, ())
        for i, flow in enumerate(rows.type):
            if flow == Flow.DELIVERED_TO:
                yield _Delivery(rows.source[i], Span(opens[i], closes[i]), rows.target[i])

    def _before(self, delivered: Iterable[_Delivery]) -> dict[NodeId, tuple[Span, NodeId]]:
        """When each shipment last came before the span, and where to."""
        before = dict[NodeId, tuple[Span, NodeId]]()
        for shipment, came, place in delivered:
            if came.until < self.span.since:
                told = before.get(shipment, (came, place))
                before[shipment] = max(told, (came, place), key=lambda one: (one[0].until, one[1]))
        return before

    # --- What held other things here ----------------------------------------------------

    def _unpacked(
        self,
        inside: FlowRows,
        delivered: Iterable[_Delivery],
        loads: FlowRows,
        leaving: Leaving,
    ) -> list[Arrival]:
        return unpacked(self.records, inside, self._present(delivered, loads, leaving), leaving)

    def _present(
        self, delivered: Iterable[_Delivery], loads: FlowRows, leaving: Leaving
    ) -> Iterator[Presence]:
        """When things were here, by deliveries, stays and master data."""
        inside = defaultdict[NodeId, set[NodeId]](set)
        for node, shipment in zip(loads.source, loads.target, strict=True):
            inside[shipment].add(node)
        for shipment, came, place in delivered:
            for node in inside[shipment]:
                until = leaving.first(node, came.until, shipment)
                yield Presence(node, came.since, came.until, until, place, shipment)
        stays, (opens, closes) = self.stays, windows(self.stays, ())
        for i, node in enumerate(stays.source):
            # What left at the moment at which it came may have come after that.
            by = moment_of(stays, i, opens[i], closes[i]).until + 1
            until = leaving.first(node, by) if closes[i] == END else closes[i]
            yield Presence(node, opens[i], by, until, stays.target[i])
        for node, place in self.held:
            yield Presence(node, ALWAYS.since, ALWAYS.until, ALWAYS.until, place)

    # --- What is there still ------------------------------------------------------------

    def _left_there(
        self, brought: Sequence[Arrival], leaving: Leaving, came_in: Container[NodeId]
    ) -> Iterator[Seed]:
        """What came before, of which nobody says that it was taken away."""
        nodes = sorted({one.node for one in brought})
        told = self._told_by_stays(brought)
        self.is_unknown |= len(told) < len(brought)
        last = {n: max(one.came.until for one in own) for n, own in _by_node(brought).items()}
        kinds = self._kinds = self.records.source.kinds(nodes)
        gone = self._gone(brought, leaving, came_in)
        for i, one in enumerate(brought):
            # One thing is where it came to last; of a lot, some may be wherever it ever came.
            counts = kinds.get(one.node) == Label.LOT or one.came.until == last[one.node]
            if counts and i not in told and one.node not in gone:
                yield there(one.node, self.span, one.place)

    def _last_stays(self, nodes: Collection[NodeId]) -> dict[NodeId, int]:
        """When the last stay here that began before the span ended, of each node that has any."""
        stays = self.records.stays_of(sorted(nodes)) if nodes else FlowRows()
        opens, closes = windows(stays, ())
        ends = dict[NodeId, int]()
        for i, node in enumerate(stays.source):
            begun = moment_of(stays, i, opens[i], closes[i]).until
            if stays.target[i] in self.places and begun < self.span.since:
                ends[node] = max(closes[i], ends.get(node, BEGIN))
        return ends

    def _told_by_stays(self, brought: Sequence[Arrival]) -> set[int]:
        """The arrivals before the span of which a stay here tells until when that was here."""
        return {
            i
            for i, one in enumerate(brought)
            if one.came.until < self.span.since
            and one.came.until <= self._ends.get(one.node, BEGIN)
        }

    def _gone(
        self, brought: Sequence[Arrival], leaving: Leaving, came_in: Container[NodeId]
    ) -> set[NodeId]:
        """Those of which as much was taken away before the span as ever came."""
        kinds, arrivals = self._kinds, _by_node(brought)
        left = {
            node: [one for one in leaving.left.get(node, ()) if one.target not in came_in]
            for node in arrivals
        }
        away = {node: self._away(left[node], own[0].came.until) for node, own in arrivals.items()}
        things = [node for node in arrivals if kinds.get(node) != Label.LOT]
        gone = {
            node
            for node in things
            if any(one.moment.since >= arrivals[node][-1].came.until for one in away[node])
        }
        lots = [node for node in arrivals.keys() - set(things) if away[node]]
        here = [node for node in lots if not _was_sent(left[node], arrivals[node][0].came.until)]
        more, scattered = self._made_here(sorted(here)), self._scattered(leaving.out, brought)
        for node in set(here) - more:
            taken = [one for one in away[node] if self._is_from_here(one, node in scattered)]
            if taken and _sum(taken, Decimal(0)) >= _sum(arrivals[node], Decimal("Infinity")):
                gone.add(node)
        return gone

    def _away(self, left: Iterable[Left], since: int) -> list[Left]:
        """What was taken away after something came, and before the span."""
        return [
            one for one in left if one.moment.since >= since and one.moment.until < self.span.since
        ]

    def _is_from_here(self, left: Left, scattered: bool) -> bool:
        """Whether what left of a lot may be what was here; where it is anywhere, whether it is."""
        surely = scattered or left.type == Flow.STORED_AT or left.type in PACKED
        return not surely or left.place in self.places

    def _scattered(self, out: FlowRows, brought: Iterable[Arrival]) -> set[NodeId]:
        """What was also packed in something of which it is not known to have been unpacked here."""
        came = {one.edge_id for one in brought}
        opens, _ = windows(out, ())
        return {
            node
            for i, node in enumerate(out.source)
            if out.type[i] == Flow.CONTAINED_IN
            and opens[i] < self.span.since
            and out.edge_id[i] not in came
        }

    def _made_here(self, lots: Sequence[NodeId]) -> set[NodeId]:
        """Those of these lots of which more may have come to be here than was brought."""
        rows = self.records.edges(lots, "backward")
        return {
            node
            for node, flow, place in zip(rows.target, rows.type, rows.place_id, strict=True)
            if flow in (Flow.PRODUCED, Flow.RELABELLED_AS)
            and (place is None or place in self.places)
        }


def _brought(loads: FlowRows, before: Mapping[NodeId, tuple[Span, NodeId]]) -> Iterator[Arrival]:
    """What came in shipments."""
    for i, shipment in enumerate(loads.target):
        if shipment in before:
            told = loads.edge_id[i], loads.base_quantity[i]
            yield Arrival(loads.source[i], *before[shipment], *told)


def _by_node(brought: Iterable[Arrival]) -> dict[NodeId, list[Arrival]]:
    """The arrivals of each node in order."""
    found = defaultdict[NodeId, list[Arrival]](list)
    for one in sorted(brought, key=lambda one: one.came.until):
        found[one.node].append(one)
    return found


def _was_sent(left: Iterable[Left], before: int) -> bool:
    return any(one.type in INTO_SHIPMENT and one.moment.since < before for one in left)


def _sum(told: Iterable[Arrival | Left], unknown: Decimal) -> Decimal:
    """How much some edges moved together; ``unknown`` stands for what is not known."""
    amounts = {one.edge_id: one.quantity for one in told}
    known = (unknown if one is None else Decimal(one) for one in amounts.values())
    return sum(known, Decimal(0))
