"""Every real EPCIS file loads, or is refused for the right reason; its answers are reproduced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from genealogy.model.names import FLOW_ENDS, Flow, Label
from loaders.epcis import Options, load_epcis
from tests.fakes_store import LOADED_AT, MemoryGraph
from tests.loaders.real_epcis_table import files, folder, result

pytestmark = pytest.mark.data

FILES = files()
RESOURCES = "openepcis__openepcis-test-resources/core/src/main/resources/2.0/EPCIS"
IFT = "ift-gftc__opentraceability/CSharp/OpenTraceability.Tests/Data"
BEEF = "ift-gftc__opentraceability/CSharp/OpenTraceability.TestServer/Data/beef-leather-example"

#: Files outside ``Invalid`` folders in which something is refused, and why that is right.
REFUSED = {
    "sanitised.json": {"epcis_event_type", "epcis_json_syntax"},
    "epc_tests.json": {"epcis_event_type"},
    "EPCISQueryDocument_malformed.jsonld": {"epcis_missing", "epcis_truncated"},
    # Its event time has no zone.
    "EPCISQueryDocument_with_masterdata.jsonld": {"epcis_time"},
    # Not events: vocabulary samples, templates of a generator, queries.
    "gs1-vocab-": {"epcis_not_a_document"},
    ".input.json": {"epcis_not_a_document"},
    ".masterdata.jsonld": {"epcis_not_a_document"},
    "SimpleEventQuery.json": {"epcis_not_a_document"},
    "SimpleEventQuery.xml": {"epcis_query_only"},
    # The number of a returnable asset in these has a wrong check digit.
    "Combination_of_different_event": {"identifier_check_digit"},
    "SensorData_with_combined_events": {"identifier_check_digit"},
    "queryDocument": {"identifier_check_digit"},
    "QueryResultsDocument.xml": {"identifier_check_digit"},
    "All_eventTypes_in_single_document.xml": {"identifier_check_digit"},
}


def test_the_real_files_are_there() -> None:
    if not FILES:
        pytest.skip(f"real data: no folder {folder()} (LOTGRAPH_REAL_DATA names another)")
    assert len(FILES) > 300


def named(name: str) -> Path:
    if not FILES:
        pytest.skip("real data: the folder is absent")
    return Path(name)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_each_file_loads_or_is_refused_for_the_right_reason(file: Path) -> None:
    loaded = result(file).loaded
    reasons = set(loaded.rejects_by_code)
    expected = next((why for name, why in REFUSED.items() if name in file.name), set())

    if "Invalid" in file.parts:
        assert reasons
    else:
        assert reasons <= expected
        assert bool(reasons) == bool(expected)
    assert all(s.reason("en") and s.reason("zh") and s.hint("zh") for s in loaded.samples)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_flow_joins_kinds_of_nodes_that_the_model_allows(file: Path) -> None:
    # A trace infers from the flow that led to a node which gaps it may have.
    for found in result(file).graph.flows():
        sources, targets = FLOW_ENDS[found.type]
        assert found.source_label in sources
        assert found.target_label in targets


@pytest.mark.parametrize("file", FILES, ids=str)
def test_loading_a_file_again_changes_nothing(file: Path) -> None:
    graph = MemoryGraph()
    path = folder() / file
    load_epcis(path, graph, graph, Options(now=LOADED_AT))
    before = graph.content()

    again = load_epcis(path, graph, graph, Options(now=LOADED_AT)).written

    assert graph.content() == before
    assert again.nodes_new + again.nodes_changed + again.links_new == 0
    assert again.flows_new + again.flows_changed == 0


INVALID = {
    "ObjectEvent_with_invalid_action": ("epcis_action", "action"),
    "ObjectEvent_with_near_miss_action": ("epcis_action", "action"),
    "QueryDocument_with_invalid_action": ("epcis_action", "action"),
    "ObjectEvent_bare_event_without_action": ("epcis_missing", "action"),
    "ObjectEvent_without_eventTime": ("epcis_missing", "eventTime"),
    "ObjectEvent_with_invalid_eventTime_format": ("epcis_time", "eventTime"),
    "ObjectEvent_with_unknown_element": ("epcis_unknown_field", "madeUpField"),
    "ObjectEvent_with_wrong_element_order": ("epcis_order", "action"),
    "QueryDocument_with_invalid_eventType": ("epcis_event_type", "type"),
    "QueryDocument_with_missing_value": ("epcis_query_only", None),
    "EPCISDocument_without_context": ("epcis_no_context", "@context"),
    "ObjectEvent_with_ilmd_field_without_namespace": ("epcis_no_namespace", "ilmd.materialType"),
    "ObjectEvent_with_invalid_certificationInfo": (
        "epcis_date",
        "certificationInfo.gs1:certificationAuditDate",
    ),
    "ObjectEvent_with_non_standard_bizStep": ("epcis_word", "bizStep"),
    "ObjectEvent_with_non_standard_bizStep_in_second_event": ("epcis_word", "bizStep"),
    "ObjectEvent_with_non_standard_disposition": ("epcis_word", "disposition"),
    "ObjectEvent_with_quantity_as_text": ("epcis_not_number", "quantityList.quantity"),
    "ObjectEvent_with_unknown_field_in_quantityList": (
        "epcis_unknown_field",
        "quantityList.weight",
    ),
    "ObjectEvent_without_identifier_list": ("epcis_no_objects", "epcList"),
}


@pytest.mark.parametrize("file", [f for f in FILES if "Invalid" in f.parts], ids=str)
def test_invalid_files_are_refused_for_what_their_name_says(file: Path) -> None:
    found = {(s.code, s.field) for s in result(file).loaded.samples}

    assert found
    if file.stem in INVALID:
        assert INVALID[file.stem] in found


# --- twins --------------------------------------------------------------------------


def twins() -> list[Path]:
    """Files of the JSON folder that have a twin of the same name in the XML folder."""
    base = Path(RESOURCES)
    return [
        file.relative_to(base / "JSON")
        for file in FILES
        if file.is_relative_to(base / "JSON")
        and (base / "XML" / file.relative_to(base / "JSON")).with_suffix(".xml") in FILES
    ]


@pytest.mark.parametrize("file", twins(), ids=str)
def test_json_and_xml_twins_give_the_same_graph(file: Path) -> None:
    json_file = Path(RESOURCES, "JSON", file)
    xml_file = Path(RESOURCES, "XML", file).with_suffix(".xml")

    assert shape(result(json_file).graph) == shape(result(xml_file).graph)


def shape(graph: MemoryGraph) -> Any:
    """Nodes, links and flows with their values, without spellings and places read."""
    nodes = {
        i: (n.label, frozenset(n.roles), {k: v for k, v in n.properties.items() if k in _SHAPE})
        for i, n in graph.nodes.items()
    }
    flows = {
        (f.type, f.source_id, f.target_id, f.quantity, f.uom, f.occurred_at, f.valid_to)
        for f in graph.flows()
    }
    return nodes, set(graph.links), flows


_SHAPE = ("event_type", "action", "biz_step", "disposition", "occurred_at", "lot_code", "kind")


# --- answers ------------------------------------------------------------------------


def chain(graph: MemoryGraph) -> nx.DiGraph:
    """The genealogy without hubs: from input to output, from child to parent."""
    found: nx.DiGraph = nx.DiGraph()
    flows = graph.flows()
    for flow in flows:
        if flow.type in (Flow.CONTAINED_IN, Flow.PART_OF):
            found.add_edge(flow.source_id, flow.target_id)
    for first in (f for f in flows if f.type is Flow.CONSUMED_BY):
        for second in (f for f in flows if f.type is Flow.PRODUCED):
            if first.target_id == second.source_id:
                found.add_edge(first.source_id, second.target_id)
    return found


def material(graph: MemoryGraph) -> set[str]:
    kinds = (Label.LOT, Label.ITEM, Label.UNIT)
    return {i for i, n in graph.nodes.items() if n.label in kinds}


@pytest.mark.parametrize(
    ("name", "events", "epcs", "edges"),
    [
        ("gdst_data_withmasterdata.jsonld", 17, 7, 6),
        ("cap_tool_events.jsonld", 18, 7, 6),
        ("EPCISQueryDocument_duplicate_eventIDs.jsonld", 2, 2, 0),
        ("EPCISQUERYDOCUMENT_with_errorDeclarations.jsonld", 9, 5, 4),
    ],
)
def test_counts_of_events_objects_and_links_are_those_of_the_index(
    name: str, events: int, epcs: int, edges: int
) -> None:
    found = result(named(f"{IFT}/{name}"))

    assert found.loaded.total.read == events
    assert found.loaded.clean
    assert len(material(found.graph)) == epcs
    assert chain(found.graph).number_of_edges() == edges


def test_commissioning_alone_makes_items_and_no_flow() -> None:
    name = "openepcis__epcis-testdata-generator/examples/create test data ui/Generated Events.json"
    found = result(named(name))

    assert found.loaded.total.accepted == 10
    assert len(material(found.graph)) == 150
    assert found.graph.edges() == set()


def test_duplicate_event_ids_are_counted_once() -> None:
    found = result(named(f"{IFT}/EPCISQueryDocument_duplicate_eventIDs.jsonld"))

    assert (found.loaded.total.accepted, found.loaded.total.duplicates) == (1, 1)


def test_the_withdrawn_event_shows_nothing_and_names_its_correction() -> None:
    graph = result(named(f"{IFT}/EPCISQUERYDOCUMENT_with_errorDeclarations.jsonld")).graph
    withdrawn = graph.nodes["event:urn:uuid:e80e77e0-ae16-4a5c-a5e6-44ff7f26f381"].properties  # type: ignore[index]

    assert withdrawn["corrected_by"] == "urn:uuid:0038bdc2-cad3-43eb-88f5-c93eda34ec43"
    assert withdrawn["voided_at"].isoformat() == "2022-10-05T03:37:31+00:00"
    assert "event:urn:uuid:0038bdc2-cad3-43eb-88f5-c93eda34ec43" in graph.nodes


def test_the_steaks_in_the_case_come_from_the_cattle() -> None:
    found = result(named(f"{BEEF}/events.jsonld"))
    tree = chain(found.graph)
    case = "(00)106141412345678908"
    steaks, cattle = "(10)STEAKS20251107", "(10)CATTLE20230101"

    [steak_lot] = tree.predecessors(case)
    [cattle_lot] = tree.predecessors(steak_lot)
    assert steak_lot.endswith(steaks)
    assert cattle_lot.endswith(cattle)
    assert nx.ancestors(tree, case) == {steak_lot, cattle_lot}
    [packed] = [f for f in found.graph.flows() if f.type is Flow.CONTAINED_IN]
    assert packed.valid_to is not None
    assert {r.code for r in found.loaded.remarks} == {"epcis_comments", "epcis_wrong_place"}


def test_products_and_parties_are_named_by_master_data() -> None:
    graph = result(named(f"{IFT}/gdst_data_withmasterdata.jsonld")).graph
    product = "product:urn:gdst:example.org:product:class:hatchery.1u"

    assert graph.nodes[product].properties["name"] == "Tuna Fryling"  # type: ignore[index]
    lot = "lot:urn:gdst:example.org:product:lot:class:hatchery.1u.tf12012021"
    assert ("OF_PRODUCT", lot, product, None) in graph.links


def test_the_canned_tuna_goes_back_to_feed_fry_and_catch() -> None:
    tree = chain(result(named(f"{IFT}/gdst_data_withmasterdata.jsonld")).graph)
    lots = "lot:urn:gdst:example.org:product:lot:class:"

    assert nx.ancestors(tree, "unit:urn:epc:id:sscc:08600031303.0004") == {
        f"{lots}processor.2u.v1-0122-2022",
        f"{lots}processor.10u.commingle-01232022",
        f"{lots}fishfarm.1u.farmed-tuna-01192022",
        f"{lots}fisherman01.tunau.v1-0122-2022",
        f"{lots}feedmill.1u.ff11252021",
        f"{lots}hatchery.1u.tf12012021",
    }


def test_yarn_cloth_and_garment_of_three_files_are_one_chain() -> None:
    base = named("openepcis__openepcis-dpp-ready/extensions/eu/textile/epcis")
    steps = ("spinning", "weaving", "garment")
    graph = MemoryGraph()
    paths = [folder() / base / f"transformation-{step}.jsonld" for step in steps]
    for path in reversed(paths):
        load_epcis(path, graph, graph, Options(now=LOADED_AT))
    together = MemoryGraph()
    load_epcis(paths, together, together, Options(now=LOADED_AT))

    assert graph.edges() == together.edges()
    assert nx.dag_longest_path_length(chain(graph)) == 3


def test_all_files_that_agree_give_the_same_graph_in_either_order() -> None:
    named("")
    forward, backward = MemoryGraph(), MemoryGraph()
    agreeing = [
        path for path in (folder() / f for f in FILES) if loaded_in_agreement(path, forward)
    ]
    for path in reversed(agreeing):
        load_epcis(path, backward, backward, Options(now=LOADED_AT))

    assert len(agreeing) > 250
    assert forward.edges() == backward.edges()
    assert forward.nodes.keys() == backward.nodes.keys()


def loaded_in_agreement(path: Path, graph: MemoryGraph) -> bool:
    """Load a file unless an event in it contradicts a known one: then the first to come holds."""
    checked = load_epcis(path, graph, graph, Options(now=LOADED_AT, dry_run=True))
    if "epcis_contradiction" in checked.rejects_by_code:
        return False
    load_epcis(path, graph, graph, Options(now=LOADED_AT))
    return True
