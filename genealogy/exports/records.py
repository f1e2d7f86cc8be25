"""A trace as plain records: the one place where the field names of exports are spelt.

Every format is a rendering of these records, so they cannot disagree. Decimals
are text, times ISO 8601 with offset, unknown values null.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from genealogy.exports.amounts import amount_records
from genealogy.exports.windows import found_in, window_records
from genealogy.model.durations import CarryOver, ClockTolerance, spell_duration
from genealogy.model.facts import NodeId
from genealogy.model.identifiers import spellings
from genealogy.model.names import RECORDED, Label
from genealogy.model.times import from_micros, iso
from genealogy.ports import FlowRows, NodeRow
from genealogy.trace.hosts import exposed_hosts
from genealogy.trace.result import Completeness, Gap, ReachedColumns, Trace, TraceQuery
from genealogy.trace.witness import Hop, hops

if TYPE_CHECKING:
    from genealogy.trace.resolve import Candidate

Record = dict[str, Any]

NODE_FIELDS = (
    "id",
    "kind",
    "roles",
    "identifiers",
    "code",
    "name",
    "product_name",
    "label",
    "direction",
    "distance",
    "first_exposure",
    "last_contribution",
    "via",
    "frontier",
    "gaps",
    "properties",
)
EDGE_FIELDS = (
    "id",
    "type",
    "source",
    "target",
    "quantity",
    "uom",
    "base_quantity",
    "occurred_at",
    "valid_from",
    "valid_to",
    "recorded_at",
    "retracted_at",
    "place_id",
    "source_system",
    "source_record",
    "confidence",
)


#: The columns of edges in the order of their fields, and the offset of their times.
_COLUMNS = (
    "edge_id",
    *(name for name in EDGE_FIELDS if name != "id"),
    "occurred_offset",
)
#: Edges that are picked from their columns at once.
_PIECE = 500


def query_record(query: TraceQuery) -> Record:
    """The question, with its seeds and stops as node ids."""
    return {
        "direction": query.direction,
        "seeds": list(query.seeds),
        "mode": query.mode.value,
        "as_of": _time(query.as_of),
        "known_at": _time(query.known_at),
        "stops": list(query.stops),
        "max_depth": query.max_depth,
        **({"quantities": True} if query.quantities else {}),
        **_lengths("clock_tolerance", query.clock_tolerance),
        **_lengths("carry_over", query.carry_over),
        **({"windows": window_records(query.windows)} if query.windows else {}),
        **({} if query.dilution is None else {"dilution": f"{query.dilution:f}"}),
    }


def _lengths(name: str, told: ClockTolerance | CarryOver) -> Record:
    """Lengths of time by what they hold for, where there are any."""
    lengths = {of: spell_duration(length) for of, length in told}
    return {name: lengths} if lengths else {}


def completeness_record(completeness: Completeness) -> Record:
    """What the answer lacks, in words that do not change with the language."""
    return {
        "state": completeness.state.value,
        "frontiers": [
            {"node": f.node_id, "reason": f.reason.value} for f in completeness.frontiers
        ],
        "gaps": [_gap(gap) for gap in completeness.gaps],
        "masked": completeness.masked,
    }


def _gap(gap: Gap) -> Record:
    at: Record = {"node": gap.node_id, "kind": gap.kind.value}
    return at if gap.source is None else {**at, "source": gap.source}


def node_records(trace: Trace) -> Iterator[Record]:
    """Each node once, seeds first, then by distance.

    A node reached both ways has direction "both" and the smaller distance. ``amounts``
    are there where they were asked for, ``found_in`` at seeds found for windows.
    """
    frontiers = {f.node_id: f.reason.value for f in trace.completeness.frontiers}
    gaps, origins = gaps_by_node(trace.completeness), found_in(trace)
    hosts = _exposed(trace)
    for node_id, ways in _ways(trace):
        row = node_row(trace, node_id)
        record = _identity(row, product_row(trace, row))
        record |= _reach(ways, trace.edges)
        record["frontier"] = frontiers.get(node_id)
        record["gaps"] = gaps.get(node_id, [])
        amounts = amount_records(trace, node_id)
        if amounts is not None:
            record["amounts"] = amounts
        if node_id in trace.hypothetical:
            record["hypothetical"] = True
        if node_id in trace.inferred:
            record["inferred"] = True
        if node_id in hosts:
            record["exposed"] = hosts[node_id]
        if node_id in origins:
            record["found_in"] = origins[node_id]
        record["properties"] = properties_record(row.properties)
        yield record


def _exposed(trace: Trace) -> dict[NodeId, list[Record]]:
    """By host the parts that exposed it until they were taken out."""
    return {
        host: [{"part": e.part, "since": _micros(e.since), "until": _micros(e.until)} for e in told]
        for host, told in exposed_hosts(trace).items()
    }


def edge_records(trace: Trace) -> Iterator[Record]:
    """The flow edges that carried the trace, by id; times in the source's own offset."""
    order = trace.edge_order()
    columns = [getattr(trace.edges, name) for name in _COLUMNS]
    for start in range(0, len(order), _PIECE):
        picks = order[start : start + _PIECE]
        yield from map(_edge, *([column[i] for i in picks] for column in columns))


