"""A bad event is refused for every reason at once and never stops or spoils the others."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.errors import LoadAborted, LoadError, UnreadableFile
from genealogy.model.facts import Fact, NodeFact, Written
from loaders.epcis import Options, load_epcis
from loaders.epcis.load import LARGEST
from loaders.epcis.parse import parse
from loaders.epcis.raw import RawEvent
from tests.fakes_store import LOADED_AT, MemoryGraph
from tests.loaders.epcis.epcis_events import (
    CLASS,
    ITEM,
    ITEM_2,
    LOT,
    LOT_2,
    MAKER,
    N_ITEM,
    PALLET,
    SITE,
    amounts,
    document,
    event,
    load,
    packing,
    recorded,
    shipping,
    unpacking,
    utc,
    voiding,
)

GOOD = event("Object", epcList=[ITEM])
MADE = event(
    "Transformation", inputQuantityList=amounts(LOT, 1), outputQuantityList=amounts(LOT_2, 1)
)


def codes(data: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(fault.code, fault.field) for fault in parse(RawEvent(data, 1, 1)).faults]


def without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {k: v for k, v in data.items() if k not in names}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (without(GOOD, "action"), ("epcis_missing", "action")),
        (without(GOOD, "eventTime"), ("epcis_missing", "eventTime")),
        (without(GOOD, "eventTimeZoneOffset"), ("epcis_missing", "eventTimeZoneOffset")),
        (without(GOOD, "epcList"), ("epcis_no_objects", "epcList")),
        (GOOD | {"type": "MagicEvent"}, ("epcis_event_type", "type")),
        (GOOD | {"action": "add"}, ("epcis_action", "action")),
        (GOOD | {"eventTime": "2026-03-01T08:00:00"}, ("epcis_time", "eventTime")),
        (GOOD | {"eventTime": "01/03/2026"}, ("epcis_time", "eventTime")),
        (GOOD | {"eventTime": "0001-01-01T00:00:00+14:00"}, ("epcis_time", "eventTime")),
        (GOOD | {"eventTime": 20260301}, ("epcis_not_text", "eventTime")),
        (GOOD | {"eventTimeZoneOffset": "+15:00"}, ("epcis_offset", "eventTimeZoneOffset")),
        (GOOD | {"eventTimeZoneOffset": "CST"}, ("epcis_offset", "eventTimeZoneOffset")),
        (GOOD | {"bizStep": "transforming"}, ("epcis_word", "bizStep")),
        (GOOD | {"disposition": "in_transport"}, ("epcis_word", "disposition")),
        (
            GOOD | {"persistentDisposition": {"set": ["bad"]}},
            ("epcis_word", "persistentDisposition.set"),
        ),
        (
            GOOD | {"sourceList": [{"type": "place", "source": "urn:x:1"}]},
            ("epcis_word", "sourceList.type"),
        ),
        (GOOD | {"sourceList": [{"type": "location"}]}, ("epcis_missing", "sourceList.source")),
        (
            GOOD | {"bizTransactionList": [{"type": "po"}]},
            ("epcis_missing", "bizTransactionList.bizTransaction"),
        ),
        (GOOD | {"epcList": ["S1"]}, ("identifier_no_kind", "epcList")),
        (GOOD | {"epcList": [7]}, ("epcis_not_text", "epcList")),
        (
            GOOD | {"epcList": ["https://id.gs1.org/00/106141412345678901"]},
            ("identifier_check_digit", "epcList"),
        ),
        (GOOD | {"quantityList": amounts(LOT, "-1")}, ("epcis_negative", "quantityList.quantity")),
        (
            GOOD | {"quantityList": amounts(LOT, "ten")},
            ("epcis_not_number", "quantityList.quantity"),
        ),
        (
            GOOD | {"quantityList": amounts(LOT, "NaN")},
            ("epcis_not_number", "quantityList.quantity"),
        ),
        (
            GOOD | {"quantityList": amounts(LOT, "1E999999999")},
            ("epcis_not_number", "quantityList.quantity"),
        ),
        (GOOD | {"quantityList": amounts(LOT, 1, "kilo")}, ("epcis_uom", "quantityList.uom")),
        (GOOD | {"quantityList": [{"quantity": "1"}]}, ("epcis_missing", "quantityList.epcClass")),
        (GOOD | {"quantityList": ["x"]}, ("epcis_not_object", "quantityList")),
        (
            GOOD | {"quantityList": [{"epcClass": LOT, "weight": 5}]},
            ("epcis_unknown_field", "quantityList.weight"),
        ),
        (GOOD | {"ilmd": {"materialType": "soil"}}, ("epcis_no_namespace", "ilmd.materialType")),
        (GOOD | {"errorDeclaration": {}}, ("epcis_missing", "errorDeclaration.declarationTime")),
        (GOOD | {"errorDeclaration": "yes"}, ("epcis_not_object", "errorDeclaration")),
        (without(packing(1), "parentID"), ("epcis_missing", "parentID")),
        (packing(1, ()), ("epcis_no_objects", "childEPCs")),
        (packing(1) | {"epcList": [LOT]}, ("epcis_foreign_field", "epcList")),
        (GOOD | {"inputEPCList": [ITEM]}, ("epcis_foreign_field", "inputEPCList")),
        (GOOD | {"extension": {"epcList": [ITEM_2]}}, ("epcis_not_text", "epcList")),
        (packing(1, parent=LOT), ("epcis_parent", "parentID")),
        (packing(1, parent=CLASS), ("epcis_parent", "parentID")),
        (packing(1, parent=SITE), ("epcis_parent", "parentID")),
        (packing(1, parent=MAKER) | {"type": "AssociationEvent"}, ("epcis_parent", "parentID")),
        (event("Transaction", epcList=[ITEM]), ("epcis_missing", "bizTransactionList")),
        (without(MADE, "inputQuantityList"), ("epcis_half_transformation", "inputEPCList")),
        (without(MADE, "outputQuantityList"), ("epcis_half_transformation", "outputEPCList")),
        (
            event("Transformation", transformationID="urn:x:t") | {"transformationID": None},
            ("epcis_half_transformation", "inputEPCList"),
        ),
    ],
)
def test_each_fault_is_named_with_its_field(data: Any, expected: tuple[str, str]) -> None:
    assert expected in codes(data)


def test_a_field_that_cannot_be_read_is_not_called_missing_too() -> None:
    assert codes(packing(1, ["S1"], parent="P1")) == [
        ("identifier_no_kind", "parentID"),
        ("identifier_no_kind", "childEPCs"),
    ]


def test_all_faults_of_an_event_are_told_at_once() -> None:
    bad = without(GOOD, "action") | {"eventTime": "x", "bizStep": "y", "epcList": ["z"]}

    assert {field for _, field in codes(bad)} == {"action", "eventTime", "bizStep", "epcList"}


@pytest.mark.parametrize(
    "data",
    [
        GOOD | {"bizStep": "urn:x:own:step"},
        GOOD | {"bizStep": "urn:epcglobal:cbv:bizstep:shipping"},
        GOOD | {"epcList": []},
        event("Object", sensorElementList=[{}], readPoint={"id": "urn:x:here"}),
        event("Transformation", transformationID="urn:x:t", inputQuantityList=amounts(LOT)),
        event("Transformation", transformationID="urn:x:t", outputQuantityList=amounts(LOT)),
        packing(1, action="OBSERVE") | {"parentID": ""},
        unpacking(1),
        packing(1, parent=SITE) | {"type": "AssociationEvent"},
        GOOD | {"quantityList": amounts(LOT, "20")},
        GOOD | {"ilmd": {"cbvmda:lotNumber": "1", "undefined": "x"}},
        GOOD | {"eventTimeZoneOffset": "-14:00"},
    ],
)
def test_what_the_standard_allows_is_taken(data: dict[str, Any]) -> None:
    assert codes(data) == []


def test_standard_words_are_one_word_in_every_spelling() -> None:
    spellings = [
        "shipping",
        "urn:epcglobal:cbv:bizstep:shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "https://ns.gs1.org/cbv/BizStep-shipping",
        "cbv:BizStep-shipping",
    ]
    steps = [parse(RawEvent(GOOD | {"bizStep": s}, 1, 1)).event for s in spellings]

    assert {e.step for e in steps if e} == {"shipping"}


def test_a_bad_event_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "e.json"
    events = [GOOD, GOOD | {"action": "X"}, "no event", None, packing(1)]
    path.write_text(json.dumps(document(events)))  # type: ignore[arg-type]
    graph = MemoryGraph()
    rejects = tmp_path / "rejects.csv"
    loaded = load_epcis(path, graph, graph, Options(rejects_path=rejects, now=LOADED_AT))

    assert (loaded.total.read, loaded.total.accepted, loaded.total.rejected) == (5, 2, 3)
    assert N_ITEM in graph.nodes
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["code"] for row in rows] == ["epcis_action", "epcis_not_object", "epcis_not_object"]
    assert all(row["reason"] and row["hint"] and row["line"] for row in rows)


def test_an_event_told_twice_is_one_event() -> None:
    graph = MemoryGraph()
    loaded = load(graph, GOOD | {"eventID": "urn:x:1"}, GOOD | {"eventID": "urn:x:1"})

    assert (loaded.total.accepted, loaded.total.duplicates) == (1, 1)


def test_an_event_told_twice_in_other_spellings_is_one_event() -> None:
    graph = MemoryGraph()
    link = "https://id.gs1.org/01/04012345111118/21/S1"
    loaded = load(graph, GOOD, GOOD | {"epcList": [link], "eventTime": "2026-03-01T00:00:00Z"})

    assert (loaded.total.accepted, loaded.total.duplicates) == (1, 1)
    assert graph.nodes[N_ITEM].identifiers == sorted([ITEM, link])


@pytest.mark.parametrize("batch_events", [1, 100])
def test_an_event_that_contradicts_a_known_one_is_refused(batch_events: int) -> None:
    graph = MemoryGraph()
    first, second = packing(1, eventID="urn:x:1"), packing(1, [PALLET], eventID="urn:x:1")
    second["parentID"] = "urn:epc:id:sscc:4012345.0000000999"
    loaded = load(graph, first, second, options=Options(now=LOADED_AT, batch_events=batch_events))

    assert [s.code for s in loaded.samples] == ["epcis_contradiction"]
    assert len(graph.edges()) == 1


@pytest.mark.parametrize("days", [(5, 5, 9), (5, 9, 5), (9, 5, 5)])
def test_of_several_declarations_the_first_holds_whichever_comes_first(
    days: tuple[int, ...],
) -> None:
    graph = MemoryGraph()
    made = recorded(packing(1, eventID="urn:x:1"), 2)
    loaded = load(graph, made, *(voiding(made, day) for day in days))

    assert loaded.clean
    assert graph.nodes["event:urn:x:1"].properties["voided_at"] == utc(5, 18)


def test_a_declaration_that_is_no_copy_bars_its_event_in_neither_order() -> None:
    made = recorded(packing(1, eventID="urn:x:1"), 2)
    declared = voiding({**made, "bizStep": "loading"}, 5)
    after, before = MemoryGraph(), MemoryGraph()
    for told in (made, declared):
        assert load(after, told).clean
    for told in (declared, made):
        assert load(before, told).clean

    assert after.content() == before.content()
    assert [f.retracted_at for some in before.versions.values() for f in some] == [utc(5, 18)]


def test_an_event_recorded_by_two_systems_was_known_from_the_first_on() -> None:
    made = packing(1, eventID="urn:x:1")
    for days in ((2, 5), (5, 2)):
        graph = MemoryGraph()
        for day in days:
            assert load(graph, recorded(made, day)).clean

        assert [f.recorded_at for f in graph.flows()] == [utc(2, 12)]


def test_a_declaration_time_without_zone_is_read_in_the_zone_of_the_event() -> None:
    graph = MemoryGraph()
    made = packing(1, eventID="urn:x:1")
    declared = made | {"errorDeclaration": {"declarationTime": "2026-03-05T18:00:00"}}
    loaded = load(graph, made, declared)

    assert graph.nodes["event:urn:x:1"].properties["voided_at"] == utc(5, 18)
    assert [r.code for r in loaded.remarks] == ["epcis_zone_assumed"]


def test_a_dry_run_writes_nothing_and_finds_everything(tmp_path: Path) -> None:
    path = tmp_path / "e.json"
    clash = [packing(1, eventID="urn:x:1"), packing(2, eventID="urn:x:1")]
    path.write_text(json.dumps(document([*clash, GOOD, GOOD, shipping(2)])))
    for batch_events in (1, 100):
        graph = MemoryGraph()
        loaded = load_epcis(path, graph, graph, Options(dry_run=True, batch_events=batch_events))

        assert (graph.writes, graph.nodes) == (0, {})
        assert loaded.dry_run
        total = loaded.total
        assert (total.accepted, total.duplicates, total.rejected) == (3, 1, 1)


def test_a_strict_load_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "e.json"
    path.write_text(json.dumps(document([GOOD, GOOD | {"action": "X"}])))
    graph = MemoryGraph()
    with pytest.raises(LoadAborted) as caught:
        load_epcis(path, graph, graph, Options(strict=True))

    assert (graph.writes, graph.nodes) == (0, {})
    assert caught.value.params["loaded"].rejects == 1

    path.write_text(json.dumps(document([GOOD])))
    assert load_epcis(path, graph, graph, Options(strict=True)).total.accepted == 1
    assert N_ITEM in graph.nodes


def test_nothing_at_a_path_is_said(tmp_path: Path) -> None:
    graph = MemoryGraph()
    with pytest.raises(UnreadableFile):
        load_epcis(tmp_path / "none.json", graph, graph)
    with pytest.raises(LoadError, match="no JSON or XML"):
        load_epcis(tmp_path, graph, graph)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(LOT) | st.just(ITEM),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
FULL = [
    GOOD
    | {
        "eventID": "urn:x:1",
        "recordTime": "2026-03-02T08:00:00Z",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "persistentDisposition": {"set": ["recalled"]},
        "readPoint": {"id": "urn:x:p"},
        "bizLocation": {"id": "urn:x:q"},
        "quantityList": amounts(CLASS, 1),
        "bizTransactionList": [{"type": "desadv", "bizTransaction": "urn:x:d"}],
        "sourceList": [{"type": "owning_party", "source": "urn:x:s"}],
        "destinationList": [{"type": "location", "destination": "urn:x:t"}],
        "ilmd": {"cbvmda:lotNumber": "L"},
        "sensorElementList": [{"sensorReport": [{"type": "Temperature"}]}],
        "certificationInfo": "urn:x:c",
        "errorDeclaration": {
            "declarationTime": "2026-03-05T08:00:00Z",
            "correctiveEventIDs": ["a"],
        },
        "baseExtension": {},
        "extension": {},
        "@context": {"x": "urn:x:"},
    },
    MADE | {"transformationID": "urn:x:t", "inputEPCList": [ITEM], "outputEPCList": [ITEM]},
    packing(1) | {"childQuantityList": amounts(LOT, 1)},
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(FULL), st.data())
def test_any_value_in_any_field_is_taken_or_refused_never_worse(
    data: dict[str, Any], draw: st.DataObject
) -> None:
    name = draw.draw(st.sampled_from(sorted(data)))
    graph = MemoryGraph()
    loaded = load(graph, data | {name: draw.draw(anything)}, packing(2, parent="urn:x:last"))

    assert ("CONTAINED_IN", N_ITEM, "item:urn:x:last") in graph.edges()
    assert loaded.total.read == 2
    for told in (*loaded.samples, *loaded.remarks):
        assert told.reason("en")
        assert told.reason("zh")
        assert told.hint("zh")


@settings(max_examples=150, deadline=None)
@given(anything)
def test_any_header_is_taken_or_passed_over(header: Any) -> None:
    with_header = document([GOOD], epcisHeader={"epcisMasterData": {"vocabularyList": header}})
    for data in (with_header, document([GOOD], epcisHeader=header)):
        assert load_text(json.dumps(data)) == 1


def load_text(text: str) -> int:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "e.json"
        path.write_text(text)
        graph = MemoryGraph()
        return load_epcis(path, graph, graph).total.accepted


HEAD = '{"@context": "https://x", "type": "EPCISDocument", '
WRAPPED = HEAD + '"epcisBody": {' * 5_000 + "}" * 5_001
IN_A_LIST = f'[{HEAD}"epcisBody": ' + '{"epcisBody": ' * 400 + "{}" + "}" * 400 + "}]"


@pytest.mark.parametrize("text", [WRAPPED, IN_A_LIST])
def test_wrapping_without_end_is_refused_and_the_next_file_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    (tmp_path / "b.json").write_text(json.dumps(document([GOOD])))
    graph = MemoryGraph()
    loaded = load_epcis(tmp_path, graph, graph)

    assert [(r.file, r.code) for r in loaded.samples] == [("a.json", "epcis_nested")]
    assert loaded.counts["b.json"].accepted == 1


@pytest.mark.parametrize("list_of", [[5], 5, "x", [None], {"type": 7}, [[{}]]])
def test_a_vocabulary_that_is_none_costs_no_event(list_of: Any) -> None:
    header = {"epcisMasterData": {"vocabularyList": list_of}}
    assert load_text(json.dumps(document([GOOD], epcisHeader=header))) == 1


def test_a_broken_character_in_an_id_or_a_file_name_can_be_told(tmp_path: Path) -> None:
    events = [GOOD | {"eventID": "a\ud800b"}, GOOD]
    (tmp_path / "a\udcff.json").write_text(json.dumps(document(events)))
    (tmp_path / "b.json").write_text(json.dumps(document([packing(1)])))
    graph = MemoryGraph()
    rejects = tmp_path / "rejects.csv"
    loaded = load_epcis(tmp_path, graph, graph, Options(rejects_path=rejects, now=LOADED_AT))

    assert (loaded.total.accepted, loaded.total.rejected) == (2, 1)
    assert "a\\udcff.json" in rejects.read_text(encoding="utf-8-sig")


class Watched(MemoryGraph):
    """Counts the bytes of the bodies in every write."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def write(self, facts: Sequence[Fact]) -> Written:
        bodies = [str(f.properties.get("body", "")) for f in facts if isinstance(f, NodeFact)]
        self.sizes.append(sum(len(body.encode()) for body in bodies))
        return super().write(facts)


