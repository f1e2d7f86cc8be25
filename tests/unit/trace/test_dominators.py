"""Nodes that all ways lead through, held against networkx."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from genealogy.trace.dominators import passages

pairs = st.tuples(st.integers(0, 9), st.integers(0, 9))


@given(edges=st.lists(pairs, max_size=25))
def test_they_are_the_nearest_dominators_that_lie_on_no_circle(
    edges: list[tuple[int, int]],
) -> None:
    graph = nx.DiGraph(edges)
    graph.add_node(0)
    if any(target == 0 for _, target in edges):
        # Nothing leads into a root.
        edges = [(source, target) for source, target in edges if target]
        graph = nx.DiGraph(edges)
        graph.add_node(0)
    on_circle = {
        node
        for group in nx.strongly_connected_components(graph)
        for node in group
        if len(group) > 1 or graph.has_edge(node, node)
    }
    above = nx.immediate_dominators(graph, 0)
    expected = {}
    for node in above:
        if node and node not in on_circle:
            other = above[node]
            while other in on_circle:
                other = above[other]
            expected[node] = other
    assert passages(edges, 0) == expected


def test_a_long_line_is_no_burden() -> None:
    found = passages([(i, i + 1) for i in range(50_000)], 0)
    assert found[50_000] == 49_999