def edge_record(edges: FlowRows, i: int) -> Record:
    """The flow edge at position ``i`` of the columns."""
    return _edge(*(getattr(edges, name)[i] for name in _COLUMNS))


def _edge(
    edge_id: str,
    flow: str,
    source: NodeId,
    target: NodeId,
    quantity: str | None,
    uom: str | None,
    base_quantity: str | None,
    occurred_at: int | None,
    valid_from: int | None,
    valid_to: int | None,
    recorded_at: int,
    retracted_at: int | None,
    place_id: str | None,
    source_system: str,
    source_record: str,
    confidence: str,
    offset: str | None,
) -> Record:
    # Looking for what is null here saves a call for each of most times.
    return {
        "id": edge_id,
        "type": flow,
        "source": source,
        "target": target,
        "quantity": quantity,
        "uom": uom,
        "base_quantity": base_quantity,
        "occurred_at": None if occurred_at is None else _micros(occurred_at, offset),
        "valid_from": None if valid_from is None else _micros(valid_from, offset),
        "valid_to": None if valid_to is None else _micros(valid_to, offset),
        "recorded_at": _micros(recorded_at) if flow in RECORDED else None,
        "retracted_at": None if retracted_at is None else _micros(retracted_at),
        "place_id": place_id,
        "source_system": source_system,
        "source_record": source_record,
        "confidence": confidence,
    }


def node_record(row: NodeRow) -> Record:
    """A node by itself, outside any trace."""
    return {**_identity(row), "properties": properties_record(row.properties)}


def candidate_record(candidate: Candidate, product: NodeRow | None = None) -> Record:
    """A node that a text may mean, and how the text was read."""
    return {
        **_identity(candidate.node, product),
        "match": candidate.match.name.lower(),
        "reading": candidate.reading,
    }


def near_record(row: NodeRow, product: NodeRow | None = None) -> Record:
    """A node whose code only resembles a text, in the form of a candidate."""
    return {**_identity(row, product), "match": "near", "reading": row.code}


def node_row(trace: Trace, node_id: NodeId) -> NodeRow:
    """The node as stored; one that is only known as the end of an edge shows its id."""
    return trace.rows.get(node_id) or NodeRow(node_id, Label.ENTITY, (), str(node_id), None, (), {})


def path_records(trace: Trace, node_id: NodeId) -> list[Record]:
    """One shortest path from a seed to a node, step by step; each with the edge that led there.

    Raises NotFound for a node that the trace did not reach.
    """
    return steps_records(trace, node_id, hops(trace, node_id))


