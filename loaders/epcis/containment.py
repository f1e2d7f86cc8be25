"""Intervals of aggregation and association, from all events about a parent and its children.

An ADD opens an interval; it ends with the next DELETE of the child or the next
DELETE of the parent without children. Being added to another parent ends nothing:
the unpacking may be missing, or the inner case was told of along with the pallet,
and a stay that ends too early would lose what the parent did next.
An OBSERVE inside no interval opens one, marked observed. A DELETE inside none
tells of an interval whose beginning is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.names import Confidence, Flow, Label
from genealogy.model.units import base_quantity, units
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
    stay = _stay(family, pair)
    closers = stay.ends(stay.standing())
    for known, child in stay.added:
        yield from _opened(flow, stay, known, child, ())
    starts = [known for known, _ in stay.added]
    for known, child in stay.observed:
        covering = _covering(starts, closers, known)
        yield from _opened(flow, stay, known, child, covering, Confidence.OBSERVED)
        if not any(c.voided_at is None for c in covering):
            starts.append(known)
    for known, child in stay.removed:
        yield from _found_ended(flow, known, child, _covering(starts, closers, known))


def _stay(family: _Family, pair: Pair) -> _Stay:
    parent, _ = pair
    said = {action: sorted(some, key=_order) for action, some in family.said[pair].items()}
    return _Stay(
        added=said.get(Action.ADD, []),
        observed=said.get(Action.OBSERVE, []),
        removed=said.get(Action.DELETE, []),
        emptied=family.emptied.get(parent, []),
    )


def _order(entry: tuple[Known, Content]) -> tuple[datetime, str]:
    return entry[0].order


@dataclass(slots=True)
class _Stay:
    """All that was said of one child in one parent.

    ``emptied`` are the DELETEs of the parent without children: nothing stays inside.
    """

    added: list[tuple[Known, Content]]
    observed: list[tuple[Known, Content]]
    removed: list[tuple[Known, Content]]
    emptied: list[Known]

    @property
    def in_parts(self) -> bool:
        """Whether part of the child may have been taken out while the rest stayed."""
        return any(
            child.label is Label.LOT and child.amount is not None for _, child in self.removed
        )

    def standing(self) -> list[Known]:
        """Every event that has not been withdrawn."""
        said = [known for known, _ in (*self.added, *self.removed)]
        return [known for known in (*said, *self.emptied) if known.voided_at is None]

    def deciding_for(self, base: Known) -> list[Known]:
        """The events that have a say in when an interval ends that ``base`` opened."""
        if not self.in_parts:
            removals = [known for known, _ in self.removed]
            later = (k for k in (*removals, *self.emptied) if k.event.at > base.event.at)
            return deciding(base, later)
        said = [known for known, _ in (*self.added, *self.removed) if known is not base]
        return [*{known.event.event_id: known for known in said}.values(), *self.emptied]

    def ends(self, held: Sequence[Known]) -> list[Known]:
        """Those of the events held after which nothing of the child is inside."""
        ids = {known.event.event_id for known in held}
        others = [known for known in self.emptied if known.event.event_id in ids]
        if not self.in_parts:
            return [*(k for k, _ in self.removed if k.event.event_id in ids), *others]
        return _emptying(
            [(k, child, 0) for k, child in self.added if k.event.event_id in ids]
            + [(k, child, 1) for k, child in self.removed if k.event.event_id in ids]
            + [(k, None, 1) for k in others]
        )


def _emptying(entries: list[tuple[Known, Content | None, int]]) -> list[Known]:
    """The events after which nothing is left of a lot that goes in and out in parts."""
    inside: dict[str, Decimal | None] = {}
    found: list[Known] = []
    for known, child, is_removal in sorted(entries, key=lambda e: (e[0].event.at, e[2])):
        measure, amount = _measured(child) if child is not None else ("", None)
        if not is_removal:
            inside[measure] = _plus(inside.get(measure, Decimal(0)), amount)
            continue
        if amount is None:
            inside.clear()
        else:
            inside[measure] = _less(inside.get(measure, Decimal(0)), amount)
        if not any(amount is None or amount > 0 for amount in inside.values()):
            found.append(known)
    return found


def _measured(child: Content) -> tuple[str, Decimal | None]:
    """What an amount is measured in, and how much it is: kilograms and grams are one measure."""
    unit = units().get(child.uom or "")
    if unit is None or unit.factor is None:
        return child.uom or "", child.amount
    return unit.dimension, base_quantity(child.amount, child.uom)


def _plus(inside: Decimal | None, amount: Decimal | None) -> Decimal | None:
    return None if inside is None or amount is None else inside + amount


def _less(inside: Decimal | None, removed: Decimal) -> Decimal | None:
    """What stays inside; unknown when a known part leaves an unknown whole."""
    return None if inside is None else max(inside - removed, Decimal(0))


def _covering(starts: Sequence[Known], closers: Sequence[Known], at: Known) -> list[Known]:
    """The starts whose interval is open at the time of another event."""
    moment = at.event.at
    return [
        start
        for start in starts
        if start.event.at <= moment
        and not any(start.event.at < c.event.at < moment for c in closers)
    ]


def _opened(
    flow: Flow,
    stay: _Stay,
    known: Known,
    child: Content,
    covering: Sequence[Known],
    confidence: Confidence = Confidence.RECORDED,
) -> Iterator[FlowFact]:
    start = known.event.at
    covered = {c.event.event_id for c in covering}

    def value(held: list[Known]) -> Times | None:
        if any(h.event.event_id in covered for h in held):
            return None
        ends = (e.event.at for e in stay.ends([known, *held]))
        end = min((at for at in ends if at > start), default=None)
        return Times(occurred_at=start, valid_from=start, valid_to=end)

    move = _move(flow, known, child, confidence)
    others = {o.event.event_id: o for o in (*stay.deciding_for(known), *covering)}
    for version in history(known, list(others.values()), value):
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
