"""A load that has not ended is a gap of every answer, before all others."""

from __future__ import annotations

import io

import orjson
import pytest

from genealogy.exports.as_csv import write as write_csv
from genealogy.exports.as_json import write as write_json
from genealogy.exports.records import completeness_record, gaps_by_node
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.trace.details import with_details
from genealogy.trace.loads import with_load_gaps
from genealogy.trace.result import Gap, GapKind, State, Trace, TraceQuery
from genealogy.trace.run import trace
from tests.fakes import LOADED_AT, MemoryFlows
from tests.genealogies import DAY_ZERO, flow, genealogy

DRAWN = genealogy([flow(Flow.RELABELLED_AS, "lot:A", "lot:B", 1)])
FOLDER = "/data/march"
LOAD = Gap(GapKind.LOAD_UNFINISHED, None, FOLDER)


def answered(*unfinished: str, way: str = "forward", **limits: object) -> Trace:
    source = MemoryFlows(DRAWN.facts)
    source.unfinished = list(unfinished)
    query = TraceQuery((NodeId("lot:A"),), way, **limits)  # type: ignore[arg-type]
    return with_details(trace(source, query), source)


def test_an_answer_after_whole_loads_has_no_such_gap() -> None:
    assert answered().completeness.state is State.COMPLETE


@pytest.mark.parametrize("way", ["forward", "backward", "both"])
def test_an_unfinished_load_is_a_gap_whichever_way_is_asked(way: str) -> None:
    lacking = answered(FOLDER, way=way).completeness
    assert lacking.gaps[0] == LOAD
    assert lacking.state is State.GAPS
    assert lacking.unfinished_loads == (FOLDER,)


@pytest.mark.parametrize("limits", [{"known_at": LOADED_AT}, {"as_of": DAY_ZERO}])
def test_it_is_a_gap_at_whatever_time_is_asked_for(limits: dict[str, object]) -> None:
    assert LOAD in answered(FOLDER, **limits).completeness.gaps


def test_other_gaps_stay_and_come_after_it() -> None:
    kinds = [gap.kind for gap in answered(FOLDER, "/z", way="backward").completeness.gaps]
    assert kinds == [GapKind.LOAD_UNFINISHED, GapKind.LOAD_UNFINISHED, GapKind.LOT_WITHOUT_ORIGIN]


def test_the_same_source_broken_off_twice_is_one_gap() -> None:
    assert answered(FOLDER, FOLDER).completeness.gaps == (LOAD,)


def test_gaps_of_loads_can_be_replaced_by_others() -> None:
    other = with_load_gaps(answered(FOLDER, way="backward"), ["/other"])
    assert other.completeness.unfinished_loads == ("/other",)
    assert with_load_gaps(other, ()).completeness == answered(way="backward").completeness


def test_the_record_of_a_gap_names_the_source_and_no_node() -> None:
    found = completeness_record(answered(FOLDER, way="backward").completeness)["gaps"]
    assert found == [
        {"node": None, "kind": "load_unfinished", "source": FOLDER},
        {"node": "lot:A", "kind": "lot_without_origin"},
    ]


def test_no_node_of_the_answer_carries_it() -> None:
    assert gaps_by_node(answered(FOLDER).completeness) == {}


def test_exports_tell_what_was_not_loaded_to_the_end() -> None:
    document, table = io.BytesIO(), io.BytesIO()
    write_json(answered(FOLDER), document)
    write_csv(answered(FOLDER), table)
    assert orjson.loads(document.getvalue())["completeness"]["state"] == "gaps"
    assert f"gaps: 1; masked: 0; load not finished: {FOLDER}" in table.getvalue().decode("utf-8")
