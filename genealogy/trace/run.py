"""Trace material forward and backward from seeds.

What a trace means, exactly:

A walk is a chain of flow edges, each with a moment within its window
(``genealogy.trace.windows``), such that the moments never go back. Where two
edges meet in a container, their moments are equal: contents move with it only
while they are in it. Three things are free of time: a seed, a batch that is
mixed as a whole (every input may reach every output) and, in conservative mode,
every node that is no container. DELIVERED_TO can only be the last edge of a
walk, unless the walk is a backward one that starts there: parties and places
are ends, and a vessel is entered by LOADED_INTO alone. Unknown times exclude
nothing, and equal times are possible.

Forward reaches every node at the end of a walk from a seed, backward every node
at the start of a walk to one; hence v is in forward(u) exactly when u is in
backward(v). One case is left out of that: forward from a container or a shipment,
or from the supplier of one, starts at its contents as well
(``genealogy.trace.contents``), which lie before it, so the law holds for seeds of
the other kinds. A content is reached at the number of edges between it and the
seed, over an edge walked against its direction.

The distance is the least number of edges of such a walk. Exposure is the earliest
moment of the last edge over all walks forward, the latest moment of the first edge
backward; null when a walk knows no time at all. In conservative mode the moments
are those of that single edge: the earliest edge by which the trace came in.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from genealogy.errors import InvalidQuery, NotFound
from genealogy.model.names import Flow
from genealogy.model.times import to_micros
from genealogy.ports import Direction, FlowSource, Outset
from genealogy.trace.answer import Answer, assemble
from genealogy.trace.beside import Pinned
from genealogy.trace.beyond import leading_on
from genealogy.trace.book import FlowBook
from genealogy.trace.carry_over import CarriedOver
from genealogy.trace.clocks import slack_of
from genealogy.trace.contents import unpack
from genealogy.trace.known import refuse_not_known_then, refuse_still, with_seed_gaps
from genealogy.trace.loads import with_load_gaps
from genealogy.trace.narrowed import Narrowed
from genealogy.trace.result import Mode, Trace, TraceQuery
from genealogy.trace.seeds import Found, find_seeds
from genealogy.trace.states import States
from genealogy.trace.still import Propagating
from genealogy.trace.unfold import unfold, with_halted
from genealogy.trace.unlotted import Candidates
from genealogy.trace.walk import Progress, Walk

_MICROSECOND = timedelta(microseconds=1)
OPPOSITE: dict[Direction, Direction] = {"forward": "backward", "backward": "forward"}


def trace(
    source: FlowSource,
    query: TraceQuery,
    *,
    progress: Progress | None = None,
    unrecorded: bool = True,
    found: Found | None = None,
    only: Collection[str] | None = None,
) -> Trace:
    """Follow the material from the seeds, with what the answer lacks.

    Raises InvalidQuery for a question without seeds, with a negative depth, with a time
    without zone or from what does not move (a product, a complaint), and NotFound for a
    seed that the source does not know, or did not know at the record time asked for.
    ``progress`` is told after each level: nodes reached, edges read. Without ``unrecorded``
    there are no flows but those of the source. ``found`` are the seeds of the windows, where
    these are known; ``only`` are the ids of the edges to walk, where not all are.
    """
    check(query)
    # Before the first edge is read: of a load that ends meanwhile, part may have been missed.
    outset = _outset(query) if only is None else None
    standing = source.standing(known_at=query.known_at, outset=outset)
    source = Pinned(source, standing)
    refuse_not_known_then(source, query)
    found = found or find_seeds(source, query)
    started = frozenset((*query.seeds, *(seed.node_id for seed in found.seeds)))
    until = None if query.as_of is None else to_micros(query.as_of)
    whole = with_unrecorded(source, query) if unrecorded else source
    moving = [Propagating(whole, way, standing.still, started, until) for way in directions(query)]
    states = [_prepared(one, query, one.direction) for one in moving]
    answers = [followed(_read(one, _begun(query, one, found), only), progress) for one in states]
    answer = unfold(assemble(query, answers), states, found)
    answer = with_halted(answer, {node for one in moving for node in one.halted})
    answer = with_load_gaps(with_seed_gaps(source, answer), standing.unfinished)
    return _marked(source, query, answer) if unrecorded else answer


def with_unrecorded(source: FlowSource, query: TraceQuery, *, only_used: bool = True) -> FlowSource:
    """The flows of a source, and those that nobody recorded and a trace makes."""
    exact, slack = query.mode is Mode.EXACT, slack_of(query)
    until = None if query.as_of is None else to_micros(query.as_of)
    whole = _with_carry_over(source, query)
    return Candidates(whole, exact, until, query.known_at, slack, only_used)


def _with_carry_over(source: FlowSource, query: TraceQuery) -> FlowSource:
    if not query.carry_over:
        return source
    longest = {name: length // _MICROSECOND for name, length in query.carry_over}
    return CarriedOver(source, longest, query.known_at, slack_of(query))


def _marked(source: FlowSource, query: TraceQuery, answer: Trace) -> Trace:
    """The answer with the nodes that are reached by flows alone that nobody recorded."""
    if query.carry_over:
        certain = trace(source, replace(query, carry_over=()))
        only_so = frozenset(answer.node_ids()).difference(certain.node_ids())
        answer = replace(answer, hypothetical=only_so)
    if Flow.MAY_BE in answer.edges.type:
        certain = trace(_with_carry_over(source, query), query, unrecorded=False)
        only_so = frozenset(answer.node_ids()).difference(certain.node_ids())
        answer = replace(answer, inferred=only_so)
    return answer


def _outset(query: TraceQuery) -> Outset | None:
    """Where a question sets out that reads at once all there is from there."""
    if not query.seeds or query.carry_over or not _reads_all(query):
        return None
    return Outset(tuple(sorted(set(query.seeds))), directions(query)[0])


def _reads_all(query: TraceQuery) -> bool:
    return not query.stops and query.max_depth is None


def _begun(query: TraceQuery, states: States, found: Found) -> TraceQuery:
    """The question in one direction, with the seeds that were found for its windows."""
    new = (states.seed(number, seed) for number, seed in enumerate(found.seeds))
    return replace(query, seeds=tuple(dict.fromkeys((*query.seeds, *new))))


def _prepared(source: FlowSource, query: TraceQuery, direction: Direction) -> States:
    until = None if query.as_of is None else to_micros(query.as_of)
    exact = query.mode is Mode.EXACT
    stops = frozenset(query.stops)
    return States(source, direction, exact, until, query.known_at, stops, slack_of(query))


def directions(query: TraceQuery) -> tuple[Direction, ...]:
    """The directions in which a question asks to go."""
    return ("forward", "backward") if query.direction == "both" else (query.direction,)


def followed(walk: Walk, progress: Progress | None = None) -> Answer:
    """Follow a walk from its seeds to its end."""
    walk.set_out()
    contents = unpack(walk)
    walk.follow(contents.layers, progress)
    walk.leading = leading_on(walk, contents)
    return Answer(walk, contents)


def _read(source: States, query: TraceQuery, only: Collection[str] | None) -> Walk:
    """A walk over a book that reads from the source as it is wanted."""
    book = FlowBook(
        source if only is None else Narrowed(source, only),
        source.direction,
        query.seeds,
        exact=query.mode is Mode.EXACT,
        until=None if query.as_of is None else to_micros(query.as_of),
        known_at=query.known_at,
    )
    if _reads_all(query):
        book.read_closure()
    kinds = book.read_kinds(query.seeds)
    _refuse_unknown(query.seeds, kinds)
    refuse_still(kinds, query.seeds)
    return Walk(book, query)


def check(query: TraceQuery) -> None:
    """Raise InvalidQuery for a question that cannot be asked of any data."""
    if not query.seeds and not query.windows:
        raise InvalidQuery("no_seeds")
    if query.max_depth is not None and query.max_depth < 0:
        raise InvalidQuery("negative_depth", depth=query.max_depth)
    _check_zone("as_of", query.as_of)
    _check_zone("known_at", query.known_at)


def _check_zone(name: str, moment: datetime | None) -> None:
    if moment is not None and moment.utcoffset() is None:
        raise InvalidQuery("time_without_zone", name=name, time=moment.isoformat())


def _refuse_unknown(seeds: Iterable[str], known: Container[str]) -> None:
    for seed in seeds:
        if seed not in known:
            raise NotFound(kind="node", text=seed, near="")
