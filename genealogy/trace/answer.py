"""From finished walks to the answer: nodes in order, edges each once, witness steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import compress, repeat

from genealogy.ports import Direction, FlowRows
from genealogy.trace.columns import joined, select
from genealogy.trace.completeness import completeness, keep_edges_among_reached
from genealogy.trace.contents import Contents
from genealogy.trace.result import ReachedColumns, Steps, Trace, TraceQuery
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
    edges, places = _edges(walks)
    steps = {w.book.direction: _steps(w, at) for w, at in zip(walks, places, strict=True)}
    lacking = completeness((answer.walk, answer.contents) for answer in answers)
    return Trace(query, _reached(walks, steps), edges, {}, lacking, steps)


def _edges(walks: Sequence[Walk]) -> tuple[FlowRows, list[list[int]]]:
    """The edges that carried the trace, each once; and where those of each walk went."""
    known: dict[str, int] = {}
    found = [_new(walk.book.rows.edge_id, walk.book.kept, known) for walk in walks]
    parts = (_picked(w.book.rows, picks) for w, (picks, _) in zip(walks, found, strict=True))
    return reduce(joined, parts), [place for _, place in found]


def _picked(rows: FlowRows, picks: list[int]) -> FlowRows:
    """The edges at rising positions; the columns themselves where that is all of them."""
    return rows if len(picks) == len(rows.edge_id) else select(rows, picks)


def _new(
    ids: Sequence[str], kept: Iterable[int], known: dict[str, int]
) -> tuple[list[int], list[int]]:
    """Of kept edges those not known before, which are then; and for every edge its place."""
    picks, place = list[int](), [-1] * len(ids)
    for edge in compress(range(len(ids)), kept):
        before = len(known)
        place[edge] = known.setdefault(ids[edge], before)
        if len(known) > before:
            picks.append(edge)
    return picks, place


def _steps(walk: Walk, place: Sequence[int]) -> Steps:
    edge = [place[e] if e >= 0 else -1 for e in walk.labels.edge]
    return Steps(edge, walk.labels.before, walk.first)


def _reached(walks: Sequence[Walk], steps: Mapping[Direction, Steps]) -> ReachedColumns:
    """Seeds, then what was reached, by distance and id."""
    seeds = sorted(walks[0].book.seeds)
    unknown: list[int | None] = [None] * len(seeds)
    found = ReachedColumns(seeds, ["seed"] * len(seeds), [0] * len(seeds), unknown, [*unknown])
    for walk in walks:
        _extend(found, walk, steps[walk.book.direction].edge)
    return found if len(walks) == 1 else found.by_distance()


def _extend(found: ReachedColumns, walk: Walk, via: Sequence[int]) -> None:
    """Put what a walk reached behind the rest, by distance and id."""
    nodes = sorted(walk.first.keys() - walk.book.seeds)
    nodes.sort(key=walk.distance.__getitem__)
    found.node_id.extend(nodes)
    found.direction.extend(repeat(walk.book.direction, len(nodes)))
    found.distance.extend(map(walk.distance.__getitem__, nodes))
    sign = 1 if walk.book.direction == "forward" else -1
    moments = map(walk.arrival.__getitem__, nodes)
    found.exposure.extend(None if m in (BEGIN, END) else sign * m for m in moments)
    found.via.extend(map(via.__getitem__, map(walk.first.__getitem__, nodes)))
