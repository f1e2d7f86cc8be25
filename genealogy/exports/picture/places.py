"""Rows of the picture: an order in each column with few crossings, and a height for each mark.

Order by barycentre sweeps, keeping the best; heights by moving each column as
near to its neighbours as the order and the gaps allow (isotonic regression).
Links over several columns run through a waypoint in each column between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from genealogy.exports.picture.layers import Link

SWEEPS = 12

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Places:
    """Column and height of each mark, and for each link the heights of its waypoints."""

    column: list[int]
    height: list[float]
    waypoints: list[list[tuple[int, float]]]


@dataclass(slots=True)
class _Grid:
    """Marks and waypoints alike as points; segments join points of adjacent columns."""

    column: Ints
    segments: Ints
    columns: list[Ints]
    between: list[Ints]


def places(
    column: Sequence[int],
    links: Sequence[Link],
    *,
    mark_gap: float,
    waypoint_gap: float,
) -> Places:
    """Place marks whose columns are known; ``links`` run from left to right.

    Gaps are the least distances between centres in one column.
    """
    grid, chains = _grid(column, links)
    ordered = _ordered(grid)
    gaps = np.full(len(grid.column), waypoint_gap / 2)
    gaps[: len(column)] = mark_gap / 2
    height = _heights(ordered, gaps)
    waypoints = [[(int(grid.column[p]), float(height[p])) for p in chain] for chain in chains]
    return Places(list(column), [float(h) for h in height[: len(column)]], waypoints)


def _grid(column: Sequence[int], links: Sequence[Link]) -> tuple[_Grid, list[list[int]]]:
    points = list(column)
    chains: list[list[int]] = []
    segments: list[Link] = []
    for source, target in links:
        between = range(column[source] + 1, column[target])
        chain = list(range(len(points), len(points) + len(between)))
        points.extend(between)
        stops = [source, *chain, target]
        segments.extend(pairwise(stops))
        chains.append(chain)
    return _indexed(np.array(points, dtype=np.int64), segments), chains


def _indexed(points: Ints, segments: list[Link]) -> _Grid:
    joined = np.array(segments, dtype=np.int64).reshape(-1, 2)
    width = int(points.max(initial=0)) + 1
    left = points[joined[:, 0]]
    return _Grid(
        column=points,
        segments=joined,
        columns=[np.flatnonzero(points == c) for c in range(width)],
        between=[joined[left == c] for c in range(width - 1)],
    )


def _ordered(grid: _Grid) -> _Grid:
    rank = np.zeros(len(grid.column))
    for members in grid.columns:
        rank[members] = np.arange(len(members))
    best, fewest = rank.copy(), crossings(grid.between, rank)
    for sweep in range(SWEEPS):
        _sweep(grid, rank, rightward=sweep % 2 == 0)
        found = crossings(grid.between, rank)
        if found < fewest:
            best, fewest = rank.copy(), found
    columns = [members[np.argsort(best[members])] for members in grid.columns]
    return _Grid(grid.column, grid.segments, columns, grid.between)


def _sweep(grid: _Grid, rank: Floats, *, rightward: bool) -> None:
    steps = range(len(grid.between)) if rightward else range(len(grid.between) - 1, -1, -1)
    near, far = (0, 1) if rightward else (1, 0)
    for step in steps:
        members = grid.columns[step + 1 if rightward else step]
        segments = grid.between[step]
        wanted = _means(segments[:, far], rank[segments[:, near]], rank)
        rank[members[np.lexsort((rank[members], wanted[members]))]] = np.arange(len(members))


def _means(points: Ints, values: Floats, otherwise: Floats) -> Floats:
    count = np.bincount(points, minlength=len(otherwise))
    total = np.bincount(points, weights=values, minlength=len(otherwise))
    means: Floats = np.where(count > 0, total / np.maximum(count, 1), otherwise)
    return means


def crossings(between: Sequence[Ints], rank: Floats) -> int:
    """How many pairs of segments cross, over all columns."""
    return sum(_crossings(rank[segments]) for segments in between)


def _crossings(ends: Floats) -> int:
    # In order of their left ends, two segments cross when their right ends are inverted.
    right = ends[np.lexsort((ends[:, 1], ends[:, 0])), 1]
    found = 0
    for i in range(1, len(right)):
        found += int(np.count_nonzero(right[:i] > right[i]))
    return found


def _heights(grid: _Grid, gaps: Floats) -> Floats:
    height = np.zeros(len(grid.column))
    for members in grid.columns:
        height[members] = _spread(np.zeros(len(members)), gaps[members])
    for _ in range(SWEEPS):
        for order in (grid.columns, grid.columns[::-1]):
            for members in order:
                height[members] = _spread(_neighbours(grid, height)[members], gaps[members])
    lowest = float(height.min(initial=0.0))
    return np.asarray(height - lowest)


def _neighbours(grid: _Grid, height: Floats) -> Floats:
    left, right = grid.segments[:, 0], grid.segments[:, 1]
    return _means(np.r_[left, right], np.r_[height[right], height[left]], height)


def _spread(wanted: Floats, gaps: Floats) -> Floats:
    """Heights nearest to those wanted that keep the order and the gaps."""
    if not len(wanted):
        return wanted
    least: Floats = np.r_[0.0, np.cumsum(gaps[1:] + gaps[:-1])]
    return _rising(wanted - least) + least


def _rising(values: Floats) -> Floats:
    """The non-decreasing series nearest to the values: pools that would fall are averaged."""
    pools: list[tuple[float, int]] = []
    for value in values:
        total, count = float(value), 1
        while pools and pools[-1][0] * count > total * pools[-1][1]:
            earlier, members = pools.pop()
            total, count = total + earlier, count + members
        pools.append((total, count))
    means = [total / count for total, count in pools]
    spread: Floats = np.repeat(np.array(means), [count for _, count in pools])
    return spread
