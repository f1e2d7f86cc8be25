"""Stretches of time, held against trying every one by brute force."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from genealogy.impact.statistics import fisher
from genealogy.impact.stretches import MOST_STEPS, Passage, best_stretch

BAD = 0b111


def p_value(cases: int) -> float:
    return fisher((cases & BAD).bit_count(), 3, (cases >> 3).bit_count(), 3)


passages = st.lists(
    st.builds(
        lambda start, length, cases: Passage(start, start + length, cases),
        st.integers(0, 9),
        st.integers(0, 3),
        st.integers(0, 63),
    ),
    max_size=7,
)


@given(passages)
def test_the_best_stretch_is_the_best_of_all_that_begin_and_end_with_a_bad_case(
    drawn: list[Passage],
) -> None:
    order = sorted(drawn, key=lambda p: (p.start, p.end, p.cases))
    tried = {}
    for first, last in combinations(range(len(order)), 2):
        inside = order[first : last + 1]
        ends_bad = inside[0].cases & BAD and inside[-1].cases & BAD
        if ends_bad and len(inside) < len(order):
            cases = 0
            for passage in inside:
                cases |= passage.cases
            tried[first, last] = p_value(cases)
    found = best_stretch(drawn, BAD, p_value)
    if not tried:
        assert found is None
    else:
        assert found is not None
        assert found.tried == len(tried)
        assert found.p_value == min(1.0, min(tried.values()) * len(tried))


def test_a_planted_hour_is_found() -> None:
    run = [Passage(t, t + 1, 0b111000 if t < 4 or t > 6 else 1 << (t - 4)) for t in range(12)]
    found = best_stretch(run, BAD, p_value)
    assert found is not None
    assert (found.start, found.end, found.cases) == (4, 7, BAD)


def test_very_many_passages_are_taken_together() -> None:
    def at(t: int) -> Passage:
        return Passage(t, t, (1 if 300 <= t < 600 else 8) << t // 100 % 3)

    found = best_stretch([at(t) for t in range(3 * MOST_STEPS)], BAD, p_value)
    assert found is not None
    # Three at a time, so the shortest that holds all bad ones and no good one.
    assert (found.start, found.end, found.cases) == (399, 500, BAD)
