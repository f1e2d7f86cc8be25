"""Every form of EPCIS file is read, and what cannot be read is refused with line and reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from loaders.epcis import Options, load_epcis, recognises
from loaders.epcis.raw import RawEvent, Unreadable
from loaders.epcis.read import read
from loaders.report import Loaded
from tests.fakes_store import LOADED_AT, MemoryGraph, bodies
from tests.loaders.epcis.epcis_events import (
    CONTEXT,
    ITEM,
    LOT,
    N_ITEM,
    N_LOT,
    SITE,
    amounts,
    document,
    event,
    packing,
    shipping,
)

ONE = event("Object", eventID="urn:x:1", epcList=[ITEM])
TWO = event("Object", eventID="urn:x:2", epcList=[ITEM])

XML_EVENT = """<ObjectEvent>
  <eventTime>2026-03-01T08:00:00+08:00</eventTime>
  <eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
  <epcList><epc>urn:epc:id:sgtin:4012345.011111.S1</epc></epcList>
  <action>OBSERVE</action>
</ObjectEvent>"""
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0">
<EPCISBody><EventList>
{XML_EVENT}
</EventList></EPCISBody>
</epcis:EPCISDocument>"""


def load_bytes(tmp_path: Path, data: bytes | str, name: str = "e.json") -> Loaded:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    graph = MemoryGraph()
    return load_epcis(path, graph, graph, Options(now=LOADED_AT))


def query_document(events: list[Any]) -> dict[str, Any]:
    body = {"queryResults": {"queryName": "q", "resultsBody": {"eventList": events}}}
    return {"@context": [CONTEXT], "type": "EPCISQueryDocument", "epcisBody": body}


@pytest.mark.parametrize(
    "data",
    [
        document([ONE, TWO]),
        query_document([ONE, TWO]),
        [ONE, TWO],
        [document([ONE]), query_document([TWO])],
        [document([ONE]), TWO],
    ],
    ids=["document", "query document", "list", "list of documents", "mixed list"],
)
def test_documents_and_lists_are_read(tmp_path: Path, data: Any) -> None:
    assert load_bytes(tmp_path, json.dumps(data)).total.accepted == 2


@pytest.mark.parametrize("key", ["type", "isA", "@type"])
def test_a_single_event_is_read(tmp_path: Path, key: str) -> None:
    one = {key: "ObjectEvent", **{k: v for k, v in ONE.items() if k != "type"}}

    assert load_bytes(tmp_path, json.dumps(one)).total.accepted == 1


def doubled(data: Any) -> str:
    """The text of data with an empty list of objects put before each real one."""
    return json.dumps(data).replace('"epcList": ["', '"epcList": [], "epcList": ["')


@pytest.mark.parametrize("data", [ONE, {"eventList": [ONE]}, {"eventList": ONE}])
def test_an_event_in_which_a_field_stands_twice_is_refused(tmp_path: Path, data: Any) -> None:
    body = {"@context": [CONTEXT], "type": "EPCISDocument", "epcisBody": data}
    loaded = load_bytes(tmp_path, doubled(data if data is ONE else body))

    assert [(s.code, s.field, s.line) for s in loaded.samples] == [
        ("epcis_double_field", "epcList", 1)
    ]
    assert (loaded.total.read, loaded.total.rejected) == (1, 1)


def test_an_event_with_two_ids_is_taken_under_the_last_with_a_remark(tmp_path: Path) -> None:
    text = json.dumps(document([ONE])).replace('"eventID"', '"eventID": "urn:x:0", "eventID"')
    loaded = load_bytes(tmp_path, text)

    assert loaded.total.accepted == 1
    assert [r.code for r in loaded.remarks] == ["epcis_two_ids"]


@pytest.mark.parametrize(
    "body",
    [{"wrapped": {"eventList": [ONE]}}, {"EventList": [ONE]}, [{"eventList": [ONE]}]],
)
def test_events_where_the_standard_has_none_are_not_called_no_events(
    tmp_path: Path, body: Any
) -> None:
    loaded = load_bytes(tmp_path, json.dumps(document([]) | {"epcisBody": body}))

    assert [s.code for s in loaded.samples] == ["epcis_no_event_list"]


