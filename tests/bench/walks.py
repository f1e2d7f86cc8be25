"""Measures traces over a snapshot in memory, against all that can answer the same there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.snapshot.content import Content
from genealogy.snapshot.flows import CopiedFlows
from genealogy.snapshot.reach import Reach, reach
from genealogy.snapshot.trace import trace
from genealogy.trace.result import Mode, TraceQuery
from tests.bench.bare_walk import BareWalk, Walked
from tests.bench.figures import Figure
from tests.bench.goals import (
    AROUND,
    ARRIVALS,
    COMPILED,
    COMPILED_PLAIN,
    DIRECTIONS,
    EXACT,
    FLAT,
    MEMORY,
    PLAIN,
    TRACE,
    WHOLE,
    WITH_ROWS,
    among,
)
from tests.bench.in_memory_peers import libraries
from tests.bench.layered import SECOND, Mix, lot_id, mix, snapshot_of, within
from tests.bench.sql_peers import SQL_PEERS, Arrivals, Peer
from tests.bench.stopwatch import Way, Yardstick, repeated
from tests.databases import Skipped
from tests.snapshots import MemoryGraph

Ints = npt.NDArray[Any]
Say = Callable[[str], None]
SIZES = (600, 10_000, 100_000, 300_000)
CANDIDATES = 400
_PER_SCALE = 4_000_000


@dataclass(frozen=True)
class Question:
    """A lot, and what its material comes to, in time and whenever."""

    seed: int
    in_time: Walked
    whenever: Walked

    @property
    def case(self) -> str:
        """The size of the answer."""
        return f"{self.size:,} lots, {len(self.in_time.at):,} edges"

    @property
    def size(self) -> int:
        """How many lots the answer has."""
        return len(self.in_time.lots)

    def asked(self, mode: Mode = Mode.EXACT) -> TraceQuery:
        """The question as the product is asked."""
        return TraceQuery((lot_id(self.seed),), "forward", mode)


def questions(bare: BareWalk, lots: int, sizes: tuple[int, ...] = SIZES) -> list[Question]:
    """For each size the lot whose exact answer comes nearest to it, if any does."""
    seeds = np.unique(np.geomspace(1, lots * 0.9, CANDIDATES).astype(int) - 1).tolist()
    found = {seed: len(bare.in_time(seed).lots) for seed in seeds}
    wanted = [size for size in sizes if size <= 1.25 * max(found.values())]
    best = [min(seeds, key=lambda s: abs(log(found[s] / size))) for size in wanted]
    return [Question(s, bare.in_time(s), bare.whenever(s)) for s in dict.fromkeys(best)]


def measure_traces(
    graph: Mix,
    content: Content,
    asked: list[Question],
    bare: BareWalk,
    yardstick: Yardstick,
    skipped: dict[str, str],
    say: Say,
) -> Iterator[Figure]:
    """Forward traces, ours against everything in memory."""
    known = libraries(graph, skipped)
    for question in asked:
        say(f"layered graph: trace of {question.case}")
        ways = {**ours(content, question), **bare_ways(bare, question)}
        for library in known:
            count = len(question.whenever.lots), len(question.whenever.at)
            assert len(library.lots(question.seed)) == count[0], library.name
            ways[f"{library.name}, lots"] = partial(library.lots, question.seed)
            if library.edges is not None:
                assert library.edges(question.seed) == count[1], library.name
                ways[f"{library.name}, lots and edges"] = partial(library.edges, question.seed)
        yield from timed(TRACE, question.case, ways, yardstick, 9, question.size)


def ours(content: Content, question: Question) -> dict[str, Way]:
    """The product's ways, after a look that each gives the right answer."""
    flows = alone(content)
    check(reach(flows, question.asked()), question.in_time)
    check(reach(flows, question.asked(Mode.CONSERVATIVE)), question.whenever)
    whole = trace(flows, question.asked())
    assert whole is not None
    assert len(whole.reached) == len(question.in_time.lots)
    return {
        EXACT: partial(reach, alone(content), question.asked()),
        PLAIN: partial(reach, flows, question.asked(Mode.CONSERVATIVE)),
        WHOLE: partial(trace, flows, question.asked()),
    }


def bare_ways(bare: BareWalk, question: Question) -> dict[str, Way]:
    """The yardsticks."""
    return {
        COMPILED: partial(bare.in_time, question.seed),
        COMPILED_PLAIN: partial(bare.whenever, question.seed),
    }


def alone(content: Content) -> CopiedFlows:
    """A snapshot that needs to ask no database, since all is in it."""
    return CopiedFlows(MemoryGraph(), content)


