"""What a path holds is recognised, or the known formats are named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from genealogy.errors import LoadError, UnreadableFile
from genealogy.messages import text
from genealogy.model.facts import NodeId
from genealogy.ports import StoredEvent
from loaders.demo.generate import generate
from loaders.run import FORMATS, format_of, load
from tests.loaders.memory import MemoryGraph
from tests.loaders.tables.a_company import COMPANY, write_tables


class NoEvents:
    """A book without events."""

    def events_about(self, node_ids: Sequence[NodeId]) -> list[StoredEvent]:
        return []

    def events(self, event_ids: Sequence[NodeId]) -> list[StoredEvent]:
        return []


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


def test_a_generated_company_is_tables_although_its_truth_is_json(tmp_path: Path) -> None:
    generate(tmp_path, scale=0.05)
    assert format_of(tmp_path).name == "tables"


def test_a_missing_path_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no such file"):
        format_of(tmp_path / "none")


def test_every_format_has_a_title() -> None:
    for known in FORMATS:
        assert text(f"load.{known.name}", "zh")
