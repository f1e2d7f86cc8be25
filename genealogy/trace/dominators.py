"""Through which nodes all material on the way to a node must have passed.

No more of it can have come to a node than came to such a one, if neither lies on a
circle: sums of what may have come by each branch of a split that is merged again would
count the same material several times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

N = TypeVar("N", bound=Hashable)


def passages(edges: Iterable[tuple[N, N]], root: N) -> dict[N, N]:
    """For each node the nearest other one, on no circle, that all ways from the root lead through.

    Nodes on a circle, and what the root does not lead to, are left out.
    """
    after: dict[N, list[N]] = defaultdict(list)
    before: dict[N, list[N]] = defaultdict(list)
    for source, target in edges:
        after[source].append(target)
        before[target].append(source)
    groups = list(_circles(after, root))
    groups.reverse()
    at = {node: i for i, group in enumerate(groups) for node in group}
    up, depth = [0] * len(groups), [0] * len(groups)
    for i, group in enumerate(groups[1:], 1):
        came = {at[b] for node in group for b in before[node] if b in at} - {i}
        up[i] = _meeting(came, up, depth)
        depth[i] = depth[up[i]] + 1
    single = [len(group) == 1 and group[0] not in after[group[0]] for group in groups]
    return {
        group[0]: groups[_nearest(up[i], up, single)][0]
        for i, group in enumerate(groups)
        if i and single[i]
    }


def _nearest(i: int, up: Sequence[int], single: Sequence[bool]) -> int:
    while i and not single[i]:
        i = up[i]
    return i


def _meeting(places: Iterable[int], up: Sequence[int], depth: Sequence[int]) -> int:
    """Where the ways back from all places meet first."""
    ways = iter(places)
    met = next(ways)
    for other in ways:
        while met != other:
            if depth[met] >= depth[other]:
                met = up[met]
            else:
                other = up[other]
    return met


def _circles(after: Mapping[N, Sequence[N]], root: N) -> Iterator[list[N]]:
    """What the root leads to, nodes on one circle together; what comes later first (Tarjan)."""
    number: dict[N, int] = {root: 0}
    low: dict[N, int] = {root: 0}
    open_: list[N] = [root]
    is_open = {root}
    path: list[tuple[N, Iterator[N]]] = [(root, iter(after.get(root, ())))]
    while path:
        node, ahead = path[-1]
        for other in ahead:
            if other not in number:
                number[other] = low[other] = len(number)
                open_.append(other)
                is_open.add(other)
                path.append((other, iter(after.get(other, ()))))
                break
            if other in is_open:
                low[node] = min(low[node], number[other])
        else:
            path.pop()
            if path:
                low[path[-1][0]] = min(low[path[-1][0]], low[node])
            if low[node] == number[node]:
                at = open_.index(node) if open_[-1] != node else len(open_) - 1
                group = open_[at:]
                del open_[at:]
                is_open.difference_update(group)
                yield group
