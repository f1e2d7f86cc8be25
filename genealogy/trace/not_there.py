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
from genealogy.model.names import Flow, Label, Link
from genealogy.model.times import from_micros, to_micros
from genealogy.ports import Direction, FlowHistory, FlowRows, FlowSource, NodeRow
from genealogy.trace.clocks import slack_of
from genealogy.trace.columns import append, select
from genealogy.trace.obstacles import Obstacle, ObstacleKind, WhyNot
from genealogy.trace.places import batches_at, places_within
from genealogy.trace.present import moment_of
from genealogy.trace.result import Mode, Reached, Seed, Trace, TraceQuery, Window, WindowKind
from genealogy.trace.run import trace
from genealogy.trace.seeds import Found, find_seeds, span_of
from genealogy.trace.spans import ALWAYS, Records, Span
from genealogy.trace.why_not import why_not
from genealogy.trace.windows import windows
from genealogy.trace.witness import Hop, hops

_OF_KIND = {
    Label.PLACE: WindowKind.PLACE,
    Label.PARTY: WindowKind.SUPPLIER,
    Label.PRODUCT: WindowKind.PRODUCT,
    Label.QUALITY_EVENT: WindowKind.EVENT,
}
_OTHER: dict[Direction, Direction] = {"forward": "backward", "backward": "forward"}


def as_window(source: FlowSource, query: TraceQuery, window: Window) -> TraceQuery:
    """The question with its seed as a window of time, where it is an event or times are given.

    ``window`` has the times; what it is about is told by the kind of the seed. Raises
    InvalidQuery for times of what has none.
    """
    [seed] = query.seeds
    kind = source.kinds([seed]).get(seed, "")
    timed = window.since is not None or window.until is not None
    if kind != Label.QUALITY_EVENT and not timed:
        return query
    if kind not in _OF_KIND or (timed and kind == Label.QUALITY_EVENT):
        raise InvalidQuery("wrong_window", text=seed, kind=kind, wanted=WindowKind.PLACE.value)
    meant = replace(window, kind=_OF_KIND[Label(kind)], node_id=seed)
    return replace(query, seeds=(), windows=(meant,))


def why_not_in_window(
    source: FlowSource, history: FlowHistory, query: TraceQuery, node_id: NodeId
) -> WhyNot:
    """What keeps a trace that starts from one window from reaching a node.

    Raises what ``genealogy.trace.run.trace`` raises.
    """
    way: Direction = "backward" if query.direction == "backward" else "forward"
    asked = replace(query, direction=way, quantities=False, dilution=None)
    if node_id in set(trace(source, asked).node_ids()):
        rows = {row.node_id: row for row in source.nodes([node_id])}
        return WhyNot(query, node_id, way, (), (), FlowRows(), rows)
    return _Search(source, history, asked, node_id, find_seeds(source, asked)).answer()


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
    found: Found
    edges: FlowRows = field(default_factory=FlowRows)

    @property
    def direction(self) -> Direction:
        """The direction of the trace."""
        return "backward" if self.query.direction == "backward" else "forward"

    def answer(self) -> WhyNot:
        """What was not there, or went another way; else what is in the way from the nearest."""
        seeds = {seed.node_id: seed for seed in self.found.seeds}
        plain = trace(self.source, self._from(tuple(sorted(seeds))))
        if self.node_id in set(plain.node_ids()):
            return self._went_another_way(plain, seeds)
        near = self._near()
        there = [reached.node_id for reached in near if reached.node_id in seeds]
        places = self._places()
        if there or not places:
            start = there[0] if there else min(seeds)
            told = why_not(self.source, self.history, self._from((start,)), self.node_id)
            return replace(told, query=self.query)
        return self._not_there(near, places)

    def _from(self, seeds: tuple[NodeId, ...]) -> TraceQuery:
        return replace(self.query, seeds=seeds, windows=())

    def _near(self) -> Sequence[Reached]:
        """What leads to the node, times left aside, the nearest first."""
        asked = replace(
            self._from((self.node_id,)),
            direction=_OTHER[self.direction],
            mode=Mode.CONSERVATIVE,
            stops=(),
            max_depth=None,
        )
        return trace(self.source, asked).reached

    def _places(self) -> list[NodeId]:
        """The places that the window is about, with all places in them."""
        [window] = self.query.windows
        nodes = [window.node_id]
        if window.kind is WindowKind.EVENT:
            nodes = [tie.target for tie in self.source.links(nodes, Link.ABOUT)]
        kinds = self.source.kinds(nodes)
        return [
            place
            for node in nodes
            if kinds.get(node) == Label.PLACE
            for place in places_within(self.source, node)
        ]

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

    def _not_there(self, near: Sequence[Reached], places: Sequence[NodeId]) -> WhyNot:
        """When the nearest was there that ever was; without one, that the node never was."""
        at = {reached.node_id: i for i, reached in enumerate(near)}
        seen = self._seen(list(at), places)
        if not seen:
            return self._told((Obstacle(ObstacleKind.NEVER_THERE, self.node_id, place=places[0]),))
        nearest = min((at[one.node_id], one.node_id) for one in seen)[1]
        own = [one for one in seen if one.node_id == nearest]
        return self._told(tuple(self._missed(own, self._span())))

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

    def _seen(self, nodes: Sequence[NodeId], places: Sequence[NodeId]) -> list[_Seen]:
        """When these nodes were at places, by stays, movements there, deliveries and runs."""
        records, here = self._records(), set(places)
        stays, out = records.stays_of(nodes), records.edges(nodes, "forward")
        found = list(_by(stays, stays.source, here, stays.target))
        found += _by(out, out.source, here, out.place_id)
        into = records.edges(nodes, "backward")
        found += _by(into, into.target, here, into.place_id)
        loads = defaultdict[NodeId, list[NodeId]](list)
        for node, flow, shipment in zip(out.source, out.type, out.target, strict=True):
            if flow in (Flow.SHIPPED_IN, Flow.RETURNED_IN):
                loads[shipment].append(node)
        for node in nodes:
            loads[node].append(node)
        came = records.edges(sorted(loads), "forward")
        delivered = list(_by(came, came.source, here, came.target))
        found += [replace(one, node_id=node) for one in delivered for node in loads[one.node_id]]
        wanted = set(nodes)
        for batch, span in batches_at(records, places, ALWAYS, (Link.MADE_ON, Link.AT)):
            if batch in wanted:
                found.append(_Seen(batch, span, places[0]))
        return found

    def _records(self) -> Records:
        until = None if self.query.as_of is None else to_micros(self.query.as_of)
        return Records(self.source, self.query.known_at, until, slack_of(self.query))

    def _span(self) -> Span:
        """The window, of an event that of the event."""
        [window] = self.query.windows
        [row] = self.source.nodes([window.node_id], known_at=self.query.known_at)
        return span_of(window, row)

    def _told(self, obstacles: tuple[Obstacle, ...], path: tuple[Hop, ...] = ()) -> WhyNot:
        ids = {self.node_id, *(hop.before for hop in path), *(hop.after for hop in path)}
        named: list[NodeRow] = self.source.nodes(sorted(ids))
        products = {row.product_id for row in named if row.product_id is not None}
        rows = {row.node_id: row for row in [*named, *self.source.nodes(sorted(products - ids))]}
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
