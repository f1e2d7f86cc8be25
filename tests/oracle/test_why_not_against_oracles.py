"""What is told to be in the way, held against the time-expanded graph: true, and not too much."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.errors import NotFound
from genealogy.model.facts import NodeId
from genealogy.trace.obstacles import Obstacle, ObstacleKind, WhyNot
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.run import trace
from genealogy.trace.why_not import why_not
from tests.fakes import MemoryFlows, edge_id, in_force
from tests.genealogies import LAST_DAY, Genealogy, day, genealogies
from tests.oracle.expanded import expected, number
from tests.oracle.test_trace_against_oracles import happened

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "80")), deadline=None)
AT_NODES = (ObstacleKind.TIME, ObstacleKind.INTERVAL, ObstacleKind.VESSEL)
days = st.integers(0, LAST_DAY)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Genealogy, TraceQuery, NodeId]:
    """A genealogy, a question with any limits, and a node that has flows."""
    drawn = draw(genealogies())
    named = sorted({i for f in drawn.flows for i in (f.source_id, f.target_id)}) or drawn.ids()
    seeds = draw(st.lists(st.sampled_from(named), min_size=1, max_size=2, unique=True))
    node = draw(st.sampled_from(named))
    query = TraceQuery(
        tuple(seeds),
        draw(st.sampled_from(["forward", "backward"])),
        draw(st.sampled_from(Mode)),
        as_of=day(draw(st.none() | days)),
        known_at=day(draw(st.none() | days)),
        stops=tuple(draw(st.lists(st.sampled_from(named), max_size=2, unique=True))),
        max_depth=draw(st.none() | st.integers(0, 3)),
    )
    return drawn, query, node


def reached(
    drawn: Genealogy, query: TraceQuery, node: NodeId, found: WhyNot, lifted: Collection[Obstacle]
) -> bool:
    """Whether the oracle reaches a node when these obstacles are lifted."""
    kinds = {obstacle.kind for obstacle in lifted}
    back = {found.edges.edge_id[o.left or 0] for o in lifted if o.kind is ObstacleKind.WITHDRAWN}
    known_at = None if ObstacleKind.NOT_RECORDED in kinds else query.known_at
    stands = [replace(f, retracted_at=None) if edge_id(f) in back else f for f in drawn.flows]
    flows = [f for f in stands if in_force(f, known_at)]
    if query.as_of is not None and ObstacleKind.AS_OF not in kinds:
        flows = list(happened(flows, number(query.as_of) or 0))
    stops = {o.node_id for o in lifted if o.kind is ObstacleKind.STOP}
    answer = expected(
        drawn,
        flows,
        query.seeds,
        query.direction,
        exact=query.mode is Mode.EXACT,
        shut={stop for stop in query.stops if stop not in stops},
        free=[o.node_id for o in lifted if o.kind in AT_NODES and o.node_id],
    )
    if node in query.seeds:
        return True
    most = None if ObstacleKind.MAX_DEPTH in kinds else query.max_depth
    return node in answer.distance and (most is None or answer.distance[node] <= most)


@ENOUGH
@given(question=questions())
def test_lifting_what_is_in_the_way_reaches_the_node_and_lifting_less_does_not(
    question: tuple[Genealogy, TraceQuery, NodeId],
) -> None:
    drawn, query, node = question
    source = MemoryFlows(drawn.facts)
    try:
        found = why_not(source, source, query, node)
    except NotFound:
        return
    obstacles = found.obstacles
    if found.missing is not None:
        everything = [replace(f, retracted_at=None) for f in drawn.flows]
        loose = expected(drawn, everything, query.seeds, query.direction, exact=False)
        boxes_only = expected(
            drawn, everything, query.seeds, query.direction, exact=False, free=drawn.ids()
        )
        assert node not in loose.distance
        assert node not in boxes_only.distance
        return
    assert reached(drawn, query, node, found, obstacles)
    assert found.reached == (node in set(trace(source, query).node_ids()))
    timed = query.max_depth is not None and any(o.kind in AT_NODES for o in obstacles)
    for obstacle in () if timed else obstacles:
        rest = [other for other in obstacles if other != obstacle]
        assert not reached(drawn, query, node, found, rest), obstacle


@ENOUGH
@given(question=questions())
def test_the_path_told_leads_from_a_seed_to_the_node(
    question: tuple[Genealogy, TraceQuery, NodeId],
) -> None:
    drawn, query, node = question
    source = MemoryFlows(drawn.facts)
    try:
        found = why_not(source, source, query, node)
    except NotFound:
        return
    if not found.path:
        assert found.missing is not None or node in query.seeds
        return
    nodes = [found.path[0].before, *(hop.after for hop in found.path)]
    assert nodes[0] in query.seeds
    assert nodes[-1] == node
    for hop in found.path:
        ends = {found.edges.source[hop.edge], found.edges.target[hop.edge]}
        assert {hop.before, hop.after} == ends
