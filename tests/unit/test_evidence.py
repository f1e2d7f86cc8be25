"""The last gate of CI: a run that left out a database, or much of the library, is refused."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ON_NEO4J = '<properties><property name="database" value="neo4j"/></properties>'


@pytest.fixture(scope="module")
def evidence() -> ModuleType:
    spec = importlib.util.spec_from_file_location("evidence", REPOSITORY / ".ci" / "evidence.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report_of(folder: Path, *cases: str) -> Path:
    path = folder / "tests.xml"
    body = "".join(f"<testcase>{case}</testcase>" for case in cases)
    path.write_text(f"<testsuites><testsuite>{body}</testsuite></testsuites>", "utf-8")
    return path


def coverage_report(folder: Path, **branches: tuple[int, int]) -> Path:
    path = folder / "coverage.json"
    files = {
        f"{name}/a.py": {"summary": {"num_branches": whole, "covered_branches": taken}}
        for name, (taken, whole) in branches.items()
    }
    path.write_text(json.dumps({"files": files}), "utf-8")
    return path


def test_a_test_that_passed_counts_for_its_database(evidence: ModuleType, tmp_path: Path) -> None:
    report = report_of(tmp_path, ON_NEO4J, ON_NEO4J, "")
    assert evidence.passed_on(report) == {"neo4j": 2}


@pytest.mark.parametrize("outcome", ["failure", "error", "skipped"])
def test_a_test_that_did_not_pass_counts_for_nothing(
    evidence: ModuleType, tmp_path: Path, outcome: str
) -> None:
    assert evidence.passed_on(report_of(tmp_path, f"{ON_NEO4J}<{outcome}/>")) == {}


def test_only_branches_of_the_library_count(evidence: ModuleType, tmp_path: Path) -> None:
    report = coverage_report(tmp_path, genealogy=(3, 4), api=(0, 100))
    assert evidence.branch_share(report) == 75.0


def test_no_branches_at_all_is_no_proof(evidence: ModuleType, tmp_path: Path) -> None:
    assert evidence.branch_share(coverage_report(tmp_path)) == 0.0


def test_a_run_without_neo4j_is_refused(evidence: ModuleType) -> None:
    assert evidence.complaints(Counter(arcadedb=5), 95.0) == ["no test passed on neo4j"]


def test_a_run_below_the_bar_is_refused(evidence: ModuleType) -> None:
    [complaint] = evidence.complaints(Counter(arcadedb=5, neo4j=5), 89.9)
    assert "89.9" in complaint


def test_a_full_run_passes_and_says_what_it_saw(
    evidence: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on_arcadedb = ON_NEO4J.replace("neo4j", "arcadedb")
    tests = report_of(tmp_path, ON_NEO4J, on_arcadedb)
    assert evidence.main(str(tests), str(coverage_report(tmp_path, genealogy=(95, 100)))) == 0
    assert "1 tests on arcadedb; 1 tests on neo4j" in capsys.readouterr().out
