"""What traces need from the outside, as protocols the store fulfils."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from genealogy.model.facts import NodeId
from genealogy.model.names import Link, VesselPolicy

Direction = Literal["forward", "backward"]


@dataclass(slots=True)
class FlowRows:
    """Flow edges as parallel columns, one entry an edge, in no promised order.

    Columns rather than objects: a record per edge costs the database drivers
    twenty times more. Times are integers, microseconds since 1970-01-01 UTC;
    null where unknown.
    """

    source: list[NodeId] = field(default_factory=list)
    target: list[NodeId] = field(default_factory=list)
    type: list[str] = field(default_factory=list)
    edge_id: list[str] = field(default_factory=list)
    occurred_at: list[int | None] = field(default_factory=list)
    valid_from: list[int | None] = field(default_factory=list)
    valid_to: list[int | None] = field(default_factory=list)
    recorded_at: list[int] = field(default_factory=list)
    retracted_at: list[int | None] = field(default_factory=list)
    quantity: list[str | None] = field(default_factory=list)
    uom: list[str | None] = field(default_factory=list)
    base_quantity: list[str | None] = field(default_factory=list)
    occurred_offset: list[str | None] = field(default_factory=list)
    place_id: list[str | None] = field(default_factory=list)
    source_system: list[str] = field(default_factory=list)
    source_record: list[str] = field(default_factory=list)
    confidence: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reading:
    """Flow edges read around nodes, with what the trace has to know of these nodes.

    ``whole`` names nodes of which every edge in the direction asked is in ``rows``,
    so a leaf (no edges, nothing to ask) can be told from a node whose edges were
    left out. ``mixed`` names the batches among the near ends of ``rows`` in which
    every input may reach every output. ``kinds`` are kinds of node that came along.
    """

    rows: FlowRows
    whole: Collection[NodeId]
    mixed: Collection[NodeId] = ()
    kinds: Mapping[NodeId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as the store holds it: kind label, roles, properties, and what product it is of."""

    node_id: NodeId
    kind: str
    roles: tuple[str, ...]
    code: str
    name: str | None
    identifiers: tuple[str, ...]
    properties: Mapping[str, Any]
    product_id: NodeId | None = None


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A tie that carries no material; ``part`` says which part the target plays, if any."""

    source: NodeId
    target: NodeId
    part: str | None


@dataclass(frozen=True, slots=True)
class Cleaning:
    """A recorded cleaning or emptying, over at some moment from ``earliest`` to ``latest``.

    In microseconds since 1970-01-01 UTC; ``systems`` are those that told of it.
    """

    earliest: int
    latest: int
    systems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vessel:
    """How a place is used as a vessel."""

    policy: VesselPolicy = VesselPolicy.FULL_MIX
    cleaned: tuple[Cleaning, ...] = ()


class Outset(NamedTuple):
    """Where a question sets out."""

    seeds: tuple[NodeId, ...]
    direction: Direction


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for every question asked of the data.

    ``unfinished`` are the sources of all loads that have begun and not ended, each once
    and in order; ``still`` are the products by whose material nothing is passed on,
    ``unlotted`` the nodes that stand for material of a product of which no lot is known.
    ``near`` is the closure at ``outset``, where that was read after it by the same statement.
    """

    unfinished: tuple[str, ...] = ()
    still: frozenset[NodeId] = frozenset()
    unlotted: frozenset[NodeId] = frozenset()
    outset: Outset | None = None
    near: Reading | None = None


