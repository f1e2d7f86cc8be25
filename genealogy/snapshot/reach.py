"""The answer of a trace as arrays, for who counts, compares or exports it.

A trace of 300,000 nodes is walked in milliseconds, and telling it in Python's objects takes
seconds. So whoever can take columns takes these: nodes and edges by number, times as they
are stored, ids and records by the block.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.facts import NodeId
from genealogy.ports import Direction
from genealogy.snapshot.content import Content
from genealogy.snapshot.flows import CopiedFlows
from genealogy.snapshot.records import Layers
from genealogy.snapshot.texts import Texts
from genealogy.snapshot.trace import answered
from genealogy.trace.answer import Answer
from genealogy.trace.completeness import completeness, keep_edges_among_reached
from genealogy.trace.kernel.state import FOUND, OTHERS
from genealogy.trace.known import lacking_flows
from genealogy.trace.loads import lacking_loads
from genealogy.trace.result import Completeness, TraceQuery
from genealogy.trace.walk import Progress

Ints = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class OneWay:
    """What one direction of a trace reached.

    ``nodes`` are numbers of nodes, seeds first and then as they were reached, by distance; with
    ``distance``, ``exposure`` (as in ``Reached``) and ``via``: the edge by which one
    shortest witness path came, -1 for none. ``edges`` are numbers of edges, in no promised
    order, with both ends and the window of each. ``Reach.micros`` tells times.
    """

    direction: Direction
    nodes: Ints
    distance: Ints
    exposure: Ints
    via: Ints
    edges: Ints
    source: Ints
    target: Ints
    opens: Ints
    closes: Ints


@dataclass(frozen=True, slots=True)
class Reach:
    """The answer of a trace: nodes and edges of each direction, and what it lacks.

    A node or edge that is found both ways is in both. ``names`` and ``records`` tell who nodes
    are, and what else is known of edges, by their numbers; numbers hold for this
    ``content`` alone.
    """

    query: TraceQuery
    content: Content
    ways: tuple[OneWay, ...]
    completeness: Completeness

    @property
    def watermark(self) -> int:
        """How many writes the database had accepted of which this is the answer."""
        return self.content.watermark

    @property
    def records(self) -> Layers:
        """The columns of edges that the walk does not need, by number."""
        return self.content.records

    def names(self, nodes: Ints) -> Texts:
        """The ids of nodes, as one block."""
        return self.content.nodes.ids.picked(nodes)

    def micros(self, times: Ints) -> Ints:
        """Times in microseconds since 1970-01-01 UTC; ``BEGIN`` and ``END`` where not known."""
        return self.content.scale.micros(times)


def reach(
    flows: CopiedFlows, query: TraceQuery, *, progress: Progress | None = None
) -> Reach | None:
    """What ``genealogy.snapshot.trace.trace`` answers, as arrays; null where that is null."""
    content = flows.content
    with answered(content, query, progress) as answers:
        if answers is None:
            return None
        for answer in answers:
            keep_edges_among_reached(answer.walk)
        ways = tuple(_columns(content, answer) for answer in answers)
        lacking = completeness((answer.walk, answer.contents) for answer in answers)
    bare = _bare(content, ways, dict.fromkeys(query.seeds))
    lacking = lacking_flows(flows, query, lacking, bare)
    return Reach(query, content, ways, lacking_loads(lacking, flows.unfinished))


def _bare(content: Content, ways: Sequence[OneWay], seeds: Collection[NodeId]) -> list[NodeId]:
    """The seeds that no flow of the answer led to or from."""
    numbers = content.nodes.number(seeds)
    left, most = set(numbers.values()), 4 * len(seeds)
    for way in ways:
        # The edges of seeds are walked before all others, and most have some.
        left.difference_update(way.source[:most].tolist(), way.target[:most].tolist())
    if not left:
        return []
    carried = np.zeros(len(content.nodes), dtype=bool)
    for way in ways:
        carried[way.source] = carried[way.target] = True
    return [seed for seed in seeds if not carried[numbers[seed]]]


def _columns(content: Content, answer: Answer) -> OneWay:
    """What a walk found, copied out of its columns."""
    walk, run, found = answer.walk, answer.walk.run, answer.walk.tally[FOUND]
    side = content.forward if walk.book.direction == "forward" else content.backward
    nodes, taken, near = walk.reached.copy(), run.found[:found].copy(), run.near[:found].copy()
    exposure = run.arrival[nodes]
    if walk.tally[OTHERS]:
        exposure = np.minimum(exposure, run.passing[nodes])
    places = taken.astype(np.int64)
    far, opens = side.head.take(places), side.opens.take(places)
    closes = opens if side.closes is side.opens else side.closes.take(places)
    via, walked = run.edge[run.first[nodes]], (nodes, run.distance[nodes])
    if side.edge is None:
        return OneWay("forward", *walked, exposure, via, taken, near, far, opens, closes)
    led, edges = via >= 0, side.edge.take(places)
    via[led] = side.edge[via[led]]
    return OneWay("backward", *walked, -exposure, via, edges, far, near, -closes, -opens)
