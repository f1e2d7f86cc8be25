"""Commands that are killed, and two at once: each next one finds the database whole."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from genealogy.settings import Settings
from genealogy.store.embedded import status
from tests.embedded_server import plain_environment

pytestmark = pytest.mark.arcadedb
SEED = "party:SUP-017"


def begun(settings: Settings, *words: str | Path) -> subprocess.Popen[str]:
    """A command of the command line, on the data folder of a test."""
    settings_of_ours = {
        "LOTGRAPH_DATA_DIR": str(settings.data_dir),
        "LOTGRAPH_EMBEDDED_HEAP": settings.embedded_heap,
        "LOTGRAPH_EMBEDDED_JAVA_OPTIONS": settings.embedded_java_options,
    }
    return subprocess.Popen(
        [sys.executable, "-c", "from cli.main import main; main()", *map(str, words)],
        env=plain_environment() | settings_of_ours,
        cwd=settings.data_dir,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def done(*commands: subprocess.Popen[str]) -> str:
    """What commands printed; all are waited for, and all must end well."""
    printed = [command.communicate(timeout=120) for command in commands]
    assert {command.returncode for command in commands} == {0}, [said for _, said in printed]
    return "".join(out for out, _ in printed)


@pytest.fixture
def company(settings: Settings) -> Path:
    """The tables of a small demo company."""
    folder = settings.data_dir / "company"
    done(begun(settings, "demo", "generate", "--scale", "0.1", "--out", folder))
    return folder


def traced(settings: Settings) -> subprocess.Popen[str]:
    return begun(settings, "trace", "both", SEED, "-f", "json", "--allow-partial")


def test_a_killed_trace_leaves_nothing_in_the_way_of_the_next(
    settings: Settings, company: Path
) -> None:
    done(begun(settings, "load", company))
    started = time.monotonic()
    whole = done(traced(settings))
    seconds = time.monotonic() - started
    server = status(settings).pid
    for share in (0.5, 0.8):
        command = traced(settings)
        time.sleep(seconds * share)
        command.kill()
        command.communicate()
        assert done(traced(settings)) == whole
    assert (status(settings).state, status(settings).pid) == ("running", server)


def test_two_loads_and_a_trace_at_once_end_well_and_the_graph_is_one(
    settings: Settings, company: Path
) -> None:
    done(begun(settings, "db", "init"))
    loads = [begun(settings, "load", company) for _ in range(2)]
    while any(load.poll() is None for load in loads):
        # Before anything is loaded the seed is not known.
        _, said = (command := traced(settings)).communicate(timeout=120)
        assert command.returncode in (0, 3), said
    done(*loads)
    assert '"edges"' in done(traced(settings))
    again = done(begun(settings, "load", company)).splitlines()
    names = again[0].split("\t")
    rows = [dict(zip(names, line.split("\t"), strict=True)) for line in again[1:]]
    assert {(row["new"], row["changed"]) for row in rows} == {("0", "0")}
    assert sum(int(row["unchanged"]) for row in rows) > 0


def test_two_demos_at_once_make_one(settings: Settings) -> None:
    results = settings.data_dir / "out"
    words = ("demo", "run", "--scale", "0.1", "--out", results)
    done(begun(settings, *words), begun(settings, *words))
    again = begun(settings, *words)
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0, said
    assert "Nothing has changed" in said
    assert list(results.glob("*.svg"))
