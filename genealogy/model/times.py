"""Instants: zone-aware UTC with the source's offset kept beside it; and times known in part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")
_PARTIAL = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?"
    r"(?P<time>(?<=-\d{2}-\d{2})[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"
    r"(?P<zone>Z|[+-]\d{2}:\d{2})?"
)
#: The clocks of the world: furthest ahead of UTC, and furthest behind.
_AHEAD, _BEHIND = timedelta(hours=14), timedelta(hours=-12)


class OutOfYears(ValueError):
    """A time outside the years that can be told."""

    def __init__(self) -> None:
        super().__init__("the time is outside the years 1 to 9999")


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment in UTC, and the offset (``+08:00``; empty if none) its source wrote it with.

    Of a moment known in part ``at`` is the earliest that it may have been, and
    ``latest`` the latest.
    """

    at: datetime
    offset: str
    latest: datetime | None = None


def parse_instant(text: str) -> Instant:
    """Read an ISO 8601 date and time with a zone.

    Raises ValueError for a text without time or zone; OutOfYears out of the years 1–9999.
    """
    cleaned = text.strip()
    zone = _OFFSET.search(cleaned)
    if "T" not in cleaned.replace(" ", "T") or zone is None:
        raise ValueError("a date and time with a zone is needed, such as 2026-03-02T08:00:00+08:00")
    moment = datetime.fromisoformat(cleaned)
    try:
        return Instant(moment.astimezone(UTC), _fixed_offset(moment.tzinfo))
    except OverflowError as error:
        raise OutOfYears from error


def parse_moment(text: str) -> Instant:
    """Read an ISO 8601 date and time of which the zone, the time, day or month may be missing.

    Without a zone it may have been at that time anywhere in the world. Raises
    ValueError as ``parse_instant`` does.
    """
    cleaned = text.strip()
    found = _PARTIAL.fullmatch(cleaned)
    if found is None or (found["time"] and found["zone"]):
        return parse_instant(cleaned)
    try:
        first, last = _extent(found)
        if found["zone"] is None:
            return Instant(_in_utc(first, _AHEAD), "", _in_utc(last, _BEHIND))
        zone = datetime.fromisoformat(f"2000-01-01T00:00{found['zone']}").utcoffset() or timedelta()
        return Instant(_in_utc(first, zone), _fixed_offset(timezone(zone)), _in_utc(last, zone))
    except OverflowError as error:
        raise OutOfYears from error


def _extent(found: re.Match[str]) -> tuple[datetime, datetime]:
    """The first and the last moment, on its own clock, of a time known in part."""
    year, month, day = found["year"], found["month"], found["day"]
    first = datetime.fromisoformat(f"{year}-{month or '01'}-{day or '01'}{found['time'] or ''}")
    if found["time"]:
        return first, first
    if day:
        return first, first + timedelta(days=1) - _MICROSECOND
    if month:
        after = first.replace(day=28) + timedelta(days=4)
        return first, after.replace(day=1) - _MICROSECOND
    return first, first.replace(month=12, day=31) + timedelta(days=1) - _MICROSECOND


def _in_utc(moment: datetime, offset: timedelta) -> datetime:
    return (moment - offset).replace(tzinfo=UTC)


def offset_text(moment: datetime) -> str:
    """The offset of an aware datetime as ``+08:00``; UTC is ``+00:00``."""
    offset = moment.utcoffset() or timedelta()
    sign = "-" if offset < timedelta() else "+"
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"


@lru_cache(maxsize=256)
def _fixed_offset(zone: tzinfo | None) -> str:
    """The offset of a zone that is nothing but an offset, as ``fromisoformat`` makes them."""
    return offset_text(EPOCH.astimezone(zone))


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC of an aware datetime."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC datetime at that many microseconds since 1970-01-01 UTC."""
    return EPOCH + micros * _MICROSECOND


def iso(moment: datetime, offset: str | None = None) -> str:
    """ISO 8601 text, in the source's offset where one is given, else in UTC with ``Z``.

    Raises ValueError for a naive datetime.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a time without zone cannot be told: {moment}")
    if offset is None or offset == "+00:00":
        in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
        return f"{in_utc.isoformat()[: -len('+00:00')]}Z"
    return moment.astimezone(_zone(offset)).isoformat()


@lru_cache(maxsize=256)
def _zone(offset: str) -> timezone:
    sign = -1 if offset.startswith("-") else 1
    hours, minutes = offset[1:].split(":")
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))