def test_events_beside_one_with_a_field_twice_are_read(tmp_path: Path) -> None:
    text = doubled(document([ONE])).replace("]}}", f", {json.dumps(TWO)}]}}}}")

    loaded = load_bytes(tmp_path, text)

    assert (loaded.total.accepted, loaded.total.rejected) == (1, 1)


def test_a_document_with_one_event_outside_a_list_is_read(tmp_path: Path) -> None:
    data = {"@context": [CONTEXT], "isA": "EPCISDocument", "epcisBody": {"event": ONE}}

    assert load_bytes(tmp_path, json.dumps(data)).total.accepted == 1


def test_the_context_may_stand_after_the_events(tmp_path: Path) -> None:
    data = {"type": "EPCISDocument", "epcisBody": {"eventList": [ONE]}, "@context": [CONTEXT]}

    assert load_bytes(tmp_path, json.dumps(data)).total.accepted == 1


def test_a_document_without_context_is_refused_whole(tmp_path: Path) -> None:
    loaded = load_bytes(
        tmp_path, json.dumps({k: v for k, v in document([ONE]).items() if k[0] != "@"})
    )

    assert loaded.refused_files == ("e.json",)
    assert loaded.samples[0].code == "epcis_no_context"


def bare(*events: Any) -> str:
    """A document without a context of its own."""
    return json.dumps({k: v for k, v in document(events).items() if k != "@context"})


def test_events_may_each_have_a_context_of_their_own(tmp_path: Path) -> None:
    own = {"@context": [CONTEXT, {"mine": "https://example.com/mine/"}], "mine:grade": "A"}
    loaded = load_bytes(tmp_path, bare(ONE | own, TWO | {"@context": CONTEXT}))

    assert (loaded.total.accepted, loaded.clean) == (2, True)


def test_of_several_events_only_those_without_any_context_are_refused(tmp_path: Path) -> None:
    own = {"@context": CONTEXT}
    loaded = load_bytes(tmp_path, bare(ONE | own, TWO, TWO | {"@context": 5}, TWO | own))

    assert loaded.total.accepted == 2
    assert [s.code for s in loaded.samples] == ["epcis_no_context"] * 2


@pytest.mark.parametrize("context", [5, None, [5], []])
def test_a_context_of_an_event_that_is_none_leaves_the_documents(
    tmp_path: Path, context: Any
) -> None:
    loaded = load_bytes(tmp_path, json.dumps(document([ONE | {"@context": context}])))

    assert loaded.total.accepted == 1


@pytest.mark.parametrize("at_event", [True, False])
def test_a_name_means_the_same_whether_the_event_or_the_document_defines_it(
    tmp_path: Path, at_event: bool
) -> None:
    names = {"mine": "https://example.com/mine/", "grade": "https://example.com/mine/grade"}
    context = {"@context": [CONTEXT, names]}
    told = ONE | {"mine:colour": "red", "grade": "A"} | (context if at_event else {})
    whole = document([told, TWO | {"mine:colour": "red"}]) | ({} if at_event else context)
    (tmp_path / "e.json").write_text(json.dumps(whole))
    graph = MemoryGraph()
    load_epcis(tmp_path, graph, graph, Options(now=LOADED_AT))

    first, second = (bodies(graph)[f"event:urn:x:{i}"]["extra"] for i in (1, 2))
    assert first == {"https://example.com/mine#colour": "red", "grade": "A"}
    # What an event defines holds for it alone.
    assert set(second) == {"mine:colour" if at_event else "https://example.com/mine#colour"}


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    bad = {**TWO, "action": "SELL"}
    text = json.dumps(document([ONE, bad]), indent=1)
    loaded = load_bytes(tmp_path, text)

    [reject] = loaded.samples
    assert text.splitlines()[reject.line - 1].strip() == "{"  # type: ignore[operator]
    assert (
        text.count("\n", 0, text.index('"SELL"'))
        > reject.line
        > text.count("\n", 0, text.index("urn:x:1"))
    )  # type: ignore[operator]
    assert (reject.file, reject.field, reject.value) == ("e.json", "action", "SELL")
    assert reject.reason()
    assert reject.hint()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_name_the_encoding(tmp_path: Path, encoding: str) -> None:
    data = json.dumps(document([{**ONE, "gdst:name": "批次"}]), ensure_ascii=False)

    assert load_bytes(tmp_path, data.encode(encoding)).total.accepted == 1


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    data = json.dumps(document([{**ONE, "x:name": "批次"}]), ensure_ascii=False)
    loaded = load_bytes(tmp_path, data.encode("gb18030"))

    assert [s.code for s in loaded.samples] == ["epcis_encoding"]
    assert loaded.total.accepted == 0


