"""``lotgraph snapshot`` on a real embedded server: built, used, followed up, dropped."""

from __future__ import annotations

import csv
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


def test_a_snapshot_is_built_used_and_dropped(
    data_folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def out(*arguments: str, code: Exit = Exit.OK) -> str:
        assert run(arguments) == code, capfd.readouterr().err
        return capfd.readouterr().out

    out("demo", "generate", "--scale", "0.02", "--out", "demo")
    out("load", "demo")
    assert "state\tnone\n" in out("snapshot", "status")
    with (data_folder / "demo" / "batches.csv").open() as table:
        seed = "batch:" + next(csv.DictReader(table))["batch_id"]
    before = [out("trace", way, seed, "--json", "--allow-partial") for way in ("forward", "both")]
    out("snapshot", "build")
    assert "state\tfresh\n" in out("snapshot", "status")
    after = [out("trace", way, seed, "--json", "--allow-partial") for way in ("forward", "both")]
    assert after == before
    monkeypatch.setenv("LOTGRAPH_USE_SNAPSHOT", "false")
    assert out("trace", "both", seed, "--json", "--allow-partial") == before[1]
    out("snapshot", "drop")
    assert "state\tnone\n" in out("snapshot", "status")
