"""Whatever is asked: what a trace reaches is proven by a walk, of the rest it is told why not."""

from __future__ import annotations

import os
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.errors import InvalidQuery, NotFound
from genealogy.model.facts import NodeId
from genealogy.ports import Direction
from genealogy.trace.details import with_details
from genealogy.trace.dilution import without_diluted
from genealogy.trace.obstacles import WhyNot
from genealogy.trace.paths import best_paths
from genealogy.trace.result import Mode, Trace, TraceQuery
from genealogy.trace.run import directions, trace
from genealogy.trace.shares import with_amounts
from genealogy.trace.why_absent import why_absent
from genealogy.trace.witness import hops
from tests.fakes import MemoryFlows
from tests.genealogies import Genealogy, day, genealogies
from tests.oracle.test_snapshot_traces import limits, more_facts
from tests.oracle.test_stays import companies, shippers
from tests.oracle.test_unlotted import companies as unlotted
from tests.oracle.test_vessels import AT_VESSELS

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "60")), deadline=None)
ways = st.sampled_from(["forward", "backward", "both"])
any_company = (
    genealogies() | genealogies(only=AT_VESSELS, size=10) | companies() | shippers() | unlotted()
)


@st.composite
def questions(draw: st.DrawFn, drawn: Genealogy) -> TraceQuery:
    """A question with any options; from seeds, windows or both."""
    asked = draw(limits(drawn))
    windowed = bool(asked.get("windows"))
    seeds = st.lists(st.sampled_from(drawn.ids()), min_size=not windowed, max_size=2, unique=True)
    way = draw(ways)
    if way != "backward" and draw(st.booleans()):
        asked |= {"quantities": True, "dilution": draw(st.sampled_from([None, Decimal("0.5")]))}
    known_at = day(draw(st.none() | st.integers(0, 7)))
    mode = draw(st.sampled_from(Mode))
    return TraceQuery(tuple(draw(seeds)), way, mode, known_at=known_at, **asked)


def answer(source: MemoryFlows, query: TraceQuery) -> Trace | None:
    """What the engine answers; null for a question that it refuses."""
    try:
        found = trace(source, query)
    except (NotFound, InvalidQuery):
        return None
    found = with_details(found, source)
    return without_diluted(with_amounts(found, source)) if query.quantities else found


def starts_of(found: Trace) -> set[NodeId]:
    """Where walks of a trace may begin: at its seeds, those asked for and those found."""
    return {*found.query.seeds, *(seed.node_id for seed in found.seeds)}


def explained(source: MemoryFlows, query: TraceQuery, node: NodeId) -> WhyNot | None:
    """Why a node is not in a trace; null for one that is refused, as it was not known then."""
    try:
        return why_absent(source, source, query, node)
    except NotFound:
        return None


@ENOUGH
@given(drawn=any_company, data=st.data())
def test_every_node_of_a_trace_has_a_walk_from_a_seed_that_ends_at_it(
    drawn: Genealogy, data: Any
) -> None:
    source = MemoryFlows(data.draw(more_facts(drawn)))
    found = answer(source, data.draw(questions(drawn)))
    if found is None:
        return
    starts = starts_of(found)
    assert starts
    for reached in found.reached:
        way = None if reached.direction == "seed" else reached.direction
        path = hops(found, reached.node_id, way)
        assert len(path) == reached.distance
        nodes = [hop.before for hop in path] + [reached.node_id]
        assert nodes[0] in starts
        for hop, (before, after) in zip(path, pairwise(nodes), strict=True):
            ends = (found.edges.source[hop.edge], found.edges.target[hop.edge])
            assert (hop.before, hop.after) == (before, after)
            assert ends == ((before, after) if hop.downstream else (after, before))


@ENOUGH
@given(drawn=any_company, data=st.data())
def test_the_best_paths_begin_with_the_witness_and_each_ends_at_the_node(
    drawn: Genealogy, data: Any
) -> None:
    source = MemoryFlows(data.draw(more_facts(drawn)))
    found = answer(source, data.draw(questions(drawn)))
    reached = [] if found is None else [r for r in found.reached if r.direction != "seed"]
    if found is None or not reached:
        return
    starts = starts_of(found)
    told = data.draw(st.sampled_from(reached))
    way: Direction = "backward" if told.direction == "backward" else "forward"
    paths = best_paths(source, found, told.node_id, way, 4)
    assert paths[0] == hops(found, told.node_id, way)
    assert [len(path) for path in paths] == sorted(len(path) for path in paths)
    assert len({tuple(hop.edge for hop in path) for path in paths}) == len(paths)
    for path in paths:
        assert path[0].before in starts
        assert path[-1].after == told.node_id
        assert all(one.after == other.before for one, other in pairwise(path))


@ENOUGH
@given(drawn=any_company, data=st.data())
def test_why_not_says_reached_exactly_when_the_trace_has_the_node(
    drawn: Genealogy, data: Any
) -> None:
    source, query = MemoryFlows(data.draw(more_facts(drawn))), data.draw(questions(drawn))
    node = data.draw(st.sampled_from(drawn.ids()))
    found = answer(source, query)
    if found is None:
        return
    told = explained(source, query, node)
    if told is None:
        assert node not in set(found.node_ids())
        assert query.known_at is not None
        assert source.first_recorded([node])[node] > query.known_at
        return
    assert told.reached == (node in set(found.node_ids()))
    assert told.query == query
    assert told.direction in directions(query)
