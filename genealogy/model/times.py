"""Instants: zone-aware UTC with the source's offset kept beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment in UTC, and the offset (``+08:00``) its source wrote it with."""

    at: datetime
    offset: str


def parse_instant(text: str) -> Instant:
    """Read an ISO 8601 date and time with a zone.

    Raises ValueError for a text without time or zone, or out of the years 1–9999.
    """
    cleaned = text.strip()
    zone = _OFFSET.search(cleaned)
    if "T" not in cleaned.replace(" ", "T") or zone is None:
        raise ValueError("a date and time with a zone is needed, such as 2026-03-02T08:00:00+08:00")
    moment = datetime.fromisoformat(cleaned)
    try:
        return Instant(moment.astimezone(UTC), _fixed_offset(moment.tzinfo))
    except OverflowError as error:
        raise ValueError("the time is outside the years 1 to 9999") from error


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
    sign = -1 if offset.startswith("-") else 1
    hours, minutes = offset[1:].split(":")
    zone = timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))
    return moment.astimezone(zone).isoformat()
