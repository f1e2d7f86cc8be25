"""Trace on a snapshot: the same walk as on the database, over arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from threading import Event

import numpy as np

from genealogy.model.facts import NodeId
from genealogy.model.names import Label
from genealogy.ports import Direction
from genealogy.snapshot import compiled
from genealogy.snapshot.book import SnapshotBook
from genealogy.snapshot.content import Content
from genealogy.snapshot.flows import CopiedFlows
from genealogy.snapshot.graph import ANY_TIME
from genealogy.trace import room, run
from genealogy.trace.answer import Answer, assemble
from genealogy.trace.kernel.state import COUNTS, Ways
from genealogy.trace.known import refuse_still, with_seed_gaps
from genealogy.trace.loads import with_load_gaps
from genealogy.trace.result import Mode, Trace, TraceQuery
from genealogy.trace.run import check, directions, followed
from genealogy.trace.signs import APART, KIND_CODES, STILL, UNLOTTED
from genealogy.trace.walk import Progress, Through, Walk

_KINDS = {code: Label(kind) for kind, code in KIND_CODES.items()}
#: Edges from which on it pays to load the kernel, and to compile it, in a program that is to
#: end soon.
LARGE, LARGEST = 100_000, 5_000_000
#: Set while the kernel is being compiled: nobody else is to wait for that.
_rehearsing = Event()


def trace(
    flows: CopiedFlows, query: TraceQuery, *, progress: Progress | None = None
) -> Trace | None:
    """Follow the material from the seeds, as ``genealogy.trace.run`` does on a database.

    Null where the arrays do not tell the answer (see ``prepared_trace``).
    """
    with answered(flows.content, query, progress) as answers:
        if answers is None:
            return None
        found = assemble(query, answers)
    found = replace(found, watermark=flows.content.watermark)
    return with_load_gaps(with_seed_gaps(flows, found), flows.unfinished)


def prepared_trace(
    flows: CopiedFlows, query: TraceQuery, *, progress: Progress | None = None
) -> Trace | None:
    """The answer by way of what is prepared from flows and from what else the database tells.

    The database must hold the data that the snapshot was made of. Null for a record time:
    the snapshot holds what is in force now.
    """
    if query.known_at is not None:
        return None
    found = run.trace(flows, query, progress=progress)
    return replace(found, watermark=flows.content.watermark)


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
    if not content.marks & (APART | STILL | UNLOTTED):
        return False
    mark = content.nodes.mark[reached]
    return bool((mark & (STILL | UNLOTTED | APART * book.exact)).any())


@contextmanager
def answered(
    content: Content, query: TraceQuery, progress: Progress | None = None
) -> Iterator[list[Answer] | None]:
    """Both directions, or one, followed to the end; null where that does not tell the answer."""
    check(query)
    if not _can_answer(content, query):
        yield None
        return
    with ExitStack() as lent:
        answers = list[Answer]()
        for way in directions(query):
            answer = lent.enter_context(_followed(content, query, way, progress))
            if _needs_preparation(content, answer):
                lent.close()
                yield None
                return
            answers.append(answer)
        yield answers


@contextmanager
def _followed(
    content: Content,
    query: TraceQuery,
    direction: Direction,
    progress: Progress | None = None,
    faster: Callable[[int], Through | None] | None = None,
) -> Iterator[Answer]:
    """A walk that was followed to its end; its columns are lent as long as this lasts."""
    numbers = content.nodes.number(set(query.seeds))
    kinds = {n: _KINDS[int(content.nodes.kind[number])] for n, number in numbers.items()}
    refuse_still(kinds, query.seeds)
    book = SnapshotBook(content, direction, query.mode is Mode.EXACT, list(numbers.values()))
    with content.columns() as lent:
        walk = Walk(book, query, lent.run, lent.tally, faster=faster or _faster)
        yield followed(walk, progress)
        lent.run = walk.run


def _faster(edges: int) -> Through | None:
    """The compiled kernel, where it is at hand or worth it."""
    if compiled.through.cache_info().currsize and not _rehearsing.is_set():
        return compiled.through()
    if edges > LARGE and compiled.is_to_be_had() and (edges > LARGEST or compiled.is_kept()):
        return compiled.through()
    return None


def rehearse(content: Content) -> None:
    """Compile the kernel, or load it, for the columns of a snapshot; others walk meanwhile.

    And for those that the next write may make of them: one moment that is told more exactly
    than all before, and times take eight bytes instead of four. Does nothing without numba,
    or for a snapshot without any flow.
    """
    leaving = np.flatnonzero(content.forward.stop > content.forward.begin)[:1]
    if not len(leaving) or not compiled.is_to_be_had():
        return
    _rehearsing.set()
    try:
        seed = NodeId(content.nodes.ids[int(leaving[0])])
        query = TraceQuery((seed,), "forward", max_depth=1)
        with _followed(content, query, "forward", faster=lambda _: compiled.through()):
            pass
    finally:
        _rehearsing.clear()
    widest, tally = ANY_TIME.latest, np.zeros(COUNTS, dtype=np.int64)
    compiled.through()(_nowhere(widest), room.arrays(0, 0, widest), tally, 0, -1, 1)


def _nowhere(latest: int) -> Ways:
    """Columns of a graph without nodes."""
    rows, marks, times = (np.empty(0, kind) for kind in (np.int32, np.uint8, np.int64))
    for column in (rows, marks, times):
        column.flags.writeable = False
    return Ways(
        begin=rows,
        split=rows,
        stop=rows,
        mark=marks,
        name=rows,
        head=rows,
        opens=times,
        closes=times,
        sign=marks,
        careful=marks,
        earliest=-latest,
        latest=latest,
        backward=False,
        exact=True,
    )
