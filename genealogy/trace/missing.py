"""How far the records lead from both sides, where nothing links a node to a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from genealogy.model.facts import NodeId
from genealogy.ports import Direction, FlowSource
from genealogy.trace.result import GapKind, Mode, TraceQuery
from genealogy.trace.run import OPPOSITE, directions, trace

MOST_ENDS = 20


@dataclass(frozen=True, slots=True)
class End:
    """A node behind which nothing is recorded, how far it is, and what is missing there."""

    node_id: NodeId
    distance: int
    gaps: tuple[GapKind, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What can be reached from one side, times left aside.

    ``ends`` are up to twenty of ``total``: those with gaps first, the farthest of them first.
    ``node_id`` is null for several seeds.
    """

    node_id: NodeId | None
    direction: Direction
    nodes: int
    distance: int
    total: int
    ends: tuple[End, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A missing link: what the seed leads to, and what leads to the node."""

    seed: Side
    node: Side

    def node_ids(self) -> Iterator[NodeId]:
        """The nodes named."""
        return (end.node_id for side in (self.seed, self.node) for end in side.ends)


def missing_link(source: FlowSource, query: TraceQuery, node_id: NodeId) -> Missing:
    """Where the records of seeds and of a node that they do not reach end."""
    way = directions(query)[0]
    return Missing(
        _side(source, query, query.seeds, way), _side(source, query, (node_id,), OPPOSITE[way])
    )


def _side(
    source: FlowSource, query: TraceQuery, starts: tuple[NodeId, ...], way: Direction
) -> Side:
    asked = replace(
        query,
        seeds=starts,
        direction=way,
        mode=Mode.CONSERVATIVE,
        stops=(),
        max_depth=None,
        quantities=False,
        dilution=None,
    )
    found = trace(source, asked)
    gaps: dict[NodeId, list[GapKind]] = {}
    for gap in found.completeness.gaps:
        if gap.node_id is not None:
            gaps.setdefault(gap.node_id, []).append(gap.kind)
    left = found.edges.source if way == "forward" else found.edges.target
    leading_on = set(left)
    ends = [
        End(reached.node_id, reached.distance, tuple(gaps.get(reached.node_id, ())))
        for reached in found.reached
        if reached.node_id not in leading_on or reached.node_id in gaps
    ]
    ends.sort(key=lambda end: (not end.gaps, -end.distance, end.node_id))
    farthest = max((reached.distance for reached in found.reached), default=0)
    named = starts[0] if len(starts) == 1 else None
    return Side(named, way, len(found.reached), farthest, len(ends), tuple(ends[:MOST_ENDS]))
