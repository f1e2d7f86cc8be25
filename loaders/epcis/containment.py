"""Intervals of aggregation and association, from all events about a parent and its children.

An ADD opens an interval; it ends with the next DELETE of the child, the next
DELETE of the parent without children, or when the child, being one thing, is
added elsewhere. An OBSERVE inside no interval opens one, marked observed. A
DELETE inside none tells of an interval whose beginning is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.names import Confidence, Flow, Label
from loaders.epcis.event import Action, Content, EventType
from loaders.epcis.known import Known, Move, Times, deciding, history, stated

Pair = tuple[NodeId, NodeId]

_FLOWS = {
    EventType.AGGREGATION: Flow.CONTAINED_IN,
    EventType.ASSOCIATION: Flow.PART_OF,
}
_HOLDERS = frozenset({Label.UNIT, Label.ITEM})


@dataclass(slots=True)
class _Family:
    """The events of one type, indexed by parent and child."""

    said: dict[Pair, dict[Action, list[tuple[Known, Content]]]] = field(default_factory=dict)
    emptied: dict[NodeId, list[Known]] = field(default_factory=lambda: defaultdict(list))
    added: dict[NodeId, list[tuple[NodeId, Known]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(self, known: Known) -> None:
        """Sort in one event."""
        event = known.event
        if event.parent is None or event.parent.kind not in _HOLDERS or event.action is None:
            return
        parent = event.parent.node_id
        if event.action is Action.DELETE and not event.contents:
            self.emptied[parent].append(known)
        for child in event.contents:
            actions = self.said.setdefault((parent, child.node_id), defaultdict(list))
            actions[event.action].append((known, child))
            if event.action is Action.ADD and child.label is not Label.LOT:
                self.added[child.node_id].append((parent, known))


def containment_flows(events: Iterable[Known]) -> Iterator[FlowFact]:
    """Every CONTAINED_IN and PART_OF that the events tell, with all versions of each."""
    families = {kind: _Family() for kind in _FLOWS}
    for known in events:
        if known.event.type in families:
            families[known.event.type].take(known)
    for kind, family in families.items():
        for pair in family.said:
            yield from _pair_flows(_FLOWS[kind], family, pair)


def _pair_flows(flow: Flow, family: _Family, pair: Pair) -> Iterator[FlowFact]:
    closers = _closers(family, pair)
    adds = sorted(family.said[pair].get(Action.ADD, ()), key=_order)
    for known, child in adds:
        yield from _opened(flow, known, child, closers, ())
    starts = [known for known, _ in adds]
    for known, child in sorted(family.said[pair].get(Action.OBSERVE, ()), key=_order):
        covering = _covering(starts, closers, known)
        yield from _opened(flow, known, child, closers, covering, Confidence.OBSERVED)
        if not any(c.voided_at is None for c in covering):
            starts.append(known)
    for known, child in family.said[pair].get(Action.DELETE, ()):
        yield from _found_ended(flow, known, child, _covering(starts, closers, known))


def _order(entry: tuple[Known, Content]) -> tuple[datetime, str]:
    return entry[0].order


def _closers(family: _Family, pair: Pair) -> list[Known]:
    parent, child = pair
    removals = _whole_removals(family.said[pair])
    moves = [known for other, known in family.added.get(child, ()) if other != parent]
    return sorted([*removals, *family.emptied.get(parent, ()), *moves], key=lambda k: k.order)


def _whole_removals(actions: dict[Action, list[tuple[Known, Content]]]) -> list[Known]:
    """The DELETEs after which nothing of the child is left; part of a lot may stay."""
    whole: list[Known] = []
    inside: Decimal | None = Decimal(0)
    entries = [(entry, True) for entry in actions.get(Action.ADD, ())]
    entries += [(entry, False) for entry in actions.get(Action.DELETE, ())]
    for (known, child), is_add in sorted(entries, key=lambda e: (e[0][0].event.at, not e[1])):
        if known.voided_at is not None:
            whole += [] if is_add else [known]
        elif is_add:
            inside = _plus(inside, child.amount)
        else:
            inside = _left(inside, child.amount)
            if inside == 0:
                whole.append(known)
    return whole


def _plus(inside: Decimal | None, amount: Decimal | None) -> Decimal | None:
    return None if inside is None or amount is None else inside + amount


def _left(inside: Decimal | None, removed: Decimal | None) -> Decimal | None:
    """What stays inside; unknown when a known part leaves an unknown whole."""
    if removed is None:
        return Decimal(0)
    return None if inside is None else max(inside - removed, Decimal(0))


def _covering(starts: Sequence[Known], closers: Sequence[Known], at: Known) -> list[Known]:
    """The starts whose interval is open at the time of another event."""
    moment = at.event.at
    return [
        start
        for start in starts
        if start.event.at <= moment
        and not any(start.event.at < c.event.at < moment for c in closers if c.voided_at is None)
    ]


def _opened(
    flow: Flow,
    known: Known,
    child: Content,
    closers: Sequence[Known],
    covering: Sequence[Known],
    confidence: Confidence = Confidence.RECORDED,
) -> Iterator[FlowFact]:
    start = known.event.at
    ends = deciding(known, (c for c in closers if c.event.at > start))
    covered = {c.event.event_id for c in covering}

    def value(held: list[Known]) -> Times | None:
        if any(h.event.event_id in covered for h in held):
            return None
        end = min((h.event.at for h in held), default=None)
        return Times(occurred_at=start, valid_from=start, valid_to=end)

    move = _move(flow, known, child, confidence)
    for version in history(known, [*ends, *covering], value):
        yield stated(known, move, version)


def _found_ended(
    flow: Flow, known: Known, child: Content, covering: Sequence[Known]
) -> Iterator[FlowFact]:
    """A child taken out that nobody had put in: it was inside for an unknown time."""
    times = Times(valid_to=known.event.at)
    move = _move(flow, known, child, Confidence.INFERRED)
    for version in history(known, covering, lambda held: None if held else times):
        yield stated(known, move, version)


def _move(flow: Flow, known: Known, child: Content, confidence: Confidence) -> Move:
    parent = known.event.parent
    if parent is None:
        raise ValueError("an aggregation without parent moves nothing")
    return Move(flow, child.node_id, child.label, parent.node_id, parent.kind, child, confidence)
