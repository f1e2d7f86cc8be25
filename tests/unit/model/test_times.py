"""Moments of which the zone, the time of day, the day or the month is not known."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.model.times import Instant, iso, parse_instant, parse_moment
from tests.genealogies import DAY_ZERO


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026Z", "2026-01-01T00:00:00Z", "2026-12-31T23:59:59.999999Z"),
        ("2024-02Z", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59.999999Z"),
        ("2026-03-02+08:00", "2026-03-01T16:00:00Z", "2026-03-02T15:59:59.999999Z"),
        ("2026-03-02", "2026-03-01T10:00:00Z", "2026-03-03T11:59:59.999999Z"),
        ("2026-03-02T08:00", "2026-03-01T18:00:00Z", "2026-03-02T20:00:00Z"),
        ("2026-03-02 08:00:01.5", "2026-03-01T18:00:01.500000Z", "2026-03-02T20:00:01.500000Z"),
        ("2026-12", "2026-11-30T10:00:00Z", "2027-01-01T11:59:59.999999Z"),
    ],
)
def test_a_moment_known_in_part_is_the_window_it_lies_in(text: str, first: str, last: str) -> None:
    found = parse_moment(text)
    assert (iso(found.at), iso(found.latest or found.at)) == (first, last)


@pytest.mark.parametrize("text", ["2026-03-02T08:00:00+08:00", "2026-03-02 08:00Z"])
def test_a_moment_known_in_full_is_an_instant(text: str) -> None:
    assert parse_moment(text) == parse_instant(text)


@pytest.mark.parametrize("text", ["", "202", "2026-00", "2026-02-29", "0001", "9999", "2026T08:00"])
def test_what_is_no_part_of_a_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_moment(text)


@given(
    moment=st.datetimes(
        DAY_ZERO.replace(year=1990, tzinfo=None), DAY_ZERO.replace(tzinfo=None, year=2100)
    ),
    minutes=st.integers(-12 * 60, 14 * 60),
    known=st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    zoned=st.booleans(),
)
def test_the_window_holds_the_moment_and_no_more_than_is_not_known(
    moment: datetime, minutes: int, known: str, zoned: bool
) -> None:
    there = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    zoned = zoned and "T" not in known
    found = parse_moment(there.strftime(known) + (iso_offset(there) if zoned else ""))
    assert isinstance(found, Instant)
    assert found.at <= there.astimezone(UTC) <= (found.latest or found.at)
    whole = {
        "%Y": timedelta(days=366 if there.year % 4 == 0 and there.year != 2100 else 365),
        "%Y-%m": timedelta(days=monthrange(there.year, there.month)[1]),
        "%Y-%m-%d": timedelta(days=1),
    }.get(known, timedelta(microseconds=1))
    anywhere = timedelta() if zoned else timedelta(hours=26)
    assert (found.latest or found.at) - found.at == whole - timedelta(microseconds=1) + anywhere


def iso_offset(moment: datetime) -> str:
    text = moment.strftime("%z")
    return f"{text[:3]}:{text[3:]}"
