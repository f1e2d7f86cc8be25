"""From finished walks to the answer: nodes in order, edges each once, witness steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np

from genealogy.ports import Direction, FlowRows
from genealogy.trace.book import Ints
from genealogy.trace.columns import joined, select
from genealogy.trace.completeness import completeness, keep_edges_among_reached, picked
from genealogy.trace.contents import Contents
from genealogy.trace.kernel.state import FOUND, LABELS
from genealogy.trace.result import ReachedColumns, Steps, Trace, TraceQuery
from genealogy.trace.walk import Walk


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
    edges, places = _edges(answers)
    steps = {w.book.direction: _steps(w, at) for w, at in zip(walks, places, strict=True)}
    lacking = completeness((answer.walk, answer.contents) for answer in answers)
    return Trace(query, _reached(walks, steps), edges, {}, lacking, steps)


def _edges(answers: Sequence[Answer]) -> tuple[FlowRows, list[Place]]:
    """The edges that carried the trace, each once; and where those of each walk went."""
    found = [_edges_of(answer.walk) for answer in answers]
    if len(answers) == 1 and not answers[0].contents.any_found:
        return found[0][0], [found[0][1]]
    # From both ends, and as a content, the same edge is read twice.
    known: dict[str, int] = {}
    united, places = FlowRows(), list[Place]()
    for rows, place in found:
        picks, spots = _new(rows.edge_id, known)
        united = joined(united, select(rows, picks))
        places.append(replace(place, spots=np.array(spots, dtype=np.int64)[place.spots]))
    return united, places


@dataclass(frozen=True, slots=True)
class Place:
    """Where edges of a walk went: ``spots`` of the edges, which are sorted."""

    edges: Ints
    spots: Ints

    def of(self, edges: Ints) -> Ints:
        """The spots of edges that have one; -1 for no edge (-1)."""
        if not len(self.edges):
            return np.full(len(edges), -1)
        at = np.searchsorted(self.edges, edges)
        return np.where(edges < 0, -1, self.spots[np.minimum(at, len(self.edges) - 1)])


def _edges_of(walk: Walk) -> tuple[FlowRows, Place]:
    """The edges that carried a walk, and where they went."""
    taken = np.asarray(walk.run.found[: walk.tally[FOUND]], dtype=np.int64)
    near = np.asarray(walk.run.near[: walk.tally[FOUND]], dtype=np.int64)
    rows, spots = walk.book.edges(taken, near)
    order = np.argsort(taken)
    return rows, Place(taken[order], spots[order])


def _new(ids: Sequence[str], known: dict[str, int]) -> tuple[list[int], list[int]]:
    """Positions of ids not known before, which are then; and for every id its place."""
    picks, place = list[int](), list[int]()
    for at, edge_id in enumerate(ids):
        before = len(known)
        place.append(known.setdefault(edge_id, before))
        if len(known) > before:
            picks.append(at)
    return picks, place


def _steps(walk: Walk, place: Place) -> Steps:
    made, run = walk.tally[LABELS], walk.run
    edge = place.of(np.asarray(run.edge[:made], dtype=np.int64))
    nodes = np.asarray(walk.reached, dtype=np.int64)
    first = dict(zip(walk.book.ids(nodes), picked(run.first, nodes).tolist(), strict=True))
    return Steps(edge.tolist(), np.asarray(run.before[:made]).tolist(), first)


def _reached(walks: Sequence[Walk], steps: Mapping[Direction, Steps]) -> ReachedColumns:
    """Seeds, then what was reached, by distance and id."""
    book = walks[0].book
    seeds = book.ids(np.asarray(book.seeds, dtype=np.int64))
    unknown: list[int | None] = [None] * len(seeds)
    found = ReachedColumns(seeds, ["seed"] * len(seeds), [0] * len(seeds), unknown, [*unknown])
    for walk in walks:
        _extend(found, walk, steps[walk.book.direction].edge)
    return found if len(walks) == 1 else found.by_distance()


def _extend(found: ReachedColumns, walk: Walk, via: Sequence[int]) -> None:
    """Put what a walk reached behind the rest, by distance and id."""
    book, run = walk.book, walk.run
    nodes = np.asarray(walk.reached, dtype=np.int64)
    nodes = book.by_name(nodes[~np.isin(nodes, book.seeds)])
    distance = picked(run.distance, nodes)
    order = np.argsort(distance, kind="stable")
    nodes = nodes[order]
    found.node_id.extend(book.ids(nodes))
    found.direction.extend(repeat(book.direction, len(nodes)))
    found.distance.extend(distance[order].tolist())
    found.exposure.extend(_exposures(walk, nodes))
    found.via.extend(map(via.__getitem__, picked(run.first, nodes).tolist()))


def _exposures(walk: Walk, nodes: Ints) -> list[int | None]:
    """When nodes were first exposed, or last contributed; null where no time is known."""
    run, book = walk.run, walk.book
    moments = np.minimum(picked(run.arrival, nodes), picked(run.passing, nodes))
    known = (moments != book.ways.earliest) & (moments != book.ways.latest)
    sign = -book.unit if book.ways.backward else book.unit
    micros = (moments.astype(np.int64) * known * sign + book.origin).tolist()
    return [moment if known else None for moment, known in zip(micros, known.tolist(), strict=True)]
