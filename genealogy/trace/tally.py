"""What a trace tells of its progress, added up over both directions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """Levels walked, nodes reached and edges read so far."""

    levels: int = 0
    nodes: int = 0
    edges: int = 0


class Counting:
    """Adds up what is told after each level, direction by direction."""

    def __init__(self) -> None:
        self._before = Tally()
        self._now = Tally()

    def level(self, nodes: int, edges: int) -> Tally:
        """What there is after one more level, of which these are told."""
        if nodes < self._now.nodes:
            # The other direction has begun: within one there are never fewer nodes than before.
            self._before = self.total
            self._now = Tally()
        self._now = Tally(self._now.levels + 1, nodes, edges)
        return self.total

    @property
    def total(self) -> Tally:
        """All so far."""
        before, now = self._before, self._now
        return Tally(before.levels + now.levels, before.nodes + now.nodes, before.edges + now.edges)
