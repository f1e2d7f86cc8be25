"""Events as they are known: when each was recorded, and when it was withdrawn.

What several events say together holds for a span of record time: a fact changes
when an event about it is recorded or withdrawn. ``history`` turns that into
versions, so that the graph can be asked what was known at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Generic, TypeVar

from genealogy.model.facts import FlowFact, NodeId, Source
from genealogy.model.names import Confidence, Flow, Label
from genealogy.model.units import base_quantity
from loaders.epcis.event import Content, Event

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known:
    """An event with its record times (UTC); ``voided_at`` is null while it stands."""

    event: Event
    recorded_at: datetime
    voided_at: datetime | None
    source: Source

    def held(self, moment: datetime) -> bool:
        """Whether the event was known and not withdrawn at a moment of record time."""
        return self.recorded_at <= moment and (self.voided_at is None or moment < self.voided_at)

    @property
    def order(self) -> tuple[datetime, str]:
        """By event time; equal times by id, so that every load sees the same order."""
        return self.event.at, self.event.event_id


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """A value and the span of record time in which it held; null end while it holds."""

    value: T
    recorded_at: datetime
    retracted_at: datetime | None


def history(
    base: Known, others: Sequence[Known], value: Callable[[list[Known]], T | None]
) -> Iterator[Held[T]]:
    """What a fact stated by ``base`` was held to be, as ``others`` came to be known.

    ``value`` gives the fact from those of the others that held; null when it is then no fact.
    """
    current: Held[T] | None = None
    for cut in _cuts((base, *others), base.recorded_at):
        now = value([o for o in others if o.held(cut)]) if base.held(cut) else None
        if current is not None and current.value == now:
            continue
        if current is not None:
            yield replace(current, retracted_at=cut)
        current = None if now is None else Held(now, cut, None)
    if current is not None:
        yield current


def _cuts(events: Iterable[Known], start: datetime) -> list[datetime]:
    times = {moment for e in events for moment in (e.recorded_at, e.voided_at) if moment}
    return sorted(moment for moment in times | {start} if moment >= start)


def deciding(base: Known, others: Iterable[Known]) -> list[Known]:
    """Those of the others that were ever the earliest known, by event time.

    One that happened later and was recorded later than another that still stands
    never decides anything, so a tote used a thousand times stays cheap.
    """
    kept: list[Known] = []
    first_recorded: datetime | None = None
    for other in sorted(others, key=lambda o: o.order):
        if first_recorded is not None and first_recorded <= base.recorded_at:
            break
        if first_recorded is None or other.recorded_at < first_recorded:
            kept.append(other)
            if other.voided_at is None:
                first_recorded = other.recorded_at
    return kept


@dataclass(frozen=True, slots=True)
class Move:
    """A flow that an event states: its type, ends and amount, before its times are known."""

    flow: Flow
    source_id: NodeId
    source_label: Label
    target_id: NodeId
    target_label: Label
    amount: Content | None = None
    confidence: Confidence = Confidence.RECORDED


@dataclass(frozen=True, slots=True)
class Times:
    """The times of a flow, UTC, and its amount where that can change."""

    occurred_at: datetime | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    amount: Content | None = None


def fact_id(move: Move, event: Event) -> str:
    """The name of the movement: one for each event, type and pair of ends (and unit told)."""
    uom = (move.amount.uom if move.amount else None) or ""
    named = "\x1f".join((move.flow, move.source_id, move.target_id, event.node_id, uom))
    return sha256(named.encode()).hexdigest()[:24]


def stated(known: Known, move: Move, held: Held[Times]) -> FlowFact:
    """One version of a flow as a fact for the store."""
    event, times = known.event, held.value
    amount = times.amount or move.amount
    quantity, uom = (amount.amount, amount.uom) if amount else (None, None)
    return FlowFact(
        type=move.flow,
        source_id=move.source_id,
        source_label=move.source_label,
        target_id=move.target_id,
        target_label=move.target_label,
        fact_id=fact_id(move, event),
        source=known.source,
        quantity=quantity,
        uom=uom,
        base_quantity=base_quantity(quantity, uom),
        occurred_at=times.occurred_at,
        occurred_offset=event.offset,
        valid_from=times.valid_from,
        valid_to=times.valid_to,
        recorded_at=held.recorded_at,
        retracted_at=held.retracted_at,
        place_id=event.place.node_id if event.place else None,
        event_id=event.node_id,
        confidence=move.confidence,
        derived=True,
    )


def alone(known: Known, move: Move, times: Times | None = None) -> Iterator[FlowFact]:
    """The versions of a flow that depends on one event only."""
    held = times or Times(occurred_at=known.event.at)
    for version in history(known, (), lambda _: held):
        yield stated(known, move, version)
