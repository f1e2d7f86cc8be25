"""Reads flow edges, nodes and events for the domain, as columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, cast

from genealogy.errors import StoreForeign
from genealogy.model import claims
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Link, Mixing
from genealogy.model.times import from_micros, iso
from genealogy.ports import (
    Cleaning,
    Direction,
    FlowRows,
    LinkRow,
    NodeRow,
    Outset,
    Reading,
    Standing,
    Vessel,
)
from genealogy.store.bolt import GraphStore
from genealogy.store.codec import iso_or_null
from genealogy.store.node_index import GraphIndex, kind_of
from genealogy.store.queries import (
    AHEAD,
    CLEANINGS,
    EARLIEST_ENDS,
    EDGES,
    EDGES_OF_HUB,
    FIRST_RECORDED,
    KINDS,
    MOVING,
    OPENED_AT,
    STANDING,
    STAYS_AT,
    STAYS_OF,
    WITHDRAWN,
    Ahead,
    Level,
    Query,
    StandingRow,
    Stay,
    links_at,
    links_to,
)
from genealogy.trace.columns import append
from genealogy.trace.vessels import cleaned_within, policy_of

_NULLABLE = frozenset(
    {"occurred_at", "valid_from", "valid_to", "retracted_at", "quantity", "uom", "base_quantity",
     "occurred_offset", "place_id"}
)  # fmt: skip
_CHUNK = 5_000
_FEW = 64
#: Nodes that a first query may reach: enough for most questions, little for a large one.
_NEAREST = 10_000
#: Edges in one answer: ArcadeDB collects half a million values at most, and keeps its heap.
MOST_EDGES = 100_000


class GraphFlows:
    """Reads flow edges: those near the seeds in one query, then a level at a time."""

    def __init__(self, store: GraphStore, *, most: int = MOST_EDGES) -> None:
        self._store = store
        self._most = most

    def edges(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading:
        """All flow edges leaving (forward) or entering (backward) the frontier."""
        rows, mixed = FlowRows(), set[NodeId]()
        size = self._store.engine.frontier
        pages = [list(frontier[i : i + size]) for i in range(0, len(frontier), size)]
        while pages:
            page = pages.pop()
            found = self._level(page, direction, known_at)
            if found is None:
                pages += [page[: len(page) // 2], page[len(page) // 2 :]]
            else:
                append(rows, flow_rows(found.columns))
                mixed.update(map(NodeId, found.mixed))
        return self._as_known(Reading(rows, frontier, mixed), known_at)

    def _level(
        self, page: list[NodeId], direction: Direction, known_at: datetime | None
    ) -> Level | None:
        """The edges at some nodes; null where that is too much for one statement."""
        known = iso_or_null(known_at)
        [found] = self._store.run(EDGES[direction], frontier=page, known_at=known, most=self._most)
        if len(found.columns[0]) < self._most:
            return found
        if len(page) > 1:
            return None
        edges = self._store.run(EDGES_OF_HUB[direction], node_id=page[0], known_at=known)
        mixed = {str(page[0]) for edge in edges if edge.mixing == Mixing.WHOLE}
        columns = zip(*(edge.values for edge in edges), strict=True)
        return Level([list(column) for column in columns], list(mixed))

    def withdrawn(
        self, frontier: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> FlowRows:
        """All flow edges leaving (forward) or entering (backward) the frontier that were retracted.

        An edge a record: there are few of them.
        """
        rows = FlowRows()
        known, size = iso_or_null(known_at), self._store.engine.frontier
        for i in range(0, len(frontier), size):
            page = list(frontier[i : i + size])
            edges = self._store.run(WITHDRAWN[direction], frontier=page, known_at=known)
            columns = [list(column) for column in zip(*(e.values for e in edges), strict=True)]
            if columns:
                append(rows, flow_rows(columns))
        return rows

    def closure(
        self, seeds: Sequence[NodeId], direction: Direction, *, known_at: datetime | None = None
    ) -> Reading | None:
        """The flow edges of the nodes nearest to the seeds, in one query.

        Null for many seeds, or where that is too much for one statement. A small
        genealogy is whole then. Of a large one the trace asks for the rest level by
        level, which fetches no more than the answer needs.
        """
        if len(seeds) > _FEW:
            return None
        return self._near(self._ahead(seeds, direction, known_at), known_at)

    def _ahead(
        self, seeds: Sequence[NodeId], direction: Direction, known_at: datetime | None
    ) -> Ahead:
        [found] = self._store.run(
            AHEAD[direction],
            frontier=list(seeds),
            known_at=iso_or_null(known_at),
            limit=_NEAREST // len(seeds),
            most=self._most,
        )
        return found

    def _near(self, found: Ahead, known_at: datetime | None) -> Reading | None:
        if len(found.columns[0]) == self._most:
            return None
        kinds = {NodeId(seed): kind_of(labels) for seed, labels in found.seeds}
        mixed = frozenset(map(NodeId, found.mixed))
        near = cast(list[NodeId], found.near)
        return self._as_known(Reading(flow_rows(found.columns), near, mixed, kinds), known_at)

    def kinds(self, node_ids: Sequence[NodeId]) -> dict[NodeId, str]:
        """The kind label of those of these nodes that exist."""
        found: dict[NodeId, str] = {}
        for i in range(0, len(node_ids), _CHUNK):
            [page] = self._store.run(KINDS, ids=list(node_ids[i : i + _CHUNK]))
            found |= {node_id: kind_of(labels) for node_id, labels in page.rows}
        return found

    def nodes(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> list[NodeRow]:
        """The nodes with these ids that exist, as they were known."""
        return GraphIndex(self._store).nodes(node_ids, known_at=known_at)

    def links(self, node_ids: Sequence[NodeId], link: Link) -> list[LinkRow]:
        """The links of one type that leave these nodes."""
        found: list[LinkRow] = []
        for i in range(0, len(node_ids), _CHUNK):
            [page] = self._store.run(links_at(link), ids=list(node_ids[i : i + _CHUNK]))
            found += [LinkRow(NodeId(a), NodeId(b), part) for a, b, part in page.rows]
        return found

    def moving(
        self,
        node_ids: Sequence[NodeId],
        *,
        known_at: datetime | None = None,
        until: int | None = None,
    ) -> set[NodeId]:
        """Those of these nodes that any flow edge leaves, as known and begun by then."""
        times = {
            "known_at": iso_or_null(known_at),
            "until": _text_of(until),
        }
        found: set[NodeId] = set()
        for i in range(0, len(node_ids), _CHUNK):
            [page] = self._store.run(MOVING, ids=list(node_ids[i : i + _CHUNK]), **times)
            found.update(map(NodeId, page.ids))
        return found

    def first_recorded(self, node_ids: Sequence[NodeId]) -> dict[NodeId, datetime]:
        """When each of these nodes was first recorded, by itself or by a flow at it."""
        found: dict[NodeId, datetime] = {}
        for i in range(0, len(node_ids), _CHUNK):
            [page] = self._store.run(FIRST_RECORDED, ids=list(node_ids[i : i + _CHUNK]))
            found |= {row[0]: first for row in page.rows if (first := _earlier(*row[1:]))}
        return found

    def links_to(self, node_ids: Sequence[NodeId], link: Link) -> list[LinkRow]:
        """The links of one type that enter these nodes."""
        found: list[LinkRow] = []
        for i in range(0, len(node_ids), _CHUNK):
            ties = self._store.run(links_to(link), ids=list(node_ids[i : i + _CHUNK]))
            found += [LinkRow(NodeId(t.source), NodeId(t.target), t.part) for t in ties]
        return found

    def stays(self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None) -> FlowRows:
        """Where these nodes were kept."""
        return self._stays(STAYS_OF, node_ids, known_at=iso_or_null(known_at))

    def stays_at(
        self,
        place_ids: Sequence[NodeId],
        since: int | None = None,
        until: int | None = None,
        *,
        known_at: datetime | None = None,
    ) -> FlowRows:
        """What was kept at these places between two moments."""
        ends = {"since": _text_of(since), "until": _text_of(until)}
        return self._stays(STAYS_AT, place_ids, known_at=iso_or_null(known_at), **ends)

    def opened_at(
        self,
        place_ids: Sequence[NodeId],
        before: int,
        slack: int = 0,
        *,
        known_at: datetime | None = None,
    ) -> FlowRows:
        """What may have been opened at these places before a moment."""
        told = {"before": _text_of(before), "slack": -(-slack // 1_000_000)}
        return self._stays(OPENED_AT, place_ids, known_at=iso_or_null(known_at), **told)

    def earliest_ends(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> dict[str, int]:
        """From when on what lasted of these nodes may have ended, where that is known in part."""
        found, known = dict[str, int](), iso_or_null(known_at)
        for i in range(0, len(node_ids), _CHUNK):
            [page] = self._store.run(
                EARLIEST_ENDS, ids=list(node_ids[i : i + _CHUNK]), known_at=known
            )
            found |= dict(page.rows)
        return found

    def _stays(self, query: Query[Stay], ids: Sequence[NodeId], **params: Any) -> FlowRows:
        rows = FlowRows()
        for i in range(0, len(ids), _CHUNK):
            stays = self._store.run(query, ids=list(ids[i : i + _CHUNK]), **params)
            if stays:
                columns = zip(*(stay.values for stay in stays), strict=True)
                append(rows, flow_rows([list(column) for column in columns]))
        return rows

    def vessels(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> dict[NodeId, Vessel]:
        """How those of these places are used as vessels of which anything is known."""
        cleaned = defaultdict[NodeId, list[Cleaning]](list)
        for i in range(0, len(node_ids), _CHUNK):
            [page] = self._store.run(CLEANINGS, ids=list(node_ids[i : i + _CHUNK]))
            for place, told in page.rows:
                span = cleaned_within(claims.properties(told or [], known_at), known_at)
                if span is not None:
                    cleaned[place].append(Cleaning(*span, claims.systems(told)))
        places = self.nodes(node_ids, known_at=known_at)
        return {p.node_id: Vessel(policy_of(p), tuple(cleaned[p.node_id])) for p in places}

    def standing(
        self, *, known_at: datetime | None = None, outset: Outset | None = None
    ) -> Standing:
        """What holds for every question asked of the data now; for few seeds with the closure."""
        if outset is None or len(outset.seeds) > _FEW:
            [found] = self._store.run(STANDING)
            return self._told(found, known_at)
        ahead = self._ahead(outset.seeds, outset.direction, known_at)
        near = self._near(ahead, known_at)
        return replace(self._told(ahead, known_at), outset=outset, near=near)

    def _told(self, found: StandingRow | Ahead, known_at: datetime | None) -> Standing:
        products = self.nodes(list(map(NodeId, found.still)), known_at=known_at)
        still = (row.node_id for row in products if row.properties.get("non_propagating"))
        unlotted = frozenset(map(NodeId, found.unlotted))
        return Standing(tuple(sorted(found.unfinished)), frozenset(still), unlotted)

    def _as_known(self, reading: Reading, known_at: datetime | None) -> Reading:
        """With those batches mixed as a whole that were known by then to be so."""
        if known_at is None:
            return reading
        batches = self.nodes(_batches(reading.rows), known_at=known_at)
        mixed = (b.node_id for b in batches if b.properties.get("mixing") == Mixing.WHOLE)
        return replace(reading, mixed=frozenset(mixed))


def _text_of(micros: int | None) -> str | None:
    return None if micros is None else iso(from_micros(micros))


def _earlier(told: list[str] | None, by_flow: int | None) -> datetime | None:
    times = [claims.first_recorded(told or []), None if by_flow is None else from_micros(by_flow)]
    return min((moment for moment in times if moment is not None), default=None)


def flow_rows(columns: list[list[Any]]) -> FlowRows:
    """Edges as the trace knows them. Raises StoreForeign when one lacks what each must have."""
    if len({len(column) for column in columns}) != 1:
        raise StoreForeign
    values = zip(fields(FlowRows), columns, strict=True)
    return FlowRows(*(_with_nulls(c) if f.name in _NULLABLE else c for f, c in values))


def _with_nulls(column: list[Any]) -> list[Any]:
    empty = column.count("")
    if not empty:
        return column
    return (
        [None if value == "" else value for value in column]
        if empty < len(column)
        else [None] * empty
    )


def _batches(rows: FlowRows) -> list[NodeId]:
    """The batches at which edges end."""
    ends = {Flow.PRODUCED: rows.source, Flow.CONSUMED_BY: rows.target, Flow.DRAWN_FROM: rows.target}
    return sorted({ends[Flow(flow)][i] for i, flow in enumerate(rows.type) if flow in ends})
