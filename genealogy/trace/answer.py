"""From finished walks to the answer: nodes in order, edges each once, witness steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from genealogy.ports import Direction, FlowRows
from genealogy.trace.columns import joined, select
from genealogy.trace.completeness import completeness, keep_edges_among_reached
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


def _edges(answers: Sequence[Answer]) -> tuple[FlowRows, list[list[int]]]:
    """The edges that carried the trace, each once; and where those of each walk went.

    The place of the last edge and one stands for no edge.
    """
    found = [_edges_of(answer.walk) for answer in answers]
    if len(answers) == 1 and len(answers[0].contents.layers) == 1:
        return found[0][0], [found[0][1]]
    # From both ends, and as a content, the same edge is read twice.
    known: dict[str, int] = {}
    united, places = FlowRows(), list[list[int]]()
    for rows, place in found:
        picks, spots = _new(rows.edge_id, known)
        united = joined(united, select(rows, picks))
        spots.append(-1)
        places.append([spots[at] for at in place])
    return united, places


def _edges_of(walk: Walk) -> tuple[FlowRows, list[int]]:
    """The edges that carried a walk, and for each edge its place among them or -1."""
    taken = walk.run.found[: walk.tally[FOUND]]
    rows, spots = walk.book.edges(taken)
    place = [-1] * (len(walk.run.kept) + 1)
    for edge, spot in zip(taken, spots, strict=True):
        place[edge] = spot
    return rows, place


def _new(ids: Sequence[str], known: dict[str, int]) -> tuple[list[int], list[int]]:
    """Positions of ids not known before, which are then; and for every id its place."""
    picks, place = list[int](), list[int]()
    for at, edge_id in enumerate(ids):
        before = len(known)
        place.append(known.setdefault(edge_id, before))
        if len(known) > before:
            picks.append(at)
    return picks, place


def _steps(walk: Walk, place: Sequence[int]) -> Steps:
    made, names, run = walk.tally[LABELS], walk.book.names, walk.run
    edge = [place[e] for e in run.edge[:made]]
    first = {names[node]: run.first[node] for node in walk.reached}
    return Steps(edge, run.before[:made], first)


def _reached(walks: Sequence[Walk], steps: Mapping[Direction, Steps]) -> ReachedColumns:
    """Seeds, then what was reached, by distance and id."""
    book = walks[0].book
    seeds = [book.names[seed] for seed in book.seeds]
    unknown: list[int | None] = [None] * len(seeds)
    found = ReachedColumns(seeds, ["seed"] * len(seeds), [0] * len(seeds), unknown, [*unknown])
    for walk in walks:
        _extend(found, walk, steps[walk.book.direction].edge)
    return found if len(walks) == 1 else found.by_distance()


def _extend(found: ReachedColumns, walk: Walk, via: Sequence[int]) -> None:
    """Put what a walk reached behind the rest, by distance and id."""
    book, run, seeds = walk.book, walk.run, set(walk.book.seeds)
    nodes = [node for node in walk.reached if node not in seeds]
    nodes.sort(key=book.names.__getitem__)
    nodes.sort(key=run.distance.__getitem__)
    found.node_id.extend(map(book.names.__getitem__, nodes))
    found.direction.extend(repeat(book.direction, len(nodes)))
    found.distance.extend(map(run.distance.__getitem__, nodes))
    found.exposure.extend(_exposures(walk, nodes))
    found.via.extend(map(via.__getitem__, map(run.first.__getitem__, nodes)))


def _exposures(walk: Walk, nodes: Sequence[int]) -> list[int | None]:
    """When nodes were first exposed, or last contributed; null where no time is known."""
    run, ways = walk.run, walk.book.ways
    unknown = (ways.earliest, ways.latest)
    sign = -1 if ways.backward else 1
    starts = map(run.arrival.__getitem__, nodes)
    passing = map(run.passing.__getitem__, nodes)
    moments = map(min, starts, passing)
    return [None if moment in unknown else sign * moment for moment in moments]
