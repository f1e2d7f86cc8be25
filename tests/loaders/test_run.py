"""What a path holds is recognised, or the known formats are named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from genealogy.errors import LoadError, UnreadableFile
from genealogy.messages import text
from genealogy.model.facts import NodeId
from genealogy.sinks import StoredEvent
from loaders.demo.generate import generate
from loaders.run import FORMATS, format_of, load
from tests.loaders.memory import MemoryGraph
from tests.loaders.tables.a_company import COMPANY, write_tables, write_zip


class NoEvents:
    """A book without events."""

    def events_about(self, node_ids: Sequence[NodeId]) -> list[StoredEvent]:
        return []

    def events(self, event_ids: Sequence[NodeId]) -> list[StoredEvent]:
        return []


EVENT = {
    "type": "ObjectEvent",
    "eventID": "urn:uuid:3f0c2d1e-6a52-4c6e-9d0e-0a5a4a1b2c3d",
    "eventTime": "2026-03-02T08:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"],
    "action": "OBSERVE",
    "bizStep": "shipping",
}


def test_tables_are_loaded_from_a_folder(tmp_path: Path) -> None:
    graph = MemoryGraph()
    loaded = load(write_tables(tmp_path, COMPANY), graph, NoEvents())
    assert loaded.kind == "tables"
    assert {fact.source.system for fact in graph.flow_list()} == {"tables"}


def test_the_source_system_may_be_named(tmp_path: Path) -> None:
    graph = MemoryGraph()
    load(write_tables(tmp_path, COMPANY), graph, NoEvents(), source_system="erp")
    assert {fact.source.system for fact in graph.flow_list()} == {"erp"}


def test_options_reach_the_loader(tmp_path: Path) -> None:
    graph = MemoryGraph()
    assert load(write_tables(tmp_path, COMPANY), graph, NoEvents(), dry_run=True).dry_run
    assert graph.batches == []


def test_what_no_format_recognises_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "x.dat").write_text("?")
    with pytest.raises(LoadError, match="no format") as caught:
        format_of(tmp_path / "x.dat")
    assert "docs/tables.md" in caught.value.hint()


def test_an_empty_folder_is_in_no_format(tmp_path: Path) -> None:
    with pytest.raises(LoadError):
        format_of(tmp_path)


def test_epcis_events_are_loaded_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "e.jsonld").write_text(json.dumps(EVENT))
    loaded = load(tmp_path / "e.jsonld", MemoryGraph(), NoEvents())
    assert (loaded.kind, loaded.total.read) == ("epcis", 1)


def test_options_reach_the_epcis_loader_too(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text(json.dumps(EVENT))
    graph = MemoryGraph()
    assert load(tmp_path / "e.json", graph, NoEvents(), dry_run=True).dry_run
    assert graph.batches == []


def test_a_folder_of_two_formats_is_refused_rather_than_half_read(tmp_path: Path) -> None:
    write_tables(tmp_path, COMPANY)
    (tmp_path / "e.json").write_text(json.dumps(EVENT))
    with pytest.raises(LoadError, match="several formats"):
        format_of(tmp_path)


def test_a_generated_company_is_tables_although_its_truth_is_json(tmp_path: Path) -> None:
    generate(tmp_path, scale=0.05)
    assert format_of(tmp_path).name == "tables"


def test_a_missing_path_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no such file"):
        format_of(tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("x.zip", b"PK\x03\x04 and no more", "damaged or was cut off"),
        ("x.zip", b"garbage", "damaged or was cut off"),
        ("x.zip", b"", "empty"),
        ("x.dat", b"", "empty"),
        ("x.json", b"{", "ends in the middle"),
        ("x.json", b'{"a": [1, 2', "ends in the middle"),
        ("x.json", b'{"a" 1}', "not valid JSON"),
        ("x.xml", b"<a><b>", "not well-formed"),
    ],
)
def test_what_is_damaged_is_called_so(tmp_path: Path, name: str, data: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableFile, match=why):
        format_of(tmp_path / name)


def test_a_sound_zip_without_tables_is_not_called_damaged(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"events.json": json.dumps(EVENT)})
    with pytest.raises(LoadError, match="no format"):
        format_of(path)


@pytest.mark.parametrize(("name", "data"), [("x.json", '{"a": 1}'), ("x.xml", "<a/>")])
def test_sound_files_of_something_else_are_in_no_format(
    tmp_path: Path, name: str, data: str
) -> None:
    (tmp_path / name).write_text(data)
    with pytest.raises(LoadError, match="no format"):
        format_of(tmp_path / name)


def test_every_format_has_a_title() -> None:
    for known in FORMATS:
        assert text(f"load.{known.name}", "zh")