def check(found: Reach | None, walked: Walked) -> None:
    """Refuse an answer that is not that of the bare walk: lots, edges, and their times."""
    assert found is not None
    [way] = found.ways
    assert np.array_equal(np.sort(way.nodes), np.sort(walked.lots)), "not the same lots"
    ours = way.source, way.target, found.micros(way.opens) // SECOND
    theirs = walked.source, walked.target, walked.at
    assert np.array_equal(in_order(*ours), in_order(*theirs)), "not the same edges"


def in_order(*columns: Ints) -> Ints:
    """Rows of columns, sorted."""
    order = np.lexsort(columns)
    return np.stack([column[order] for column in columns])


def measure_arrivals(
    graph: Mix,
    content: Content,
    asked: list[Question],
    folder: Path,
    yardstick: Yardstick,
    skipped: dict[str, str],
    say: Say,
) -> Iterator[Figure]:
    """Exact traces against databases of tables."""
    with ExitStack() as open_ones:
        peers = []
        for name, start in SQL_PEERS.items():
            say(f"{name}: loading {graph}")
            try:
                peers.append(open_ones.enter_context(start(graph, folder)))
            except Skipped as why:
                skipped[name] = str(why)
        for question in asked:
            say(f"databases of tables: trace of {question.case}")
            yield from arrivals_by(peers, content, question, yardstick, f"of {graph}")


def arrivals_by(
    peers: list[Peer], content: Content, question: Question, yardstick: Yardstick, among: str
) -> Iterator[Figure]:
    """One question, asked of the product's snapshot and of peers."""
    ways: dict[str, Way] = {EXACT: partial(reach, alone(content), question.asked())}
    for peer in peers:
        assert same_arrivals(peer.arrivals(question.seed), question.in_time), peer.name
        ways[peer.name] = partial(peer.arrivals, question.seed)
    case = f"{question.case}, {among}"
    yield from timed(ARRIVALS, case, ways, yardstick, 5, question.size)


def same_arrivals(found: Arrivals, walked: Walked) -> bool:
    """Whether lots and first arrivals are those of the bare walk; but for the seed's own."""
    lots, since = found
    theirs = in_order(since[since > 0], lots[since > 0])
    return np.array_equal(theirs, in_order(walked.since[1:], walked.lots[1:]))


def measure_flatness(yardstick: Yardstick, say: Say, scale: float) -> Iterator[Figure]:
    """The same answer in graphs of growing size, as far as they are no larger than ``scale``."""
    small = mix(AROUND[0] / _PER_SCALE)
    walk = BareWalk.over(small)
    for question in questions(walk, small.lots, SIZES[:2]):
        ways: dict[str, Way] = {}
        for edges in AROUND:
            if edges > AROUND[0] and edges > AROUND[-1] * scale:
                continue
            say(f"layered graph: {question.case} among {edges:,} edges")
            ways |= _among(small, question, edges)
        yield from timed(FLAT, question.case, ways, yardstick, 15)


def _among(small: Mix, question: Question, edges: int) -> dict[str, Way]:
    rest = (edges - AROUND[0]) / _PER_SCALE
    graph, own = within(small, mix(rest)) if rest else (small, np.arange(small.lots))
    bare, seed = BareWalk.over(graph), int(own[question.seed])
    there = Question(seed, bare.in_time(seed), question.whenever)
    assert len(there.in_time.lots) == len(question.in_time.lots)
    content = snapshot_of(graph)
    check(reach(alone(content), there.asked()), there.in_time)
    return {
        among(edges): partial(reach, alone(content), there.asked()),
        f"{COMPILED}, {among(edges)}": partial(bare.in_time, seed),
    }


def measure_memory(content: Content) -> Iterator[Figure]:
    """What the walk needs of a snapshot, per edge: both directions, rows and times, no records."""
    sides = [getattr(side, name) for side in (content.forward, content.backward) for name in _SIDE]
    edges = len(content.forward.head)
    # A column that is another's as well is there once.
    unique = {id(column): column for column in sides if column is not None}.values()
    by_edge = sum(column.nbytes for column in unique if len(column) == edges)
    case = f"{edges:,} edges"
    yield Figure(MEMORY, case, DIRECTIONS, [by_edge / edges], "bytes an edge")
    yield Figure(MEMORY, case, WITH_ROWS, [sum(c.nbytes for c in unique) / edges], "bytes an edge")


_SIDE = ("begin", "split", "stop", "head", "opens", "closes", "sign", "edge")


def timed(
    topic: str,
    case: str,
    ways: dict[str, Way],
    yardstick: Yardstick,
    repetitions: int,
    size: int = 0,
) -> Iterator[Figure]:
    """Measure ways in turn."""
    busy = yardstick.read()
    for name, turns in repeated(ways, repetitions).items():
        figure = Figure.timed(topic, case, name, turns, busy, size)
        # Elsewhere servers work for us.
        yield figure if topic == ARRIVALS else figure.inside(turns)
