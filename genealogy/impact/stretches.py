"""A stretch of time on one line, machine, supplier, operator or product as a cause.

A setting goes wrong at some hour and is put right at another. So what passed there is
put in order of time, every stretch of it is tried, and the best one kept; its p value
is multiplied by the number of stretches tried (Bonferroni), as looking often finds more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Passages in one order of time; more are taken together to steps of equal count.
MOST_STEPS = 300

#: The p value of a set of cases.
Test = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Passage:
    """Something that passed: from when until when, and the cases it is upstream of.

    Times are in microseconds since 1970-01-01 UTC, cases are a set of bits.
    """

    start: int
    end: int
    cases: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """The best stretch: its times, its cases, its p value corrected for ``tried``."""

    start: int
    end: int
    cases: int
    p_value: float
    tried: int


def best_stretch(passages: Sequence[Passage], bad: int, test: Test) -> Stretch | None:
    """The stretch that tells the bad cases best from the good ones; the shortest of equals.

    A stretch begins and ends with something upstream of a bad case, holds at least two
    passages and not all of them: those are candidates by themselves. Null where there is
    no such stretch.
    """
    steps = _steps(sorted(passages, key=lambda p: (p.start, p.end, p.cases)))
    ends = [i for i, step in enumerate(steps) if step.cases & bad]
    found: list[tuple[float, int, int, Stretch]] = []
    for place, first in enumerate(ends[:-1]):
        cases, end = steps[first].cases, steps[first].end
        at = first
        for last in ends[place + 1 :]:
            for step in steps[at + 1 : last + 1]:
                cases |= step.cases
                end = max(end, step.end)
            at = last
            if last - first + 1 < len(steps):
                stretch = Stretch(steps[first].start, end, cases, test(cases), 1)
                found.append((stretch.p_value, end - stretch.start, stretch.start, stretch))
    return _corrected(found)


def _corrected(found: Sequence[tuple[float, int, int, Stretch]]) -> Stretch | None:
    if not found:
        return None
    best = min(found, key=lambda one: one[:3])[-1]
    p_value = min(1.0, best.p_value * len(found))
    return Stretch(best.start, best.end, best.cases, p_value, len(found))


def _steps(passages: Sequence[Passage]) -> Sequence[Passage]:
    size = -(-len(passages) // MOST_STEPS) or 1
    if size == 1:
        return passages
    return [_one(passages[i : i + size]) for i in range(0, len(passages), size)]


def _one(passages: Sequence[Passage]) -> Passage:
    cases = 0
    for passage in passages:
        cases |= passage.cases
    return Passage(passages[0].start, max(p.end for p in passages), cases)
