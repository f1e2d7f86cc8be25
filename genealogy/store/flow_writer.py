"""Flow edges of one type: new ones are created, told ones compared, corrected ones versioned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from genealogy.model.facts import FlowFact, NodeId, Written
from genealogy.model.names import FEW_AT, Confidence, Flow
from genealogy.model.versions import Changes, Version, merge, replaced
from genealogy.store.bolt import Transaction
from genealogy.store.codec import decimal_or_null, iso_or_null
from genealogy.store.queries import LOCK_NODES, create_flows, flow_versions, flows_at, update_flows

_ROWS = 10_000

#: One edge to be written: source, target, then the values in the order of the query files.
Row = tuple[NodeId, NodeId, list[Any]]


def write_flows(
    tx: Transaction,
    flow: Flow,
    facts: Sequence[FlowFact],
    known_nodes: Container[NodeId],
    now: datetime,
) -> Written:
    """Fold the facts of one type into the graph; ``now`` (UTC) dates those without record time."""
    known = _known_facts(tx, flow, facts, known_nodes)
    told = _by_fact(facts)
    again = {fact_id: group for fact_id, group in told.items() if fact_id in known}
    stored = _stored(tx, flow, again)
    new: list[Row] = []
    changed: list[Row] = []
    for fact_id, group in told.items():
        if len(group) == 1 and fact_id not in known:
            new.append(_row(group[0], group[0].recorded_at or now, group[0].retracted_at))
            continue
        changes = _changes(group, stored.get(fact_id, []), now)
        new += [_version_row(group[0], v) for v in changes.new]
        changed += [_version_row(group[0], v) for v in changes.changed]
    _create(tx, flow, new)
    _update(tx, flow, changed)
    return _count(facts, new, changed, known)


def _known_facts(
    tx: Transaction, flow: Flow, facts: Sequence[FlowFact], known_nodes: Container[NodeId]
) -> set[str]:
    ids = {_few(flow, f.source_id, f.target_id) for f in facts}
    old = sorted(i for i in ids if i in known_nodes)
    found: set[str] = set()
    for some in _chunks(old):
        lock(tx, some)
        found.update(tx.one(flows_at(flow), ids=some).ids)
    return found


def lock(tx: Transaction, node_ids: list[NodeId]) -> None:
    """Keep others from changing these nodes and their edges until the transaction ends.

    Without it two writers would look, find nothing, and both create the same. A
    database that takes one writer at a time needs no lock.
    """
    if tx.engine.writers > 1:
        tx.run(LOCK_NODES, ids=node_ids)


def _few(flow: Flow, source: NodeId, target: NodeId) -> NodeId:
    """The end of a flow that has few flows of its type."""
    return source if FEW_AT[flow] == "source" else target


def _by_fact(facts: Sequence[FlowFact]) -> dict[str, list[FlowFact]]:
    groups: dict[str, list[FlowFact]] = {}
    for fact in facts:
        groups.setdefault(fact.fact_id, []).append(fact)
    return groups


def _stored(
    tx: Transaction, flow: Flow, told: dict[str, list[FlowFact]]
) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = defaultdict(list)
    asked: dict[NodeId, list[str]] = defaultdict(list)
    for fact_id, group in told.items():
        asked[_few(flow, group[0].source_id, group[0].target_id)].append(fact_id)
    for some in _chunks([[node_id, fact_ids] for node_id, fact_ids in asked.items()]):
        for row in tx.one(flow_versions(flow), rows=some).rows:
            found[row[0]].append(_version_of_row(row))
    return found


def _changes(group: Sequence[FlowFact], stored: list[Version], now: datetime) -> Changes:
    told = [_version_of_fact(f) for f in group]
    fold = replaced if group[0].derived else merge
    return fold(stored, told, now)


def _version_of_fact(fact: FlowFact) -> Version:
    values = (
        fact.quantity,
        fact.uom,
        fact.base_quantity,
        fact.occurred_at,
        fact.occurred_offset,
        fact.valid_from,
        fact.valid_to,
        fact.place_id,
        fact.event_id,
        str(fact.confidence),
    )
    source = (fact.source.system, fact.source.record)
    return Version(fact.recorded_at, fact.retracted_at, values, source)


def _version_of_row(row: list[Any]) -> Version:
    (_, quantity, uom, base, occurred, offset, begin, end, recorded, retracted, *rest) = row
    place, event, system, record, confidence = rest
    values = (
        _decimal(quantity),
        uom,
        _decimal(base),
        _moment(occurred),
        offset,
        _moment(begin),
        _moment(end),
        place,
        event,
        confidence,
    )
    return Version(_moment(recorded), _moment(retracted), values, (system, record))


def _row(fact: FlowFact, recorded_at: datetime, retracted_at: datetime | None) -> Row:
    return (
        fact.source_id,
        fact.target_id,
        [
            fact.fact_id,
            decimal_or_null(fact.quantity),
            fact.uom,
            decimal_or_null(fact.base_quantity),
            iso_or_null(fact.occurred_at),
            fact.occurred_offset,
            iso_or_null(fact.valid_from),
            iso_or_null(fact.valid_to),
            iso_or_null(recorded_at),
            iso_or_null(retracted_at),
            fact.place_id,
            fact.event_id,
            fact.source.system,
            fact.source.record,
            str(fact.confidence),
        ],
    )


def _version_row(fact: FlowFact, version: Version) -> Row:
    (quantity, uom, base, occurred, offset, begin, end, place, event, confidence) = version.values
    return (
        fact.source_id,
        fact.target_id,
        [
            fact.fact_id,
            decimal_or_null(quantity),
            uom,
            decimal_or_null(base),
            iso_or_null(occurred),
            offset,
            iso_or_null(begin),
            iso_or_null(end),
            iso_or_null(version.recorded_at),
            iso_or_null(version.retracted_at),
            place,
            event,
            *version.source,
            str(Confidence(confidence)),
        ],
    )


def _create(tx: Transaction, flow: Flow, rows: list[Row]) -> None:
    for some in _chunks(rows):
        side = _grouping_side(some)
        tx.run(create_flows(flow, side), rows=_grouped(some, side))


def _grouping_side(rows: list[Row]) -> Literal["source", "target"]:
    sources, targets = {r[0] for r in rows}, {r[1] for r in rows}
    return "source" if len(sources) < len(targets) else "target"


def _grouped(rows: list[Row], side: Literal["source", "target"]) -> list[list[Any]]:
    groups: dict[NodeId, list[list[Any]]] = defaultdict(list)
    for source, target, values in rows:
        near, far = (source, target) if side == "source" else (target, source)
        groups[near].append([far, *values])
    return [[near, edges] for near, edges in groups.items()]


def _update(tx: Transaction, flow: Flow, rows: list[Row]) -> None:
    for some in _chunks([[_few(flow, s, t), *values] for s, t, values in rows]):
        tx.run(update_flows(flow), rows=some)


def _count(
    facts: Sequence[FlowFact], new: list[Row], changed: list[Row], known: set[str]
) -> Written:
    created = {row[2][0] for row in new} - known
    touched = {row[2][0] for row in [*new, *changed]} & known
    told = {f.fact_id for f in facts}
    return Written(
        flows_new=len(created),
        flows_changed=len(touched),
        unchanged=len(told) - len(created) - len(touched),
    )


def _chunks(rows: list[Any]) -> Iterator[list[Any]]:
    return (rows[i : i + _ROWS] for i in range(0, len(rows), _ROWS))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text.removesuffix("[UTC]"))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
