"""Lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.model.durations import merged, parse_duration, parse_tolerance, spell_duration


@given(st.integers(0, 9_999_999))
def test_a_length_is_read_back_as_it_was_spelt(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(spell_duration(length)) == length


@pytest.mark.parametrize(
    ("seconds", "spelt"), [(90, "90s"), (300, "5m"), (259_200, "3d"), (7_200, "2h"), (0, "0d")]
)
def test_a_length_is_spelt_in_the_largest_unit_that_says_it(seconds: int, spelt: str) -> None:
    assert spell_duration(timedelta(seconds=seconds)) == spelt


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5 m", "1.5h", "5M", "99999999d"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="length of time"):
        parse_duration(text)


def test_the_last_who_names_a_system_is_right() -> None:
    one, two = parse_tolerance("A=B=1m"), parse_tolerance("MES=2m")
    assert one == ("A=B", timedelta(minutes=1))
    told = merged([two], [one, parse_tolerance("MES=0s")])
    assert told == (one, ("MES", timedelta()))
