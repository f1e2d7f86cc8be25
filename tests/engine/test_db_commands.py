"""``lotgraph db`` on a real embedded server: a whole life from start to reset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.exits import Exit
from cli.main import run

pytestmark = [pytest.mark.engine, pytest.mark.arcadedb]


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder whose server does not outlive the test."""
    monkeypatch.setenv("LOTGRAPH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LOTGRAPH_EMBEDDED_HEAP", "256m")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    run(["db", "stop"])


def test_a_database_is_started_filled_reset_and_stopped(
    data_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def out(*arguments: str, code: Exit = Exit.OK) -> str:
        assert run(arguments) == code
        return capfd.readouterr().out

    assert "running\tbolt://127.0.0.1:" in out("db", "start")
    assert "state\trunning\n" in out("db", "status")
    out("db", "init")
    (data_folder / "products.csv").write_text("product_id,name,base_uom\nP1,Tube,MTR\n")
    out("load", "products.csv")
    assert "product:P1\tProduct" in out("find", "Tube")
    out("db", "reset", "--yes")
    out("find", "Tube", code=Exit.NOT_FOUND)
    out("db", "stop")
    assert "state\tstopped\n" in out("db", "status")
