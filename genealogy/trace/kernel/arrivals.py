"""Extend labels over edges: where material comes to next.

The inner loop of every trace. It is one long function, since a call for each edge would
take a third of the time of a large trace.
"""

from __future__ import annotations

from genealogy.trace.kernel.state import (
    BOXED,
    FOUND,
    FRONTIER,
    NEXT,
    PLAIN,
    WANTED,
    Column,
    Run,
    Ways,
)
from genealogy.trace.signs import BOX, ENDING, FLOW_BITS, LASTING, MIXED, READ, UNSURE


def extend(ways: Ways, run: Run, tally: Column) -> bool:  # noqa: C901
    """Walk all edges that the labels of the frontier open up; leaves arrivals.

    Stops before a label whose arrivals may not find room, tells by ``WANTED`` how much
    there must be, and goes on from there when called again. Whether all is done.
    """
    begin, split, stop, mark, name = ways.begin, ways.split, ways.stop, ways.mark, ways.name
    head, opens, closes, sign, careful = ways.head, ways.opens, ways.closes, ways.sign, ways.careful
    latest = ways.latest
    arrival, pending, settled = run.arrival, run.pending, run.settled
    node_of, starts, ends, inward = run.node, run.start, run.end, run.inward
    plain_node, plain_edge, plain_label = run.plain_node, run.plain_edge, run.plain_label
    kept, found, near, frontier = run.kept, run.found, run.near, run.frontier
    plain, boxed, walked, room = tally[PLAIN], tally[BOXED], tally[FOUND], len(run.box_node)
    for i in range(tally[NEXT], tally[FRONTIER]):
        label = frontier[i]
        node, start, end = node_of[label], starts[label], ends[label]
        if mark[node] & MIXED:
            start = ways.earliest
        if inward[label]:
            low, high = split[node], stop[node]
        else:
            low, high = begin[node], split[node] - settled[node]
        if boxed + high - low > room:
            tally[PLAIN], tally[BOXED], tally[FOUND] = plain, boxed, walked
            tally[NEXT], tally[WANTED] = i, boxed + high - low
            return False
        if end < latest:
            top, bottom = high, low
            while bottom < top:
                middle = (bottom + top) // 2
                if opens[middle] <= end:
                    bottom = middle + 1
                else:
                    top = middle
            high = bottom
        edge, done = high, high
        while edge > low:
            edge -= 1
            since, close = opens[edge], closes[edge]
            if since >= start:
                done = edge
            else:
                if close < start:
                    if sign[edge] & LASTING:
                        continue
                    # Below are only moments, each before the material was there.
                    break
                since = start
            if not kept[edge]:
                kept[edge] = 1
                found[walked] = edge
                near[walked] = node
                walked += 1
            to = head[edge]
            care = careful[sign[edge] & FLOW_BITS]
            if care and not (care == UNSURE and mark[to] & (READ | BOX) == READ):
                run.box_node[boxed] = to
                run.box_start[boxed] = since
                run.box_end[boxed] = min(close, end)
                run.box_edge[boxed] = edge
                run.box_label[boxed] = label
                run.box_ends[boxed] = 1 if care == ENDING else 0
                boxed += 1
                continue
            known = arrival[to]
            if since < known:
                arrival[to] = since
                at = pending[to]
                if at < 0:
                    at = plain
                    pending[to] = at
                    plain_node[at] = to
                    plain += 1
                plain_edge[at] = edge
                plain_label[at] = label
            elif since == known:
                at = pending[to]
                if at >= 0:
                    other = node_of[plain_label[at]]
                    if (edge < plain_edge[at]) if other == node else name[node] < name[other]:
                        plain_edge[at] = edge
                        plain_label[at] = label
        if end == latest and not inward[label]:
            settled[node] = split[node] - done
    tally[PLAIN], tally[BOXED], tally[FOUND], tally[NEXT] = plain, boxed, walked, 0
    return True
