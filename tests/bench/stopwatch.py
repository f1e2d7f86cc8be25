"""Times ways to do the same thing, in turn, so that what disturbs one disturbs all."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

Way = Callable[[], Any]
#: What is quicker is called several times, and the time divided.
QUICK = 0.005
#: Seconds after which a way that was measured often enough for a median has its last turn.
PATIENCE = 20.0
LEAST = 3


def repeated(ways: Mapping[str, Way], repetitions: int) -> dict[str, list[float]]:
    """Seconds of each call of each way, each called before it is timed.

    A slow way has fewer turns, but three.
    """
    # What stays must not be looked through again and again while the clock runs.
    gc.collect()
    gc.freeze()
    calls = {name: _calls(way) for name, way in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(repetitions):
        for name in list(ways) if number % 2 == 0 else reversed(ways):
            if sum(times[name]) < PATIENCE or len(times[name]) < LEAST:
                gc.collect()
                times[name].append(once(ways[name], calls[name]))
    gc.unfreeze()
    return times


def once(way: Way, calls: int = 1) -> float:
    """Seconds of a call."""
    began = perf_counter()
    for _ in range(calls):
        way()
    return (perf_counter() - began) / calls


def _calls(way: Way) -> int:
    """How often to call a way in one turn; the first time something may still be made ready."""
    seconds = once(way)
    if seconds < PATIENCE * QUICK:
        seconds = once(way)
    return max(1, min(1000, int(QUICK / max(seconds, 1e-9))))


@dataclass
class Yardstick:
    """Something that always takes as long: what it takes longer tells how busy the machine is."""

    way: Way
    readings: list[float] = field(default_factory=list)

    def read(self) -> float:
        """How many times as long it takes now, in the middle, as at the best of times so far."""
        now = sorted(once(self.way) for _ in range(9))
        self.readings += now
        return median(now) / min(self.readings)
