"""Where a trace that was cut at a depth would have gone on.

A node at the greatest depth may lead nowhere but to nodes that were reached before,
and yet from there to new ones: it comes to them at a better time than others did. So
the walk is tried on among the nodes it reached, until something new shows or all is
said; what it answers stays as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

from genealogy.model.facts import NodeId
from genealogy.trace.contents import Contents, Holding, can_open
from genealogy.trace.result import FrontierReason
from genealogy.trace.walk import Labels, Level, Walk
from genealogy.trace.windows import Spans


def leading_on(walk: Walk, contents: Contents) -> frozenset[int]:
    """Labels at the greatest depth behind which lie nodes that the walk did not reach.

    The walk must have ended, and its arrivals not be settled yet.
    """
    cut = [label for label, reason in walk.halted if reason is FrontierReason.MAX_DEPTH]
    held = [holding for holding, reason in contents.halted if reason is FrontierReason.MAX_DEPTH]
    if not cut and not held:
        return frozenset()
    kept = bytes(walk.book.kept)
    found = frozenset(_Attempt(walk).origins(cut, held))
    walk.book.kept[:] = kept + bytes(len(walk.book.kept) - len(kept))
    return found


class _Attempt:
    """A copy of a walk, taken further among the nodes that were reached."""

    def __init__(self, walk: Walk) -> None:
        self._made_before = len(walk.labels.node)
        self._walk = replace(
            walk,
            labels=Labels(*(list(column) for column in walk.labels.columns())),
            arrival=dict(walk.arrival),
            halted=[],
            _passing={},
            _spans=deepcopy(walk._spans),
            _inward=set(walk._inward),
            _noted=(dict(walk._noted[0]), dict(walk._noted[1])),
        )

    def origins(self, cut: list[int], held: list[Holding]) -> Iterator[int]:
        """Of the labels that were cut, and of those of holdings, the ones that lead on."""
        walk = self._walk
        found = list[int]()
        frontier = [*cut, *self._opened(held, found)]
        while frontier:
            level = walk.extend(frontier)
            found += self._without_new(level)
            walk.book.read_edges(level.passages(walk.labels))
            frontier = walk.reach(level, 0)
        found += [stopped for stopped, _ in walk.halted if any(walk.passable(stopped))]
        return map(self._origin, found)

    def _opened(self, held: list[Holding], found: list[int]) -> list[int]:
        """Labels of what is in holdings, as far as it was reached; ``found`` gets the others'."""
        walk, seen = self._walk, defaultdict[NodeId, Spans](Spans)
        labels = list[int]()
        while held:
            walk.book.read_contents([holding.node for holding in held])
            inside = [h for outer in held for h in self._inside(outer, found)]
            fresh = [h for h in inside if seen[h.node].add(h.start, h.end)]
            labels += [label for h in fresh for label in walk.settle(h.label)]
            walk.book.read_kinds(h.node for h in fresh)
            held = [h for h in fresh if walk.book.may_hold(h.node)]
        return labels

    def _inside(self, outer: Holding, found: list[int]) -> Iterator[Holding]:
        walk = self._walk
        for edge in can_open(walk.book, outer):
            node = walk.book.rows.source[edge]
            if node not in walk.first:
                found.append(outer.label)
                continue
            start = max(walk.book.opens[edge], outer.start)
            end = min(walk.book.closes[edge], outer.end)
            yield Holding(walk.labels.add(node, start, end, edge, outer.label), node, start, end)

    def _without_new(self, level: Level) -> list[int]:
        """Take from a level what comes to new nodes; the labels it comes from."""
        first = self._walk.first
        new = [node for node in level.via if node not in first]
        found = [level.after.pop(node) for node in new]
        for node in new:
            del level.via[node]
        found += [a.before for a in (*level.boxed, *level.ends) if a.node not in first]
        level.boxed = [a for a in level.boxed if a.node in first]
        level.ends = [a for a in level.ends if a.node in first]
        return found

    def _origin(self, label: int) -> int:
        """The label of the walk itself from which the attempt came to a label."""
        while label >= self._made_before:
            label = self._walk.labels.before[label]
        return label
