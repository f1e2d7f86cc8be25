"""Times ways to do the same thing, in turn, so that what disturbs one disturbs all."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

Way = Callable[[], Any]
#: What is quicker is called several times, and the time divided.
QUICK = 0.005
#: Seconds after which a way that was measured often enough for a median has its last turn.
PATIENCE = 8.0
LEAST = 3
# Else libraries tell at the end of what they take for leaks.
atexit.register(gc.unfreeze)


class Turn(NamedTuple):
    """Seconds that a call took, and seconds for which it kept processors of ours at work."""

    seconds: float
    work: float


def repeated(ways: Mapping[str, Way], repetitions: int) -> dict[str, list[Turn]]:
    """What each call of each way took, each called before it is timed.

    A slow way has fewer turns, but three.
    """
    # What stays must not be looked through again and again; it goes when it is let go of.
    gc.collect()
    gc.freeze()
    calls = {name: _calls(way) for name, way in ways.items()}
    times: dict[str, list[Turn]] = {name: [] for name in ways}
    for number in range(repetitions):
        for name in list(ways) if number % 2 == 0 else reversed(ways):
            if sum(turn.seconds for turn in times[name]) < PATIENCE or len(times[name]) < LEAST:
                gc.collect()
                times[name].append(once(ways[name], calls[name]))
    return times


def once(way: Way, calls: int = 1) -> Turn:
    """A call, on average of so many."""
    began, at_work = perf_counter(), process_time()
    for _ in range(calls):
        way()
    return Turn((perf_counter() - began) / calls, (process_time() - at_work) / calls)


def _calls(way: Way) -> int:
    """How often to call a way in one turn; the first time something may still be made ready."""
    seconds = once(way).seconds
    if seconds < PATIENCE * QUICK:
        seconds = once(way).seconds
    return max(1, min(1000, int(QUICK / max(seconds, 1e-9))))


@dataclass
class Yardstick:
    """Something that always takes as long: what it takes longer tells how busy the machine is."""

    way: Way
    readings: list[float] = field(default_factory=list)

    def read(self) -> float:
        """How many times as long it takes now, in the middle, as at the best of times so far.

        On a machine that is never quiet: as long as the processor works on it.
        """
        turns = [once(self.way) for _ in range(9)]
        now = median(turn.seconds for turn in turns)
        self.readings.append(min(turn.seconds for turn in turns))
        waited = sum(turn.seconds for turn in turns) / sum(turn.work for turn in turns)
        return max(now / min(self.readings), waited)