def big(size: int, name: str, letter: str = "x") -> dict[str, Any]:
    return GOOD | {"eventID": name, "x:note": letter * size}


def test_batches_are_cut_by_size_too() -> None:
    graph = Watched()
    loaded = load(graph, *(big(1_000_000, f"urn:x:{i}") for i in range(10)), GOOD)

    assert loaded.total.accepted == 11
    assert len(graph.sizes) == 3
    assert max(graph.sizes) <= LARGEST
    assert sum(graph.sizes) > 10_000_000


def test_an_event_is_measured_in_bytes_as_stored() -> None:
    loaded = load(MemoryGraph(), big(1_500_000, "urn:x:1", "批"), big(1_300_000, "urn:x:2", "批"))

    assert [(r.code, r.line) for r in loaded.samples] == [("epcis_too_large", 1)]
    assert loaded.total.accepted == 1


def test_a_single_event_outside_a_list_is_measured_as_well() -> None:
    assert load_text(json.dumps({"@context": "https://x"} | big(5_000_000, "urn:x:1"))) == 0
    assert load_text(json.dumps({"@context": "https://x"} | big(5, "urn:x:1"))) == 1


def test_master_data_beyond_measure_are_passed_over_with_a_remark(tmp_path: Path) -> None:
    attribute = {"id": "name", "attribute": "x" * 5_000_000}
    element = {"id": "urn:x:p", "attributes": [attribute]}
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:Party", "vocabularyElementList": [element]}
    header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    (tmp_path / "e.json").write_text(json.dumps(document([GOOD], epcisHeader=header)))
    graph = MemoryGraph()
    loaded = load_epcis(tmp_path, graph, graph)

    assert [r.code for r in loaded.remarks] == ["epcis_large_master_data"]
    assert loaded.total.accepted == 1


