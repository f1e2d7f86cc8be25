"""A stretch of time on one line, machine, supplier, operator, product or place as a cause.

A setting goes wrong at some hour and is put right at another. So what passed there is
put in order of time, every stretch of it is tried, and the best one kept; its p value
is multiplied by the number of stretches tried (Bonferroni), as looking often finds more.
At a place much may lie at once and for long: there a stretch has all that was there at
any moment of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby, pairwise
from operator import or_

from genealogy.trace.windows import BEGIN, END

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
    steps = _together(sorted(passages, key=lambda p: (p.start, p.end, p.cases)))
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


def best_meanwhile(
    stays: Sequence[Passage], moves: Sequence[Passage], bad: int, test: Test
) -> Stretch | None:
    """The stretch that tells the bad cases best by what was there at any moment of it.

    It is made of phases in which the same was there, so its ends are as near to what went
    wrong as the cases tell: the shortest of equals. Stays of one case do not meet; moves may.
    ``tried`` are the different sets of cases of all stretches that begin and end with
    a bad case. Null where no stretch tells less than the whole of them.
    """
    whole = _all([*stays, *moves])
    steps = _grouped(_phases(stays, moves), bad)
    ends = [i for i, step in enumerate(steps) if step.cases & bad]
    found: dict[int, tuple[float, int, int, Stretch]] = {}
    for place, first in enumerate(ends):
        cases, at = 0, first
        for last in ends[place:]:
            for step in steps[at : last + 1]:
                cases |= step.cases
            at = last + 1
            if cases == whole:
                break
            stretch = Stretch(steps[first].start, steps[last].end, cases, test(cases), 1)
            one = (stretch.p_value, stretch.end - stretch.start, stretch.start, stretch)
            found[cases] = min(found.get(cases, one), one, key=_order)
    return _corrected(list(found.values()))


def _phases(stays: Sequence[Passage], moves: Sequence[Passage]) -> list[Passage]:
    """The times at which the same was there, one after the other."""
    moments = [t for p in (*stays, *moves) for t in (p.start, p.end) if BEGIN < t < END]
    if not moments:
        return []
    least, most = min(moments) - 1, max(moments) + 1
    # What ends is over from the next microsecond on, at which something else may begin.
    gone, come = defaultdict[int, int](int), defaultdict[int, int](int)
    changes = defaultdict[int, list[tuple[int, int]]](list)
    for one in stays:
        come[max(one.start, least)] |= one.cases
        gone[min(one.end, most) + 1] |= one.cases
    for one in moves:
        changes[max(one.start, least)].append((one.cases, 1))
        changes[min(one.end, most) + 1].append((one.cases, -1))
    there, moving, phases = 0, Counter[int](), list[Passage]()
    for turn, following in pairwise(sorted({*gone, *come, *changes})):
        there = there & ~gone[turn] | come[turn]
        for cases, step in changes[turn]:
            moving[cases] += step
            if not moving[cases]:
                del moving[cases]
        phases.append(Passage(turn, following - 1, reduce(or_, moving, there)))
    return phases


def _grouped(phases: Sequence[Passage], bad: int) -> Sequence[Passage]:
    """Phases without a bad case taken together, as no stretch begins or ends there."""
    groups = groupby(phases, key=lambda phase: bool(phase.cases & bad))
    steps = [step for has, group in groups for step in (group if has else [_one(list(group))])]
    return _together(steps)


def _corrected(found: Sequence[tuple[float, int, int, Stretch]]) -> Stretch | None:
    if not found:
        return None
    best = min(found, key=_order)[-1]
    p_value = min(1.0, best.p_value * len(found))
    return Stretch(best.start, best.end, best.cases, p_value, len(found))


def _order(one: tuple[float, int, int, Stretch]) -> tuple[float, int, int]:
    return one[:3]


def _together(passages: Sequence[Passage]) -> Sequence[Passage]:
    size = -(-len(passages) // MOST_STEPS) or 1
    if size == 1:
        return passages
    return [_one(passages[i : i + size]) for i in range(0, len(passages), size)]


def _one(passages: Sequence[Passage]) -> Passage:
    return Passage(passages[0].start, max(p.end for p in passages), _all(passages))


def _all(passages: Sequence[Passage]) -> int:
    return reduce(or_, (passage.cases for passage in passages), 0)
