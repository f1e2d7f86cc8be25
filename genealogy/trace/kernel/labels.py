"""Label what a round arrived at, and tell what may go on."""

from __future__ import annotations

from typing import Any

from genealogy.trace.kernel.state import (
    BOXED,
    FRONTIER,
    GIVEN,
    HALTED,
    LABELS,
    OTHERS,
    PLAIN,
    REACHED,
    SPANS,
    STOPS,
    Column,
    Run,
    Ways,
)
from genealogy.trace.signs import BOX, READ


def ordered(ways: Ways, run: Run, count: int) -> Any:
    """Arrivals by node and time, so that an answer does not depend on the order of edges."""
    node, start, end, edge = run.box_node, run.box_start, run.box_end, run.box_edge
    names, near = ways.name, run.node
    return sorted(
        range(count),
        key=lambda b: (node[b], start[b], -end[b], names[near[run.box_label[b]]], edge[b]),
    )


def cover(run: Run, tally: Column, node: int, start: int, end: int) -> bool:
    """Take an interval into the union of a node's; False when all of it was there already.

    The search begins where the last one for the node ended, if that lies before.
    """
    starts, ends, following = run.span_start, run.span_end, run.span_next
    last, here = -1, run.span[node]
    at = run.cursor[node]
    if at >= 0 and ends[at] < start:
        last, here = at, following[at]
    while here >= 0 and ends[here] < start:
        last, here = here, following[here]
    if here >= 0 and starts[here] <= start and end <= ends[here]:
        return False
    while here >= 0 and starts[here] <= end:
        start, end = min(start, starts[here]), max(end, ends[here])
        here = following[here]
    new = tally[SPANS]
    starts[new], ends[new], following[new] = start, end, here
    tally[SPANS] = new + 1
    if last < 0:
        run.span[node] = new
    else:
        following[last] = new
    run.cursor[node] = last
    return True


def sift(ways: Ways, run: Run, tally: Column) -> None:
    """Take arrivals as plain at nodes whose edges, read since, show that they hold nothing."""
    left = 0
    for b in range(tally[BOXED]):
        if ways.backward and ways.mark[run.box_node[b]] & (READ | BOX) == READ:
            _take_plainly(ways, run, tally, b)
        else:
            run.box_node[left] = run.box_node[b]
            run.box_start[left] = run.box_start[b]
            run.box_end[left] = run.box_end[b]
            run.box_edge[left] = run.box_edge[b]
            run.box_label[left] = run.box_label[b]
            run.box_ends[left] = run.box_ends[b]
            left += 1
    tally[BOXED] = left


def _take_plainly(ways: Ways, run: Run, tally: Column, b: int) -> None:
    """The same rule as for arrivals known to be plain when they are made."""
    to, since, edge, label = run.box_node[b], run.box_start[b], run.box_edge[b], run.box_label[b]
    at = run.pending[to]
    better = since < run.arrival[to]
    if not better and since == run.arrival[to] and at >= 0:
        node, other, taken = run.node[label], run.node[run.plain_label[at]], run.plain_edge[at]
        better = edge < taken if node == other else ways.name[node] < ways.name[other]
    if better:
        run.arrival[to] = since
        if at < 0:
            at = tally[PLAIN]
            tally[PLAIN] += 1
            run.pending[to] = at
            run.plain_node[at] = to
        run.plain_edge[at] = edge
        run.plain_label[at] = label


def _label(ways: Ways, run: Run, tally: Column, b: int, start: int, end: int, inward: int) -> int:
    """Label an arrival that is not plain; the label."""
    label = tally[LABELS]
    run.node[label] = run.box_node[b]
    run.start[label] = start
    run.end[label] = end
    run.edge[label] = run.box_edge[b]
    run.before[label] = run.box_label[b]
    run.inward[label] = inward
    tally[LABELS] = label + 1
    return int(label)


def _note(run: Run, tally: Column, depth: int, label: int) -> None:
    """Write down that a node is reached by a label, if it is the first."""
    node = run.node[label]
    if run.first[node] < 0:
        run.first[node] = label
        run.distance[node] = depth
        run.reached[tally[REACHED]] = node
        tally[REACHED] += 1


def _put(run: Run, tally: Column, depth: int, label: int) -> None:
    """Put a label among those to extend."""
    _note(run, tally, depth, label)
    run.frontier[tally[FRONTIER]] = label
    tally[FRONTIER] += 1


