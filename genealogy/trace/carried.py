"""Where a lot came in what held it: in a unit that was moved, in a shipment to a place.

Stays tell how a lot got from store to store, but not always: what is packed moves with its
unit, and what is shipped to a store is there when the shipment is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from genealogy.model.facts import NodeId
from genealogy.model.names import INTO_SHIPMENT, Flow
from genealogy.ports import FlowRows
from genealogy.trace.signs import HOLDS
from genealogy.trace.stays import Move, stays_of
from genealogy.trace.windows import BEGIN, END, windows


@dataclass(slots=True)
class Carrier:
    """From when until when something of a lot was in it, put in by when, and from which places.

    ``by`` are the edges by which that left the lot by itself.
    """

    since: int = BEGIN
    until: int = END
    latest: int = END
    origins: set[NodeId] = field(default_factory=set)
    by: frozenset[str] = frozenset()

    def moves(self, place: NodeId, first: int, on: NodeId | None = None) -> Iterator[Move]:
        """How what it held came to a place, not before ``first``; ``on`` from where it stood."""
        arrived = max(first, self.since)
        origins: list[NodeId | None] = [*sorted(self.origins)]
        for origin in origins or [None]:
            yield Move(place, origin, self.since, self.latest, arrived, by=self.by)
        if on:
            yield Move(place, on, self.since, self.latest, arrived, goes_on=True, by=self.by)

    def widened(self, more: Carrier) -> bool:
        """Take in that something else of the lot was in it; whether that tells more."""
        before = replace(self)
        self.since, self.until = min(self.since, more.since), max(self.until, more.until)
        self.latest = max(self.latest, more.latest)
        self.origins, self.by = self.origins | more.origins, self.by | more.by
        return self != before


def carried(
    node: NodeId,
    edges: Callable[[Sequence[NodeId]], FlowRows],
    stays: Callable[[Sequence[NodeId]], FlowRows],
    place: Callable[[FlowRows, int], NodeId | None],
    most: int,
) -> list[Move] | None:
    """The moves of a lot in units and shipments; null where it was in more than ``most``.

    ``edges`` gives the flows that leave nodes, ``stays`` where nodes were kept, ``place`` where
    something was put into what held it.
    """
    held, new, found = {node: Carrier()}, [node], list[Move]()
    while new:
        rows = edges(new)
        opens, closes = windows(rows, ())
        inner = list[NodeId]()
        for i, flow in enumerate(rows.type):
            into = held[rows.source[i]]
            if closes[i] < into.since or opens[i] > into.until:
                continue
            if flow == Flow.DELIVERED_TO:
                found += into.moves(rows.target[i], opens[i])
            elif flow in HOLDS:
                more = _carrier(rows, i, (opens[i], closes[i]), place(rows, i), into)
                known = held.setdefault(rows.target[i], more)
                if known is more or known.widened(more):
                    inner.append(rows.target[i])
        if len(held) > most:
            return None
        found += _kept(stays(inner), held) if inner else ()
        new = list(dict.fromkeys(inner))
    return found


def _carrier(
    rows: FlowRows, i: int, span: tuple[int, int], place: NodeId | None, before: Carrier
) -> Carrier:
    """What an edge leads into; nothing leaves a shipment but at its end."""
    opens, closes = span
    ships = rows.type[i] in INTO_SHIPMENT
    return Carrier(
        max(opens, before.since),
        END if ships else min(closes, before.until),
        min(closes, before.latest),
        before.origins | ({place} if place else set()),
        before.by or frozenset({rows.edge_id[i]}),
    )


def _kept(rows: FlowRows, held: Mapping[NodeId, Carrier]) -> Iterator[Move]:
    """The moves that stays of carriers tell of, while they held something of the lot."""
    for carrier, stays in stays_of(rows).items():
        into = held[carrier]
        for stay in stays:
            if stay.first <= into.until and stay.until >= into.since:
                yield from into.moves(stay.place, stay.first, stay.came_from)
