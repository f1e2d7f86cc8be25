"""Trace on a snapshot: the same walk as on the database, over arrays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.names import Label
from genealogy.ports import Direction, FlowSource
from genealogy.snapshot import compiled
from genealogy.snapshot.book import SnapshotBook
from genealogy.snapshot.content import Content
from genealogy.trace.answer import Answer, assemble
from genealogy.trace.kernel.state import FOUND
from genealogy.trace.known import refuse_still, with_seed_gaps
from genealogy.trace.loads import with_load_gaps
from genealogy.trace.result import Mode, Trace, TraceQuery
from genealogy.trace.run import check, directions, followed
from genealogy.trace.signs import APART, KIND_CODES, STILL
from genealogy.trace.walk import Progress, Through, Walk

Ints = npt.NDArray[Any]
_KINDS = {code: Label(kind) for kind, code in KIND_CODES.items()}
#: Edges from which on it pays to load or compile the kernel, in a program that is to end soon.
LARGE = 100_000


def trace(
    content: Content, source: FlowSource, query: TraceQuery, *, progress: Progress | None = None
) -> Trace | None:
    """Follow the material from the seeds, as ``genealogy.trace.run`` does on a database.

    Null where the snapshot does not tell the answer: it holds what is in force now and all
    that happened, so a record time or an end of event time is for the database, and so
    are seeds it does not know, and traces that come to what is prepared from more than
    flows. ``source`` is asked for what is not in the flows: loads that have not ended,
    and seeds without any flow.
    """
    check(query)
    if not _can_answer(content, query):
        return None
    unfinished = source.unfinished_loads()
    with ExitStack() as lent:
        answers = []
        for way in directions(query):
            answer = lent.enter_context(_followed(content, query, way, progress))
            if _needs_preparation(content, answer):
                return None
            answers.append(answer)
        found = assemble(query, answers)
    found = replace(found, watermark=content.watermark)
    return with_load_gaps(with_seed_gaps(source, found), unfinished)


def _can_answer(content: Content, query: TraceQuery) -> bool:
    """Whether a question is one of those that the flows in force now answer, from known seeds."""
    plain = TraceQuery(
        query.seeds,
        query.direction,
        query.mode,
        stops=query.stops,
        max_depth=query.max_depth,
        quantities=query.quantities,
        dilution=query.dilution,
    )
    return query == plain and len(content.nodes.number(set(query.seeds))) == len(set(query.seeds))


def _needs_preparation(content: Content, answer: Answer) -> bool:
    """Whether a walk came to what is prepared from more than flows (see ``prepared``)."""
    book, reached = answer.walk.book, answer.walk.reached
    mark = content.nodes.mark[reached]
    if book.exact and (mark & APART).any():
        return True
    return not set(reached[(mark & STILL) != 0].tolist()) <= set(book.seeds)


@contextmanager
def _followed(
    content: Content, query: TraceQuery, direction: Direction, progress: Progress | None = None
) -> Iterator[Answer]:
    """A walk that was followed to its end; its columns are lent as long as this lasts."""
    numbers = content.nodes.number(set(query.seeds))
    kinds = {n: _KINDS[int(content.nodes.kind[number])] for n, number in numbers.items()}
    refuse_still(kinds, query.seeds)
    book = SnapshotBook(content, direction, query.mode is Mode.EXACT, list(numbers.values()))
    with content.columns() as lent:
        walk = Walk(book, query, lent.run, lent.tally, faster=_faster)
        yield followed(walk, progress)
        lent.run = walk.run


def _faster(edges: int) -> Through | None:
    """The compiled kernel, where it is loaded or worth it."""
    if compiled.through.cache_info().currsize or (edges > LARGE and compiled.is_to_be_had()):
        return compiled.through()
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """An answer of one direction as arrays.

    Nodes in the order in which they were reached, with distance and exposure
    (microseconds since 1970-01-01 UTC, mirrored sign taken back; the earliest and
    latest number where not known); edges by number with both ends and windows.
    """

    nodes: Ints
    distance: Ints
    exposure: Ints
    edges: Ints
    source: Ints
    target: Ints
    opens: Ints
    closes: Ints


def reach(content: Content, query: TraceQuery, direction: Direction) -> Found:
    """What a trace of one direction reaches, without telling who it is.

    The question must be one of which ``trace`` gives an answer.
    """
    check(query)
    with _followed(content, query, direction) as answer:
        walk = answer.walk
        side = content.forward if direction == "forward" else content.backward
        taken = walk.run.found[: walk.tally[FOUND]].copy()
        near, far = walk.run.near[: walk.tally[FOUND]].copy(), side.head[taken]
        opens, closes = side.opens[taken], side.closes[taken]
        nodes = walk.reached.copy()
        exposure = np.minimum(walk.run.arrival[nodes], walk.run.passing[nodes])
        distance = walk.run.distance[nodes]
    if direction == "backward":
        near, far, opens, closes, exposure = far, near, -closes, -opens, -exposure
    numbers = taken if side.edge is None else side.edge[taken]
    return Found(nodes, distance, exposure, numbers, near, far, opens, closes)
