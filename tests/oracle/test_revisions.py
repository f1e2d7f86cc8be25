"""Which lots and items are of other revisions, held against the ancestors in a graph."""

from __future__ import annotations

import os

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import FlowFact
from genealogy.model.names import Flow, Link
from genealogy.trace.result import TraceQuery, Window, WindowKind
from genealogy.trace.revisions import made_otherwise
from genealogy.trace.run import trace
from genealogy.trace.spans import Records
from tests.fakes import MemoryFlows
from tests.genealogies import day, flow, genealogy
from tests.unit.trace.test_seeds import PRODUCT, link, node

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "150")), deadline=None)
LOTS = tuple(f"lot:{i}" for i in range(4))
ITEMS = ("item:0", "item:1")
BATCHES = ("batch:0", "batch:1", "batch:2")


@st.composite
def origins(draw: st.DrawFn) -> FlowFact:
    lots, kind = st.sampled_from(LOTS), draw(st.integers(0, 2))
    if kind == 0:
        made = draw(st.sampled_from(LOTS + ITEMS))
        return flow(Flow.PRODUCED, draw(st.sampled_from(BATCHES)), made, 1)
    if kind == 1:
        one = draw(lots)
        other = draw(st.sampled_from([lot for lot in LOTS if lot != one]))
        return flow(Flow.RELABELLED_AS, one, other, 1)
    return flow(Flow.SERIALISED_AS, draw(lots), draw(st.sampled_from(ITEMS)), 1)


@ENOUGH
@given(
    flows=st.lists(origins(), max_size=9),
    told=st.fixed_dictionaries({b: st.sampled_from([None, "A", "B"]) for b in BATCHES}),
)
def test_only_what_comes_of_other_revisions_alone_is_left_out(
    flows: list[FlowFact], told: dict[str, str | None]
) -> None:
    names = {batch: {"recipe_revision": r} for batch, r in told.items() if r}
    drawn = genealogy(flows, more=[*LOTS, *ITEMS, *BATCHES], properties=names)
    graph = nx.DiGraph([(f.source_id, f.target_id) for f in flows])
    graph.add_nodes_from((*LOTS, *ITEMS))
    nodes = sorted(n.node_id for n in drawn.nodes if n.node_id in {*LOTS, *ITEMS})
    expected = set()
    for one in nodes:
        before = nx.ancestors(graph, one) | {one}
        ends = [n for n in before if not graph.in_degree(n)]
        if ends and all(told.get(end) == "A" for end in ends):
            expected.add(one)
    assert made_otherwise(Records(MemoryFlows(drawn.facts)), nodes, "B") == expected


def test_a_revision_leaves_out_what_was_relabelled_and_serialised_of_another() -> None:
    ids = ("lot:0", "lot:1", "item:0", "lot:2", "lot:3")
    drawn = genealogy(
        [
            flow(Flow.PRODUCED, "batch:0", "lot:0", 1),
            flow(Flow.RELABELLED_AS, "lot:0", "lot:1", 2),
            flow(Flow.SERIALISED_AS, "lot:1", "item:0", 3),
            flow(Flow.PRODUCED, "batch:1", "lot:2", 1),
        ],
        more=["lot:3"],
        properties={"batch:0": {"recipe_revision": "A"}, "batch:1": {"recipe_revision": "B"}},
    )
    links = [link(Link.OF_PRODUCT, one, PRODUCT) for one in ids]
    source = MemoryFlows([*drawn.facts, node(PRODUCT), *links])
    window = Window(WindowKind.PRODUCT, node(PRODUCT).node_id, day(0), day(9), revision="B")
    answer = trace(source, TraceQuery((), "forward", windows=(window,)))
    assert {seed.node_id for seed in answer.seeds} == {"lot:2", "lot:3"}
