"""Every format against a golden folder; LOTGRAPH_UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from genealogy.exports.registry import EXPORTS
from genealogy.trace.result import Trace
from tests.unit.exports import samples

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "exports"
SAMPLES = {"small": samples.small, "lonely": samples.lonely}


def written(name: str, trace: Trace) -> bytes:
    out = io.BytesIO()
    EXPORTS[name].write(trace, out)
    return out.getvalue()


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", EXPORTS)
def test_a_format_writes_what_its_golden_folder_holds(name: str, sample: str) -> None:
    golden = GOLDEN / name / f"{sample}{EXPORTS[name].suffix}"
    found = written(name, SAMPLES[sample]())
    if os.environ.get("LOTGRAPH_UPDATE_GOLDEN") == "1":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_bytes(found)
    assert found == golden.read_bytes()


def test_every_golden_folder_has_its_format() -> None:
    assert {folder.name for folder in GOLDEN.iterdir()} == set(EXPORTS)


@pytest.mark.parametrize("name", EXPORTS)
def test_writing_twice_gives_the_same_bytes(name: str) -> None:
    assert written(name, samples.wide(12)) == written(name, samples.wide(12))


@pytest.mark.parametrize("name", EXPORTS)
def test_a_partial_answer_says_so_in_every_format(name: str) -> None:
    said = written(name, samples.small()).decode()
    assert "truncated" in said or "Not complete" in said


def test_suffixes_and_media_types_are_unique() -> None:
    assert len({e.suffix for e in EXPORTS.values()}) == len(EXPORTS)
    assert len({e.media_type for e in EXPORTS.values()}) == len(EXPORTS)
