"""From finished walks to the answer: nodes in order, edges each once, witness steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, compress, pairwise
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
    edges, places = _edges(walks)
    steps = {w.book.direction: _steps(w, at) for w, at in zip(walks, places, strict=True)}
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


def _edges(walks: Sequence[Walk]) -> tuple[FlowRows, list[list[int]]]:
    """The edges that carried the trace, each once, by id; and where those of each walk went."""
    rows, marks = walks[0].book.rows, walks[0].book.kept
    for walk in walks[1:]:
        rows, marks = joined(rows, walk.book.rows), marks + walk.book.kept
    kept = sorted(compress(range(len(marks)), marks), key=rows.edge_id.__getitem__)
    picks, place = _each_once(rows.edge_id, kept)
    ends = [0, *accumulate(len(walk.book.kept) for walk in walks)]
    return select(rows, picks), [place[start:end] for start, end in pairwise(ends)]


def _each_once(ids: Sequence[str], ordered: Sequence[int]) -> tuple[list[int], list[int]]:
    """Of edges ordered by id, one for each id; and for every edge the place of that one."""
    picks: list[int] = []
    place = [-1] * len(ids)
    last = None
    for edge in ordered:
        if ids[edge] != last:
            last = ids[edge]
            picks.append(edge)
        place[edge] = len(picks) - 1
    return picks, place


def _steps(walk: Walk, place: Sequence[int]) -> Steps:
    edge = [place[e] if e >= 0 else -1 for e in walk.labels.edge]
    return Steps(edge, walk.labels.before, walk.first)


def _reached(walk: Walk, steps: Steps) -> Iterator[Reached]:
    direction, seeds, distance = walk.book.direction, walk.book.seeds, walk.distance
    sign = 1 if direction == "forward" else -1
    for node, label in walk.first.items():
        if node not in seeds:
            moment = walk.arrival[node]
            exposure = None if moment in _UNKNOWN else from_micros(sign * moment)
            yield Reached(node, direction, distance[node], exposure, steps.edge[label])
