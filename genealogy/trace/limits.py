"""At most how much seed material can have come to a node, by the node all of it came through.

Only for nodes to which material comes by moves that each unit of it makes once: it is
consumed, produced, loaded, drawn, renamed or left behind. What is packed or shipped may
be so twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.trace.dominators import passages
from genealogy.trace.hubs import Hubs, Move
from genealogy.trace.origins import Origin
from genealogy.trace.parcel import ZERO, smaller

_ONCE = frozenset(
    {
        Flow.CONSUMED_BY,
        Flow.PRODUCED,
        Flow.RELABELLED_AS,
        Flow.LOADED_INTO,
        Flow.DRAWN_FROM,
        Flow.CARRIED_OVER,
    }
)
#: Where all seed material is at first, and where what can come twice is taken to come from.
_SEED, _ANYWHERE = NodeId("\x1fseed"), NodeId("\x1fanywhere")


@dataclass(slots=True)
class Limits:
    """What has come to each node so far, and which node it must have come through.

    ``total`` is all seed material, null where it is not known.
    """

    total: Fraction | None
    _through: dict[NodeId, NodeId]
    _came: dict[NodeId, Fraction | None] = field(default_factory=dict)

    @classmethod
    def of(cls, hubs: Hubs, origin: Origin, total: Fraction | None) -> Limits:
        """The limits before anything is told of movements."""
        limits = cls(total, passages(_ways(hubs, origin), _ANYWHERE))
        limits._came = {node: origin.most_of(hubs, node) for node in origin.nodes}
        limits._came |= dict.fromkeys((*origin.marks, *origin.parts, *origin.vessels), None)
        return limits

    def add(self, node_id: NodeId, most: Fraction | None) -> None:
        """Take note of what comes to a node at most."""
        came = self._came.get(node_id, ZERO)
        self._came[node_id] = None if came is None or most is None else came + most

    def at(self, node_id: NodeId) -> Fraction | None:
        """The limit for a node and for all that leaves it; null where there is none."""
        through = self._through.get(node_id, _ANYWHERE)
        if through == _ANYWHERE:
            return None
        return smaller(self.total, None if through == _SEED else self._came.get(through, ZERO))


def _ways(hubs: Hubs, origin: Origin) -> Iterator[tuple[NodeId, NodeId]]:
    yield _ANYWHERE, _SEED
    for node in origin.nodes:
        yield _SEED, node
    for node in (*origin.marks, *origin.parts, *origin.vessels):
        yield _ANYWHERE, node
    for move in hubs.moves.values():
        if not move.carries or move.target in origin.nodes:
            continue
        if not _is_once(hubs, move):
            yield _ANYWHERE, move.target
        elif move.edge_id in origin.moves:
            yield _SEED, move.target
        else:
            yield move.source, move.target


def _is_once(hubs: Hubs, move: Move) -> bool:
    """Whether what moves was used up, as the records of things that move whole do not assure."""
    if hubs.kind(move.source) in (Label.ITEM, Label.UNIT):
        return False
    return move.type in _ONCE or (move.type == Flow.PART_OF and hubs.kind(move.source) == Label.LOT)
