"""A trace as a chain of stations and deliveries, as food authorities look at it.

Stations are parties and places; a delivery is what one of them handed to another: a
shipment to a consignee, or what a supplier supplied without one. Deliveries are related
where the material of one went into the other. What came from a file of FoodChain-Lab
goes back as it came, by the columns kept with it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from genealogy.model.facts import NodeId
from genealogy.model.names import INTO_SHIPMENT, Flow, Label
from genealogy.ports import NodeRow
from genealogy.trace.result import Trace

#: Properties of nodes from a file of FoodChain-Lab: the row as it stood there, and for what
#: a station received the id of the delivery.
COLUMNS, RECEIVED = "fcl_row", "fcl_delivery"
#: The station that is told where nobody recorded who it was.
UNKNOWN = "unknown"

_MAKES = frozenset(
    {
        Flow.CONSUMED_BY,
        Flow.PRODUCED,
        Flow.RELABELLED_AS,
        Flow.PART_OF,
        Flow.SERIALISED_AS,
        Flow.LOADED_INTO,
        Flow.DRAWN_FROM,
        Flow.CARRIED_OVER,
        Flow.MAY_BE,
    }
)
_GOODS = frozenset({Label.LOT, Label.ITEM, Label.UNIT})
_STATIONS = frozenset({Label.PARTY, Label.PLACE})


@dataclass(frozen=True, slots=True)
class Handover:
    """A delivery: who handed what to whom, by which flow edges (positions in the trace).

    ``content`` is what was handed over; null where it is not in the trace. ``columns`` are
    those of FoodChain-Lab's file. A ``note`` marks one that nobody recorded: "inferred"
    closes a gap between stations (material that came to one left from the other), "case"
    stands for a seed of a trace back, which went to whom it harmed. What was handed over in
    others is in the trace by a carry-over alone ("hypothetical"), or as what may be material
    without lot number ("may_be").
    """

    id: str
    source: str
    target: str
    content: NodeId | None
    edges: tuple[int, ...] = ()
    columns: Mapping[str, Any] | None = None
    lands: tuple[NodeId, ...] = ()
    note: Literal["inferred", "case", "hypothetical", "may_be"] | None = None


@dataclass(frozen=True, slots=True)
class FoodChain:
    """Stations by id, each with its node if there is one, handovers, and their relations."""

    stations: Mapping[str, NodeId | None]
    handovers: Mapping[str, Handover]
    relations: frozenset[tuple[str, str]]


def food_chain(trace: Trace) -> FoodChain:
    """The stations and deliveries of a trace."""
    return _Chain(trace).all()


def columns_of(row: NodeRow | None) -> Mapping[str, Any] | None:
    """The columns that a node has from a file of FoodChain-Lab; null for any other."""
    told = row.properties.get(COLUMNS) if row is not None else None
    return dict(json.loads(told)) if isinstance(told, str) else None


@dataclass(slots=True)
class _Chain:
    """Puts the deliveries of a trace together, then relates them."""

    trace: Trace
    stations: dict[str, NodeId | None] = field(default_factory=dict)
    handovers: dict[str, Handover] = field(default_factory=dict)
    _names: dict[NodeId, str] = field(default_factory=dict)
    _seen_at: dict[NodeId | None, set[str]] = field(default_factory=dict)
    _leaving: dict[NodeId, list[int]] = field(default_factory=lambda: defaultdict(list))
    _entering: dict[NodeId, list[int]] = field(default_factory=lambda: defaultdict(list))

    def all(self) -> FoodChain:
        """The whole chain."""
        edges = self.trace.edges
        for i, (source, target) in enumerate(zip(edges.source, edges.target, strict=True)):
            self._leaving[source].append(i)
            self._entering[target].append(i)
        for node_id in self.trace.node_ids():
            row = self.trace.rows.get(node_id)
            if row is not None and row.kind in _STATIONS and not self._is_vessel(node_id):
                self._station(node_id)
        for node_id in self.trace.node_ids():
            self._told(node_id)
        self._supplied()
        if self.trace.query.direction != "forward":
            self._cases()
        relations = self._relations()
        self._mark()
        return FoodChain(self.stations, self.handovers, frozenset(relations))

    def _mark(self) -> None:
        """Note which deliveries are in the trace by flows alone that nobody recorded."""
        for name, one in self.handovers.items():
            if one.note is not None:
                continue
            if one.content in self.trace.hypothetical:
                self.handovers[name] = replace(one, note="hypothetical")
            elif one.content in self.trace.inferred:
                self.handovers[name] = replace(one, note="may_be")

    def _is_vessel(self, node_id: NodeId) -> bool:
        types = (self.trace.edges.type[i] for i in (*self._leaving[node_id],
                                                    *self._entering[node_id]))  # fmt: skip
        return any(flow in (Flow.LOADED_INTO, Flow.DRAWN_FROM) for flow in types)

    # --- Stations and deliveries --------------------------------------------------------

    def _station(self, node_id: NodeId | None, raw: str | None = None) -> str:
        """The id of a station: that of its file where it has one and no other node has it."""
        if node_id is None and raw is None:
            return self._named(UNKNOWN, None)
        columns = columns_of(self.trace.rows.get(node_id)) if node_id is not None else None
        own = str(columns["ID"]) if columns and "ID" in columns else raw
        if own is not None and self.stations.get(own, node_id) == node_id:
            return self._named(own, node_id)
        return self._named(str(node_id), node_id)

    def _named(self, station: str, node_id: NodeId | None) -> str:
        self.stations.setdefault(station, node_id)
        if node_id is not None:
            self._names[node_id] = station
        return station

    def _told(self, node_id: NodeId) -> None:
        row = self.trace.rows.get(node_id)
        if row is None:
            return
        columns = columns_of(row)
        if columns is not None and row.kind in (Label.SHIPMENT, Label.LOT) and "from" in columns:
            self._from_file(row, columns)
        elif row.kind == Label.SHIPMENT:
            self._shipment(row)

    def _from_file(self, row: NodeRow, columns: Mapping[str, Any]) -> None:
        """A delivery of FoodChain-Lab's file: told by its shipment, by what came of it, or both."""
        carried = [i for i in self._entering[row.node_id] if self._type(i) in INTO_SHIPMENT]
        relabelled = [i for i in self._entering[row.node_id] if self._type(i) == Flow.RELABELLED_AS]
        edges = carried or relabelled
        content = self.trace.edges.source[edges[0]] if edges else None
        lands = (row.node_id,) if row.kind == Label.LOT else ()
        name = str(columns["ID"])
        known = self.handovers.get(name)
        source, target = (
            self._station(_node(row, column), str(columns[end]))
            for column, end in (("from_id", "from"), ("to_id", "to"))
        )
        self.handovers[name] = Handover(
            name,
            source,
            target,
            content or (known.content if known else None),
            (*(known.edges if known else ()), *edges),
            columns,
            (*(known.lands if known else ()), *lands),
        )

    def _shipment(self, row: NodeRow) -> None:
        edges = self.trace.edges
        carried = [i for i in self._entering[row.node_id] if self._type(i) in INTO_SHIPMENT]
        supplied = [i for i in self._entering[row.node_id] if self._type(i) == Flow.SUPPLIED]
        delivered = [i for i in self._leaving[row.node_id] if self._type(i) == Flow.DELIVERED_TO]
        sender = edges.source[supplied[0]] if supplied else _node(row, "from_id")
        source = self._station(sender)
        several = max(len(carried), 1) * max(len(delivered), 1) > 1
        for loaded in [[i] for i in carried] or [[]]:
            content = edges.source[loaded[0]] if loaded else None
            for arrived in [[i] for i in delivered] or [[]]:
                goal = edges.target[arrived[0]] if arrived else None
                name = f"{row.node_id}|{content}|{goal}" if several else str(row.node_id)
                held = tuple(self._held(content)) if content is not None else ()
                handover = Handover(
                    name, source, self._station(goal), content, (*loaded, *arrived), None, held
                )
                self.handovers[name] = handover

    def _supplied(self) -> None:
        """What suppliers supplied and no shipment in the trace has carried from them."""
        edges = self.trace.edges
        carried = {(h.source, h.content) for h in self.handovers.values()}
        for i, flow in enumerate(edges.type):
            thing = edges.target[i]
            if flow != Flow.SUPPLIED or self._kind(thing) == Label.SHIPMENT:
                continue
            source = self._station(edges.source[i])
            if (source, thing) not in carried:
                target = self._station(self._holder(thing))
                name = edges.edge_id[i]
                lands = tuple(self._held(thing))
                self.handovers[name] = Handover(name, source, target, thing, (i,), None, lands)

    def _cases(self) -> None:
        """Seeds of which no delivery is in the trace, as going where they were complained about."""
        moved = {thing for h in self.handovers.values() for thing in (h.content, *h.lands)}
        for seed in sorted(set(self.trace.query.seeds) - moved):
            if self._kind(seed) in _GOODS:
                source, target = self._station(self._maker(seed)), self._station(None)
                name = str(seed)
                self.handovers[name] = Handover(name, source, target, seed, note="case")

    def _maker(self, thing: NodeId) -> NodeId | None:
        """Where a thing was made."""
        for i in self._entering[thing]:
            if self._type(i) == Flow.PRODUCED:
                batch = self.trace.rows.get(self.trace.edges.source[i])
                found = _node(batch, "site_id") if batch is not None else None
                return found or self._place(i)
        return None

    def _holder(self, thing: NodeId) -> NodeId | None:
        """Who had a thing that was supplied: the site or place where it was used."""
        for i in self._leaving[thing]:
            if found := self._site(i):
                return found
        return None

    def _site(self, edge: int) -> NodeId | None:
        """Where something was used, by its batch or by the edge itself."""
        batch = self.trace.rows.get(self.trace.edges.target[edge])
        site = _node(batch, "site_id") if batch is not None else None
        return site or self._place(edge)

    def _place(self, edge: int) -> NodeId | None:
        place = self.trace.edges.place_id[edge]
        return None if place is None else NodeId(place)

    def _held(self, content: NodeId) -> Iterator[NodeId]:
        """A content, and all that is packed in it."""
        seen = {content}
        pending = [content]
        while pending:
            node_id = pending.pop()
            yield node_id
            for i in self._entering[node_id]:
                inner = self.trace.edges.source[i]
                if self._type(i) == Flow.CONTAINED_IN and inner not in seen:
                    seen.add(inner)
                    pending.append(inner)

    # --- Relations ----------------------------------------------------------------------

    def _relations(self) -> set[tuple[str, str]]:
        for handover in self.handovers.values():
            for thing in {handover.content, *handover.lands} - {None}:
                self._seen_at.setdefault(thing, set()).update((handover.source, handover.target))
        sent: dict[NodeId, list[Handover]] = defaultdict(list)
        for handover in self.handovers.values():
            content = handover.content
            if content is not None:
                held = (content,) if handover.columns is not None else self._held(content)
                for thing in held:
                    sent[thing].append(handover)
        direct: set[tuple[str, str]] = set()
        apart: set[tuple[str, str]] = set()
        for before in self.handovers.values():
            for after, is_same in self._following(before, sent):
                if before.target == after.source:
                    direct.add((before.id, after.id))
                elif not is_same:
                    apart.add((before.id, after.id))
        return direct | self._bridged(direct, apart)

    def _following(
        self, before: Handover, sent: Mapping[NodeId, list[Handover]]
    ) -> Iterator[tuple[Handover, bool]]:
        """The deliveries of what a delivery became, and whether it is the same thing still."""
        for thing in before.lands:
            for after in sent.get(thing, ()):
                if after.id != before.id and self._may_follow(before, after):
                    yield after, True
            for made in self._made_of(thing, before):
                for after in sent.get(made, ()):
                    if after.id != before.id:
                        yield after, False

    def _may_follow(self, before: Handover, after: Handover) -> bool:
        """Whether a thing may have been sent on after it had come; unknown times may."""
        edges = self.trace.edges
        came = [edges.occurred_at[i] for i in before.edges if self._type(i) == Flow.DELIVERED_TO]
        left = [
            edges.valid_to[i] if edges.valid_to[i] is not None else edges.occurred_at[i]
            for i in after.edges
            if self._type(i) in INTO_SHIPMENT
        ]
        return all(a is None or b is None or a <= b for a in came for b in left)

    def _made_of(self, thing: NodeId, came: Handover) -> set[NodeId]:
        """What became of a thing where it had come."""
        edges = self.trace.edges
        found = {edges.target[i] for i in self._making(thing) if self._was_there(i, came)}
        pending = list(found)
        while pending:
            for i in self._making(pending.pop()):
                if edges.target[i] not in found:
                    found.add(edges.target[i])
                    pending.append(edges.target[i])
        return found - {thing}

    def _making(self, thing: NodeId) -> list[int]:
        """The edges by which a thing became another that is no delivery by itself."""
        return [
            i
            for i in self._leaving[thing]
            if self._type(i) in _MAKES and not self._is_received(self.trace.edges.target[i])
        ]

    def _was_there(self, use: int, came: Handover) -> bool:
        """Whether a thing may have been used where it came to, and not where it is from.

        Part of a lot is sent and part of it used: what is used at its maker's did not come
        back. Where nobody recorded the place, what was made in the trace was used there.
        """
        site = self._site(use)
        if site is None:
            return not any(self._type(i) in _MAKES for i in self._made(use))
        return self._names.get(site, str(site)) not in self._whereabouts(use) - {came.target}

    def _made(self, use: int) -> list[int]:
        thing = self.trace.edges.source[use]
        return [] if self._is_received(thing) else self._entering[thing]

    def _whereabouts(self, use: int) -> set[str]:
        """The stations at which a thing is known to have been."""
        return self._seen_at.get(self.trace.edges.source[use], set())

    def _bridged(
        self, direct: Iterable[tuple[str, str]], apart: Iterable[tuple[str, str]]
    ) -> set[tuple[str, str]]:
        """Relations over an inferred delivery, where material changed stations unrecorded."""
        following: dict[str, set[str]] = defaultdict(set)
        for one, other in direct:
            following[one].add(other)
        found: set[tuple[str, str]] = set()
        for one, other in sorted(apart):
            if other in _reached(following, one):
                continue
            source, target = self.handovers[one].target, self.handovers[other].source
            bridge = f"{source} → {target}: {self.handovers[one].content}"
            content = self.handovers[one].content
            made = Handover(bridge, source, target, content, note="inferred")
            self.handovers.setdefault(bridge, made)
            found |= {(one, bridge), (bridge, other)}
        return found

    def _is_received(self, node_id: NodeId) -> bool:
        row = self.trace.rows.get(node_id)
        return row is not None and RECEIVED in row.properties

    def _type(self, edge: int) -> str:
        return self.trace.edges.type[edge]

    def _kind(self, node_id: NodeId) -> str | None:
        row = self.trace.rows.get(node_id)
        return None if row is None else row.kind


def _node(row: NodeRow, name: str) -> NodeId | None:
    """The node that a property of a row names."""
    told = row.properties.get(name)
    return NodeId(told) if isinstance(told, str) and told else None


def _reached(following: Mapping[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    pending = [start]
    while pending:
        fresh = following.get(pending.pop(), set()) - found
        found |= fresh
        pending += fresh
    return found
