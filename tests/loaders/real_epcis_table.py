"""What each real EPCIS file gave: a table of file, events, edges and rejects.

Run as ``python -m tests.loaders.real_epcis_table``; ``--markdown`` for a note.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from loaders.epcis import Options, load_epcis
from loaders.report import Loaded
from tests.fakes_store import LOADED_AT, MemoryGraph

CHECKOUT = Path(__file__).resolve().parents[2]
SUFFIXES = (".json", ".jsonld", ".xml")


def folder() -> Path:
    """Where the real EPCIS files are; it need not exist."""
    base = os.environ.get("LOTGRAPH_REAL_DATA", CHECKOUT.parent / "shared" / "data")
    return Path(base) / "a_epcis"


def files() -> list[Path]:
    """Every real EPCIS file, relative to the folder; none where it is absent."""
    found = (p for p in folder().rglob("*") if p.suffix in SUFFIXES)
    return sorted(p.relative_to(folder()) for p in found)


@dataclass(frozen=True)
class Result:
    """One file loaded into a graph of its own."""

    file: Path
    graph: MemoryGraph
    loaded: Loaded

    @property
    def row(self) -> tuple[str, int, int, int, int, str]:
        """File, events accepted, repeated, flow edges in force, rejected, and why."""
        total = self.loaded.total
        why = ", ".join(sorted(self.loaded.rejects_by_code))
        rejected = total.rejected + len(self.loaded.refused_files)
        edges = len(self.graph.edges())
        return (str(self.file), total.accepted, total.duplicates, edges, rejected, why)


@cache
def result(file: Path) -> Result:
    """Load one file, by its path relative to the folder."""
    graph = MemoryGraph()
    return Result(file, graph, load_epcis(folder() / file, graph, graph, Options(now=LOADED_AT)))


def table() -> Iterator[str]:
    """The table as lines of text."""
    rows = [result(file).row for file in files()]
    head = ("file", "events", "repeated", "edges", "rejected", "reasons")
    sums = ("all", *(sum(int(row[i]) for row in rows) for i in range(1, 5)), "")
    if "--markdown" in sys.argv:
        yield f"| {' | '.join(head)} |"
        yield f"|{'---|' * len(head)}"
        yield from (f"| {' | '.join(map(str, row))} |" for row in (*rows, sums))
        return
    width = max(len(row[0]) for row in (*rows, head))
    for row in (head, *rows, sums):
        name, *numbers, why = row
        yield "  ".join([f"{name:<{width}}", *(f"{n!s:>8}" for n in numbers), str(why)]).rstrip()


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in table())
