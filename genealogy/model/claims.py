"""What sources claim of a node, and the properties that follow from all claims.

Claims are kept as canonical JSON in a set, so the order in which they arrive
changes nothing and every value can be traced to its source. Where claims
contradict each other the one recorded last holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from genealogy.model.facts import NodeFact
from genealogy.model.times import iso


def claim(fact: NodeFact, now: datetime) -> str | None:
    """The claim of a fact as canonical JSON; null when the fact claims nothing.

    ``now`` (UTC) stands in when the source gave no record time.
    """
    if not fact.properties and not fact.identifiers:
        return None
    body = {
        "at": iso(fact.recorded_at or now),
        "dated": fact.recorded_at is not None,
        "ids": sorted(fact.identifiers),
        "record": fact.source.record,
        "set": {key: _plain(value) for key, value in sorted(fact.properties.items())},
        "system": fact.source.system,
    }
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def merged(stored: Iterable[str], told: Iterable[str]) -> list[str]:
    """All claims, each once; one without record time that repeats another adds nothing."""
    kept: dict[tuple[Any, ...], str] = {}
    for text in [*stored, *sorted(told)]:
        kept.setdefault(_content(json.loads(text)), text)
    return sorted(kept.values())


def properties(claims: Iterable[str]) -> dict[str, Any]:
    """The properties that hold by these claims, later records over earlier ones."""
    ordered = sorted(
        map(json.loads, claims),
        key=lambda c: (c["at"], c["system"], json.dumps(c["set"], sort_keys=True)),
    )
    values: dict[str, Any] = {}
    for body in ordered:
        values |= {key: _value(value) for key, value in body["set"].items()}
    return values


def identifiers(claims: Iterable[str]) -> list[str]:
    """Every spelling under which a source named the node."""
    return sorted({spelling for text in claims for spelling in json.loads(text)["ids"]})


def _content(body: Mapping[str, Any]) -> tuple[Any, ...]:
    at = body["at"] if body["dated"] else None
    content = json.dumps([body["set"], body["ids"]], sort_keys=True)
    return (body["system"], at, content)


def _plain(value: Any) -> Any:
    return {"time": iso(value)} if isinstance(value, datetime) else value


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["time"]).astimezone(UTC)
    return value
