"""What is in the way of a trace, and the answer that names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from genealogy.model.facts import NodeId
from genealogy.ports import Direction, FlowRows, NodeRow
from genealogy.trace.missing import Missing
from genealogy.trace.result import TraceQuery
from genealogy.trace.witness import Hop


class ObstacleKind(StrEnum):
    """What keeps material, or a trace, from going on."""

    TIME = "time"
    PLACE = "place"
    INTERVAL = "interval"
    VESSEL = "vessel"
    ON_HAND = "on_hand"
    UNUSED = "unused"
    LEFT_BEFORE = "left_before"
    CAME_AFTER = "came_after"
    ONLY_BEFORE = "only_before"
    ONLY_AFTER = "only_after"
    NEVER_THERE = "never_there"
    ELSEWHERE = "elsewhere"
    NON_PROPAGATING = "non_propagating"
    STOP = "stop"
    MAX_DEPTH = "max_depth"
    AS_OF = "as_of"
    NOT_RECORDED = "not_recorded"
    WITHDRAWN = "withdrawn"
    DILUTION = "dilution"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that would have to be otherwise.

    TIME, INTERVAL, VESSEL, ON_HAND: material came to ``node_id`` by the edge ``came``, at ``at``
    at the earliest (backward: left for the seed at the latest), but would have had to leave by
    the edge ``left``: that was before (TIME), after it was taken out (INTERVAL) or used up
    (ON_HAND), or before, after a cleaning or out of turn (VESSEL). Edges are positions in
    those of the answer.
    PLACE: it came to ``node_id`` by the edge ``came``, in time; but what left by the edge ``left``
    was at ``place``, and came there otherwise by what is recorded of where the node was kept.
    UNUSED: it may be ``node_id``, which has no lot number, by the edge ``came``; but nothing of
    that moved on while the lot was on hand.
    LEFT_BEFORE, CAME_AFTER, NEVER_THERE: ``node_id`` was not at ``place`` in the window;
    ``came`` is the nearest stay there. ONLY_BEFORE, ONLY_AFTER: no record says that it was there in
    the window, but at ``at`` it was: by the movement ``came``, or as a batch that ran.
    ELSEWHERE: it was there then, but did not go on by the edge ``left`` from there then.
    NON_PROPAGATING: the same as TIME, where the node is of material that passes nothing on.
    STOP: the node.
    AS_OF, NOT_RECORDED: the moment to ask for at least. WITHDRAWN: the edge ``left``, and when.
    MAX_DEPTH: how many edges it takes, in ``steps``. DILUTION: less of ``node_id`` can be seed
    material than the question asks for.
    """

    kind: ObstacleKind
    node_id: NodeId | None = None
    came: int | None = None
    left: int | None = None
    at: datetime | None = None
    steps: int | None = None
    place: NodeId | None = None


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The answer: obstacles, and the path there would be without them; or what is missing.

    ``path`` leads from a seed to the node and holds positions in ``edges``. Without
    obstacles and without ``missing`` the node is reached as asked. ``watermark``: all writes up
    to it are in, where that is known.
    """

    query: TraceQuery
    node_id: NodeId
    direction: Direction
    obstacles: tuple[Obstacle, ...]
    path: tuple[Hop, ...]
    edges: FlowRows
    rows: Mapping[NodeId, NodeRow] = field(repr=False)
    missing: Missing | None = None
    watermark: int | None = None

    @property
    def reached(self) -> bool:
        """Whether nothing is in the way."""
        return not self.obstacles and self.missing is None
