"""Amounts of seed material as texts."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN
from fractions import Fraction

import pytest

from genealogy.exports.amounts import written


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Fraction(90), "90"),
        (Fraction(1, 8), "0.125"),
        (Fraction(123456789012345678901, 10), "12345678901234567890.1"),
        (Fraction(0), "0"),
        (Fraction(100000), "100000"),
    ],
)
def test_an_amount_with_a_decimal_is_written_exactly(amount: Fraction, text: str) -> None:
    assert written(amount, ROUND_HALF_EVEN) == text


def test_other_amounts_are_rounded_so_that_bounds_stay_bounds() -> None:
    third = Fraction(2, 3)
    assert written(third, ROUND_FLOOR) == "0.666666666666"
    assert written(third, ROUND_HALF_EVEN) == "0.666666666667"
    assert written(third, ROUND_CEILING) == "0.666666666667"


def test_unknown_stays_unknown() -> None:
    assert written(None, ROUND_FLOOR) is None
