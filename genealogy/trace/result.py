"""What a trace is asked and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Literal, overload

from genealogy.model.durations import CarryOver, ClockTolerance
from genealogy.model.facts import NodeId
from genealogy.model.times import from_micros, to_micros
from genealogy.ports import Direction, FlowRows, NodeRow

TraceDirection = Literal["forward", "backward", "both"]


class Mode(StrEnum):
    """How strictly times exclude.

    CONSERVATIVE: plain reachability, containment respected by interval.
    EXACT: material leaves a node only at or after it arrived there.
    """

    CONSERVATIVE = "conservative"
    EXACT = "exact"


class State(StrEnum):
    """Whether an answer is whole; the worst that applies."""

    COMPLETE = "complete"
    GAPS = "gaps"
    MASKED = "masked"
    TRUNCATED = "truncated"


class FrontierReason(StrEnum):
    """Why a trace did not go on at a node that has further flow edges, or left it out."""

    STOP = "stop"
    MAX_DEPTH = "max_depth"
    DILUTION = "dilution"
    NON_PROPAGATING = "non_propagating"


class GapKind(StrEnum):
    """What is missing in the data along a trace."""

    SHIPPED_WITHOUT_RECEIPT = "shipped_without_receipt"
    BATCH_WITHOUT_OUTPUT = "batch_without_output"
    BATCH_WITHOUT_INPUT = "batch_without_input"
    LOT_WITHOUT_ORIGIN = "lot_without_origin"
    UNLOTTED_MATERIAL = "unlotted_material"
    VESSEL_MIXED = "vessel_mixed"
    NOTHING_IN_WINDOW = "nothing_in_window"
    PRESENCE_UNKNOWN = "presence_unknown"
    UNKNOWN_TIME = "unknown_time"
    NOT_BEGUN = "not_begun"
    WITHOUT_FLOWS = "without_flows"
    LOAD_UNFINISHED = "load_unfinished"


class WindowKind(StrEnum):
    """What a window of time is about.

    PLACE: what was there, in it or made there. EQUIPMENT: what ran on a line or machine.
    SUPPLIER: what was delivered. PRODUCT: what was made of it. EVENT: what it is about.
    """

    PLACE = "place"
    EQUIPMENT = "equipment"
    SUPPLIER = "supplier"
    PRODUCT = "product"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Window:
    """A start of a trace that is found from data: something, and when it mattered.

    Both moments are aware and count as within; null means no limit. ``revision`` is that
    of the recipe by which a product was made. An event has its own window.
    """

    kind: WindowKind
    node_id: NodeId
    since: datetime | None = None
    until: datetime | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Seed:
    """A node from which a trace starts because of a window, the number ``window`` of those asked.

    Forward it counts from ``since`` on, backward until ``until``; at ``place`` alone
    where that is known. In microseconds since 1970-01-01 UTC, null means no limit.
    """

    node_id: NodeId
    window: int
    since: int | None = None
    until: int | None = None
    place: NodeId | None = None


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """A question: from which seeds, which way, under which times and limits.

    ``as_of`` is event time (what had happened), ``known_at`` record time (what
    had been recorded); both aware, null means now. ``stops`` are nodes at which
    not to go on; ``max_depth`` counts flow edges, null means no limit. ``quantities``
    asks for the amounts of seed material; ``dilution`` leaves out nodes of which less
    than this fraction can be seed material, null leaves out nothing. The clocks of the
    systems in ``clock_tolerance`` may be off by so much, either way. ``windows`` are
    starts besides the seeds, found from data. ``carry_over`` adds hypothetical flows from
    batch to batch on equipment of a class, with no more time between than that.
    """

    seeds: tuple[NodeId, ...]
    direction: TraceDirection
    mode: Mode = Mode.EXACT
    as_of: datetime | None = None
    known_at: datetime | None = None
    stops: tuple[NodeId, ...] = ()
    max_depth: int | None = None
    quantities: bool = False
    dilution: Decimal | None = None
    clock_tolerance: ClockTolerance = ()
    windows: tuple[Window, ...] = ()
    carry_over: CarryOver = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """How a node was reached in one direction.

    ``distance`` counts flow edges from the nearest seed. ``first_exposure``
    (forward) or ``last_contribution`` (backward) is UTC; null when no time on
    the way was known. ``via`` is the position, in the trace's edge columns, of
    the last edge of one shortest witness path; null for a seed.
    """

    node_id: NodeId
    direction: Literal["seed", "forward", "backward"]
    distance: int
    exposure: datetime | None
    via: int | None


@dataclass(frozen=True, slots=True)
class ReachedColumns(Sequence[Reached]):
    """Reached nodes as parallel columns, each read as a ``Reached``.

    ``exposure`` is in microseconds since 1970-01-01 UTC; null where unknown.
    """

    node_id: list[NodeId] = field(default_factory=list)
    direction: list[Literal["seed", "forward", "backward"]] = field(default_factory=list)
    distance: list[int] = field(default_factory=list)
    exposure: list[int | None] = field(default_factory=list)
    via: list[int | None] = field(default_factory=list)

    @classmethod
    def of(cls, reached: Sequence[Reached]) -> ReachedColumns:
        """These nodes as columns."""
        if isinstance(reached, cls):
            return reached
        found = cls()
        for one in reached:
            found.node_id.append(one.node_id)
            found.direction.append(one.direction)
            found.distance.append(one.distance)
            found.exposure.append(None if one.exposure is None else to_micros(one.exposure))
            found.via.append(one.via)
        return found

    def __len__(self) -> int:
        return len(self.node_id)

    def by_distance(self) -> ReachedColumns:
        """The same nodes, those of the least distance first, and then by id."""
        order = sorted(range(len(self)), key=lambda i: (self.distance[i], self.node_id[i]))
        columns = (getattr(self, column.name) for column in fields(self))
        return ReachedColumns(*([column[i] for i in order] for column in columns))

    @overload
    def __getitem__(self, at: int) -> Reached: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Reached, ...]: ...

    def __getitem__(self, at: int | slice) -> Reached | tuple[Reached, ...]:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        exposure = self.exposure[at]
        return Reached(
            self.node_id[at],
            self.direction[at],
            self.distance[at],
            None if exposure is None else from_micros(exposure),
            self.via[at],
        )


@dataclass(frozen=True, slots=True)
class Amount:
    """How much seed material of one product came to a node (``docs/quantities.md``).

    ``least`` for certain, ``share`` when all is mixed evenly, ``most`` at most, exactly
    and in ``unit``; null where it is not known (``most``: no limit known). ``of_seed``
    and ``of_node`` are the share as a fraction of all seed material and of all that
    came into the node, ``most_of_node`` what can be of the latter at most.
    """

    product: NodeId | None
    unit: str | None
    least: Fraction
    share: Fraction | None
    most: Fraction | None
    of_seed: Fraction | None
    of_node: Fraction | None
    most_of_node: Fraction | None


@dataclass(frozen=True, slots=True)
class Frontier:
    """A node at which the trace did not go on although it could have."""

    node_id: NodeId
    reason: FrontierReason


@dataclass(frozen=True, slots=True)
class Gap:
    """Something the data do not say, at one node or edge of the trace.

    Of a load that has not ended nobody knows which nodes it would have told of:
    then ``node_id`` is null and ``source`` is what was being loaded.
    """

    kind: GapKind
    node_id: NodeId | None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Completeness:
    """What an answer lacks: frontiers not followed, gaps in the data, masked nodes."""

    frontiers: tuple[Frontier, ...] = ()
    gaps: tuple[Gap, ...] = ()
    masked: int = 0

    @property
    def unfinished_loads(self) -> tuple[str, ...]:
        """What was being loaded by loads that have not ended."""
        return tuple(gap.source for gap in self.gaps if gap.source is not None)

    def count(self, reason: FrontierReason) -> int:
        """At how many nodes the trace did not go on for a reason."""
        return sum(frontier.reason is reason for frontier in self.frontiers)

    @property
    def state(self) -> State:
        """The worst that applies: truncated, masked, gaps, complete.

        That some material passes nothing on is a stated policy, and cuts nothing off.
        """
        if any(f.reason is not FrontierReason.NON_PROPAGATING for f in self.frontiers):
            return State.TRUNCATED
        if self.masked:
            return State.MASKED
        return State.GAPS if self.gaps else State.COMPLETE


@dataclass(frozen=True, slots=True)
class Steps:
    """The walks of one direction, from which witness paths are read back.

    Step ``i`` is the edge at position ``edge[i]`` of the trace's edges, taken after
    step ``before[i]``; both are -1 where a walk starts, at a seed. ``first`` is the
    step by which each node was reached with the fewest edges.
    """

    edge: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    first: dict[NodeId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer: the nodes reached, the flow edges among them, and what it lacks.

    ``reached`` holds seeds first, then by distance and id; with direction "both"
    a node reached both ways appears twice. ``edges`` are the columns of the
    edges that carried the trace, in no promised order. A contents of a seed
    (of a container or shipment) is reached forward over an edge walked against
    its direction. ``steps`` is what ``genealogy.trace.witness`` reads. ``rows``
    tells of nodes and their products; ``genealogy.trace.details`` fills it.
    ``amounts`` are those of the nodes reached forward, where they were asked for, one
    for each product that seeds are of; ``genealogy.trace.shares`` fills it. ``seeds`` are
    those that were found for the windows of the query. ``hypothetical`` nodes are reached
    by way of hypothetical flows alone, ``inferred`` ones by way of material without lot
    number that may be of a lot. ``watermark`` is that of the snapshot that answered; null
    where the database did.
    """

    query: TraceQuery
    reached: Sequence[Reached]
    edges: FlowRows
    rows: Mapping[NodeId, NodeRow] = field(repr=False)
    completeness: Completeness
    steps: dict[Direction, Steps] = field(default_factory=dict, repr=False)
    amounts: Mapping[NodeId, tuple[Amount, ...]] | None = field(default=None, repr=False)
    seeds: tuple[Seed, ...] = field(default=(), repr=False)
    hypothetical: frozenset[NodeId] = field(default=frozenset(), repr=False)
    inferred: frozenset[NodeId] = field(default=frozenset(), repr=False)
    watermark: int | None = None

    def node_ids(self) -> Iterator[NodeId]:
        """Each reached node once, in order."""
        columns = self.reached
        named = (
            columns.node_id if isinstance(columns, ReachedColumns) else (r.node_id for r in columns)
        )
        return iter(dict.fromkeys(named))

    def edge_order(self) -> list[int]:
        """The positions of the edges by edge id: the order in which they are shown."""
        return sorted(range(len(self.edges.edge_id)), key=self.edges.edge_id.__getitem__)
