"""Why a node is not in a trace that starts from a window of time: what was not there then.

The window of a place (or of an event about one) taints what was there meanwhile. A node is
not reached because nothing that leads to it was there: it had left before, came after, or
was never there by any record. Or it was there, and went on to the node before the window
began, or from another place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from genealogy.errors import InvalidQuery
from genealogy.model.facts import NodeId
from genealogy.model.names import INTO_SHIPMENT, Flow, Label, Link
from genealogy.model.times import from_micros, to_micros
from genealogy.ports import Direction, FlowHistory, FlowRows, FlowSource
from genealogy.trace.clocks import slack_of
from genealogy.trace.columns import append, select
from genealogy.trace.details import rows_with_products
from genealogy.trace.obstacles import Obstacle, ObstacleKind, WhyNot
from genealogy.trace.places import batches_at, places_within
from genealogy.trace.result import Mode, Reached, Seed, Trace, TraceQuery, Window, WindowKind
from genealogy.trace.run import OPPOSITE, directions, trace
from genealogy.trace.seeds import span_of
from genealogy.trace.spans import ALWAYS, Records, Span, moment_of
from genealogy.trace.why_not import why_not
from genealogy.trace.windows import windows
from genealogy.trace.witness import Hop, hops

_OF_KIND = {
    Label.PLACE: WindowKind.PLACE,
    Label.PARTY: WindowKind.SUPPLIER,
    Label.PRODUCT: WindowKind.PRODUCT,
    Label.QUALITY_EVENT: WindowKind.EVENT,
}


def as_window(source: FlowSource, query: TraceQuery, window: Window) -> TraceQuery:
    """The question with its seeds as windows of time: events, and where times are given all.

    ``window`` has the times; what one is about is told by the kind of the seed. Raises
    InvalidQuery for times of what has none.
    """
    kinds = source.kinds(query.seeds) if query.seeds else {}
    timed = window.since is not None or window.until is not None
    plain, meant = list[NodeId](), list(query.windows)
    for seed in query.seeds:
        kind = kinds.get(seed, "")
        if kind != Label.QUALITY_EVENT and not timed:
            plain.append(seed)
            continue
        if kind not in _OF_KIND or (timed and kind == Label.QUALITY_EVENT):
            raise InvalidQuery("wrong_window", text=seed, kind=kind, wanted=WindowKind.PLACE.value)
        meant.append(replace(window, kind=_OF_KIND[Label(kind)], node_id=seed))
    return replace(query, seeds=tuple(plain), windows=tuple(meant))


def why_not_in_window(
    source: FlowSource, history: FlowHistory, query: TraceQuery, node_id: NodeId
) -> WhyNot:
    """What keeps a trace that starts from windows, and maybe seeds, from reaching a node.

    It is told in the direction in which less is in the way. Raises what
    ``genealogy.trace.run.trace`` raises.
    """
    told = [
        _in_direction(source, history, replace(query, direction=way), node_id)
        for way in directions(query)
    ]
    best = min(told, key=lambda one: (one.missing is not None, len(one.obstacles)))
    return replace(best, query=query)


def _in_direction(
    source: FlowSource, history: FlowHistory, query: TraceQuery, node_id: NodeId
) -> WhyNot:
    asked = replace(query, quantities=False, dilution=None)
    found = trace(source, asked)
    if node_id in set(found.node_ids()):
        rows = {row.node_id: row for row in source.nodes([node_id])}
        return WhyNot(query, node_id, directions(query)[0], (), (), FlowRows(), rows)
    return _Search(source, history, asked, node_id, found.seeds).answer()


@dataclass(frozen=True, slots=True)
class _Seen:
    """From when until when a node was at a place, and the edge that tells it, if one does."""

    node_id: NodeId
    span: Span
    place: NodeId
    rows: FlowRows = field(default_factory=FlowRows)
    edge: int | None = None

    @property
    def is_stay(self) -> bool:
        """Whether it was kept there for all of that time, and came and left."""
        return self.edge is not None and self.rows.type[self.edge] == Flow.STORED_AT


@dataclass(slots=True)
class _Search:
    """The search for a node that is not reached."""

    source: FlowSource
    history: FlowHistory
    query: TraceQuery
    node_id: NodeId
    seeds: Sequence[Seed]
    edges: FlowRows = field(default_factory=FlowRows)

    @property
    def direction(self) -> Direction:
        """The direction of the trace."""
        return directions(self.query)[0]

    def answer(self) -> WhyNot:
        """What was not there, or went another way; else what is in the way from all that was."""
        seeds = {seed.node_id: seed for seed in self.seeds}
        every = tuple(dict.fromkeys((*self.query.seeds, *self._known_then(sorted(seeds)))))
        if not every:
            first = min(self.source.first_recorded(sorted(seeds)).values())
            return self._told((Obstacle(ObstacleKind.NOT_RECORDED, at=first),))
        plain = trace(self.source, self._from(every))
        if self.node_id in set(plain.node_ids()):
            return self._went_another_way(plain, seeds)
        told = self._unless_linked(every) if self._known_then([self.node_id]) else None
        if told is None or told.reached:
            told = why_not(self.source, self.history, self._from(every), self.node_id)
        return replace(told, query=self.query)

    def _unless_linked(self, starts: Sequence[NodeId]) -> WhyNot | None:
        """What was not there; null where anything that was leads to the node by its records."""
        near = self._near()
        linked = any(reached.node_id in starts for reached in near)
        places = {} if linked else self._places()
        return self._not_there(near, places) if places else None

    def _known_then(self, nodes: Sequence[NodeId]) -> list[NodeId]:
        """Those of these nodes that were known at the record time: from others nothing led then."""
        known_at = self.query.known_at
        if known_at is None:
            return [*nodes]
        first = self.source.first_recorded(nodes)
        return [node for node in nodes if first.get(node, known_at) <= known_at]

    def _from(self, seeds: tuple[NodeId, ...]) -> TraceQuery:
        return replace(self.query, seeds=seeds, windows=())

    def _near(self) -> Sequence[Reached]:
        """What leads to the node, times left aside, the nearest first."""
        asked = replace(
            self._from((self.node_id,)),
            direction=OPPOSITE[self.direction],
            mode=Mode.CONSERVATIVE,
            stops=(),
            max_depth=None,
        )
        return trace(self.source, asked).reached

    def _places(self) -> dict[Window, list[NodeId]]:
        """The places of which each window tells what was there, with all places in them."""
        found = {}
        for window in self.query.windows:
            at_place = window.kind in (WindowKind.PLACE, WindowKind.EQUIPMENT)
            nodes = [window.node_id] if at_place else []
            if window.kind is WindowKind.EVENT:
                nodes = [tie.target for tie in self.source.links([window.node_id], Link.ABOUT)]
            kinds = self.source.kinds(nodes)
            about = [node for node in nodes if kinds.get(node) == Label.PLACE]
            found[window] = [p for node in about for p in places_within(self.source, node)]
        return {window: places for window, places in found.items() if places}

    # --- There then, and gone another way -----------------------------------------------

    def _went_another_way(self, plain: Trace, seeds: Mapping[NodeId, Seed]) -> WhyNot:
        """The way by which something that was there led to the node, but not from there then."""
        path = hops(plain, self.node_id, self.direction)
        first = path[0].before
        seed = seeds[first]
        self.edges = select(plain.edges, [hop.edge for hop in path])
        path = tuple(replace(hop, edge=i) for i, hop in enumerate(path))
        since = seed.since if self.direction == "forward" else seed.until
        obstacle = Obstacle(
            ObstacleKind.ELSEWHERE,
            first,
            left=0,
            at=None if since is None else from_micros(since),
            place=seed.place,
        )
        return self._told((obstacle,), path)

    # --- Not there then -----------------------------------------------------------------

    def _not_there(
        self, near: Sequence[Reached], places: Mapping[Window, Sequence[NodeId]]
    ) -> WhyNot:
        """When the nearest was there that ever was; without one, that the node never was."""
        at = {reached.node_id: i for i, reached in enumerate(near)}
        seen = {window: self._seen(list(at), window, some) for window, some in places.items()}
        there = [(at[one.node_id], one.node_id) for some in seen.values() for one in some]
        if not there:
            first = next(iter(places.values()))[0]
            return self._told((Obstacle(ObstacleKind.NEVER_THERE, self.node_id, place=first),))
        nearest = min(there)[1]
        told = [
            obstacle
            for window, some in seen.items()
            for obstacle in self._missed(
                [one for one in some if one.node_id == nearest], self._span(window)
            )
        ]
        return self._told(tuple(told))

    def _missed(self, own: Sequence[_Seen], span: Span) -> Iterator[Obstacle]:
        """The last time it was there before the window, and the first after it."""
        before = [one for one in own if one.span.until < span.since]
        after = [one for one in own if one.span.since > span.until]
        picks = [max(before, key=lambda one: one.span.until)] if before else []
        picks += [min(after, key=lambda one: one.span.since)] if after else []
        for one in picks:
            left = one in before
            if one.is_stay:
                kind = ObstacleKind.LEFT_BEFORE if left else ObstacleKind.CAME_AFTER
            else:
                kind = ObstacleKind.ONLY_BEFORE if left else ObstacleKind.ONLY_AFTER
            if one.edge is not None:
                append(self.edges, select(one.rows, [one.edge]))
            yield Obstacle(
                kind,
                one.node_id,
                came=None if one.edge is None else len(self.edges.type) - 1,
                at=from_micros(one.span.until if left else one.span.since),
                place=one.place,
            )

    def _seen(
        self, nodes: Sequence[NodeId], window: Window, places: Sequence[NodeId]
    ) -> list[_Seen]:
        """When these nodes were at places, by all that counts for a window of its kind."""
        if window.kind is WindowKind.EQUIPMENT:
            return [*self._ran(nodes, places, (Link.MADE_ON,))]
        runs = self._ran(nodes, places, (Link.MADE_ON, Link.AT))
        return [*self._kept(nodes, places), *runs]

    def _kept(self, nodes: Sequence[NodeId], places: Sequence[NodeId]) -> list[_Seen]:
        """When these nodes were at places, by stays, movements there and deliveries."""
        records, here = self._records(), set(places)
        stays, out = records.stays_of(nodes), records.edges(nodes, "forward")
        found = list(_by(stays, stays.source, here, stays.target))
        found += _by(out, out.source, here, out.place_id)
        into = records.edges(nodes, "backward")
        found += _by(into, into.target, here, into.place_id)
        loads = defaultdict[NodeId, list[NodeId]](list)
        for node, flow, shipment in zip(out.source, out.type, out.target, strict=True):
            if flow in INTO_SHIPMENT:
                loads[shipment].append(node)
        for node in nodes:
            loads[node].append(node)
        came = records.edges(sorted(loads), "forward")
        delivered = list(_by(came, came.source, here, came.target))
        found += [replace(one, node_id=node) for one in delivered for node in loads[one.node_id]]
        return found

    def _ran(
        self, nodes: Sequence[NodeId], places: Sequence[NodeId], links: Sequence[Link]
    ) -> Iterator[_Seen]:
        """When those of these nodes that are batches ran at places."""
        wanted = set(nodes)
        ran = batches_at(self._records(), places, ALWAYS, links)
        return (_Seen(batch, span, places[0]) for batch, span in ran if batch in wanted)

    def _records(self) -> Records:
        until = None if self.query.as_of is None else to_micros(self.query.as_of)
        return Records(self.source, self.query.known_at, until, slack_of(self.query))

    def _span(self, window: Window) -> Span:
        """When a window is, of an event that of the event."""
        [row] = self.source.nodes([window.node_id], known_at=self.query.known_at)
        return span_of(window, row)

    def _told(self, obstacles: tuple[Obstacle, ...], path: tuple[Hop, ...] = ()) -> WhyNot:
        ids = {self.node_id, *(hop.before for hop in path), *(hop.after for hop in path)}
        rows = rows_with_products(self.source, sorted(ids))
        return WhyNot(self.query, self.node_id, self.direction, obstacles, path, self.edges, rows)


def _by(
    rows: FlowRows, nodes: Sequence[NodeId], here: set[NodeId], places: Sequence[str | None]
) -> Iterator[_Seen]:
    """What edges tell of nodes at places: a stay for as long as it lasts, a movement then."""
    opens, closes = windows(rows, ())
    for i, place in enumerate(places):
        if place in here:
            stays = rows.type[i] == Flow.STORED_AT
            span = Span(opens[i], closes[i]) if stays else moment_of(rows, i, opens[i], closes[i])
            yield _Seen(nodes[i], span, NodeId(place or ""), rows, i)
