"""From an answer in states of nodes to the answer in nodes.

A node is reached when a state of it is: by the nearest, and at the best time of all.
An edge that was walked in several copies is one edge, with its own ends and times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from genealogy.model.facts import NodeId
from genealogy.ports import FlowRows
from genealogy.trace.clocks import Times
from genealogy.trace.columns import MARK, select
from genealogy.trace.completeness import in_order
from genealogy.trace.result import (
    Completeness,
    Frontier,
    FrontierReason,
    Gap,
    GapKind,
    ReachedColumns,
    Steps,
    Trace,
)
from genealogy.trace.seeds import Found
from genealogy.trace.states import States, whole


def unfold(trace: Trace, prepared: Iterable[States], found: Found) -> Trace:
    """The answer without states, and with the gaps that came up in taking nodes apart."""
    prepared = list(prepared)
    mixed = {node for states in prepared for node in states.tanks.mixed_anyway}
    reached, edges = trace.reached, trace.edges
    assert isinstance(reached, ReachedColumns)
    seen = mixed.intersection(_come_to(reached)) if mixed else mixed
    gaps = [*found.gaps, *(Gap(GapKind.VESSEL_MIXED, node) for node in seen)]
    lacking = _of_nodes(trace.completeness, gaps)
    times = {edge: told for one in prepared for edge, told in one.times.items()}
    if not times and not any(MARK in node for node in reached.node_id):
        # Seeds that are stops are themselves, so there may be some and no state.
        told = bool(gaps or found.seeds)
        return replace(trace, completeness=lacking, seeds=found.seeds) if told else trace
    place, picks = _first_copies(edges.edge_id)
    merged, states = _merged(reached, place)
    return replace(
        trace,
        reached=merged,
        edges=_as_read(select(edges, picks), times),
        completeness=lacking,
        steps={way: _of_edges(steps, place, states, way) for way, steps in trace.steps.items()},
        seeds=found.seeds,
    )


def _come_to(reached: ReachedColumns) -> Iterator[NodeId]:
    """The nodes that material came to, and those a window is about: not what is a seed as a whole.

    All that was ever in a vessel is in an answer that starts from it, in whatever order.
    """
    for state, way in zip(reached.node_id, reached.direction, strict=True):
        if way != "seed" or MARK in state:
            yield whole(state)


def with_halted(trace: Trace, halted: set[NodeId]) -> Trace:
    """The answer with a frontier at each reached node that passes nothing on, and no gap."""
    stopped = halted.intersection(trace.node_ids()) if halted else halted
    if not stopped:
        return trace
    reason = FrontierReason.NON_PROPAGATING
    lacking = trace.completeness
    frontiers = {*lacking.frontiers, *(Frontier(node, reason) for node in stopped)}
    gaps = tuple(
        gap
        for gap in lacking.gaps
        if gap.node_id not in stopped or gap.kind is not GapKind.LOT_WITHOUT_ORIGIN
    )
    ordered = tuple(sorted(frontiers, key=lambda f: (f.reason, f.node_id)))
    return replace(trace, completeness=replace(lacking, frontiers=ordered, gaps=gaps))


def _first_copies(edge_ids: Sequence[str]) -> tuple[list[int], list[int]]:
    """For each edge its place among the edges without copies, and where those are now."""
    known = dict[str, int]()
    place, picks = list[int](), list[int]()
    for at, edge_id in enumerate(edge_ids):
        found = known.setdefault(edge_id.partition(MARK)[0], len(known))
        if found == len(picks):
            picks.append(at)
        place.append(found)
    return place, picks


def _as_read(rows: FlowRows, times: Mapping[str, Times]) -> FlowRows:
    """The edges with the ends and times with which they were read."""
    rows.edge_id[:] = [edge.partition(MARK)[0] for edge in rows.edge_id]
    rows.source[:] = map(whole, rows.source)
    rows.target[:] = map(whole, rows.target)
    for i, edge in enumerate(rows.edge_id):
        if edge in times:
            rows.occurred_at[i], rows.valid_from[i], rows.valid_to[i] = times[edge]
    return rows


def _merged(
    reached: ReachedColumns, place: Sequence[int]
) -> tuple[ReachedColumns, dict[tuple[str, str], NodeId]]:
    """Each node once in a direction, by distance and id; and the state that stands for it.

    That is the nearest, of several the one of the best time.
    """
    seeds = {n for n, way in zip(reached.node_id, reached.direction, strict=True) if way == "seed"}
    seeds = set(map(whole, seeds))
    found = ReachedColumns()
    at, chosen = dict[tuple[str, str], int](), dict[tuple[str, str], NodeId]()
    best = dict[int, tuple[int, tuple[bool, int]]]()
    columns = zip(
        reached.node_id, reached.direction, reached.distance, reached.exposure, reached.via,
        strict=True,
    )  # fmt: skip
    for state, way, distance, exposure, via in columns:
        node = whole(state)
        if way != "seed" and node in seeds:
            continue
        i = at.setdefault((node, way), len(found.node_id))
        rank = distance, _rank(way, exposure)
        if i == len(found.node_id):
            found.node_id.append(node)
            found.direction.append(way)
            found.distance.append(distance)
            found.exposure.append(exposure)
            found.via.append(None)
        else:
            found.exposure[i] = _better(way, found.exposure[i], exposure)
        if i not in best or rank < best[i]:
            best[i], chosen[node, way] = rank, state
            found.via[i] = None if via is None else place[via]
    return found.by_distance(), chosen


def _rank(way: str, exposure: int | None) -> tuple[bool, int]:
    """How soon material came, backward how late it left; an unknown time is the best."""
    at = exposure or 0
    return exposure is not None, -at if way == "backward" else at


def _better(way: str, one: int | None, other: int | None) -> int | None:
    """The earlier of two exposures, backward the later; that of an unknown time is unknown."""
    if one is None or other is None:
        return None
    return max(one, other) if way == "backward" else min(one, other)


def _of_edges(
    steps: Steps, place: Sequence[int], states: Mapping[tuple[str, str], NodeId], way: str
) -> Steps:
    """The steps by which nodes were reached, each by way of the state that stands for it."""
    first = dict[NodeId, int]()
    for state, step in steps.first.items():
        node = whole(state)
        known = first.setdefault(node, step)
        stands = states.get((node, way))
        if state == stands or (stands is None and _length(steps, step) < _length(steps, known)):
            first[node] = step
    return Steps([place[e] if e >= 0 else -1 for e in steps.edge], steps.before, first)


def _length(steps: Steps, step: int) -> int:
    found = 0
    while steps.edge[step] >= 0:
        found, step = found + 1, steps.before[step]
    return found


def _of_nodes(lacking: Completeness, more: Iterable[Gap]) -> Completeness:
    frontiers = {Frontier(whole(f.node_id), f.reason) for f in lacking.frontiers}
    gaps = {replace(g, node_id=whole(g.node_id)) if g.node_id else g for g in lacking.gaps}
    return replace(
        lacking,
        frontiers=tuple(sorted(frontiers, key=lambda f: (f.reason, f.node_id))),
        gaps=tuple(sorted({*gaps, *more}, key=in_order)),
    )
