"""Versions of a fact along record time: corrections retract, nothing is lost.

A fact told again with a later record time is a new version; the one before it
holds until then. The versions depend on what was told, not on the order in
which it arrived, unless the source gave no record time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Version:
    """What was held to be true of one fact from ``recorded_at`` until ``retracted_at``.

    Both are UTC; ``recorded_at`` is null only for a statement without record time,
    ``retracted_at`` is null while it holds. ``values`` are what was told; ``source``
    is who told it and does not make two statements differ.
    """

    recorded_at: datetime | None
    retracted_at: datetime | None
    values: tuple[Any, ...]
    source: tuple[str, str] = field(default=("", ""), compare=False)


@dataclass(frozen=True, slots=True)
class Changes:
    """What has to be stored so that the versions hold: new ones, and ones with new values."""

    new: tuple[Version, ...]
    changed: tuple[Version, ...]


def merge(stored: Sequence[Version], told: Sequence[Version], now: datetime) -> Changes:
    """What telling these versions changes in the stored ones; ``now`` stands in for no record time.

    A statement without record time that repeats a stored one changes nothing.
    Two statements of the same record time that contradict each other leave the
    greater one, whichever came first.
    """
    by_time = {v.recorded_at: v for v in stored}
    known_values = {v.values for v in stored}
    for version in sorted(told, key=_order):
        if version.recorded_at is None:
            if version.values in known_values and version.retracted_at is None:
                continue
            version = _dated(version, by_time, now)
        by_time[version.recorded_at] = _agreed(by_time.get(version.recorded_at), version)
    return _difference(stored, _chained(by_time.values()))


def replaced(stored: Sequence[Version], derived: Sequence[Version], now: datetime) -> Changes:
    """What storing exactly the derived versions changes.

    Stored versions that no longer follow are retracted at the moment they were
    recorded, so that they hold at no time.
    """
    wanted = {v.recorded_at or now: replace(v, recorded_at=v.recorded_at or now) for v in derived}
    stale = [replace(v, retracted_at=v.recorded_at) for v in stored if v.recorded_at not in wanted]
    return _difference(stored, [*_chained(wanted.values()), *stale])


def _dated(version: Version, by_time: dict[datetime | None, Version], now: datetime) -> Version:
    """Give a statement without record time the time of the stored one it repeats, or now.

    A withdrawal is of the one that held then.
    """
    times = sorted(
        v.recorded_at for v in by_time.values() if v.recorded_at and v.values == version.values
    )
    if not times:
        return replace(version, recorded_at=now)
    ended = version.retracted_at
    held = [time for time in times if ended is None or time <= ended]
    return replace(version, recorded_at=held[-1] if held else times[0])


def _agreed(stored: Version | None, told: Version) -> Version:
    if stored is None:
        return told
    winner = max(stored, told, key=lambda v: tuple(map(_text, v.values)))
    ends = [v.retracted_at for v in (stored, told) if v.retracted_at is not None]
    return replace(winner, retracted_at=min(ends, default=None))


def _chained(versions: Any) -> list[Version]:
    ordered = sorted(versions, key=lambda v: v.recorded_at)
    ends = [*(later.recorded_at for later in ordered[1:]), None][: len(ordered)]
    return [
        replace(v, retracted_at=min((t for t in (v.retracted_at, end) if t), default=None))
        for v, end in zip(ordered, ends, strict=True)
    ]


def _difference(stored: Sequence[Version], wanted: Sequence[Version]) -> Changes:
    before = {v.recorded_at: v for v in stored}
    return Changes(
        new=tuple(v for v in wanted if v.recorded_at not in before),
        changed=tuple(v for v in wanted if v.recorded_at in before and before[v.recorded_at] != v),
    )


def _order(version: Version) -> tuple[bool, str, tuple[str, ...]]:
    return (
        version.recorded_at is not None,
        _text(version.recorded_at),
        tuple(map(_text, version.values)),
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)
