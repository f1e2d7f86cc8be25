"""One batch of events: what is new in it, what repeats or contradicts what is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from genealogy.model.facts import Fact, NodeFact, Source
from genealogy.sinks import EventBook, StoredEvent
from loaders.epcis.body import same_content, unpacked
from loaders.epcis.event import Event
from loaders.epcis.known import Known
from loaders.epcis.nodes import event_node, facts_about
from loaders.epcis.settle import recalled, related, settled


class Outcome(StrEnum):
    """What became of one event."""

    NEW = "new"
    REPEATED = "repeated"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True)
class _State:
    """An event id as known so far; ``declared_only`` when only its withdrawal is known."""

    known: Known
    body: str
    declared_only: bool


@dataclass(slots=True)
class Capture:
    """Events on their way into the graph, judged one by one against those already there.

    ``now`` (UTC) is the record time of events that give none.
    """

    book: EventBook
    now: datetime
    _states: dict[str, _State] = field(default_factory=dict)
    _before: dict[str, Known] = field(default_factory=dict)
    _news: dict[str, list[NodeFact]] = field(default_factory=dict)
    _about: list[Known] = field(default_factory=list)

    def recall(self, events: Sequence[Event]) -> None:
        """Look up which of these events are stored; once for a batch."""
        wanted = sorted({e.node_id for e in events if e.event_id not in self._states})
        for stored in self.book.events(wanted) if wanted else ():
            state = _state(stored)
            if state is not None:
                self._states[state.known.event.event_id] = state
                self._before[state.known.event.event_id] = state.known

    def take(self, event: Event, body: str, source: Source) -> Outcome:
        """Judge one event, given with its canonical body, and remember what it changes."""
        state = self._states.get(event.event_id)
        known = self._known(event, source)
        if state is None:
            return self._new(known, _State(known, body, event.error is not None), body)
        if event.error is not None:
            return self._declared(known, state, body)
        if state.declared_only:
            told = replace(known, voided_at=state.known.voided_at)
            return self._new(known, _State(told, body, False), body)
        if not same_content(state.body, body):
            return Outcome.CONTRADICTS
        return self._repeated(known, state, body)

    def _known(self, event: Event, source: Source) -> Known:
        if event.error is not None:
            at = event.error.declared_at
            return Known(event, at, at, source)
        return Known(event, event.recorded_at or self.now, None, source)

    def _repeated(self, known: Known, state: _State, body: str) -> Outcome:
        """Several systems may each have recorded the event; it was known from the first on."""
        told = known.event.recorded_at
        if told is None or told == state.known.recorded_at:
            self._about.append(known)
        else:
            first = replace(
                state.known, recorded_at=min(known.recorded_at, state.known.recorded_at)
            )
            self._new(known, replace(state, known=first), body)
        return Outcome.REPEATED

    def _declared(self, known: Known, state: _State, body: str) -> Outcome:
        """An event may be withdrawn several times; it holds no longer from the first on."""
        before = state.known.voided_at
        first = min(t for t in (before, known.voided_at) if t is not None)
        told = replace(state.known, voided_at=first)
        if state.declared_only:
            told = replace(told, recorded_at=first)
        self._new(known, replace(state, known=told), body)
        return Outcome.REPEATED if before == known.voided_at else Outcome.NEW

    def _new(self, known: Known, state: _State, body: str) -> Outcome:
        event_id = known.event.event_id
        self._states[event_id] = state
        self._about.append(known)
        self._news.setdefault(event_id, []).append(event_node(known, body))
        return Outcome.NEW

    def facts(self) -> Iterator[Fact]:
        """Everything to be written for the events taken, flows last."""
        yield from _each_once(fact for known in self._about for fact in facts_about(known))
        for nodes in self._news.values():
            yield from nodes
        yield from self._flows()

    def stored(self) -> list[StoredEvent]:
        """The new events as they would be found again."""
        return [_stored(self._states[i]) for i in self._news]

    def _flows(self) -> Iterator[Fact]:
        changed = {i: self._states[i].known for i in self._news}
        stored = related(list(changed.values()), self.book)
        before = stored | {i: k for i, k in self._before.items() if i in changed}
        after = before | changed
        yield from settled(_ordered(before), _ordered(after))


def _each_once(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Facts without properties once a batch: the same places and parties are named all over."""
    seen: set[tuple[object, ...]] = set()
    for fact in facts:
        if isinstance(fact, NodeFact) and not fact.properties:
            key = (fact.node_id, fact.label, fact.roles, fact.identifiers)
            if key in seen:
                continue
            seen.add(key)
        yield fact


def _ordered(known: dict[str, Known]) -> list[Known]:
    return sorted(known.values(), key=lambda k: k.order)


def _state(stored: StoredEvent) -> _State | None:
    if stored.body is None:
        return None
    return _State(recalled(stored), unpacked(stored.body), stored.recorded_at is None)


def _stored(state: _State) -> StoredEvent:
    known = state.known
    return StoredEvent(
        known.event.node_id,
        state.body,
        None if state.declared_only else known.recorded_at,
        known.voided_at,
        known.source.system,
        known.source.record,
    )
