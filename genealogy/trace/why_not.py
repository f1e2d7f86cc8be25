"""Why a node is not in a trace: the least that would have to be otherwise for it to be.

Obstacles are limits of the question (stops, depth, the two times), records that were
withdrawn, and nodes that the material would have had to leave before it came, or after
it was taken out again. They are found by tracing again with limits lifted and, where
that is not enough, by going on from every node that was reached as if its times were
not known, round by round; a seed is free of time, so a round is a trace from these
nodes. None of the obstacles told can be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.model.times import from_micros
from genealogy.ports import Direction, FlowHistory, FlowRows, FlowSource
from genealogy.trace.columns import joined, select
from genealogy.trace.departures import Departures
from genealogy.trace.details import rows_with_products
from genealogy.trace.missing import missing_link
from genealogy.trace.obstacles import Obstacle, ObstacleKind, WhyNot
from genealogy.trace.result import Frontier, FrontierReason, Trace, TraceQuery
from genealogy.trace.revised import RevisedFlows, is_withdrawn, plain_id
from genealogy.trace.run import directions, trace, with_unrecorded
from genealogy.trace.witness import Hop, hops

_PASSED_BY = {"forward": (Flow.LOADED_INTO, "target"), "backward": (Flow.DRAWN_FROM, "source")}


#: What is in the way at a node, by how the material came there.
_KINDS: dict[str, ObstacleKind] = {
    Flow.CONTAINED_IN: ObstacleKind.INTERVAL,
    Flow.LOADED_INTO: ObstacleKind.VESSEL,
    Flow.MAY_BE: ObstacleKind.ON_HAND,
}


@dataclass(frozen=True, slots=True)
class _Lifts:
    """What of a question is left aside: stops, limits, withdrawals, the times at nodes.

    Null stands for all withdrawn edges, and for the times at every node that is reached.
    ``unused`` is what may be material without lot number of which nothing moved then, and
    ``stays`` are nodes of which it is left aside where they were kept.
    """

    stops: frozenset[NodeId] = frozenset()
    depth: bool = False
    as_of: bool = False
    known_at: bool = False
    withdrawn: frozenset[str] | None = frozenset()
    free: frozenset[NodeId] | None = frozenset()
    unused: bool = False
    stays: frozenset[NodeId] = frozenset()

    def parts(self) -> Iterator[_Lifts]:
        """The same with one thing less, except the times at nodes."""
        for stop in sorted(self.stops):
            yield replace(self, stops=self.stops - {stop})
        yield from (replace(self, depth=False),) if self.depth else ()
        yield from (replace(self, as_of=False),) if self.as_of else ()
        yield from (replace(self, known_at=False),) if self.known_at else ()
        for edge in sorted(self.withdrawn or ()):
            yield replace(self, withdrawn=(self.withdrawn or frozenset()) - {edge})
        yield from (replace(self, unused=False),) if self.unused else ()


def why_not(source: FlowSource, history: FlowHistory, query: TraceQuery, node_id: NodeId) -> WhyNot:
    """What keeps a trace from reaching a node, in the direction in which it takes least.

    ``query`` has no windows. Raises what ``genealogy.trace.run.trace`` raises.
    """
    asked = [replace(query, direction=way) for way in directions(query)]
    searches = [_Search(source, history, one, node_id) for one in asked]
    running = {search.direction: search.by_effort() for search in searches}
    while running:
        for way, steps in list(running.items()):
            found = next(steps, None)
            if isinstance(found, _Lifts):
                return next(s for s in searches if s.direction == way).told(found)
            if found is None:
                del running[way]
    return searches[0].not_linked()


@dataclass(slots=True)
class _Way:
    """A path, its edges, and before which hops only free times lead on.

    With each of these goes when the material can have been there, and whether it is
    of the kind that passes nothing on.
    """

    path: tuple[Hop, ...] = ()
    edges: FlowRows = field(default_factory=FlowRows)
    breaks: dict[int, tuple[datetime | None, bool]] = field(default_factory=dict)


@dataclass(slots=True)
class _Search:
    """The search in one direction."""

    source: FlowSource
    history: FlowHistory
    query: TraceQuery
    node_id: NodeId

    @property
    def direction(self) -> Direction:
        """The direction of the trace."""
        return directions(self.query)[0]

    def by_effort(self) -> Iterator[_Lifts | int]:
        """What to lift so that the node is reached, the least of it first.

        Between, after each number of things that was tried, that number. Ends when
        nothing helps.
        """
        chains = {lifts: self._rounds(lifts) for lifts in self._limits()}
        effort = 0
        while chains:
            for lifts in list(chains):
                if _count(lifts) > effort:
                    continue
                stages = next(chains[lifts], None)
                if stages is None:
                    del chains[lifts]
                elif _has(stages[-1], self.node_id):
                    yield self._least(lifts, stages)
                    return
            yield effort
            effort += 1

    def told(self, lifts: _Lifts) -> WhyNot:
        """The answer, once it is known what to lift."""
        stages = self._stages(lifts)
        way = _walk(stages, self.node_id, self.direction)
        ids = {self.node_id, *(end for hop in way.path for end in (hop.before, hop.after))}
        rows = rows_with_products(self.source, sorted(ids))
        obstacles = tuple(self._obstacles(lifts, way))
        edges = replace(way.edges, edge_id=[plain_id(i) for i in way.edges.edge_id])
        return WhyNot(self.query, self.node_id, self.direction, obstacles, way.path, edges, rows)

    def not_linked(self) -> WhyNot:
        """The answer when nothing leads there."""
        found = missing_link(self.source, self.query, self.node_id)
        ids = [*self.query.seeds, self.node_id, *found.node_ids()]
        named = self.source.nodes(sorted(set(ids)))
        rows = {row.node_id: row for row in named}
        return WhyNot(self.query, self.node_id, self.direction, (), (), FlowRows(), rows, found)

    def _limits(self) -> list[_Lifts]:
        """Every choice of limits to lift, the smaller ones first."""
        query, every = self.query, _Lifts(frozenset(self.query.stops), withdrawn=None)
        given: list[tuple[str, object]] = []
        given += [("stops", every.stops)] if query.stops else []
        given += [("depth", True)] if query.max_depth is not None else []
        given += [("as_of", True)] if query.as_of is not None else []
        given += [("known_at", True)] if query.known_at is not None else []
        given.append(("withdrawn", None))
        maybe = (False, True) if self.source.standing().unlotted else (False,)
        return [
            replace(_Lifts(unused=unused), **dict(some))  # type: ignore[arg-type]
            for size in range(len(given) + 1)
            for some in combinations(given, size)
            for unused in maybe
        ]

    def _rounds(self, lifts: _Lifts) -> Iterator[list[Trace]]:
        """Traces with limits lifted: as asked, then from all that was reached, time and again."""
        stages = [self._trace(lifts, self.query.seeds)]
        yield stages
        if self.query.max_depth is not None and not lifts.depth:
            return
        known: frozenset[NodeId] = frozenset()
        while (seeds := self._passages(stages[-1])) != known:
            known = seeds
            stages.append(self._trace(lifts, tuple(sorted(seeds)), again=True))
            yield stages

    def _least(self, limits: _Lifts, stages: list[Trace]) -> _Lifts:
        """Of what was lifted, as little as is needed."""
        way = _walk(stages, self.node_id, self.direction)
        left = {hop.before for hop in way.path}
        lifts = replace(
            limits,
            stops=limits.stops & left,
            withdrawn=frozenset(filter(is_withdrawn, way.edges.edge_id)),
            free=frozenset(way.path[at].before for at in way.breaks),
        )
        while True:
            less = next((part for part in lifts.parts() if self._suffices(part)), None)
            if less is None:
                return self._by_place(lifts)
            lifts = less

    def _by_place(self, lifts: _Lifts) -> _Lifts:
        """The same with stays in the place of times, where it is the stays that are in the way."""
        free = sorted(lifts.free or ())
        known_at = None if lifts.known_at else self.query.known_at
        kept = self.source.stays(free, known_at=known_at).source if free else ()
        for node in sorted(set(kept)):
            free_of = (lifts.free or frozenset()) - {node}
            other = replace(lifts, free=free_of, stays=lifts.stays | {node})
            lifts = other if self._suffices(other) else lifts
        return lifts

    def _suffices(self, lifts: _Lifts) -> bool:
        stages = self._stages(lifts)
        if not _has(stages[-1], self.node_id):
            return False
        most = self.query.max_depth
        if most is None or lifts.depth:
            return True
        return len(_walk(stages, self.node_id, self.direction).path) <= most

    def _stages(self, lifts: _Lifts) -> list[Trace]:
        """Traces until the node is reached, or nothing new is, free of time at the nodes named."""
        stages = [self._trace(lifts, self.query.seeds)]
        known: frozenset[NodeId] = frozenset()
        while not _has(stages[-1], self.node_id):
            free = self._passages(stages[-1]) & (lifts.free or frozenset())
            if free <= known:
                break
            known |= free
            seeds = tuple(sorted({*self.query.seeds, *known}))
            stages.append(self._trace(lifts, seeds, again=True))
        return stages

    def _trace(self, lifts: _Lifts, seeds: tuple[NodeId, ...], *, again: bool = False) -> Trace:
        query = self.query
        asked = replace(
            query,
            seeds=seeds,
            stops=tuple(stop for stop in query.stops if stop not in lifts.stops),
            max_depth=None if lifts.depth or again or lifts.free else query.max_depth,
            as_of=None if lifts.as_of else query.as_of,
            known_at=None if lifts.known_at else query.known_at,
            quantities=False,
            dilution=None,
        )
        back = self.history if lifts.withdrawn is None or lifts.withdrawn else None
        # A node from which to go on does not stand for what it held, as a seed would.
        shut = again and self.direction == "forward"
        source = RevisedFlows(self.source, (), back, lifts.withdrawn, shut=shut)
        whole = with_unrecorded(source, asked, only_used=not lifts.unused)
        if lifts.stays:
            whole = RevisedFlows(whole, unplaced=lifts.stays)
        return trace(whole, asked, unrecorded=False)

    def _passages(self, found: Trace) -> frozenset[NodeId]:
        """The nodes of a trace that material passes: parties are ends, and places but vessels."""
        flow, end = _PASSED_BY[self.direction]
        at = zip(found.edges.type, getattr(found.edges, end), strict=True)
        vessels = {node for told, node in at if told == flow}
        nodes = list(found.node_ids())
        kinds = self.source.kinds(nodes)
        seeds = set(self.query.seeds)
        return frozenset(
            node
            for node in nodes
            if node in seeds
            or not (
                kinds.get(node) == Label.PARTY
                or (kinds.get(node) == Label.PLACE and node not in vessels)
            )
        )

    def _obstacles(self, lifts: _Lifts, way: _Way) -> Iterator[Obstacle]:
        path, edges = way.path, way.edges
        yield from self._at_nodes(lifts, way)
        for stop in sorted(lifts.stops):
            yield Obstacle(ObstacleKind.STOP, stop)
        if lifts.depth:
            yield Obstacle(ObstacleKind.MAX_DEPTH, steps=len(path))
        if lifts.as_of:
            begun = [_begin(edges, hop.edge) for hop in path]
            yield Obstacle(ObstacleKind.AS_OF, at=_latest(begun))
        if lifts.known_at:
            told = [edges.recorded_at[hop.edge] for hop in path]
            yield Obstacle(ObstacleKind.NOT_RECORDED, at=_latest(told))
        for hop in path:
            if is_withdrawn(edges.edge_id[hop.edge]):
                gone = _latest([edges.retracted_at[hop.edge]])
                yield Obstacle(ObstacleKind.WITHDRAWN, left=hop.edge, at=gone)

    def _at_nodes(self, lifts: _Lifts, way: _Way) -> Iterator[Obstacle]:
        """What is in the way because of the data of the nodes on the path."""
        for at in way.breaks:
            yield self._in_time(way, at)
        for at in range(1, len(way.path)):
            if way.path[at].before in lifts.stays:
                yield self._in_place(way, at)
        if lifts.unused and way.path:
            yield from self._unused(way, way.path[0 if self.direction == "backward" else -1])

    def _in_time(self, way: _Way, at: int) -> Obstacle:
        """The obstacle at the node before a hop, told in the order of the material."""
        came, left = self._in_order(way, at)
        kind = _KINDS.get(way.edges.type[came], ObstacleKind.TIME)
        moment, is_still = way.breaks[at]
        if is_still:
            kind = ObstacleKind.NON_PROPAGATING
        return Obstacle(kind, way.path[at].before, came, left, moment)

    def _in_place(self, way: _Way, at: int) -> Obstacle:
        """The same where the node was kept in another place."""
        came, left = self._in_order(way, at)
        moved, departures = select(way.edges, [left]), Departures(self.source)
        departures.learn(moved)
        place = departures.place(moved, 0)
        return Obstacle(ObstacleKind.PLACE, way.path[at].before, came, left, place=place)

    def _in_order(self, way: _Way, at: int) -> tuple[int, int]:
        """The edges by which material came to the node before a hop, and left it."""
        before, after = way.path[at - 1].edge, way.path[at].edge
        return (after, before) if self.direction == "backward" else (before, after)

    def _unused(self, way: _Way, hop: Hop) -> Iterator[Obstacle]:
        """The obstacle at an end of the path that has no lot number, if it is one."""
        if way.edges.type[hop.edge] == Flow.MAY_BE:
            yield Obstacle(ObstacleKind.UNUSED, way.edges.target[hop.edge], came=hop.edge)


def _walk(stages: list[Trace], node_id: NodeId, direction: Direction) -> _Way:
    """The path through all stages to a node."""
    parts: list[tuple[tuple[Hop, ...], Trace]] = []
    told: list[tuple[datetime | None, bool]] = []
    node = node_id
    for stage in reversed(stages):
        part = hops(stage, node, direction)
        if part:
            parts.append((part, stage))
            told.append((_exposure(stage, node), _is_still(stage, node)))
            node = part[0].before
    way = _Way()
    for (part, stage), moment in zip(
        reversed(parts), [(None, False), *reversed(told)], strict=False
    ):
        if way.path:
            way.breaks[len(way.path)] = moment
        first = len(way.path)
        way.edges = joined(way.edges, select(stage.edges, [hop.edge for hop in part]))
        way.path += tuple(replace(hop, edge=first + i) for i, hop in enumerate(part))
    return way


def _is_still(stage: Trace, node_id: NodeId) -> bool:
    still = Frontier(node_id, FrontierReason.NON_PROPAGATING)
    return still in stage.completeness.frontiers


def _exposure(stage: Trace, node_id: NodeId) -> datetime | None:
    return next((r.exposure for r in stage.reached if r.node_id == node_id), None)


def _count(lifts: _Lifts) -> int:
    parts = (bool(lifts.stops), lifts.depth, lifts.as_of, lifts.known_at, lifts.withdrawn is None)
    return sum(parts)


def _has(found: Trace, node_id: NodeId) -> bool:
    return any(reached == node_id for reached in found.node_ids())


def _begin(edges: FlowRows, i: int) -> int | None:
    known = [t for t in (edges.occurred_at[i], edges.valid_from[i]) if t is not None]
    return min(known, default=None)


def _latest(moments: Sequence[int | None]) -> datetime | None:
    known = [t for t in moments if t is not None]
    return from_micros(max(known)) if known else None