@pytest.mark.parametrize("data", [b"", b"  \n ", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    for name in ("e.json", "e.xml"):
        loaded = load_bytes(tmp_path, data, name)
        assert [s.code for s in loaded.samples] == ["epcis_empty"]


def test_a_truncated_file_keeps_the_events_before_the_break(tmp_path: Path) -> None:
    text = json.dumps(document([ONE, TWO]), indent=1)
    loaded = load_bytes(tmp_path, text[: text.index("urn:x:2") + 3])

    assert loaded.total.accepted == 1
    assert [s.code for s in loaded.samples] == ["epcis_truncated"]
    assert loaded.samples[0].line is not None
    assert loaded.samples[0].line > 10


@pytest.mark.parametrize(
    "text",
    ['{"type": "EPCISDocument", }}', "{'type': 'ObjectEvent'}", "no json", '{"a": nul}', "[1 2]"],
)
def test_broken_json_is_refused(tmp_path: Path, text: str) -> None:
    loaded = load_bytes(tmp_path, text)

    assert loaded.total.accepted == 0
    assert loaded.rejects >= 1


def test_every_cut_of_a_document_is_refused_or_loaded_never_worse(tmp_path: Path) -> None:
    text = json.dumps(document([ONE, TWO]))
    for end in range(0, len(text), 7):
        loaded = load_bytes(tmp_path, text[:end])
        assert loaded.rejects == 1
        assert loaded.samples[0].reason()
        assert loaded.samples[0].reason("zh")


def test_comments_and_surplus_commas_are_passed_over_with_a_remark(tmp_path: Path) -> None:
    text = json.dumps(document([ONE, TWO]), indent=1)
    odd = text.replace('"eventList": [', '"eventList": [ // the list, "quoted"\n/* of\nevents */')
    odd = odd.replace("\n  ]", ",\n  ]").replace('"urn:x:1"', '"urn:x://1"')
    loaded = load_bytes(tmp_path, odd)

    assert loaded.total.accepted == 2
    assert [r.code for r in loaded.remarks] == ["epcis_comments"]
    assert loaded.remarks[0].reason("zh")


def test_what_is_no_epcis_is_refused(tmp_path: Path) -> None:
    for text in ('{"type": "Invoice"}', '{"a": 1}', '"text"', "<a/>", "[[]]"):
        loaded = load_bytes(tmp_path, text, "e.xml" if text[0] == "<" else "e.json")
        assert loaded.total.accepted == 0
        assert loaded.rejects == 1


def test_a_document_without_events_is_remarked_upon(tmp_path: Path) -> None:
    loaded = load_bytes(tmp_path, json.dumps({"@context": CONTEXT, "type": "EPCISDocument"}))

    assert [r.code for r in loaded.remarks] == ["epcis_no_events"]


def test_nesting_without_end_is_refused(tmp_path: Path) -> None:
    for depth in (150, 5_000, 200_000):
        nested = "[" * depth + "]" * depth
        text = json.dumps(document([ONE, {**TWO, "x:deep": 0}])).replace(
            '"x:deep": 0', f'"x:deep": {nested}'
        )
        loaded = load_bytes(tmp_path, text)
        assert [s.code for s in loaded.samples] == ["epcis_nested"]
        assert loaded.total.accepted == 1


def test_a_very_long_line_is_read(tmp_path: Path) -> None:
    events = [{**ONE, "eventID": f"urn:x:{i}", "x:filler": "x" * 1_000_000} for i in range(6)]

    assert load_bytes(tmp_path, json.dumps(document(events))).total.accepted == 6


def test_an_event_beyond_all_measure_is_refused_and_the_next_one_read(tmp_path: Path) -> None:
    loaded = load_bytes(tmp_path, json.dumps(document([{**ONE, "x:f": "x" * 5_000_000}, TWO])))

    assert loaded.total.accepted == 1
    assert [s.code for s in loaded.samples] == ["epcis_too_large"]
    assert "4 MiB" in loaded.samples[0].reason()


def test_text_that_is_not_unicode_is_refused(tmp_path: Path) -> None:
    loaded = load_bytes(
        tmp_path, json.dumps(document([{**ONE, "x:name": "?"}])).replace('"?"', '"\\ud800"')
    )

    assert [s.code for s in loaded.samples] == ["epcis_not_unicode"]


# --- XML ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", [XML, XML_EVENT])
def test_xml_documents_and_events_are_read(tmp_path: Path, text: str) -> None:
    assert load_bytes(tmp_path, text, "e.xml").total.accepted == 1


def test_xml_in_another_encoding_is_read(tmp_path: Path) -> None:
    data = XML.replace("UTF-8", "UTF-16").encode("utf-16")

    assert load_bytes(tmp_path, data, "e.xml").total.accepted == 1


def test_xml_and_json_of_one_event_are_one_event(tmp_path: Path) -> None:
    graph = MemoryGraph()
    (tmp_path / "a.xml").write_text(XML)
    one = {k: v for k, v in ONE.items() if k != "eventID"}
    (tmp_path / "b.json").write_text(json.dumps(document([one])))
    loaded = load_epcis(tmp_path, graph, graph, Options(now=LOADED_AT))

    assert (loaded.total.accepted, loaded.total.duplicates) == (1, 1)


BOMB = """<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>"""


@pytest.mark.parametrize(
    "declaration",
    [
        BOMB,
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x PUBLIC "-//X//Y" "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_document_types_are_refused_before_anything_is_expanded(
    tmp_path: Path, declaration: str
) -> None:
    text = XML.replace("?>\n", f"?>\n{declaration}\n", 1).replace("S1", "&d;")
    loaded = load_bytes(tmp_path, text, "e.xml")

    assert [s.code for s in loaded.samples] == ["epcis_document_type"]
    assert loaded.refused_files == ("e.xml",)


def test_broken_xml_keeps_the_events_before_the_break(tmp_path: Path) -> None:
    text = XML.replace("</EventList>", "<ObjectEvent><eventTime>")
    loaded = load_bytes(tmp_path, text, "e.xml")

    assert loaded.total.accepted == 1
    assert [s.code for s in loaded.samples] == ["epcis_xml_syntax"]
    assert loaded.samples[0].line


def test_an_entity_that_nothing_defines_is_named_with_its_line(tmp_path: Path) -> None:
    text = XML.replace("<action>", "\n\n<action>&mine;").replace("OBSERVE", "")
    loaded = load_bytes(tmp_path, text, "e.xml")

    [refused] = loaded.samples
    assert (refused.code, refused.line) == ("epcis_xml_syntax", 10)
    assert "'mine' not defined" in refused.reason("en")


def test_unknown_events_elements_and_orders_are_refused_one_by_one(tmp_path: Path) -> None:
    disordered = XML_EVENT.replace("<action>OBSERVE</action>", "").replace(
        "<eventTime>", "<action>ADD</action><eventTime>"
    )
    unknown = XML_EVENT.replace("ObjectEvent", "MagicEvent")
    made_up = XML_EVENT.replace("<action>", "<madeUp>x</madeUp><action>")
    text = XML.replace(XML_EVENT, disordered + XML_EVENT + unknown + made_up)
    loaded = load_bytes(tmp_path, text, "e.xml")

    assert loaded.total.accepted == 1
    assert sorted(s.code for s in loaded.samples) == [
        "epcis_event_type",
        "epcis_order",
        "epcis_unknown_field",
    ]


def test_an_unknown_event_within_an_extension_is_refused(tmp_path: Path) -> None:
    unknown = "<extension><TransformationEvnt/></extension></EventList>"
    loaded = load_bytes(tmp_path, XML.replace("</EventList>", unknown), "e.xml")

    assert (loaded.total.accepted, loaded.total.rejected) == (1, 1)
    assert loaded.samples[0].value == "TransformationEvnt"


def test_two_lists_of_one_name_in_extensions_are_refused_unless_they_are_equal(
    tmp_path: Path,
) -> None:
    lists = [
        f"<extension><quantityList><quantityElement><epcClass>{lot}</epcClass>"
        "</quantityElement></quantityList></extension>"
        for lot in (LOT, LOT, f"{LOT}2")
    ]
    for told, accepted in ((lists[:2], 1), (lists[1:], 0)):
        text = XML.replace("</ObjectEvent>", "".join(told) + "</ObjectEvent>")
        assert load_bytes(tmp_path, text, "e.xml").total.accepted == accepted


def test_a_query_is_no_answer(tmp_path: Path) -> None:
    text = XML.replace("EPCISDocument", "EPCISQueryDocument").replace(
        f"<EventList>\n{XML_EVENT}\n</EventList>", "<Poll/>"
    )

    assert [s.code for s in load_bytes(tmp_path, text, "e.xml").samples] == ["epcis_query_only"]


def test_fields_that_version_one_wraps_in_extensions_are_found(tmp_path: Path) -> None:
    text = f"""<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:1" schemaVersion="1.2">
    <EPCISBody><EventList>
    <ObjectEvent><eventTime>2026-03-01T08:00:00Z</eventTime>
      <eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
      <baseExtension><eventID>urn:x:1</eventID></baseExtension>
      <epcList/><action>ADD</action>
      <extension><quantityList><quantityElement><epcClass>{LOT}</epcClass>
        <quantity>5.50</quantity><uom>KGM</uom></quantityElement></quantityList>
        <ilmd><m:lotNumber xmlns:m="urn:epcglobal:cbv:mda:">L1</m:lotNumber></ilmd>
        <extension><persistentDisposition><set>urn:epcglobal:cbv:disp:recalled</set>
        </persistentDisposition></extension></extension>
    </ObjectEvent>
    <extension><TransformationEvent><eventTime>2026-03-02T08:00:00Z</eventTime>
      <eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
      <inputEPCList><epc>{ITEM}</epc></inputEPCList>
      <outputQuantityList><quantityElement><epcClass>{LOT}</epcClass></quantityElement>
      </outputQuantityList></TransformationEvent></extension>
    </EventList></EPCISBody></epcis:EPCISDocument>"""
    (tmp_path / "e.xml").write_text(text)
    graph = MemoryGraph()
    loaded = load_epcis(tmp_path / "e.xml", graph, graph, Options(now=LOADED_AT))

    assert loaded.total.accepted == 2
    assert graph.nodes["event:urn:x:1"].properties["persistent_set"] == "recalled"
    assert graph.nodes[N_LOT].properties["lot_code"] == "L1"
    assert {e[0] for e in graph.edges()} == {"CONSUMED_BY", "PRODUCED"}


MASTER_XML = """<EPCISHeader><extension><EPCISMasterData><VocabularyList>
<Vocabulary type="urn:epcglobal:epcis:vtype:Location"><VocabularyElementList>
<VocabularyElement id="urn:epc:id:sgln:4012345.00005.0">
<attribute id="urn:epcglobal:cbv:mda#name">Plant 5</attribute>
<attribute id="urn:epcglobal:cbv:owning_party">urn:epc:id:pgln:4012345.00000</attribute>
</VocabularyElement></VocabularyElementList></Vocabulary></VocabularyList></EPCISMasterData>
</extension></EPCISHeader><EPCISBody>"""


def test_master_data_name_places_in_both_forms(tmp_path: Path) -> None:
    attributes = [
        {"id": "urn:epcglobal:cbv:mda#name", "attribute": "Plant 5"},
        {"id": "urn:epcglobal:cbv:owning_party", "attribute": "urn:epc:id:pgln:4012345.00000"},
    ]
    elements = [{"id": SITE, "attributes": attributes}]
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:location", "vocabularyElementList": elements}
    header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    (tmp_path / "a.json").write_text(json.dumps(document([ONE], epcisHeader=header)))
    (tmp_path / "b.xml").write_text(XML.replace("<EPCISBody>", MASTER_XML))

    for name in ("a.json", "b.xml"):
        graph = MemoryGraph()
        assert load_epcis(tmp_path / name, graph, graph, Options(now=LOADED_AT)).clean
        assert graph.nodes["(414)4012345000054"].properties["name"] == "Plant 5"
        assert ("AT", "(414)4012345000054", "(417)4012345000009", "party") in graph.links


# --- recognising, folders, options --------------------------------------------------


def test_epcis_files_are_recognised_by_content(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document([ONE])))
    (tmp_path / "b.json").write_text('{"type": "Feature"}')
    (tmp_path / "c.csv").write_text("EPCIS")
    (tmp_path / "d.xml").write_text(XML)

    assert recognises(tmp_path)
    assert [recognises(p) for p in sorted(tmp_path.iterdir())] == [True, False, False, True]


def test_an_empty_file_is_taken_so_that_it_can_be_called_empty(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("")

    assert recognises(tmp_path / "a.json")


def test_a_folder_is_read_file_by_file_under_relative_names(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.json").write_text(json.dumps([ONE]))
    (tmp_path / "b.jsonld").write_text(json.dumps([TWO]))
    (tmp_path / "readme.txt").write_text("no")
    graph = MemoryGraph()
    loaded = load_epcis(tmp_path, graph, graph)

    assert sorted(loaded.counts) == ["b.jsonld", "deep/a.json"]
    assert graph.nodes["event:urn:x:1"].properties["source_record"] == "deep/a.json:1"


def test_packed_files_in_a_folder_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document([ONE])))
    for name in ("b.json.gz", "c.ndjson", "readme.txt"):
        (tmp_path / name).write_bytes(b"x")
    loaded = load_epcis(tmp_path, MemoryGraph(), MemoryGraph(), Options(dry_run=True))

    assert [(r.file, r.code) for r in loaded.remarks] == [
        ("b.json.gz", "left_out"),
        ("c.ndjson", "left_out"),
    ]


def test_progress_tells_bytes_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([ONE]))
    told: list[tuple[str, int, int]] = []
    graph = MemoryGraph()
    options = Options(progress=lambda *step: told.append(step))
    load_epcis(tmp_path / "a.json", graph, graph, options)

    size = (tmp_path / "a.json").stat().st_size
    assert told[-1] == ("a.json", size, size)


@pytest.mark.parametrize("batch_events", [1, 2, 1000])
def test_the_size_of_batches_changes_nothing(tmp_path: Path, batch_events: int) -> None:
    events = [packing(1), shipping(2), {**ONE, "action": "X"}, TWO]
    path = tmp_path / "e.json"
    path.write_text(json.dumps(document(events)))
    graph = MemoryGraph()
    loaded = load_epcis(path, graph, graph, Options(now=LOADED_AT, batch_events=batch_events))

    assert (loaded.total.accepted, loaded.total.rejected) == (3, 1)
    assert len(graph.edges()) == 4


def test_names_of_elements_may_hold_any_lot(tmp_path: Path) -> None:
    graph = MemoryGraph()
    path = tmp_path / "e.json"
    path.write_text(json.dumps([event("Object", epcList=[], quantityList=amounts("urn:test", 1))]))
    assert load_epcis(path, graph, graph).clean
    assert "lot:urn:test" in graph.nodes


def test_reading_is_lazy(tmp_path: Path) -> None:
    path = tmp_path / "e.json"
    path.write_text(json.dumps(document([ONE] * 5))[:-30])
    found = read(path)

    assert isinstance(next(found), RawEvent)
    with pytest.raises(Unreadable):
        list(found)


def test_only_the_item_of_the_document_is_named(tmp_path: Path) -> None:
    (tmp_path / "e.xml").write_text(XML)
    graph = MemoryGraph()
    load_epcis(tmp_path / "e.xml", graph, graph)

    assert N_ITEM in graph.nodes