def _reach_plainly(ways: Ways, run: Run, tally: Column, depth: int) -> None:
    arrival, first, distance, pending = run.arrival, run.first, run.distance, run.pending
    node_of, start, end, edge, before = run.node, run.start, run.end, run.edge, run.before
    inward, frontier, reached = run.inward, run.frontier, run.reached
    plain_node, plain_edge, plain_label = run.plain_node, run.plain_edge, run.plain_label
    exact, earliest, latest = ways.exact, ways.earliest, ways.latest
    label, seen = tally[LABELS], tally[REACHED]
    for at in range(tally[PLAIN]):
        node = plain_node[at]
        node_of[label] = node
        start[label] = arrival[node] if exact else earliest
        end[label] = latest
        edge[label] = plain_edge[at]
        before[label] = plain_label[at]
        inward[label] = 0
        frontier[at] = label
        pending[node] = -1
        if first[node] < 0:
            first[node] = label
            distance[node] = depth
            reached[seen] = node
            seen += 1
        label += 1
    tally[LABELS], tally[REACHED], tally[FRONTIER] = label, seen, tally[PLAIN]


def _boxed(ways: Ways, run: Run, tally: Column, depth: int, b: int) -> None:
    """Label a piece that arrives in a container, unless it brings nothing new."""
    node, start, end = run.box_node[b], run.box_start[b], run.box_end[b]
    if start < run.passing[node]:
        run.passing[node] = start
    known = run.arrival[node]
    new = known == ways.latest or (ways.exact and start < known)
    if new and cover(run, tally, node, start, end):
        _put(run, tally, depth, _label(ways, run, tally, b, start, end, 0))


def _mirrored(ways: Ways, run: Run, tally: Column, depth: int, b: int) -> None:
    """Label an arrival at what holds things (backward): as a ray, and as a piece."""
    node, start, end = run.box_node[b], run.box_start[b], run.box_end[b]
    if start < run.arrival[node]:
        run.arrival[node] = start
        since = start if ways.exact else ways.earliest
        _put(run, tally, depth, _label(ways, run, tally, b, since, ways.latest, 0))
    if cover(run, tally, node, start, end):
        _put(run, tally, depth, _label(ways, run, tally, b, start, end, 1))


def _settle(ways: Ways, run: Run, tally: Column, depth: int, label: int) -> None:
    """Let a label made before the walk take part, unless it brings nothing new."""
    node, start = run.node[label], run.start[label]
    if start < run.arrival[node]:
        run.arrival[node] = start
        if not ways.exact:
            run.start[label] = ways.earliest
        _put(run, tally, depth, label)
    if ways.backward and ways.mark[node] & BOX:
        inward = tally[LABELS]
        run.node[inward] = node
        run.start[inward] = start
        run.end[inward] = ways.latest
        run.edge[inward] = run.edge[label]
        run.before[inward] = run.before[label]
        run.inward[inward] = 1
        tally[LABELS] = inward + 1
        _put(run, tally, depth, inward)


def _reach_otherwise(ways: Ways, run: Run, tally: Column, depth: int) -> None:
    """Label what comes in pieces, what was labelled before the walk, and what ends here."""
    order = ordered(ways, run, tally[BOXED])
    tally[OTHERS] += tally[BOXED]
    for b in order:
        if not run.box_ends[b]:
            if ways.backward:
                _mirrored(ways, run, tally, depth, b)
            else:
                _boxed(ways, run, tally, depth, b)
    for i in range(tally[GIVEN]):
        _settle(ways, run, tally, depth, run.given[i])
    for b in order:
        if run.box_ends[b]:
            start, node = run.box_start[b], run.box_node[b]
            if start < run.passing[node]:
                run.passing[node] = start
            label = _label(ways, run, tally, b, start, run.box_end[b], 0)
            _note(run, tally, depth, label)


def _go_on(run: Run, tally: Column) -> None:
    """Take the labels at stops out of the frontier, and note them as halted."""
    frontier, left = run.frontier, 0
    for i in range(tally[FRONTIER]):
        label = frontier[i]
        if run.shut[run.node[label]]:
            run.halted[tally[HALTED]] = label
            tally[HALTED] += 1
        else:
            frontier[left] = label
            left += 1
    tally[FRONTIER] = left


def reach(ways: Ways, run: Run, tally: Column, depth: int) -> None:
    """Label the arrivals of a round; leaves those that may go on as the new frontier.

    Needs room for as many labels as there are plain arrivals and twice the others.
    """
    tally[FRONTIER] = 0
    if tally[BOXED]:
        sift(ways, run, tally)
    _reach_plainly(ways, run, tally, depth)
    if tally[BOXED] or tally[GIVEN]:
        _reach_otherwise(ways, run, tally, depth)
    if tally[STOPS]:
        _go_on(run, tally)
    tally[PLAIN], tally[BOXED], tally[GIVEN] = 0, 0, 0
