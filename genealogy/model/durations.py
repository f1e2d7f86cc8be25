"""Lengths of time as people write them: ``90s``, ``5m``, ``72h``, ``2d``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from genealogy.messages import text as words

#: How far the clock of each source system may be off, either way; by name of the system.
ClockTolerance = tuple[tuple[str, timedelta], ...]

#: How long a run may follow another and take over what it left, by class of equipment.
CarryOver = tuple[tuple[str, timedelta], ...]

_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_DURATION = re.compile(r"(\d{1,7})([smhd])")


def parse_duration(text: str) -> timedelta:
    """Read a length such as ``5m``; raises ValueError with the words for a person."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(words("duration.form", text=text))
    return int(found[1]) * _UNITS[found[2]]


def spell_duration(length: timedelta) -> str:
    """A whole number of the largest unit that says it exactly."""
    unit = next((u for u, size in _UNITS.items() if not length % size), "s")
    return f"{length // _UNITS[unit]}{unit}"


def parse_tolerance(text: str) -> tuple[str, timedelta]:
    """Read one system and how far its clock may be off, ``MES=5m``; raises ValueError."""
    system, equals, length = text.rpartition("=")
    if not equals or not system.strip():
        raise ValueError(words("duration.tolerance", text=text))
    return system.strip(), parse_duration(length)


def parse_carry_over(text: str) -> tuple[str, timedelta]:
    """Read a length, for every class of equipment or for one: ``72h``, ``line=72h``."""
    name, equals, length = text.rpartition("=")
    if equals and not name.strip():
        raise ValueError(words("duration.carry_over", text=text))
    return name.strip() or "*", parse_duration(length)


def merged(*tolerances: Iterable[tuple[str, timedelta]]) -> ClockTolerance:
    """One length for each system, that of the last who names it; in order of systems."""
    found = {system: length for some in tolerances for system, length in some}
    return tuple(sorted(found.items()))
