"""What was taken out of something that was at a place: from then on it was there by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from genealogy.model.facts import NodeId
from genealogy.model.names import Label
from genealogy.ports import FlowRows
from genealogy.trace.columns import append, select
from genealogy.trace.hubs import Move
from genealogy.trace.leaving import PACKED, Leaving
from genealogy.trace.ledger import Came
from genealogy.trace.spans import Records, Span, moment_of
from genealogy.trace.windows import BEGIN, END, windows

_HOLDERS = frozenset({Label.ITEM, Label.UNIT})


class Presence(NamedTuple):
    """That something may have been at a place: it came ``since`` then or ``by`` then at the latest.

    ``came_in`` is the shipment in which it came, where one is known.
    """

    node: NodeId
    since: int
    by: int
    until: int
    place: NodeId
    came_in: NodeId | None = None


class Arrival(NamedTuple):
    """That something came to a place some time in a span, and how much of it if that is known.

    ``edge_id`` is of the edge by which it had been loaded or packed.
    """

    node: NodeId
    came: Span
    place: NodeId
    edge_id: str
    quantity: str | None


def contents(records: Records, nodes: Iterable[NodeId]) -> FlowRows:
    """All that was ever packed or built into those of these nodes that hold things, and so on."""
    found, asked, new = FlowRows(), set[NodeId](), set(nodes)
    while new:
        kinds = records.source.kinds(sorted(new))
        asked |= new
        rows = records.edges(sorted(n for n in new if kinds.get(n) in _HOLDERS), "backward")
        rows = select(rows, [i for i, flow in enumerate(rows.type) if flow in PACKED])
        append(found, rows)
        new = set(rows.source) - asked
    return found


class _Held(NamedTuple):
    """What was in something, by an edge: put in ``by`` then, and out again if that is known."""

    node: NodeId
    edge: int
    since: int
    by: int
    out: Span | None


def unpacked(
    records: Records, inside: FlowRows, holders: Iterable[Presence], leaving: Leaving
) -> list[Arrival]:
    """What came out of things while they may have been at a place, and out of that in turn."""
    held = _by_holder(records, inside)
    found, new = list[Arrival](), list(dict.fromkeys(holders))
    seen = set(new)
    while new:
        holder = new.pop()
        for one in held.get(holder.node, ()):
            if one.since > holder.until or (one.out and one.out.until < holder.since):
                continue
            if one.out and one.out.since <= holder.until:
                came = Span(max(one.out.since, holder.since), min(one.out.until, holder.until))
                told = inside.edge_id[one.edge], inside.base_quantity[one.edge]
                found.append(Arrival(one.node, came, holder.place, *told))
            there = _inner(one, holder, leaving)
            if there not in seen:
                seen.add(there)
                new.append(there)
    return found


def _inner(held: _Held, holder: Presence, leaving: Leaving) -> Presence:
    """When something in a holder may have been at its place: with it, and since it came out."""
    since = max(held.since, holder.since)
    if held.out and held.out.since <= holder.until:
        until = leaving.first(held.node, held.out.until)
        return Presence(held.node, since, held.out.until, until, holder.place)
    by = max(held.by, holder.by)
    left = leaving.first(held.node, by, holder.came_in)
    return Presence(held.node, since, by, min(left, holder.until), holder.place, holder.came_in)


def _by_holder(records: Records, inside: FlowRows) -> Mapping[NodeId, list[_Held]]:
    opens, closes = windows(inside, ())
    earliest = records.earliest_ends(inside, opens, closes)
    found = defaultdict[NodeId, list[_Held]](list)
    for i, holder in enumerate(inside.target):
        by = moment_of(inside, i, opens[i], closes[i]).until
        ends = None if earliest[i] == END else Span(earliest[i], closes[i])
        found[holder].append(_Held(inside.source[i], i, opens[i], by, ends))
    return found


def came_out(moves: Iterable[Move], stays: Iterable[Came], span: Span) -> Iterator[Came]:
    """What may have come out of something at a place, but for what stays there tell of."""
    told = max((stay.until for stay in stays if stay.first <= span.until), default=BEGIN)
    for move in moves:
        if move.type in PACKED and told < move.end < END:
            yield Came(min(move.sure[1], move.end), move.end, move.left, sure=False)
