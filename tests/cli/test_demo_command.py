"""``lotgraph demo``: what its tables leave out is told with where to find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import demo
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
