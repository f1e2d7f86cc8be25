"""From a checked file to facts: parties, lots, shipments, and what went into what.

A station is a party, a delivery a shipment of (part of) a lot that its station supplied.
What a station received and used becomes a lot of its own there (RELABELLED_AS), so that a
relation leads from this delivery and not from the sender's whole lot. The relations into
a lot are one batch, mixed as a whole: FoodChain-Lab never holds them against dates.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from genealogy.impact.foodchain.from_trace import COLUMNS, RECEIVED
from genealogy.impact.foodchain.network import PartialDate
from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, NodeId, Source, Value
from genealogy.model.identifiers import Identifier, lot_id, own_id
from genealogy.model.names import Flow, Label, Link, Mixing, Role
from genealogy.model.times import Instant, parse_moment
from genealogy.model.units import base_quantity
from loaders.fcl.check import Checked, Sent, cell
from loaders.fcl.document import Row

_COUNTRY = 2


@dataclass(frozen=True, slots=True)
class _Window:
    """From the earliest to the latest moment that a date may have been; null = no limit."""

    first: datetime | None = None
    last: datetime | None = None


@dataclass(slots=True)
class _Facts:
    """Makes the facts of one file; ``system`` keeps its ids apart from those of other files."""

    checked: Checked
    file: str
    system: str
    lots: dict[str, Identifier] = field(default_factory=dict)
    made: dict[str, list[Sent]] = field(default_factory=lambda: defaultdict(list))
    numbered: dict[tuple[str, str | None, str | None], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def all(self) -> Iterator[Fact]:
        """Every fact, nodes before the flows among them."""
        for sent in self.checked.deliveries.values():
            self.made[sent.delivery.lot or ""].append(sent)
            self.numbered[_numbering(sent)].add(sent.delivery.lot or "")
        for key, members in self.made.items():
            self.lots[key] = self._lot(members[0])
        sends = {sent.delivery.source for sent in self.checked.deliveries.values()}
        gets = {sent.delivery.target for sent in self.checked.deliveries.values()}
        for name, row in self.checked.stations.items():
            yield self._station(name, row, name in sends, name in gets)
        for key, members in self.made.items():
            yield from self._lot_facts(key, members)
        used = {before for before, _ in self.checked.relations}
        for sent in self.checked.deliveries.values():
            yield from self._delivered(sent)
            if sent.delivery.id in used:
                yield from self._received(sent)
        yield from self._relations()

    # --- Names ------------------------------------------------------------------------

    def _own(self, kind: Label, name: str) -> NodeId:
        return own_id(kind, f"{self.system}:{name}").node_id

    def _party(self, station: str) -> NodeId:
        return self._own(Label.PARTY, station)

    def _product(self, sent: Sent) -> NodeId | None:
        return None if sent.name is None else self._own(Label.PRODUCT, sent.name)

    def _lot(self, sent: Sent) -> Identifier:
        """A lot by station, product and number; by its key where the number is not its alone."""
        number = sent.number or sent.delivery.id
        if len(self.numbered[_numbering(sent)]) > 1:
            number = f"{number}~{(sent.delivery.lot or '').rpartition('|')[2]}"
        product = "" if sent.name is None else f"{self.system}:{sent.name}"
        return lot_id(f"{self.system}:{sent.delivery.source}", product, number)

    def _received_lot(self, sent: Sent) -> NodeId:
        """What a station has of a delivery."""
        owner = f"{self.system}:{sent.delivery.target}"
        product = "" if sent.name is None else f"{self.system}:{sent.name}"
        number = f"{sent.number or ''}@{sent.delivery.id}"
        return lot_id(owner, product, number).node_id

    def _batch(self, key: str) -> NodeId:
        return self._own(Label.BATCH, key)

    def _source(self, row: Row) -> Source:
        return Source(self.system, f"{self.file}:{row.path}")

    def _fact_id(self, *parts: str) -> str:
        return sha256("\x1f".join((self.system, *parts)).encode()).hexdigest()[:24]

    # --- Nodes ------------------------------------------------------------------------

    def _station(self, name: str, row: Row, sends: bool, gets: bool) -> NodeFact:
        roles = (*([Role.SUPPLIER] if sends else []), *([Role.CUSTOMER] if gets else []))
        told: dict[str, Value] = {"name": cell(row, "Name") or name, COLUMNS: _columns(row)}
        country = cell(row, "Country")
        if country and len(country) == _COUNTRY and country.isascii():
            told["country"] = country.upper()
        if address := cell(row, "Address"):
            told["address"] = address
        if business := cell(row, "type of business"):
            told["business"] = business
        return NodeFact(Label.PARTY, self._party(name), self._source(row), roles, told)

    def _lot_facts(self, key: str, members: list[Sent]) -> Iterator[Fact]:
        first, lot, source = members[0], self.lots[key], self._source(members[0].row)
        told: dict[str, Value] = {} if first.number is None else {"lot_number": first.number}
        product = self._product(first)
        if product is not None and first.name is not None:
            yield NodeFact(Label.PRODUCT, product, source, (), {"name": first.name})
            yield LinkFact(Link.OF_PRODUCT, lot.node_id, Label.LOT, product, Label.PRODUCT, source)
            told["product_id"] = product
        yield NodeFact(Label.LOT, lot.node_id, source, (Role.SUPPLIER_LOT,), told)

    # --- Flows ------------------------------------------------------------------------

    def _delivered(self, sent: Sent) -> Iterator[Fact]:
        one, source = sent.delivery, self._source(sent.row)
        lot, shipment = self.lots[one.lot or ""].node_id, self._own(Label.SHIPMENT, one.id)
        sender, receiver = self._party(one.source), self._party(one.target)
        left, came = _window(one.departure), _window(one.arrival)
        told: dict[str, Value] = {"from_id": sender, "to_id": receiver}
        told[COLUMNS] = _columns(sent.row)
        yield NodeFact(Label.SHIPMENT, shipment, source, (), told)
        yield LinkFact(Link.AT, shipment, Label.SHIPMENT, sender, Label.PARTY, source, "from")
        for flow, start, kind, end, other in (
            (Flow.SUPPLIED, sender, Label.PARTY, lot, Label.LOT),
            (Flow.SHIPPED_IN, lot, Label.LOT, shipment, Label.SHIPMENT),
        ):
            yield self._flow(flow, start, kind, end, other, sent, left)
        yield FlowFact(
            Flow.DELIVERED_TO,
            shipment,
            Label.SHIPMENT,
            receiver,
            Label.PARTY,
            self._fact_id(Flow.DELIVERED_TO, one.id),
            source,
            occurred_at=came.first,
            valid_from=left.first,
            valid_to=came.last,
        )

    def _received(self, sent: Sent) -> Iterator[Fact]:
        """The delivery as a lot of who received it."""
        one, source = sent.delivery, self._source(sent.row)
        received, product = self._received_lot(sent), self._product(sent)
        told: dict[str, Value] = {COLUMNS: _columns(sent.row), RECEIVED: one.id}
        told |= {"from_id": self._party(one.source), "to_id": self._party(one.target)}
        if product is not None:
            told["product_id"] = product
            yield LinkFact(Link.OF_PRODUCT, received, Label.LOT, product, Label.PRODUCT, source)
        yield NodeFact(Label.LOT, received, source, (), told)
        window = _passing(_window(one.departure), _window(one.arrival))
        lot = self.lots[one.lot or ""].node_id
        yield self._flow(Flow.RELABELLED_AS, lot, Label.LOT, received, Label.LOT, sent, window)

    def _relations(self) -> Iterator[Fact]:
        batches: set[str] = set()
        done: set[tuple[str, str]] = set()
        for (before, after), row in self.checked.relations.items():
            used, made = self.checked.deliveries[before], self.checked.deliveries[after]
            key = made.delivery.lot or ""
            if key not in batches:
                batches.add(key)
                yield from self._production(key, made, row)
            if (before, key) in done:
                continue
            done.add((before, key))
            yield FlowFact(
                Flow.CONSUMED_BY,
                self._received_lot(used),
                Label.LOT,
                self._batch(key),
                Label.BATCH,
                self._fact_id(Flow.CONSUMED_BY, before, key),
                self._source(row),
                valid_from=_window(used.delivery.arrival).first,
            )

    def _production(self, key: str, made: Sent, row: Row) -> Iterator[Fact]:
        batch, source = self._batch(key), self._source(row)
        station = self._party(made.delivery.source)
        told: dict[str, Value] = {"mixing": Mixing.WHOLE.value, "process": "FoodChain-Lab"}
        yield NodeFact(Label.BATCH, batch, source, (), told)
        yield LinkFact(Link.AT, batch, Label.BATCH, station, Label.PARTY, source, "site")
        lasts = [_window(sent.delivery.departure).last for sent in self.made[key]]
        known = [last for last in lasts if last is not None]
        yield FlowFact(
            Flow.PRODUCED,
            batch,
            Label.BATCH,
            self.lots[key].node_id,
            Label.LOT,
            self._fact_id(Flow.PRODUCED, key),
            source,
            valid_to=max(known) if len(known) == len(lasts) else None,
        )

    def _flow(
        self,
        flow: Flow,
        start: NodeId,
        kind: Label,
        end: NodeId,
        other: Label,
        sent: Sent,
        window: _Window,
    ) -> FlowFact:
        quantity: Decimal | None = sent.quantity
        return FlowFact(
            flow,
            start,
            kind,
            end,
            other,
            self._fact_id(flow, sent.delivery.id),
            self._source(sent.row),
            quantity=quantity,
            uom=sent.uom,
            base_quantity=base_quantity(quantity, sent.uom),
            occurred_at=window.first,
            valid_to=window.last,
        )


def facts_of(checked: Checked, file: str, system: str) -> Iterator[Fact]:
    """The facts that a file states; ids begin with the name of the source system.

    Raises InvalidIdentifier for a name that no id can hold.
    """
    return _Facts(checked, file, system).all()


def _numbering(sent: Sent) -> tuple[str, str | None, str | None]:
    """What a lot is known by where its number is printed."""
    return sent.delivery.source, sent.name, sent.number


def _columns(row: Row) -> str:
    """The row as it stands, so that it can be given back as it came."""
    cells: Mapping[str, Any] = {name: v for name, v in row.cells.items() if v is not None}
    return json.dumps(cells, ensure_ascii=False)


def _window(date: PartialDate) -> _Window:
    """The moments, anywhere in the world, at which a date may have been."""
    if date.year is None:
        return _Window()
    told = f"{date.year:04}"
    if date.month is not None:
        told += f"-{date.month:02}" + (f"-{date.day:02}" if date.day is not None else "")
    try:
        moment: Instant = parse_moment(told)
    except ValueError:
        # Such as the 30th of February: FoodChain-Lab compares it, a calendar has no such day.
        return _Window()
    return _Window(moment.at, moment.latest or moment.at)


def _passing(left: _Window, came: _Window) -> _Window:
    """From when until when a delivery was under way; unknown where it came before it left."""
    if left.first and came.last and came.last < left.first:
        return _Window()
    return _Window(left.first, came.last)
