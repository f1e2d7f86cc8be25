"""Times of the demo year: minutes since 2026-01-01T00:00Z, written in a place's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = 60
DAY = 24 * HOUR

#: Nothing after this minute has been recorded: what is under way then is in transit.
CUTOFF = 364 * DAY + 20 * HOUR


@lru_cache(maxsize=1024)
def _day(day: int) -> str:
    return (START + timedelta(days=day)).date().isoformat()


def written(minute: int, zone: int = 8) -> str:
    """ISO 8601 text of a minute, in a zone so many hours east of Greenwich."""
    day, rest = divmod(minute + zone * HOUR, DAY)
    sign = "+" if zone >= 0 else "-"
    return f"{_day(day)}T{rest // 60:02}:{rest % 60:02}:00{sign}{abs(zone):02}:00"


def written_day(minute: int, years: int = 0) -> str:
    """The calendar date of a minute, so many years later."""
    day = _day(minute // DAY)
    return f"{int(day[:4]) + years}{day[4:]}"


def day_code(minute: int) -> str:
    """A date as it stands in lot codes: YYMMDD."""
    return _day(minute // DAY)[2:].replace("-", "")
