"""Records: what every format is a rendering of."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from genealogy.errors import NotFound
from genealogy.exports.records import (
    EDGE_FIELDS,
    NODE_FIELDS,
    candidate_record,
    edge_records,
    label_of,
    node_record,
    node_records,
    path_records,
    properties_record,
)
from genealogy.model.facts import NodeId
from genealogy.model.names import Label
from genealogy.trace.details import with_details
from genealogy.trace.result import Trace
from tests import small_company
from tests.small_company import GOODS, GOODS_URN, RAW, RENJI, TWIN, Company, engine
from tests.unit.exports import samples


@pytest.fixture(scope="module")
def trace() -> Trace:
    known = engine()
    return known.trace(samples.TraceQuery((NodeId(RAW),), "forward"))


def test_records_have_exactly_the_fields_there_are(trace: Trace) -> None:
    assert all(tuple(record) == NODE_FIELDS for record in node_records(trace))
    assert all(tuple(record) == EDGE_FIELDS for record in edge_records(trace))


def test_every_reached_node_is_one_record(trace: Trace) -> None:
    assert [r["id"] for r in node_records(trace)] == list(trace.node_ids())


def test_via_names_an_edge_of_the_trace(trace: Trace) -> None:
    edges = {record["id"]: record for record in edge_records(trace)}
    for node in node_records(trace):
        for edge in node["via"]:
            assert node["id"] in (edges[edge]["source"], edges[edge]["target"])


def test_spellings_begin_with_those_found_and_are_told_once() -> None:
    [row] = engine().index.nodes([NodeId(GOODS)])
    assert node_record(row)["identifiers"] == [
        GOODS,
        GOODS_URN,
        "https://id.gs1.org/01/06901234000016/10/FG1183",
    ]


def test_a_label_is_code_and_name() -> None:
    assert label_of(samples.row("lot:a:b:c", Label.LOT)) == "c"
    assert label_of(samples.row("lot:a:b:c", Label.LOT, name="Tube")) == "c Tube"
    assert label_of(samples.row("lot:a:b:c", Label.LOT, name="c")) == "c"
    assert label_of(samples.row("lot:a:b:c", Label.LOT, code="")) == "lot:a:b:c"


def test_a_nameless_lot_is_called_by_its_product() -> None:
    product = samples.row("product:P", Label.PRODUCT, name="Tube")
    assert label_of(samples.row("lot:a:P:c", Label.LOT), product) == "c Tube"


def test_properties_are_text_in_name_order_without_unknowns() -> None:
    found = properties_record({"b": samples.START, "a": True, "c": None})
    assert list(found.items()) == [("a", True), ("b", "2026-03-01T00:00:00Z")]


def test_a_candidate_says_how_it_was_read() -> None:
    [first, _] = engine().find("24A0871")
    record = candidate_record(first)
    assert (record["match"], record["reading"]) == ("code", "24A0871")


def test_a_path_starts_at_the_seed_and_joins_up(trace: Trace) -> None:
    path = path_records(trace, NodeId(RENJI))
    assert (path[0]["node"], path[0]["edge"], path[-1]["node"]) == (RAW, None, RENJI)
    for before, after in itertools.pairwise(path):
        assert {before["node"], after["node"]} == {
            after["edge"]["source"],
            after["edge"]["target"],
        }


def test_a_seed_is_its_own_path(trace: Trace) -> None:
    [only] = path_records(trace, NodeId(RAW))
    assert (only["node"], only["edge"]) == (RAW, None)


def test_what_was_not_reached_has_no_path(trace: Trace) -> None:
    with pytest.raises(NotFound):
        path_records(trace, NodeId(TWIN))


# --- Products ----------------------------------------------------------------------------


def company_with_product() -> Company:
    company = Company()
    product = samples.row("RM-204", Label.PRODUCT, name="PVC", code="RM-204")
    company.rows[product.node_id] = product
    return company


def test_products_are_looked_up_and_not_reached() -> None:
    known = engine(company_with_product())
    trace = known.trace(samples.TraceQuery((NodeId(RAW),), "forward"))
    assert "RM-204" in trace.rows
    assert "RM-204" not in set(trace.node_ids())
    assert [r["product_name"] for r in node_records(trace)][:2] == ["PVC", None]


def test_details_tell_of_every_node_that_was_reached(trace: Trace) -> None:
    told = with_details(replace(trace, rows={}), small_company.Company())
    assert set(told.rows) == set(trace.node_ids())
    assert told.rows == trace.rows


def test_products_that_are_not_known_are_no_trouble(trace: Trace) -> None:
    known = {row.product_id for row in trace.rows.values()} - {None}
    assert known
    assert not known & with_details(trace, small_company.Company()).rows.keys()
