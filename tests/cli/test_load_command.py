"""``lotgraph load``: counts, rejects and what scripts can rely on."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cli.exits import Exit
from tests.cli.command import Command
from tests.small_company import Company, engine

GOOD = "product_id,name,base_uom\nP1,Tube,MTR\nP2,=danger,H87\n"
BAD = "product_id,name,base_uom\nP1,Tube,MTR\n,Nameless,H87\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def test_a_clean_load_prints_counts_and_ends_with_ok(lotgraph: Command, folder: Path) -> None:
    (folder / "products.csv").write_text(GOOD)
    ended = lotgraph("load", str(folder))
    assert ended.code == Exit.OK
    [row] = csv.DictReader(ended.out.splitlines(), delimiter="\t")
    assert (row["read"], row["accepted"], row["rejected"]) == ("2", "2", "0")


def test_rejects_go_to_a_file_and_end_with_the_data_quality_code(
    lotgraph: Command, folder: Path
) -> None:
    (folder / "products.csv").write_text(BAD)
    ended = lotgraph("load", str(folder))
    assert ended.code == Exit.DATA_QUALITY
    assert "products.csv:3:product_id: product_id is required and empty. " in ended.err
    assert "1 reason to reject records, in full: in.rejects.csv" in ended.err
    assert (folder.parent / "in.rejects.csv").exists()


def test_rejects_go_where_they_are_wanted(lotgraph: Command, folder: Path) -> None:
    (folder / "products.csv").write_text(BAD)
    lotgraph("load", str(folder), "--rejects", "mine.csv")
    assert "Nameless" not in (folder.parent / "mine.csv").read_text("utf-8-sig").splitlines()[0]


def test_a_dry_run_writes_nothing(lotgraph: Command, folder: Path) -> None:
    (folder / "products.csv").write_text(GOOD)
    company = Company()
    ended = lotgraph("load", str(folder), "--dry-run", opener=lambda: engine(company))
    assert (ended.code, company.written) == (Exit.OK, [])
    assert "nothing was written" in ended.err


def test_a_strict_load_with_rejects_writes_nothing(lotgraph: Command, folder: Path) -> None:
    (folder / "products.csv").write_text(BAD)
    company = Company()
    ended = lotgraph("load", str(folder), "--strict", opener=lambda: engine(company))
    assert (ended.code, company.written) == (Exit.DATA_QUALITY, [])


def test_a_strict_load_tells_reasons_rows_and_the_file_that_lists_them(
    lotgraph: Command, folder: Path
) -> None:
    (folder / "products.csv").write_text(BAD + ",,KGM\n")
    ended = lotgraph("load", str(folder), "--strict")
    assert "products.csv:3:product_id" in ended.err
    assert "3 reasons to reject 2 rows" in ended.err
    assert "Correct the rows named in in.rejects.csv" in ended.err
    assert (folder.parent / "in.rejects.csv").exists()


def test_a_dry_run_leaves_rejects_files_alone(lotgraph: Command, folder: Path) -> None:
    (folder / "products.csv").write_text(BAD)
    lotgraph("load", str(folder))
    kept = (folder.parent / "in.rejects.csv").read_bytes()
    (folder / "products.csv").write_text(GOOD)
    lotgraph("load", str(folder), "--dry-run")
    assert (folder.parent / "in.rejects.csv").read_bytes() == kept


@pytest.mark.parametrize("strict", [(), ("--strict",)])
def test_a_dry_run_lists_rejects_only_where_asked_to(
    lotgraph: Command, folder: Path, strict: tuple[str, ...]
) -> None:
    (folder / "products.csv").write_text(BAD)
    ended = lotgraph("load", str(folder), "--dry-run", *strict)
    assert (ended.code, "--rejects FILE" in ended.err) == (Exit.DATA_QUALITY, True)
    assert not (folder.parent / "in.rejects.csv").exists()
    lotgraph("load", str(folder), "--dry-run", *strict, "--rejects", "mine.csv")
    assert (folder.parent / "mine.csv").exists()


def test_the_source_system_is_kept(lotgraph: Command, folder: Path) -> None:
    (folder / "products.csv").write_text(GOOD)
    company = Company()
    lotgraph("load", str(folder), "--source-system", "SAP", opener=lambda: engine(company))
    assert {fact.source.system for fact in company.written} == {"SAP"}


def test_a_missing_path_is_told_without_traceback(lotgraph: Command, folder: Path) -> None:
    ended = lotgraph("load", str(folder / "nowhere"))
    assert ended.code == Exit.FAILURE
    assert "Traceback" not in ended.err
