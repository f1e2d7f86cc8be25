"""Every load keeps a record while it writes, and leaves it open when it is broken off."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from genealogy.errors import LoadAborted, LoadError, StoreUnavailable
from genealogy.model.facts import Fact, Written
from loaders.report import source_of
from loaders.run import load
from tests.fakes_store import MemoryGraph
from tests.loaders.epcis.epcis_events import document, event

TABLE = "product_id,name,base_uom\nP1,Tube,MTR\n"
BAD_TABLE = TABLE + ",Nameless,H87\n"
EVENT = event("Object", 1, eventID="urn:x:1", epcList=["urn:epc:id:sgtin:4012345.011122.1"])


class Watched(MemoryGraph):
    """Keeps what was unfinished at each write."""

    seen: list[list[str]]
    failing: BaseException | None = None

    def __init__(self, failing: BaseException | None = None) -> None:
        super().__init__()
        self.seen = []
        self.failing = failing

    def write(self, facts: Iterable[Fact]) -> Written:
        self.seen.append([*self.unfinished])
        if self.failing is not None:
            raise self.failing
        return super().write(facts)


def tables(folder: Path) -> Path:
    (folder / "products.csv").write_text(TABLE)
    return folder


def rejected(folder: Path) -> Path:
    (folder / "products.csv").write_text(BAD_TABLE)
    return folder


def epcis(folder: Path) -> Path:
    path = folder / "events.json"
    path.write_text(json.dumps(document([EVENT])))
    return path


INPUTS = pytest.mark.parametrize("made", [tables, rejected, epcis])


@INPUTS
def test_a_load_is_on_record_while_it_writes_and_not_after(
    tmp_path: Path, made: Callable[[Path], Path]
) -> None:
    path, sink = made(tmp_path), Watched()
    load(path, sink, sink)
    assert {*map(tuple, sink.seen)} == {(str(path),)}
    assert sink.unfinished == []


@INPUTS
@pytest.mark.parametrize(
    "failure", [StoreUnavailable(uri="bolt://x", reason="gone"), KeyboardInterrupt()]
)
def test_a_load_that_is_broken_off_stays_on_record_until_the_next_one_ends(
    tmp_path: Path, made: Callable[[Path], Path], failure: BaseException
) -> None:
    path, sink = made(tmp_path), Watched(failure)
    with pytest.raises(type(failure)):
        load(path, sink, sink)
    assert sink.unfinished == [str(path)]
    sink.failing = None
    load(path, sink, sink)
    assert sink.unfinished == []


@INPUTS
def test_a_dry_run_is_not_on_record(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    sink = Watched()
    load(made(tmp_path), sink, sink, dry_run=True)
    assert (sink.seen, sink.unfinished) == ([], [])


def test_a_strict_load_that_is_refused_is_not_on_record(tmp_path: Path) -> None:
    sink = Watched()
    with pytest.raises(LoadAborted):
        load(rejected(tmp_path), sink, sink, strict=True)
    assert sink.unfinished == []


def test_what_is_in_no_format_is_not_on_record(tmp_path: Path) -> None:
    sink = Watched()
    with pytest.raises(LoadError):
        load(tmp_path, sink, sink)
    assert sink.unfinished == []


def test_a_load_has_the_same_name_from_whichever_folder_it_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert source_of(Path("in")) == source_of(tmp_path / "x" / ".." / "in") == f"{tmp_path}/in"
    assert source_of(Path("a"), Path("b")) == f"{tmp_path}/a, {tmp_path}/b"


def test_a_name_that_no_text_can_hold_is_escaped(tmp_path: Path) -> None:
    assert source_of(tmp_path / "\udcff").encode().endswith(b"\\udcff")
