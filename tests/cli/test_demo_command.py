"""``lotgraph demo``: what its tables leave out is told with where to find it."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from cli import demo
from cli.exits import Exit
from loaders.demo.company import sscc
from tests.cli.command import PROGRAM, REPOSITORY, Command
from tests.small_company import SUPPLIER, engine


@pytest.mark.parametrize(("shown", "words"), [(3, "8 more rows"), (10, "1 more row,")])
def test_a_cut_table_says_how_many_rows_are_where(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    shown: int,
    words: str,
) -> None:
    monkeypatch.setattr(demo, "ROWS", shown)
    demo._show(engine(), SUPPLIER, "forward", tmp_path / "t")
    said = capfd.readouterr()
    assert len(said.out.splitlines()) == shown + 1
    assert words in said.err
    assert f"all of them in {tmp_path / 't.csv'}" in said.err


def test_a_whole_table_says_nothing_of_more(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    demo._show(engine(), SUPPLIER, "forward", tmp_path / "t")
    assert "more row" not in capfd.readouterr().err
    assert {p.suffix for p in tmp_path.iterdir()} == {".csv", ".graphml", ".svg"}


def no_room() -> None:
    """Let no file of this process grow beyond a little, as on a full device."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_company_that_finds_no_room_is_told_with_its_folder_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "demo", "generate", "--out", tmp_path / "company"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=no_room,
    )
    assert done.returncode == Exit.USAGE
    assert f"The folder {tmp_path / 'company'} cannot be written" in done.stderr
    assert "[unwritable_folder]" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "1001", "much"])
def test_a_scale_that_no_company_has_is_a_usage_error(
    lotgraph: Command, tmp_path: Path, scale: str
) -> None:
    ended = lotgraph("demo", "generate", "--out", str(tmp_path / "c"), f"--scale={scale}")
    assert (ended.code, "--scale" in ended.err) == (Exit.USAGE, True)
    assert list(tmp_path.iterdir()) == []


def test_shipments_of_the_largest_company_keep_apart() -> None:
    """Their numbers end in the last nine digits of a unit: eight of its serial, and the check."""
    ends = {sscc(cell * 10**6 + 1)[-9:] for cell in range(demo.LARGEST_SCALE)}
    assert len(ends) == demo.LARGEST_SCALE
