"""Shipments: what left with which despatch, where it went, when it arrived, what was voided.

A receipt closes a despatch that shares its despatch advice, the last despatch of
a unit or item in it, or for lots the first despatch not yet received that does
not name another destination. Nothing that is unsure closes anything. Goods of
which no despatch is known went where they were received all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed
from decimal import Decimal

from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.identifiers import Identifier, own_id
from genealogy.model.names import Flow, Label
from loaders.epcis.event import Content, Event, EventType
from loaders.epcis.known import Known, Move, Times, alone, deciding, history, stated
from loaders.epcis.vocabulary import DISPATCH, END_USE, RECEIPT, RETURNED, VOID_DISPATCH


def shipped(event: Event) -> tuple[Content, ...]:
    """What a despatch or receipt moves: its objects, or the unit that holds them."""
    if event.type is EventType.OBJECT:
        return event.contents
    if event.type is EventType.AGGREGATION and event.parent is not None:
        kind = event.parent.kind
        if kind in (Label.UNIT, Label.ITEM):
            return (Content(event.parent.node_id, kind, None, None),)
    return ()


def is_dispatch(event: Event) -> bool:
    """Whether goods leave for somewhere else, or for an end user, by the event."""
    if event.step == "departing" and not (event.sources or event.destinations):
        return False
    return (event.step in DISPATCH or event.step in END_USE) and bool(shipped(event))


def is_receipt(event: Event) -> bool:
    """Whether goods arrive from somewhere else by the event."""
    return event.step in RECEIPT and bool(shipped(event) or event.despatch_advice)


def is_return(event: Event) -> bool:
    """Whether the goods go back in the chain."""
    return event.disposition == RETURNED


def shipment_id(event: Event) -> NodeId:
    """The shipment's node: named by the despatch advice, else by the event."""
    return NodeId(f"shipment:{event.despatch_advice or event.event_id}")


def may_be_shipment(event: Event) -> bool:
    """Whether a receipt is of a named shipment, or its goods may come without a despatch."""
    named = event.despatch_advice is not None or is_return(event)
    return is_receipt(event) and (named or bool(arrivals(event)))


def end_user(event: Event) -> Identifier:
    """The unnamed end user at a place of sale or dispensing."""
    place = event.place.node_id if event.place else "unknown"
    return own_id(Label.PARTY, f"end-user:{place}")


def targets(event: Event) -> tuple[Identifier, ...]:
    """Where a despatch goes: its destinations, or the end user it is handed to."""
    found = {end.id.node_id: end.id for end in event.destinations}
    if not found and event.step in END_USE:
        user = end_user(event)
        found = {user.node_id: user}
    return tuple(found.values())


def arrivals(event: Event) -> tuple[Identifier, ...]:
    """Where a receipt takes place: its destinations and its location."""
    found = {end.id.node_id: end.id for end in event.destinations}
    if event.place is not None:
        found.setdefault(event.place.node_id, event.place)
    return tuple(found.values())


def suppliers(event: Event) -> tuple[Identifier, ...]:
    """The parties that goods come from."""
    found = {end.id.node_id: end.id for end in event.sources if end.id.kind is Label.PARTY}
    return tuple(found.values())


@dataclass(slots=True)
class _Board:
    """Despatches, receipts and voids, and which receipt or void belongs to which despatch."""

    dispatches: list[Known] = field(default_factory=list)
    receipts: list[Known] = field(default_factory=list)
    voids: list[Known] = field(default_factory=list)
    received: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    sent: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    voided: dict[str, list[tuple[Known, NodeId]]] = field(default_factory=lambda: defaultdict(list))

    def take(self, known: Known) -> None:
        """Sort in one event."""
        if is_dispatch(known.event):
            self.dispatches.append(known)
        elif is_receipt(known.event):
            self.receipts.append(known)
        elif known.event.step == VOID_DISPATCH:
            self.voids.append(known)

    def close(self, dispatch: Known, receipt: Known) -> None:
        """Let a receipt belong to a despatch, once."""
        if receipt not in self.received[dispatch.event.event_id]:
            self.received[dispatch.event.event_id].append(receipt)
            self.sent[receipt.event.event_id].append(dispatch)


def shipment_flows(events: Iterable[Known]) -> Iterator[FlowFact]:
    """Every flow into, out of and around shipments, with all versions of each."""
    board = _Board()
    for known in sorted(events, key=lambda k: k.order):
        board.take(known)
    _match_voids(board)
    _match_receipts(board)
    for dispatch in board.dispatches:
        yield from _dispatched(board, dispatch)
    for receipt in board.receipts:
        yield from _received(board, receipt)


