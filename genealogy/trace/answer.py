"""From finished walks to the answer: nodes in order, edges each once, witness steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress

from genealogy.model.facts import NodeId
from genealogy.model.times import from_micros
from genealogy.ports import Direction, FlowRows
from genealogy.trace.columns import append, select
from genealogy.trace.completeness import completeness, keep_edges_among_reached
from genealogy.trace.contents import Contents
from genealogy.trace.result import Reached, Steps, Trace, TraceQuery
from genealogy.trace.walk import Walk
from genealogy.trace.windows import BEGIN, END


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
    seeds = [Reached(seed, "seed", 0, None, None) for seed in sorted(set(query.seeds))]
    return Trace(
        query,
        (*seeds, *sorted(reached, key=lambda r: (r.distance, r.node_id, r.direction))),
        edges,
        {node: walk.book.nodes[node] for walk in walks for node in walk.first},
        completeness((answer.walk, answer.contents) for answer in answers),
        steps,
    )


def _edges(walks: Sequence[Walk]) -> FlowRows:
    """The edges that carried the trace, each once, by id."""
    kept = FlowRows()
    for walk in walks:
        rows, marks = walk.book.rows, walk.book.kept
        append(kept, select(rows, list(compress(range(len(marks)), marks))))
    last = {edge_id: i for i, edge_id in enumerate(kept.edge_id)}
    return select(kept, [last[edge_id] for edge_id in sorted(last)])


def _steps(walk: Walk, position: dict[str, int]) -> Steps:
    ids, labels = walk.book.rows.edge_id, walk.labels
    edge = [position[ids[e]] if e >= 0 else -1 for e in labels.edge]
    return Steps(edge, labels.before, walk.first)


def _reached(walk: Walk, steps: Steps) -> Iterator[Reached]:
    direction, seeds = walk.book.direction, walk.book.seeds
    for node, label in walk.first.items():
        if node not in seeds:
            exposure = _moment(walk, node, direction)
            yield Reached(node, direction, walk.distance[node], exposure, steps.edge[label])


def _moment(walk: Walk, node: NodeId, direction: Direction) -> datetime | None:
    micros = walk.exposure(node)
    if micros in (BEGIN, END):
        return None
    return from_micros(micros if direction == "forward" else -micros)
