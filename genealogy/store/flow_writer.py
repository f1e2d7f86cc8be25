"""Flow edges of one type: new ones are created, told ones compared, corrected ones versioned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from genealogy.model.facts import FlowFact, NodeId, Written
from genealogy.model.names import FEW_AT, Flow
from genealogy.model.versions import Changes, Version, merge, replaced
from genealogy.store.bolt import Transaction
from genealogy.store.queries import create_flows, flow_versions, flows_at, update_flows
from genealogy.store.told_flows import Row, ToldFlows, anchor, version_row

_ROWS = 10_000


def write_flows(
    tx: Transaction, flow: Flow, told: ToldFlows, known_nodes: Container[NodeId], now: datetime
) -> Written:
    """Fold what is told of flows of one type into the graph.

    ``now`` (UTC) dates what has no record time. Other writers must not change the
    anchors meanwhile, or two would look, find nothing, and both create the same.
    """
    known = _known_facts(tx, flow, told, known_nodes)
    stored = _stored(tx, flow, {i: group for i, group in told.groups.items() if i in known})
    new: list[Row] = []
    changed: list[Row] = []
    for fact_id, group in told.groups.items():
        if fact_id in told.rows and fact_id not in known:
            new.append(told.rows[fact_id])
            continue
        changes = _changes(group, stored.get(fact_id, []), now)
        new += [version_row(group[0], v) for v in changes.new]
        changed += [version_row(group[0], v) for v in changes.changed]
    _create(tx, flow, new)
    _update(tx, flow, changed)
    return _count(told, new, changed, known)


def _known_facts(
    tx: Transaction, flow: Flow, told: ToldFlows, known_nodes: Container[NodeId]
) -> set[str]:
    found: set[str] = set()
    for some in _chunks(sorted(i for i in told.anchors if i in known_nodes)):
        found.update(tx.one(flows_at(flow), ids=some).ids)
    return found


def _stored(
    tx: Transaction, flow: Flow, told: dict[str, list[FlowFact]]
) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = defaultdict(list)
    asked: dict[NodeId, list[str]] = defaultdict(list)
    for fact_id, group in told.items():
        asked[anchor(flow, group[0])].append(fact_id)
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
        fact.ends_from,
        fact.place_id,
        fact.event_id,
        str(fact.confidence),
    )
    source = (fact.source.system, fact.source.record)
    return Version(fact.recorded_at, fact.retracted_at, values, source)


def _version_of_row(row: list[Any]) -> Version:
    (
        _,
        quantity,
        uom,
        base,
        occurred,
        offset,
        begin,
        end,
        ends_from,
        recorded,
        retracted,
        *rest,
    ) = row
    place, event, system, record, confidence = rest
    values = (
        _decimal(quantity),
        uom,
        _decimal(base),
        _moment(occurred),
        offset,
        _moment(begin),
        _moment(end),
        _moment(ends_from),
        place,
        event,
        confidence,
    )
    return Version(_moment(recorded), _moment(retracted), values, (system, record))


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
    side = 0 if FEW_AT[flow] == "source" else 1
    for some in _chunks([[row[side], *row[2]] for row in rows]):
        tx.run(update_flows(flow), rows=some)


def _count(told: ToldFlows, new: list[Row], changed: list[Row], known: set[str]) -> Written:
    created = {row[2][0] for row in new} - known
    touched = {row[2][0] for row in [*new, *changed]} & known
    return Written(
        flows_new=len(created),
        flows_changed=len(touched),
        unchanged=len(told.groups) - len(created) - len(touched),
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