def _match_voids(board: _Board) -> None:
    by_content = _by_content(board.dispatches)
    for void in board.voids:
        advice = void.event.despatch_advice
        for content in shipped(void.event):
            found = [
                d
                for d in by_content.get(content.node_id, ())
                if d.event.at <= void.event.at and advice in (None, d.event.despatch_advice)
            ]
            if found:
                board.voided[found[-1].event.event_id].append((void, content.node_id))
        if advice is not None and not shipped(void.event):
            _void_whole(board, void, advice)


def _void_whole(board: _Board, void: Known, advice: str) -> None:
    for dispatch in board.dispatches:
        if dispatch.event.despatch_advice == advice and dispatch.event.at <= void.event.at:
            for content in shipped(dispatch.event):
                board.voided[dispatch.event.event_id].append((void, content.node_id))


def _by_content(dispatches: Iterable[Known]) -> dict[NodeId, list[Known]]:
    found: dict[NodeId, list[Known]] = defaultdict(list)
    for dispatch in dispatches:
        for content in shipped(dispatch.event):
            found[content.node_id].append(dispatch)
    return found


def _match_receipts(board: _Board) -> None:
    standing = [d for d in board.dispatches if d.voided_at is None]
    by_content = _by_content(standing)
    by_advice: dict[str, list[Known]] = defaultdict(list)
    for dispatch in standing:
        if dispatch.event.despatch_advice is not None:
            by_advice[dispatch.event.despatch_advice].append(dispatch)
    taken: set[tuple[str, NodeId]] = set()
    for receipt in board.receipts:
        for dispatch in _earlier(by_advice.get(receipt.event.despatch_advice or "", ()), receipt):
            board.close(dispatch, receipt)
        for content in shipped(receipt.event):
            found = _match(by_content.get(content.node_id, ()), receipt, content, taken)
            if found is not None:
                taken.add((found.event.event_id, content.node_id))
                board.close(found, receipt)


def _earlier(dispatches: Iterable[Known], receipt: Known) -> list[Known]:
    """Despatches not later than the receipt, in the same direction of the chain."""
    return [
        d
        for d in dispatches
        if d.event.at <= receipt.event.at and is_return(d.event) == is_return(receipt.event)
    ]


def _match(
    dispatches: Iterable[Known], receipt: Known, content: Content, taken: set[tuple[str, NodeId]]
) -> Known | None:
    found = _earlier(dispatches, receipt)
    if content.label is not Label.LOT:
        return found[-1] if found else None
    fitting = [d for d in found if _fits(d.event, receipt.event)]
    waiting = [d for d in fitting if (d.event.event_id, content.node_id) not in taken]
    return waiting[0] if waiting else fitting[-1] if fitting else None


def _fits(dispatch: Event, receipt: Event) -> bool:
    """Whether nothing says that the receipt is of another despatch of the same lot."""
    advices = {dispatch.despatch_advice, receipt.despatch_advice}
    if None not in advices and len(advices) == 2:
        return False
    for kind in (Label.PLACE, Label.PARTY):
        there = {t.node_id for t in targets(dispatch) if t.kind is kind}
        here = {a.node_id for a in arrivals(receipt) if a.kind is kind}
        if there and here and not there & here:
            return False
    return True


def _dispatched(board: _Board, dispatch: Known) -> Iterator[FlowFact]:
    event = dispatch.event
    voids = board.voided.get(event.event_id, [])
    for content in shipped(event):
        yield from _sent(dispatch, content, [v for v, node in voids if node == content.node_id])
    for target in targets(event):
        yield from _delivered(board, dispatch, target)
    for party in suppliers(event):
        move = Move(Flow.SUPPLIED, party.node_id, party.kind, shipment_id(event), Label.SHIPMENT)
        times = Times(occurred_at=event.at)
        yield from _unless_void(dispatch, move, voids, times)


def _sent(dispatch: Known, content: Content, voids: list[Known]) -> Iterator[FlowFact]:
    event = dispatch.event
    flow = Flow.RETURNED_IN if is_return(event) else Flow.SHIPPED_IN
    move = Move(
        flow, content.node_id, content.label, shipment_id(event), Label.SHIPMENT, amount=content
    )

    def value(held: list[Known]) -> Times | None:
        left = _left(content, held)
        return None if left is None else Times(occurred_at=event.at, amount=left)

    for version in history(dispatch, voids, value):
        yield stated(dispatch, move, version)


def _left(content: Content, voids: Iterable[Known]) -> Content | None:
    """What is still shipped after voids; null when nothing."""
    left = content.amount
    for void in voids:
        amounts = [c.amount for c in shipped(void.event) if c.node_id == content.node_id]
        amount = amounts[0] if amounts else None
        if amount is None or left is None or amount >= left:
            return None
        left -= Decimal(amount)
    return changed(content, amount=left)