def steps_records(trace: Trace, node_id: NodeId, path: Sequence[Hop]) -> list[Record]:
    """A path to a node, step by step; each with the edge that led there."""
    start = path[0].before if path else node_id
    steps = [(start, None), *((hop.after, edge_record(trace.edges, hop.edge)) for hop in path)]
    return [
        {"node": row.node_id, "label": label_of(row, product_row(trace, row)), "edge": edge}
        for row, edge in ((node_row(trace, node), edge) for node, edge in steps)
    ]


def product_row(trace: Trace, row: NodeRow) -> NodeRow | None:
    """The product that a node of the trace is of, where it is known."""
    product = row.product_id
    return trace.rows.get(product) if product else None


def label_of(row: NodeRow, product: NodeRow | None = None) -> str:
    """What to call a node: its code, then its name or that of its product."""
    code = row.code or row.node_id
    name = row.name or (product.name if product else None)
    return f"{code} {name}" if name and name != code else code


def reached_rows(trace: Trace) -> Iterator[NodeRow]:
    """The row of each reached node, once."""
    return (node_row(trace, node_id) for node_id in trace.node_ids())


def gaps_by_node(completeness: Completeness) -> dict[NodeId, list[str]]:
    """The kinds of gaps at each node that has any."""
    gaps: dict[NodeId, list[str]] = {}
    for gap in completeness.gaps:
        if gap.node_id is not None:
            gaps.setdefault(gap.node_id, []).append(gap.kind.value)
    return gaps


def properties_record(properties: Mapping[str, Any]) -> Record:
    """Node properties in name order, times as text, those without value left out."""
    return {
        name: iso(value) if isinstance(value, datetime) else value
        for name, value in sorted(properties.items())
        if value is not None
    }


def _identity(row: NodeRow, product: NodeRow | None = None) -> Record:
    return {
        "id": row.node_id,
        "kind": str(row.kind),
        "roles": [str(role) for role in row.roles],
        "identifiers": _spellings(row),
        "code": row.code,
        "name": row.name,
        "product_name": product.name if product else None,
        "label": label_of(row, product),
    }


def _spellings(row: NodeRow) -> list[str]:
    return list(dict.fromkeys((*row.identifiers, *spellings(row.node_id, row.identifiers))))


class _Way(NamedTuple):
    """How a node was reached in one direction; ``exposure`` in microseconds."""

    direction: str
    distance: int
    exposure: int | None
    via: int | None


def _ways(trace: Trace) -> Iterable[tuple[NodeId, list[_Way]]]:
    """Each node with how it was reached: in one direction once, in two perhaps twice."""
    reached = ReachedColumns.of(trace.reached)
    told = map(_Way, reached.direction, reached.distance, reached.exposure, reached.via)
    nodes = zip(reached.node_id, told, strict=True)
    if not {"forward", "backward"} <= set(reached.direction):
        return ((node_id, [way]) for node_id, way in nodes)
    ways: dict[NodeId, list[_Way]] = {}
    for node_id, way in nodes:
        ways.setdefault(node_id, []).append(way)
    return ways.items()


def _reach(ways: list[_Way], edges: FlowRows) -> Record:
    times = {way.direction: way.exposure for way in ways}
    forward, backward = times.get("forward"), times.get("backward")
    return {
        "direction": "both" if {"forward", "backward"} <= times.keys() else ways[0].direction,
        "distance": min(way.distance for way in ways) if len(ways) > 1 else ways[0].distance,
        "first_exposure": None if forward is None else _micros(forward),
        "last_contribution": None if backward is None else _micros(backward),
        "via": [edges.edge_id[way.via] for way in ways if way.via is not None],
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


# Many edges share a moment, and telling one takes longer than looking it up.
@lru_cache(maxsize=1 << 16)
def _micros(micros: int | None, offset: str | None = None) -> str | None:
    return None if micros is None else iso(from_micros(micros), offset)
