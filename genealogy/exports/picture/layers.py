"""Columns of the picture: each mark stands right of everything its material came from.

Longest-path layers. Rework and returns make cycles; the links that close one are
found first and turned round for the layering only. Linear in nodes and links.
"""

from __future__ import annotations

from collections.abc import Sequence

Link = tuple[int, int]


def adjacency(size: int, links: Sequence[Link]) -> list[list[int]]:
    """The targets of each node."""
    targets: list[list[int]] = [[] for _ in range(size)]
    for source, target in links:
        targets[source].append(target)
    return targets


def closing_links(size: int, links: Sequence[Link]) -> set[Link]:
    """Links that close a cycle when the graph is walked depth first from its sources."""
    targets = adjacency(size, links)
    entered = {target for _, target in links}
    closing: set[Link] = set()
    done = [False] * size
    for start in sorted(range(size), key=lambda node: node in entered):
        if not done[start]:
            _walk(start, targets, done, closing)
    return closing


def _walk(start: int, targets: list[list[int]], done: list[bool], closing: set[Link]) -> None:
    # An explicit stack: genealogies are deeper than the interpreter's.
    open_nodes = {start}
    stack = [(start, iter(targets[start]))]
    done[start] = True
    while stack:
        node, rest = stack[-1]
        for target in rest:
            if target in open_nodes:
                closing.add((node, target))
            elif not done[target]:
                done[target] = True
                open_nodes.add(target)
                stack.append((target, iter(targets[target])))
                break
        else:
            open_nodes.discard(node)
            stack.pop()


def acyclic(links: Sequence[Link], closing: set[Link]) -> list[Link]:
    """The links with those that close a cycle turned round, loops left out."""
    turned = ((t, s) if (s, t) in closing else (s, t) for s, t in links)
    return [link for link in turned if link[0] != link[1]]


def layers(size: int, links: Sequence[Link]) -> list[int]:
    """The column of each node of an acyclic graph, from 0.

    Sources stand directly left of the first thing they went into.
    """
    targets = adjacency(size, links)
    waiting = [0] * size
    for _, target in links:
        waiting[target] += 1
    sources = [node for node in range(size) if not waiting[node]]
    column = _longest(targets, waiting, list(sources))
    for node in sources:
        if targets[node]:
            column[node] = min(column[t] for t in targets[node]) - 1
    return column


def _longest(targets: list[list[int]], waiting: list[int], ready: list[int]) -> list[int]:
    column = [0] * len(targets)
    while ready:
        node = ready.pop()
        for target in targets[node]:
            column[target] = max(column[target], column[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return column