def _all_void(dispatch: Event, voids: list[tuple[Known, NodeId]], held: list[Known]) -> bool:
    return all(
        _left(content, [v for v, node in voids if node == content.node_id and v in held]) is None
        for content in shipped(dispatch)
    )


def _unless_void(
    dispatch: Known, move: Move, voids: list[tuple[Known, NodeId]], times: Times
) -> Iterator[FlowFact]:
    def value(held: list[Known]) -> Times | None:
        return None if _all_void(dispatch.event, voids, held) else times

    for version in history(dispatch, _unique(v for v, _ in voids), value):
        yield stated(dispatch, move, version)


def _unique(events: Iterable[Known]) -> list[Known]:
    return list({known.event.event_id: known for known in events}.values())


def _delivered(board: _Board, dispatch: Known, target: Identifier) -> Iterator[FlowFact]:
    event = dispatch.event
    voids = board.voided.get(event.event_id, [])
    receipts = deciding(dispatch, board.received.get(event.event_id, []))
    arrived = {r.event.event_id for r in receipts}
    at_once = event.at if event.step in END_USE else None

    def value(held: list[Known]) -> Times | None:
        if _all_void(event, voids, held):
            return None
        times = [h.event.at for h in held if h.event.event_id in arrived]
        return Times(occurred_at=min(times, default=at_once), valid_from=event.at)

    move = _delivery(shipment_id(event), target)
    for version in history(dispatch, _unique([*receipts, *(v for v, _ in voids)]), value):
        yield stated(dispatch, move, version)


def _delivery(shipment: NodeId, target: Identifier) -> Move:
    return Move(Flow.DELIVERED_TO, shipment, Label.SHIPMENT, target.node_id, target.kind)


def _received(board: _Board, receipt: Known) -> Iterator[FlowFact]:
    event = receipt.event
    sent = board.sent.get(event.event_id, [])
    # Despatches under one advice are one shipment, which arrives once.
    for dispatch in {shipment_id(d.event): d for d in reversed(sent)}.values():
        yield from _arrived(receipt, dispatch)
    yield from _unannounced(receipt, sent)
    if is_return(event):
        return
    for party in suppliers(event):
        for content in shipped(event):
            move = Move(
                Flow.SUPPLIED,
                party.node_id,
                party.kind,
                content.node_id,
                content.label,
                amount=content,
            )
            yield from alone(receipt, move)


def _arrived(receipt: Known, dispatch: Known) -> Iterator[FlowFact]:
    """Where a receipt names a place or party that the despatch did not, goods went there too."""
    named = {t.node_id for t in targets(dispatch.event)}
    times = Times(occurred_at=receipt.event.at, valid_from=dispatch.event.at)
    for target in arrivals(receipt.event):
        if target.node_id not in named:
            move = _delivery(shipment_id(dispatch.event), target)
            for version in history(receipt, [dispatch], lambda held: times if held else None):
                yield stated(receipt, move, version)


def _unannounced(receipt: Known, sent: list[Known]) -> Iterator[FlowFact]:
    """Goods that came without a known despatch of them: the receipt is the shipment.

    Who has received a lot must be found, though nobody said that it was sent there.
    """
    event, shipment = receipt.event, shipment_id(receipt.event)
    flow = Flow.RETURNED_IN if is_return(event) else Flow.SHIPPED_IN
    goals, goods = arrivals(event), shipped(event)
    if not (goals and goods):
        return
    for content in goods:
        move = Move(flow, content.node_id, content.label, shipment, Label.SHIPMENT, amount=content)
        yield from _unless_sent(receipt, move, sent, (content,))
    for goal in goals:
        yield from _unless_sent(receipt, _delivery(shipment, goal), sent, goods)


def _unless_sent(
    receipt: Known, move: Move, sent: list[Known], goods: Sequence[Content]
) -> Iterator[FlowFact]:
    times = Times(occurred_at=receipt.event.at, valid_from=receipt.event.at)
    is_delivery = move.flow is Flow.DELIVERED_TO

    def value(held: list[Known]) -> Times | None:
        # The shipment of a despatch under the same advice arrives by that.
        arrives = is_delivery and any(shipment_id(d.event) == move.source_id for d in held)
        return None if arrives or all(_is_sent(c, held) for c in goods) else times

    for version in history(receipt, sent, value):
        yield stated(receipt, move, version)


def _is_sent(content: Content, dispatches: Iterable[Known]) -> bool:
    return any(c.node_id == content.node_id for d in dispatches for c in shipped(d.event))
