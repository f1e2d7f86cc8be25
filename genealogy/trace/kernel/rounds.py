"""Round after round, where nothing has to be read in between."""

from __future__ import annotations

from genealogy.trace.kernel.arrivals import extend
from genealogy.trace.kernel.labels import reach
from genealogy.trace.kernel.state import (
    BOXED,
    EXTENDED,
    FRONTIER,
    LABELS,
    PLAIN,
    SPANS,
    Column,
    Run,
    Ways,
)


def through(ways: Ways, run: Run, tally: Column, depth: int, deepest: int, budget: int) -> int:
    """Go on from the frontier, round by round; the depth that was reached.

    Where all is extended already it begins with a round, as it does with labels that were given.
    Ends where nothing is left to extend, at the depth ``deepest`` (none: -1), after about
    ``budget`` labels, and within a round for which there is no room: once there is, it goes
    on from there when called again.
    """
    while (tally[FRONTIER] > 0 or tally[EXTENDED]) and budget > 0 and not 0 <= deepest <= depth:
        if not tally[EXTENDED]:
            if not extend(ways, run, tally):
                break
            tally[EXTENDED] = 1
        labels = tally[LABELS] + tally[PLAIN] + 2 * tally[BOXED]
        if labels > len(run.node) or tally[SPANS] + tally[BOXED] > len(run.span_start):
            break
        depth += 1
        reach(ways, run, tally, depth)
        tally[EXTENDED] = 0
        budget -= tally[FRONTIER]
    return depth
