"""Why a node is not in a trace, as records and as sentences."""

from __future__ import annotations

from typing import Any

from genealogy.exports.records import (
    Record,
    edge_record,
    label_of,
    query_record,
)
from genealogy.messages import text
from genealogy.model.facts import NodeId
from genealogy.model.times import iso, parse_instant
from genealogy.trace.missing import Missing, Side
from genealogy.trace.obstacles import Obstacle, WhyNot


def why_not_record(found: WhyNot) -> Record:
    """The answer: obstacles, the path there would be, and what is missing if there is none."""
    return {
        "query": query_record(found.query),
        "to": found.node_id,
        "reached": found.reached,
        "obstacles": [_obstacle(found, obstacle) for obstacle in found.obstacles],
        "steps": _steps(found),
        "missing": None if found.missing is None else _missing(found.missing),
        "watermark": found.watermark,
    }


def obstacle_words(told: Record, query: Record, language: str | None = None) -> str:
    """What an obstacle is, in a sentence; times in UTC."""
    moments = {name: _utc(query[name]) for name in ("as_of", "known_at")}
    return text(
        f"obstacle.{told['kind']}",
        language,
        node=told["node"],
        at=_utc(told["at"]) or text("obstacle.unknown", language),
        steps=told["steps"],
        place=told["place"] or "",
        most=query["max_depth"],
        dilution=query.get("dilution"),
        came=_movement(told["came"], language) or text("obstacle.ran", language),
        left=_movement(told["left"], language),
        **moments,
    )


def _obstacle(found: WhyNot, obstacle: Obstacle) -> Record:
    return {
        "kind": obstacle.kind.value,
        "node": obstacle.node_id,
        "at": None if obstacle.at is None else iso(obstacle.at),
        "steps": obstacle.steps,
        "came": _edge(found, obstacle.came),
        "left": _edge(found, obstacle.left),
        "place": obstacle.place,
    }


def _edge(found: WhyNot, at: int | None) -> Record | None:
    return None if at is None else edge_record(found.edges, at)


def _steps(found: WhyNot) -> list[Record]:
    if not found.path:
        return []
    hops = [(hop.after, edge_record(found.edges, hop.edge)) for hop in found.path]
    steps: list[tuple[NodeId, Any]] = [(found.path[0].before, None), *hops]
    return [{"node": n, "label": _label(found, n), "edge": edge} for n, edge in steps]


def _label(found: WhyNot, node_id: NodeId) -> str:
    row = found.rows.get(node_id)
    if row is None:
        return node_id
    return label_of(row, found.rows.get(row.product_id) if row.product_id else None)


def _missing(missing: Missing) -> Record:
    return {"seed": _side(missing.seed), "node": _side(missing.node)}


def _side(side: Side) -> Record:
    return {
        "node": side.node_id,
        "direction": side.direction,
        "nodes": side.nodes,
        "distance": side.distance,
        "ends_total": side.total,
        "ends": [
            {"node": e.node_id, "distance": e.distance, "gaps": [g.value for g in e.gaps]}
            for e in side.ends
        ],
    }


def _movement(edge: Record | None, language: str | None) -> str:
    if edge is None:
        return ""
    when = _utc(edge["occurred_at"] or edge["valid_from"])
    until = _utc(edge["valid_to"])
    moment = " – ".join(filter(None, (when, until))) or text("obstacle.unknown", language)
    return f"{edge['type']} {edge['source']} → {edge['target']}, {moment}, {edge['source_record']}"


def _utc(moment: str | None) -> str:
    return iso(parse_instant(moment).at) if moment else ""