def test_half_a_character_escaped_within_a_text_is_kept_as_it_stands() -> None:
    loaded = load(MemoryGraph(), GOOD | {"ilmd": '{"cbvmda:lotNumber": "\\ud800"}'}, packing(1))

    assert loaded.total.accepted == 2


@pytest.mark.parametrize(
    "more",
    [
        {"action": [1]},
        {"action": True},
        {"eventTime": {"a": None}},
        {"sourceList": [{"type": [1], "source": "urn:x:1"}]},
        {"persistentDisposition": {"set": [True]}},
        {"bizTransactionList": [{"type": 5, "bizTransaction": "urn:x:1"}]},
        {"errorDeclaration": {"declarationTime": "2026-03-05T18:00:00Z", "reason": [1]}},
        {"ilmd": 5},
        {"ilmd": [None]},
        {"readPoint": {"id": [1]}},
    ],
)
def test_values_of_the_wrong_type_are_told_as_they_were_written(more: dict[str, Any]) -> None:
    loaded = load(MemoryGraph(), GOOD | more)

    assert loaded.total.rejected == 1
    for told in loaded.samples:
        assert not any(word in told.reason("en") for word in ("None", "True", "Decimal"))


def test_a_member_that_is_no_event_is_told_as_it_was_written() -> None:
    loaded = load(MemoryGraph(), [1, None], True)  # type: ignore[arg-type]

    assert [s.value for s in loaded.samples] == ["[1, null]", "true"]


def test_what_stands_in_another_shape_than_the_standard_has_is_remarked_upon() -> None:
    graph = MemoryGraph()
    one = {"type": "desadv", "bizTransaction": "urn:x:d"}
    loaded = load(graph, GOOD | {"readPoint": "urn:x:p", "bizTransactionList": one})

    assert loaded.total.accepted == 1
    assert {r.code for r in loaded.remarks} == {"epcis_bare_place", "epcis_not_a_list"}
    assert '{"id": …}' in " ".join(r.hint("en") for r in loaded.remarks)


@pytest.mark.parametrize("context", [5, None, [5], []])
def test_a_context_that_is_none_is_no_context(tmp_path: Path, context: Any) -> None:
    (tmp_path / "e.json").write_text(json.dumps(document([GOOD]) | {"@context": context}))
    graph = MemoryGraph()
    loaded = load_epcis(tmp_path, graph, graph)

    assert [r.code for r in loaded.samples] == ["epcis_no_context"]
