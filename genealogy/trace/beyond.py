"""Where a trace that was cut at a depth would have gone on.

A node at the greatest depth may lead nowhere but to nodes that were reached before,
and yet from there to new ones: it comes to them at a better time than others did. So
the walk is tried on among the nodes it reached, until something new shows or all is
said; what it answers stays as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from copy import copy
from dataclasses import replace

from genealogy.trace.contents import Contents, Holding, can_open
from genealogy.trace.kernel.state import BOXED, HALTED, LABELS, PLAIN, Run
from genealogy.trace.result import FrontierReason
from genealogy.trace.walk import Walk
from genealogy.trace.windows import Spans

_BOX = ("box_node", "box_start", "box_end", "box_edge", "box_label", "box_ends")


def leading_on(walk: Walk, contents: Contents) -> frozenset[int]:
    """Labels at the greatest depth behind which lie nodes that the walk did not reach.

    The walk must have ended.
    """
    held = [holding for holding, reason in contents.halted if reason is FrontierReason.MAX_DEPTH]
    if not walk.cut and not held:
        return frozenset()
    return frozenset(_Attempt(walk).origins(walk.cut, held))


class _Attempt:
    """A copy of a walk, taken further among the nodes that were reached."""

    def __init__(self, walk: Walk) -> None:
        self._of = walk
        self._made_before = walk.tally[LABELS]
        tally = copy(walk.tally)
        tally[HALTED] = 0
        self._walk = replace(walk, run=Run(*map(copy, walk.run)), tally=tally, cut=[])

    def origins(self, cut: list[int], held: list[Holding]) -> Iterator[int]:
        """Of the labels that were cut, and of those of holdings, the ones that lead on."""
        walk = self._walk
        found = list[int]()
        frontier = [*cut, *self._opened(held, found)]
        walk.extend_from(frontier)
        while walk.tally[PLAIN] or walk.tally[BOXED]:
            self._leave_out_new(found)
            walk.read_ahead()
            walk.reach(0)
            walk.extend()
        found += [
            stopped for stopped, _ in walk.halted if any(True for _ in walk.passable(stopped))
        ]
        # Edges of nodes that were read for the attempt are none of the answer.
        self._of.fit()
        return map(self._origin, found)

    def _opened(self, held: list[Holding], found: list[int]) -> list[int]:
        """Labels of what is in holdings, as far as it was reached; ``found`` gets the others'."""
        walk, seen = self._walk, defaultdict[int, Spans](Spans)
        labels = list[int]()
        while held:
            walk.book.read_contents(holding.node for holding in held)
            walk.fit()
            inside = [h for outer in held for h in self._inside(outer, found)]
            fresh = [h for h in inside if seen[h.node].add(h.start, h.end)]
            walk.give([h.label for h in fresh])
            walk.reach(0)
            labels += walk.frontier()
            boxes = set(walk.book.stands_for_contents([h.node for h in fresh]))
            held = [h for h in fresh if h.node in boxes]
        return labels

    def _inside(self, outer: Holding, found: list[int]) -> Iterator[Holding]:
        walk = self._walk
        for edge, node, opens, closes in can_open(walk, outer):
            if node >= len(walk.run.first) or walk.run.first[node] < 0:
                found.append(outer.label)
                continue
            start, end = max(opens, outer.start), min(closes, outer.end)
            yield Holding(walk.label(node, start, end, edge, outer.label), node, start, end)

    def _leave_out_new(self, found: list[int]) -> None:
        """Take from the arrivals what comes to new nodes; ``found`` gets where it comes from."""
        self._leave_out_new_plain(found)
        run, tally = self._walk.run, self._walk.tally
        left = 0
        for b in range(tally[BOXED]):
            if run.first[run.box_node[b]] < 0:
                found.append(int(run.box_label[b]))
                continue
            for name in _BOX:
                column = getattr(run, name)
                column[left] = column[b]
            left += 1
        tally[BOXED] = left

    def _leave_out_new_plain(self, found: list[int]) -> None:
        run, tally = self._walk.run, self._walk.tally
        left = 0
        for at in range(tally[PLAIN]):
            node, edge, label = run.plain_node[at], run.plain_edge[at], run.plain_label[at]
            if run.first[node] < 0:
                run.pending[node] = -1
                found.append(int(label))
                continue
            run.plain_node[left], run.plain_edge[left], run.plain_label[left] = node, edge, label
            run.pending[node] = left
            left += 1
        tally[PLAIN] = left

    def _origin(self, label: int) -> int:
        """The label of the walk itself from which the attempt came to a label."""
        while label >= self._made_before:
            label = int(self._walk.run.before[label])
        return label
