"""Refuse a test run that left out a database or too much of the library.

    .ci/evidence.py TESTS.XML COVERAGE.JSON

Reads the test report for tests that passed on each database, and the coverage
report for the share of branches of ``genealogy`` that were taken.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

DATABASES = ("arcadedb", "neo4j")
LIBRARY = "genealogy/"
BRANCHES_WANTED = 90.0
NOT_PASSED = ("failure", "error", "skipped")


def passed_on(report: Path) -> Counter[str]:
    """How many tests passed on each database."""
    return Counter(
        prop.get("value", "")
        for case in ElementTree.parse(report).iter("testcase")
        if all(case.find(word) is None for word in NOT_PASSED)
        for prop in case.iterfind("properties/property[@name='database']")
    )


def branch_share(report: Path) -> float:
    """Percent of the library's branches that were taken."""
    files: dict[str, Any] = json.loads(report.read_text("utf-8"))["files"]
    ours = [file["summary"] for name, file in files.items() if name.startswith(LIBRARY)]
    branches = sum(summary["num_branches"] for summary in ours)
    taken = sum(summary["covered_branches"] for summary in ours)
    return 100.0 * taken / branches if branches else 0.0


def complaints(passed: Counter[str], share: float) -> list[str]:
    """What is wrong with the run; empty when nothing is."""
    missing = [f"no test passed on {name}" for name in DATABASES if not passed[name]]
    if share < BRANCHES_WANTED:
        missing.append(f"{share:.1f} % of the branches of {LIBRARY} < {BRANCHES_WANTED:g} %")
    return missing


def main(tests: str, coverage: str) -> int:
    """Print what was found; 1 if the run is refused."""
    passed, share = passed_on(Path(tests)), branch_share(Path(coverage))
    print("; ".join(f"{passed[name]} tests on {name}" for name in DATABASES))
    print(f"{share:.1f} % of the branches of {LIBRARY}")
    wrong = complaints(passed, share)
    for line in wrong:
        print(f"refused: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
