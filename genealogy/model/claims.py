"""What sources claim of a node, and the properties that follow from all claims.

Claims are kept as canonical JSON in a set, so the order in which they arrive
changes nothing and every value can be traced to its source. Where claims
contradict each other the one recorded last holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from genealogy.model.facts import NodeFact
from genealogy.model.times import iso

#: Of these the earliest holds, whichever source tells it last: when it became known.
_FIRST_HOLDS = ("recorded_at", "voided_at")


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
        "set": {key: _plain(value) for key, value in fact.properties.items()},
        "system": fact.source.system,
    }
    return _canonical(body).decode()


def merged(stored: Iterable[str], told: Iterable[str]) -> list[str]:
    """All claims, each once; one without record time that repeats another adds nothing."""
    texts = [*stored, *sorted(told)]
    if len(texts) < 2:
        return texts
    kept: dict[tuple[Any, ...], str] = {}
    for text in texts:
        kept.setdefault(_content(orjson.loads(text)), text)
    return sorted(kept.values())


def properties(claims: Iterable[str], known_at: datetime | None = None) -> dict[str, Any]:
    """The properties that hold by these claims, later records over earlier ones.

    ``known_at`` leaves out what was recorded later.
    """
    return outcome(claims, known_at)[0]


def identifiers(claims: Iterable[str]) -> list[str]:
    """Every spelling under which a source named the node."""
    return outcome(claims)[1]


def outcome(
    claims: Iterable[str], known_at: datetime | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The properties that hold by these claims, and every spelling of the node's name."""
    bodies = [orjson.loads(text) for text in claims]
    if known_at is not None:
        bodies = [body for body in bodies if datetime.fromisoformat(body["at"]) <= known_at]
    if len(bodies) > 1:
        bodies.sort(key=_precedence)
    values = {key: _value(value) for body in bodies for key, value in body["set"].items()}
    values |= {key: _earliest(bodies, key) for key in _FIRST_HOLDS if key in values}
    return values, sorted({spelling for body in bodies for spelling in body["ids"]})


def _earliest(bodies: Iterable[Mapping[str, Any]], key: str) -> Any:
    return min(_value(body["set"][key]) for body in bodies if key in body["set"])


def first_recorded(claims: Iterable[str]) -> datetime | None:
    """When the first of these claims was recorded, UTC; null without claims."""
    times = (datetime.fromisoformat(orjson.loads(text)["at"]) for text in claims)
    return min(times, default=None)


def systems(claims: Iterable[str]) -> tuple[str, ...]:
    """The source systems that claim anything, each once and in order."""
    return tuple(sorted({orjson.loads(text)["system"] for text in claims}))


def _precedence(body: Mapping[str, Any]) -> tuple[datetime, str, bytes]:
    # As texts, 08:00:00.5Z would come before 08:00:00Z.
    return datetime.fromisoformat(body["at"]), body["system"], _canonical(body["set"])


def _content(body: Mapping[str, Any]) -> tuple[Any, ...]:
    at = body["at"] if body["dated"] else None
    content = _canonical([body["set"], body["ids"]])
    return (body["system"], at, content)


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    return {"time": iso(value)} if isinstance(value, datetime) else value


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["time"]).astimezone(UTC)
    return value
