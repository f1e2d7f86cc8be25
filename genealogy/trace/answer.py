"""From finished walks to the answer: nodes in order, edges each once, witness steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import attrgetter

from genealogy.model.times import from_micros
from genealogy.ports import FlowRows
from genealogy.trace.columns import joined, select
from genealogy.trace.completeness import completeness, keep_edges_among_reached
from genealogy.trace.contents import Contents
from genealogy.trace.result import Reached, Steps, Trace, TraceQuery
from genealogy.trace.walk import Walk
from genealogy.trace.windows import BEGIN, END

_UNKNOWN = frozenset({BEGIN, END})


@dataclass(frozen=True, slots=True)
class Answer:
    """One direction that has been followed to its end."""

    walk: Walk
    contents: Contents


def assemble(query: TraceQuery, answers: Sequence[Answer]) -> Trace:
    """Put the directions of a trace together."""
    walks = [answer.walk for answer in answers]
    for walk in walks:
        keep_edges_among_reached(walk)
    edges = _edges(walks)
    position = {edge_id: i for i, edge_id in enumerate(edges.edge_id)}
    steps = {walk.book.direction: _steps(walk, position) for walk in walks}
    reached = [r for walk in walks for r in _reached(walk, steps[walk.book.direction])]
    reached.sort(key=attrgetter("node_id"))
    reached.sort(key=attrgetter("distance"))
    seeds = [Reached(seed, "seed", 0, None, None) for seed in sorted(set(query.seeds))]
    return Trace(
        query,
        (*seeds, *reached),
        edges,
        {node: walk.book.nodes[node] for walk in walks for node in walk.first},
        completeness((answer.walk, answer.contents) for answer in answers),
        steps,
    )


def _edges(walks: Sequence[Walk]) -> FlowRows:
    """The edges that carried the trace, each once, by id."""
    rows, marks = walks[0].book.rows, walks[0].book.kept
    for walk in walks[1:]:
        rows = joined(rows, walk.book.rows)
        marks = marks + walk.book.kept
    position = dict(compress(zip(rows.edge_id, range(len(marks)), strict=True), marks))
    return select(rows, [position[edge_id] for edge_id in sorted(position)])


def _steps(walk: Walk, position: dict[str, int]) -> Steps:
    ids, labels = walk.book.rows.edge_id, walk.labels
    edge = [position[ids[e]] if e >= 0 else -1 for e in labels.edge]
    return Steps(edge, labels.before, walk.first)


def _reached(walk: Walk, steps: Steps) -> Iterator[Reached]:
    direction, seeds, distance = walk.book.direction, walk.book.seeds, walk.distance
    sign = 1 if direction == "forward" else -1
    for node, label in walk.first.items():
        if node not in seeds:
            moment = walk.arrival[node]
            exposure = None if moment in _UNKNOWN else from_micros(sign * moment)
            yield Reached(node, direction, distance[node], exposure, steps.edge[label])
