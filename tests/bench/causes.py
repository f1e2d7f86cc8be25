"""Measures common cause: of how many of many cases is each lot upstream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from neo4j.exceptions import Neo4jError

from genealogy.snapshot.cases import upstream
from genealogy.snapshot.content import Content
from genealogy.trace.result import Mode
from tests.bench.bare_causes import MOST_CASES, BareCauses
from tests.bench.figures import Figure
from tests.bench.goals import CAUSES, KERNEL, SNAPSHOT
from tests.bench.graph_peers import GraphPeer
from tests.bench.layered import GROWTH, LAYERS, Mix, mirrored, snapshot_of
from tests.bench.stopwatch import Way, Yardstick
from tests.bench.walks import in_order, timed

Ints = npt.NDArray[Any]
NARROW, WIDE = 50, MOST_CASES


@dataclass(frozen=True)
class Cases:
    """Cases in a graph, and of how many of them each lot is upstream.

    ``turned``: the graph is the mirror of the one that databases have.
    """

    graph: Mix
    kernel: BareCauses
    content: Content
    lots: Ints
    upstream: Ints
    counts: Ints
    turned: bool

    @classmethod
    def of(cls, graph: Mix, lots: Ints, *, turned: bool) -> Cases:
        """These lots as cases."""
        kernel = BareCauses.over(graph)
        return cls(graph, kernel, snapshot_of(graph), lots, *kernel.counts(lots), turned)

    @property
    def case(self) -> str:
        """How many there are, and what part of the graph is upstream of any."""
        part = len(self.upstream) / self.graph.lots
        return f"{len(self.lots)} cases, {part:.1%} of {self.graph.lots:,} lots upstream"


def narrow(graph: Mix) -> Cases:
    """Fifty lots of the last layer."""
    last = graph.lots * (1 - (1 - 1 / GROWTH) / (1 - GROWTH**-LAYERS))
    lots = np.linspace(last, graph.lots - 1, NARROW).astype(np.int32)
    return Cases.of(graph, lots, turned=False)


def wide(graph: Mix) -> Cases:
    """Sixty-four lots that most others are upstream of: of the first layer, in a mirror."""
    size = graph.lots * (GROWTH - 1) / (GROWTH**LAYERS - 1)
    first = np.linspace(0.2 * size, 0.6 * size, WIDE).astype(np.int32)
    return Cases.of(mirrored(graph), graph.lots - 1 - first, turned=True)


def measure_causes(
    asked: Cases,
    peer: GraphPeer | None,
    name: str,
    yardstick: Yardstick,
    skipped: dict[str, str],
) -> Iterator[Figure]:
    """One question by every way there is; the database has one turn, for it may take minutes."""
    ways: dict[str, Way] = {KERNEL: partial(asked.kernel.counts, asked.lots), **ours(asked)}
    case = f"{asked.case} ({name})" if name else asked.case
    busy = yardstick.read()
    if peer is not None:
        try:
            seconds = asked_of_database(asked, peer)
            yield Figure(CAUSES, case, name, [1000 * seconds], busy=busy)
        except Neo4jError as refusal:
            skipped[case] = str(refusal.message or refusal).splitlines()[0]
    yield from timed(CAUSES, case, ways, yardstick, 9)


def ours(asked: Cases) -> dict[str, Way]:
    """The product's counts, whenever and in time, after a look that the first ones are right."""
    cases = [[lot] for lot in asked.lots.tolist()]
    found = upstream(asked.content, cases, Mode.CONSERVATIVE)
    assert found is not None
    theirs = in_order(asked.counts, asked.upstream)
    assert np.array_equal(in_order(found.counts(), found.nodes), theirs), "not the same counts"

    def counted(mode: Mode) -> Ints | None:
        told = upstream(asked.content, cases, mode)
        return None if told is None else told.counts()

    return {
        SNAPSHOT: partial(counted, Mode.CONSERVATIVE),
        f"{SNAPSHOT}, in time": partial(counted, Mode.EXACT),
    }


def asked_of_database(asked: Cases, peer: GraphPeer) -> float:
    """Seconds that a database takes for the same counts."""
    lots = asked.graph.lots - 1 - asked.lots if asked.turned else asked.lots
    began = perf_counter()
    found, counts = peer.counts(lots, upstream=not asked.turned)
    seconds = perf_counter() - began
    theirs = in_order(counts, asked.graph.lots - 1 - found if asked.turned else found)
    assert np.array_equal(theirs, in_order(asked.counts, asked.upstream)), "not the same counts"
    return seconds
