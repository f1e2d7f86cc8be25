"""Exact tests, held against counting every possibility by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.impact.statistics import benjamini_hochberg, fisher, lift

few = st.integers(0, 6)


def counted(bad_hit: int, bad: int, good_hit: int, good: int) -> Fraction:
    """Every way to draw the hits from all cases: how many have at least so many bad ones."""
    draws = list(combinations(range(bad + good), bad_hit + good_hit))
    as_bad = sum(sum(one < bad for one in draw) >= bad_hit for draw in draws)
    return Fraction(as_bad, len(draws))


@given(bad=few, good=few, data=st.data())
def test_fisher_is_the_share_of_all_draws_with_so_many_bad_ones(
    bad: int, good: int, data: st.DataObject
) -> None:
    bad_hit, good_hit = data.draw(st.integers(0, bad)), data.draw(st.integers(0, good))
    assert fisher(bad_hit, bad, good_hit, good) == float(counted(bad_hit, bad, good_hit, good))


def test_fisher_knows_the_lady_tasting_tea() -> None:
    assert fisher(4, 4, 0, 4) == 1 / 70
    assert fisher(3, 4, 1, 4) == 17 / 70


def test_fisher_stays_exact_for_a_thousand_cases() -> None:
    assert 0 < fisher(500, 500, 0, 500) < 1e-290
    assert fisher(0, 1000, 1000, 1000) == 1.0


def test_lift_is_a_ratio_of_corrected_shares() -> None:
    assert lift(10, 10, 0, 10) == pytest.approx((10.5 / 11) / (0.5 / 11))
    assert lift(3, 10, 3, 10) == 1.0


def by_definition(p_values: list[float]) -> list[float]:
    """For each test, the least over all thresholds that let it through of the expected share."""
    count = len(p_values)
    return [
        min(1.0, min(t * count / sum(p <= t for p in p_values) for t in p_values if t >= one))
        for one in p_values
    ]


@given(st.lists(st.floats(0, 1), max_size=12))
def test_the_correction_is_that_of_benjamini_and_hochberg(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(by_definition(p_values))


def test_a_correction_of_nothing_is_nothing() -> None:
    assert benjamini_hochberg([]) == []
