"""Why a node is in a trace: one shortest walk from a seed that could really happen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from genealogy.errors import NotFound
from genealogy.model.facts import NodeId
from genealogy.ports import Direction
from genealogy.trace.result import Steps, Trace


@dataclass(frozen=True, slots=True)
class Hop:
    """One edge of a walk: its position in the trace's edges, and the nodes before and after.

    ``downstream`` tells whether the walk goes with the material.
    """

    edge: int
    before: NodeId
    after: NodeId
    downstream: bool


def witness(trace: Trace, node_id: NodeId, direction: Direction | None = None) -> tuple[int, ...]:
    """The edges of one shortest walk from a seed to the node, as positions; () for a seed.

    Without a direction, the nearer one. Raises NotFound for a node that the trace
    did not reach.
    """
    steps, step = _reached(trace, node_id, direction)
    walk = []
    while steps.edge[step] >= 0:
        walk.append(steps.edge[step])
        step = steps.before[step]
    return tuple(reversed(walk))


def hops(trace: Trace, node_id: NodeId, direction: Direction | None = None) -> tuple[Hop, ...]:
    """The witness of a node edge by edge, from the seed on; raises NotFound as ``witness``."""
    found, after = [], node_id
    for edge in reversed(witness(trace, node_id, direction)):
        downstream = trace.edges.target[edge] == after
        before = trace.edges.source[edge] if downstream else trace.edges.target[edge]
        found.append(Hop(edge, before, after, downstream))
        after = before
    return tuple(reversed(found))


def _reached(trace: Trace, node_id: NodeId, direction: Direction | None) -> tuple[Steps, int]:
    """The steps of the direction in which a node was reached nearest, and its step there."""
    for way in (direction,) if direction else _nearest_first(trace, node_id):
        steps = trace.steps.get(way)
        if steps is not None and node_id in steps.first:
            return steps, steps.first[node_id]
    raise NotFound("not_reached", node=node_id)


def _nearest_first(trace: Trace, node_id: NodeId) -> Iterator[Direction]:
    for reached in trace.reached:
        if reached.node_id == node_id:
            yield from (
                ("forward", "backward") if reached.direction == "seed" else (reached.direction,)
            )
