"""JSON and JSON lines: the shape other tools rely on."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

from genealogy.exports.registry import EXPORTS
from genealogy.trace.result import Completeness, Reached, Trace
from tests.unit.exports import samples


def document(trace: Trace) -> dict[str, Any]:
    out = io.BytesIO()
    EXPORTS["json"].write(trace, out)
    return json.loads(out.getvalue())


def lines(trace: Trace) -> list[dict[str, Any]]:
    out = io.BytesIO()
    EXPORTS["ndjson"].write(trace, out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_document_has_these_members_in_this_order() -> None:
    members = ["query", "nodes", "edges", "completeness", "watermark", "digest"]
    assert list(document(samples.small())) == members


def test_the_query_holds_what_was_asked() -> None:
    query = document(samples.small())["query"]
    assert query == {
        "direction": "forward",
        "seeds": ["party:SUP-017"],
        "mode": "exact",
        "as_of": "2026-03-10T00:00:00Z",
        "known_at": None,
        "stops": ["party:C-017"],
        "max_depth": None,
    }


def test_completeness_names_the_nodes_not_followed_and_the_gaps() -> None:
    assert document(samples.small())["completeness"] == {
        "state": "truncated",
        "frontiers": [{"node": "party:C-017", "reason": "stop"}],
        "gaps": [{"node": "shipment:DN-78", "kind": "shipped_without_receipt"}],
        "masked": 0,
    }


def test_quantities_are_exact_text_and_unknown_ones_null() -> None:
    edges = document(samples.small())["edges"]
    assert [e["quantity"] for e in edges[:5]] == ["500.000", "90.000", "1200", "-30.5", None]


def test_times_keep_the_offset_of_the_source() -> None:
    edge = document(samples.small())["edges"][1]
    assert edge["occurred_at"] == "2026-03-01T09:00:00+08:00"
    assert edge["recorded_at"] == "2026-03-01T01:05:00Z"


def test_a_node_carries_every_known_spelling() -> None:
    nodes = {n["id"]: n for n in document(samples.small())["nodes"]}
    node = nodes["(01)06901234000016(10)FG1183"]
    assert "urn:epc:class:lgtin:690123400.0001.FG1183" in node["identifiers"]
    assert (node["kind"], node["label"]) == ("Lot", "FG1183 Infusion set IS-2")


def test_a_node_reached_both_ways_is_one_record() -> None:
    trace = samples.small()
    tubing = trace.edges.target[2]
    back = Reached(tubing, "backward", 1, samples.START, 3)
    both = document(replace(trace, reached=(*trace.reached, back)))
    [node] = [n for n in both["nodes"] if n["id"] == tubing]
    assert (node["direction"], node["distance"], node["via"]) == ("both", 1, ["e02", "e03"])
    assert node["first_exposure"] == "2026-03-01T03:00:00Z"
    assert node["last_contribution"] == "2026-03-01T00:00:00Z"


def test_a_node_without_record_is_shown_by_its_id() -> None:
    trace = samples.small()
    rows = {k: v for k, v in trace.rows.items() if k != "party:C-017"}
    [node] = [n for n in document(replace(trace, rows=rows))["nodes"] if n["id"] == "party:C-017"]
    assert (node["kind"], node["label"]) == ("Entity", "party:C-017")


def test_an_answer_without_edges_is_a_whole_document() -> None:
    empty = document(samples.lonely())
    assert (len(empty["nodes"]), empty["edges"]) == (1, [])
    assert empty["completeness"]["state"] == "complete"


def test_json_lines_begin_with_the_question_and_end_with_the_counts() -> None:
    found = lines(samples.small())
    assert (found[0]["record"], found[-1]["record"]) == ("trace", "end")
    assert found[0]["completeness"] == found[-1]["completeness"]
    assert (found[-1]["nodes"], found[-1]["edges"]) == (11, 11)


def test_json_lines_hold_the_records_of_the_document() -> None:
    whole, found = document(samples.small()), lines(samples.small())
    nodes = [{k: v for k, v in r.items() if k != "record"} for r in found if r["record"] == "node"]
    edges = [{k: v for k, v in r.items() if k != "record"} for r in found if r["record"] == "edge"]
    assert (nodes, edges) == (whole["nodes"], whole["edges"])


def test_masked_nodes_are_counted() -> None:
    masked = replace(samples.lonely(), completeness=Completeness(masked=3))
    assert document(masked)["completeness"]["masked"] == 3
    assert document(masked)["completeness"]["state"] == "masked"
