"""GraphML that networkx, Gephi and yEd open: typed attributes, ids as in the graph.

The question and the completeness are data of the graph itself. Lists and the
question are JSON text. Quantities stand twice: ``quantity`` as exact text and
``quantity_value`` as a double to calculate with. Amounts of seeds of several products
stand side by side in one text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, BinaryIO

import orjson

from genealogy.exports.amounts import AMOUNT_COLUMNS, amount_columns
from genealogy.exports.records import (
    EDGE_FIELDS,
    NODE_FIELDS,
    Record,
    completeness_record,
    edge_records,
    node_records,
    query_record,
    reached_rows,
)
from genealogy.exports.xml_text import xml_attribute, xml_text
from genealogy.trace.result import Trace

PROPERTY_PREFIX = "property."

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns
 http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""
_APART = frozenset(
    {"id", "properties", "amounts", "found_in", "hypothetical", "inferred", "exposed"}
)
_NODE_TYPES = {"distance": "int"}
_EDGE_TYPES = {"quantity_value": "double"}
_GRAPH_TYPES = {"completeness_masked": "int", "node_count": "int", "edge_count": "int"}

Keys = dict[str, str]


def write(trace: Trace, out: BinaryIO) -> None:
    """Write the trace as one GraphML document."""

    def put(text: str) -> None:
        out.write(text.encode())

    node_keys, edge_keys = _node_keys(trace), _edge_keys()
    graph = _graph_record(trace)
    put(_HEAD)
    _put_keys(put, "graph", {name: _GRAPH_TYPES.get(name, "string") for name in graph})
    _put_keys(put, "node", node_keys)
    _put_keys(put, "edge", edge_keys)
    put('<graph id="trace" edgedefault="directed">\n')
    put(_data("graph", graph) + "\n")
    for node in node_records(trace):
        put(f"<node id={xml_attribute(node['id'])}>{_data('node', _flat(node))}</node>\n")
    for edge in edge_records(trace):
        put(_edge(edge))
    put("</graph>\n</graphml>\n")


def _graph_record(trace: Trace) -> Record:
    return {
        "query": query_record(trace.query),
        **{f"completeness_{k}": v for k, v in completeness_record(trace.completeness).items()},
        "node_count": sum(1 for _ in trace.node_ids()),
        "edge_count": len(trace.edges.edge_id),
    }


def _node_keys(trace: Trace) -> Keys:
    fields = {f: _NODE_TYPES.get(f, "string") for f in NODE_FIELDS if f not in ("id", "properties")}
    if trace.amounts is not None:
        fields |= dict.fromkeys(AMOUNT_COLUMNS, "string")
    return fields | _property_keys(
        item for row in reached_rows(trace) for item in row.properties.items()
    )


def _property_keys(properties: Iterable[tuple[str, Any]]) -> Keys:
    kinds: dict[str, set[str]] = {}
    for name, value in properties:
        kinds.setdefault(PROPERTY_PREFIX + name, set()).add(_kind(value))
    return {name: _common(kinds[name]) for name in sorted(kinds)}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "long" if isinstance(value, int) and abs(value) < 1 << 63 else "string"


def _common(kinds: set[str]) -> str:
    return kinds.pop() if len(kinds) == 1 else "string"


def _edge_keys() -> Keys:
    fields = (f for f in (*EDGE_FIELDS, "quantity_value") if f not in ("source", "target"))
    return {f: _EDGE_TYPES.get(f, "string") for f in fields}


def _put_keys(put: Callable[[str], None], owner: str, keys: Keys) -> None:
    for name, kind in keys.items():
        key = xml_attribute(f"{owner}.{name}")
        put(f'<key id={key} for="{owner}" attr.name={xml_attribute(name)} attr.type="{kind}"/>\n')


def _flat(node: Record) -> Record:
    own = {k: v for k, v in node.items() if k not in _APART}
    own |= {k: " | ".join(v) for k, v in amount_columns(node.get("amounts", [])).items()}
    return own | {PROPERTY_PREFIX + k: v for k, v in node["properties"].items()}


def _edge(edge: Record) -> str:
    ends = f"source={xml_attribute(edge['source'])} target={xml_attribute(edge['target'])}"
    quantity = edge["quantity"]
    values = {k: v for k, v in edge.items() if k not in ("source", "target")}
    values["quantity_value"] = None if quantity is None else float(quantity)
    return f"<edge id={xml_attribute(edge['id'])} {ends}>{_data('edge', values)}</edge>\n"


def _data(owner: str, values: Record) -> str:
    return "".join(
        f"{_opening(owner, name)}{xml_text(_text(value))}</data>"
        for name, value in values.items()
        if value is not None
    )


@cache
def _opening(owner: str, name: str) -> str:
    return f"<data key={xml_attribute(f'{owner}.{name}')}>"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else str(value)
