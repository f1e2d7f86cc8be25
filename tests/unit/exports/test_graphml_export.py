"""GraphML: networkx reads back what was written."""

from __future__ import annotations

import io
import json
from typing import Any

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.exports.registry import EXPORTS
from genealogy.exports.xml_text import xml_safe
from genealogy.model.names import Flow, Label
from genealogy.ports import FlowRows
from genealogy.trace.result import Trace
from tests.unit.exports import samples


def read_back(trace: Trace) -> nx.MultiDiGraph[str]:
    out = io.BytesIO()
    EXPORTS["graphml"].write(trace, out)
    out.seek(0)
    return nx.read_graphml(out, force_multigraph=True)


def test_nodes_and_edges_keep_their_ids() -> None:
    trace = samples.small()
    graph = read_back(trace)
    assert set(graph) == set(trace.rows)
    assert {key for *_, key in graph.edges(keys=True)} == set(trace.edges.edge_id)


def test_attributes_have_their_types() -> None:
    graph = read_back(samples.small())
    node = graph.nodes["batch:WO-2201"]
    assert (node["distance"], node["property.name_zh"]) == (2, "挤出")
    edge = graph.edges["party:SUP-017", "lot:SUP-017:RM-204:24A0871", "e00"]
    assert (edge["quantity"], edge["quantity_value"]) == ("500.000", 500.0)


def test_completeness_is_data_of_the_graph() -> None:
    graph = read_back(samples.small()).graph
    assert graph["completeness_state"] == "truncated"
    assert json.loads(graph["completeness_frontiers"]) == [
        {"node": "party:C-017", "reason": "stop"}
    ]
    assert (graph["node_count"], graph["edge_count"], graph["completeness_masked"]) == (11, 11, 0)


def test_parallel_movements_stay_apart() -> None:
    edges = FlowRows()
    for quantity in ("1", "2"):
        samples.add(edges, Flow.RELABELLED_AS, "lot:a:b:c", "lot:a:b:d", quantity=quantity)
    nodes = [samples.row("lot:a:b:c", Label.LOT), samples.row("lot:a:b:d", Label.LOT)]
    graph = read_back(samples.trace_of(nodes, edges, "lot:a:b:c"))
    assert graph.number_of_edges() == 2


words = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.one_of(words, st.booleans(), st.integers(-(1 << 62), 1 << 62))


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    ids = draw(st.lists(words.filter(bool).map(xml_safe), min_size=1, max_size=5, unique=True))
    nodes = [
        samples.row(f"lot:{i}", Label.LOT, name=draw(words), code=draw(words), note=draw(values))
        for i in ids
    ]
    edges = FlowRows()
    ends = st.sampled_from([n.node_id for n in nodes])
    for number in range(draw(st.integers(0, 6))):
        values_of = {"source_record": draw(words), "edge_id": f"{draw(words)}/{number}"}
        samples.add(edges, Flow.RELABELLED_AS, draw(ends), draw(ends), **values_of)
    return samples.trace_of(nodes, edges, nodes[0].node_id)


@settings(max_examples=60, deadline=None)
@given(traces())
def test_any_text_comes_back_as_it_was(trace: Trace) -> None:
    graph = read_back(trace)
    for node_id in trace.node_ids():
        row, node = trace.rows[node_id], graph.nodes[node_id]
        assert node.get("code", "") == xml_safe(row.code)
        assert same(node.get("property.note", ""), row.properties["note"])
    expected = [
        (s, t, xml_safe(i), xml_safe(r))
        for s, t, i, r in zip(
            trace.edges.source,
            trace.edges.target,
            trace.edges.edge_id,
            trace.edges.source_record,
            strict=True,
        )
    ]
    found = [
        (s, t, k, d.get("source_record", "")) for s, t, k, d in graph.edges(keys=True, data=True)
    ]
    assert sorted(found) == sorted(expected)


def same(read: Any, value: Any) -> bool:
    if isinstance(value, str):
        return read == xml_safe(value)
    return str(read).lower() == str(value).lower()


def test_control_characters_become_visible() -> None:
    assert xml_safe("a\x1db\x00\ufffe") == "a␝b␀\ufffd"