class FlowSource(Protocol):
    """Where a trace reads flow edges and nodes."""

    def edges(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading:
        """All flow edges leaving (forward) or entering (backward) the frontier.

        With ``known_at``: those recorded by then and not retracted by then;
        without: those not retracted. Every edge of each frontier node is returned.
        """
        ...

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        """Flow edges reachable from the seeds, or None if levels are faster here.

        A superset of what a trace keeps is fine, and it need not be closed: a
        trace asks ``edges`` for any node it reaches that is not ``whole``.
        """
        ...

    def kinds(self, node_ids: Sequence[NodeId]) -> dict[NodeId, str]:
        """The kind label of those of these nodes that exist."""
        ...

    def nodes(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> list[NodeRow]:
        """The nodes with these ids that exist, in no promised order.

        With ``known_at``: with the properties that were known by then.
        """
        ...

    def links(self, node_ids: Sequence[NodeId], link: Link) -> list[LinkRow]:
        """The links of one type that leave these nodes, in no promised order.

        They have no record time: these are the ones known now.
        """
        ...

    def moving(
        self,
        node_ids: Sequence[NodeId],
        *,
        known_at: datetime | None = None,
        until: int | None = None,
    ) -> set[NodeId]:
        """Those of these nodes that any flow edge leaves which is in force, as in ``edges``.

        ``until`` (microseconds since 1970-01-01 UTC) leaves out what began later.
        """
        ...

    def first_recorded(self, node_ids: Sequence[NodeId]) -> dict[NodeId, datetime]:
        """When each of these nodes was first recorded (UTC), by itself or by a flow at it.

        Nodes without any record time are left out.
        """
        ...

    def links_to(self, node_ids: Sequence[NodeId], link: Link) -> list[LinkRow]:
        """The links of one type that enter these nodes."""
        ...

    def stays(self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None) -> FlowRows:
        """The stays (STORED_AT) of these nodes that are in force, as in ``edges``."""
        ...

    def stays_at(
        self,
        place_ids: Sequence[NodeId],
        since: int | None = None,
        until: int | None = None,
        *,
        known_at: datetime | None = None,
    ) -> FlowRows:
        """The stays at these places that may have been between two moments.

        In microseconds since 1970-01-01 UTC; null means no limit.
        """
        ...

    def opened_at(
        self,
        place_ids: Sequence[NodeId],
        before: int,
        slack: int = 0,
        *,
        known_at: datetime | None = None,
    ) -> FlowRows:
        """The stays at these places, ended before a moment, of what may have been opened there.

        That is of all of which anything came out by the end of the stay, or that held what
        holds more. In microseconds since 1970-01-01 UTC; clocks may be off by ``slack``.
        """
        ...

    def earliest_ends(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> dict[str, int]:
        """From when on what lasted of these nodes may have ended, where that is known in part.

        By edge, in microseconds; the edges that leave them and hold or keep them.
        """
        ...

    def vessels(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> dict[NodeId, Vessel]:
        """How those of these places are used as vessels of which anything is known by then."""
        ...

    def standing(
        self, *, known_at: datetime | None = None, outset: Outset | None = None
    ) -> Standing:
        """What holds for every question asked of the data now; a source may add the closure."""
        ...


class FlowHistory(Protocol):
    """Where flow edges are found that hold no more."""

    def withdrawn(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> FlowRows:
        """All flow edges leaving (forward) or entering (backward) the frontier that were retracted.

        With ``known_at``: those recorded and retracted by then.
        """
        ...


@dataclass(slots=True)
class NodeColumns:
    """Nodes as columns: id, kind, and whether a batch is mixed as a whole."""

    node_id: list[NodeId] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    mixed: list[bool] = field(default_factory=list)

    def append(self, more: NodeColumns) -> None:
        """Put nodes behind these."""
        self.node_id += more.node_id
        self.kind += more.kind
        self.mixed += more.mixed


@dataclass(frozen=True, slots=True)
class DataState:
    """Which database this is (null: it was given no name yet), and how far its data have come.

    ``stamp`` tells the last write from any other that had its number, in a database that
    was restored from a backup and then written to; null before the first such stamp.
    """

    identity: str | None
    watermark: int
    stamp: str | None = None


class GraphSource(FlowSource, Protocol):
    """Where a copy of the whole flow graph is made of, and kept up to date from."""

    def state(self) -> DataState:
        """Which database this is, and its watermark: how many writes it has accepted."""
        ...

    def name(self) -> str:
        """The name of the database; it is given one if it has none."""
        ...

    def all_nodes(self) -> Iterator[NodeColumns]:
        """All nodes there are in pages, in rising order of their ids."""
        ...

    def flows_from(self, node_ids: Sequence[NodeId]) -> FlowRows:
        """All flow edges leaving these nodes that are in force."""
        ...

    def changed(self, after: DataState, until: int, most: int) -> list[NodeId] | None:
        """The nodes that writes told of after a state until a watermark.

        Null if that is not known, if they are more than ``most``, or if the state is none
        that these data were ever in.
        """
        ...


class Coded(NamedTuple):
    """A node, its code, and the search key of that."""

    node_id: NodeId
    code: str
    code_key: str


class NodeIndex(Protocol):
    """Where a name typed by a person is looked up."""

    def nodes(self, node_ids: Sequence[NodeId]) -> list[NodeRow]:
        """The nodes with these ids that exist, in no promised order."""
        ...

    def by_code(self, code: str, *, limit: int) -> list[NodeRow]:
        """Nodes with the search key of this code, those spelt exactly so first."""
        ...

    def by_codes(self, code_keys: Sequence[str]) -> list[Coded]:
        """All nodes with one of these search keys, in no promised order."""
        ...

    def by_prefix(self, code_key: str, *, limit: int) -> list[NodeRow]:
        """Nodes whose search key begins so, in key order."""
        ...

    def by_name(self, words: str, *, limit: int) -> list[NodeRow]:
        """Products, parties and places whose name (any language) contains these words."""
        ...

    def near(self, code_key: str, *, limit: int) -> list[NodeRow]:
        """Nodes whose search key shares its beginning or its end with this one."""
        ...


class Clock(Protocol):
    """Tells the time, so that tests can choose it."""

    def now(self) -> datetime:
        """The present, zone-aware in UTC."""
        ...
