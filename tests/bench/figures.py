"""What was measured beside what is to be reached, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any

from tests.bench.stopwatch import Turn

#: A reading of the yardstick that many times the best one tells of a busy machine.
BUSY = 1.5


@dataclass(frozen=True)
class Figure:
    """One way to do one thing: what it took each time (ms, unless ``unit`` says otherwise).

    ``busy`` is how many times as long as at best the yardstick took just before. ``size`` is
    how many lots the answer has, where it has any; ``work`` the time for which our process
    kept a processor busy, which no neighbour stretches.
    """

    topic: str
    case: str
    way: str
    values: list[float]
    unit: str = "ms"
    busy: float = 1.0
    size: int = 0
    work: list[float] = field(default_factory=list)

    @classmethod
    def timed(
        cls, topic: str, case: str, way: str, turns: Sequence[Turn], busy: float, size: int = 0
    ) -> Figure:
        """What a stopwatch said of something that a server had a part in."""
        return cls(topic, case, way, [1000 * t.seconds for t in turns], busy=busy, size=size)

    def inside(self, turns: Sequence[Turn]) -> Figure:
        """The same of something that was done by our process alone."""
        return replace(self, work=[1000 * turn.work for turn in turns])

    @property
    def value(self) -> float:
        """The median."""
        return median(self.values)


@dataclass(frozen=True)
class Goal:
    """What a way is to reach in a topic: a value, or a multiple of the best of its peers.

    ``faster``: the peers take at least so many times as long; otherwise the way takes at
    most so many times as long as they do. It is about answers of ``least`` lots and more.
    """

    topic: str
    way: str
    limit: float
    peers: tuple[str, ...] = ()
    faster: bool = False
    least: int = 0

    def __str__(self) -> str:
        if not self.peers:
            return f"<= {self.limit:g}"
        return f">= {self.limit:g} x faster" if self.faster else f"<= {self.limit:g} x"

    def is_met(self, reached: float) -> bool:
        """Whether that is enough."""
        return reached >= self.limit if self.faster else reached <= self.limit


@dataclass(frozen=True)
class Verdict:
    """A goal in one case: the value, the peer it is held against, and what came of it."""

    goal: Goal
    figure: Figure
    peer: Figure | None
    reached: float

    @property
    def by_work(self) -> float | None:
        """The same by the time for which a processor worked, where both ways ran in our process."""
        if self.peer is None or not (self.peer.work and self.figure.work):
            return None
        ours, theirs = median(self.figure.work), median(self.peer.work)
        return theirs / ours if self.goal.faster else ours / theirs

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        return self.goal.is_met(self.reached)


def verdicts(figures: Sequence[Figure], goals: Iterable[Goal]) -> Iterator[Verdict]:
    """Every goal in every case in which it was measured; peers that are not there are left out."""
    for goal in goals:
        for figure in figures:
            if (figure.topic, figure.way) != (goal.topic, goal.way) or figure.size < goal.least:
                continue
            if not goal.peers:
                yield Verdict(goal, figure, None, figure.value)
            for peer in _held_against(goal, figure, figures):
                ratio = peer.value / figure.value if goal.faster else figure.value / peer.value
                yield Verdict(goal, figure, peer, ratio)


def _held_against(goal: Goal, figure: Figure, figures: Sequence[Figure]) -> list[Figure]:
    """The peer that does best in the same case, if there is any."""
    same = [f for f in figures if (f.topic, f.case) == (figure.topic, figure.case)]
    peers = [f for f in same if f.way.startswith(goal.peers)] if goal.peers else []
    return [min(peers, key=lambda f: f.value)] if peers else []


def content(figures: Sequence[Figure], goals: Sequence[Goal]) -> dict[str, Any]:
    """All of it, in a form for JSON."""
    return {
        "figures": [asdict(figure) | {"median": figure.value} for figure in figures],
        "goals": [
            {
                "topic": v.goal.topic,
                "case": v.figure.case,
                "way": v.goal.way,
                "value": v.figure.value,
                "peer": v.peer.way if v.peer else None,
                "peer_value": v.peer.value if v.peer else None,
                "reached": v.reached,
                "reached_by_work": v.by_work,
                "to_reach": str(v.goal),
                "met": v.met,
            }
            for v in verdicts(figures, goals)
        ],
    }


def figure_rows(figures: Sequence[Figure]) -> Iterator[tuple[str, ...]]:
    """A line for each way, told apart by topic and case."""
    for figure in figures:
        busy = f"busy {figure.busy:.1f} x" if figure.busy > BUSY else ""
        values = figure.value, max(figure.values)
        work = short(median(figure.work)) if figure.work else ""
        told = (*map(short, values), figure.unit, work, busy)
        yield (figure.topic, figure.case, figure.way, *told)


def goal_rows(figures: Sequence[Figure], goals: Sequence[Goal]) -> Iterator[tuple[str, ...]]:
    """A line for each goal in each case."""
    for v in verdicts(figures, goals):
        ours = f"{short(v.figure.value)} {v.figure.unit}"
        peer = f"{v.peer.way}: {short(v.peer.value)}" if v.peer else ""
        reached = short(v.reached) + (" x" if v.peer else "")
        work = "" if v.by_work is None else short(v.by_work) + " x"
        verdict = "reached" if v.met else "MISSED"
        told = (ours, peer, reached, work, str(v.goal), verdict)
        yield (v.goal.topic, v.figure.case, v.goal.way, *told)


FIGURE_HEADER = ("topic", "case", "way", "median", "max", "unit", "at work", "machine")
GOAL_HEADER = ("topic", "case", "way", "median", "against", "reached", "by work", "to reach", "")


def short(value: float) -> str:
    """A number with three figures or so."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"
