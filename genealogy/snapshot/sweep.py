"""Many cases through the graph at once: sixty-four in the bits of one number.

Only for material that comes and stays: nothing that comes in pieces, as in a container, and
nothing that is kept apart in states. Where any of that is met it is told, and then cases
have to be walked one by one. Backward, on the columns of ``genealogy.trace.kernel.state``.
The same text runs as plain Python and compiled.
"""

from __future__ import annotations

from genealogy.trace.kernel.state import Column, Ways
from genealogy.trace.signs import BOX, FLOW_BITS, LASTING, READ


def arrange(ways: Ways, into: Column, queue: Column, level: Column) -> None:
    """Give each node a level above those of all nodes with an edge to it; loops apart.

    ``into`` has how many edges lead to each node, and is used up; ``level`` is zero. Where
    there is a loop one of its nodes is taken all the same.
    """
    begin, split, head = ways.begin, ways.split, ways.head
    nodes, count, done = len(begin), 0, 0
    for node in range(nodes):
        if into[node] == 0:
            queue[count] = node
            count += 1
    left = 0
    while done < nodes:
        if done == count:
            while into[left] <= 0:
                left += 1
            into[left] = 0
            queue[count] = left
            count += 1
        node = queue[done]
        done += 1
        into[node] = -1
        for edge in range(begin[node], split[node]):
            to = head[edge]
            if into[to] > 0:
                level[to] = max(level[to], level[node] + 1)
                into[to] -= 1
                if into[to] == 0:
                    queue[count] = to
                    count += 1


def collect(ways: Ways, seeds: Column, seen: Column, found: Column, most: int) -> int:
    """Nodes upstream of any seed, whatever the times; how many, no more than about ``most``."""
    begin, split, head = ways.begin, ways.split, ways.head
    count, done = 0, 0
    for seed in seeds:
        if not seen[seed]:
            seen[seed] = 1
            found[count] = seed
            count += 1
    while done < count and count < most:
        node = found[done]
        done += 1
        for edge in range(begin[node], split[node]):
            to = head[edge]
            if not seen[to]:
                seen[to] = 1
                found[count] = to
                count += 1
    return count


def sweep(
    ways: Ways,
    nodes: Column,
    rank: Column,
    bad: int,
    wild: bool,
    bits: Column,
    waits: Column,
    stack: Column,
) -> bool:
    """Hand on the bits of nodes to all upstream of them, whatever the times.

    ``nodes`` are in order of ``rank``, and with a node hold all upstream of it. ``waits`` is
    zero, and zero again at the end. False where what is met cannot be swept, if there is
    anything ``wild``.
    """
    stacked, tame = 0, True
    for node in nodes:
        mask = bits[node]
        if mask:
            if wild and not is_tame(ways, node, bad):
                tame = False
                break
            stacked = hand_on(ways, node, mask, rank[node], rank, bits, waits, stack, stacked)
    while stacked:
        # A loop: bits came to these after their turn.
        stacked -= 1
        node = stack[stacked]
        waits[node] = 0
        if tame:
            stacked = hand_on(ways, node, bits[node], len(rank), rank, bits, waits, stack, stacked)
    return tame


def is_tame(ways: Ways, node: int, bad: int) -> bool:
    """Whether material comes to a node whole, and over each of its edges."""
    if ways.mark[node] & bad:
        return False
    for edge in range(ways.begin[node], ways.split[node]):
        care = ways.careful[ways.sign[edge] & FLOW_BITS]
        if care and ways.mark[ways.head[edge]] & (READ | BOX) != READ:
            return False
    return True


def hand_on(
    ways: Ways,
    node: int,
    mask: int,
    before: int,
    rank: Column,
    bits: Column,
    waits: Column,
    stack: Column,
    stacked: int,
) -> int:
    """Give bits to the nodes to which the edges of one lead; those ranked ``before`` wait."""
    head = ways.head
    for edge in range(ways.begin[node], ways.split[node]):
        to = head[edge]
        more = bits[to] | mask
        if more != bits[to]:
            bits[to] = more
            if rank[to] < before and not waits[to]:
                waits[to] = 1
                stack[stacked] = to
                stacked += 1
    return stacked


def moments(ways: Ways, nodes: Column, opens: Column, near: Column, edges: Column) -> int:
    """The edges of nodes: when each opens, and its node; how many."""
    total = 0
    for node in nodes:
        for edge in range(ways.begin[node], ways.split[node]):
            opens[total], near[total], edges[total] = ways.opens[edge], node, edge
            total += 1
    return total


def sweep_in_time(
    ways: Ways,
    near: Column,
    head: Column,
    opens: Column,
    lasting: bool,
    bad: int,
    wild: bool,
    bits: Column,
    fresh: Column,
    stack: Column,
) -> bool:
    """Hand on bits over edges in the order in which they open, each as material can pass.

    What comes to a node at some moment leaves it by edges that open later, in their turn,
    and by those that are open at that moment, at once. ``fresh`` is zero, and zero again
    at the end. False as in ``sweep``.
    """
    last = len(near) - 1
    for place in range(len(near)):
        mask, to = bits[near[place]], head[place]
        more = bits[to] | mask
        if more == bits[to]:
            continue
        moment = opens[place]
        if wild and not is_tame(ways, near[place], bad):
            return False
        if wild and ways.mark[to] & bad:
            return False
        alone = (place == 0 or opens[place - 1] != moment) and (
            place == last or opens[place + 1] != moment
        )
        if not lasting and alone:
            bits[to] = more
            continue
        fresh[to] = more ^ bits[to]
        bits[to] = more
        stack[0], stacked = to, 1
        while stacked:
            stacked -= 1
            node = stack[stacked]
            mask = fresh[node]
            fresh[node] = 0
            stacked = hand_on_now(ways, node, mask, moment, bits, fresh, stack, stacked)
    return True


def hand_on_now(
    ways: Ways,
    node: int,
    mask: int,
    moment: int,
    bits: Column,
    fresh: Column,
    stack: Column,
    stacked: int,
) -> int:
    """Give bits on over the edges of a node that are open at a moment."""
    opens, low = ways.opens, ways.begin[node]
    bottom, top = low, ways.split[node]
    while bottom < top:
        middle = (bottom + top) // 2
        if opens[middle] <= moment:
            bottom = middle + 1
        else:
            top = middle
    edge = bottom
    while edge > low:
        edge -= 1
        if ways.closes[edge] < moment:
            if ways.sign[edge] & LASTING:
                continue
            break
        to = ways.head[edge]
        more = bits[to] | mask
        if more != bits[to]:
            if not fresh[to]:
                stack[stacked] = to
                stacked += 1
            fresh[to] |= more ^ bits[to]
            bits[to] = more
    return stacked
