"""The canonical body of an event: one JSON text for one content, whatever it was read from.

Objects stand under their canonical ids, terms as bare words, times in UTC, and
all scalars are text, so the JSON and the XML form of one event give one body.
Keys are sorted as RFC 8785 asks; record time and error declaration are no part
of the content, as in GS1's own event hash.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from zlib import compress, decompress

import orjson

from genealogy.errors import InvalidIdentifier
from genealogy.model.identifiers import KINDS, Identifier, canonical, own_id
from genealogy.model.times import iso, parse_instant
from loaders.epcis.event import Action, BizTransaction, End, Event, EventType, Quantity
from loaders.epcis.vocabulary import local_name

#: Characters of a body that is stored as it is.
_LONG = 2**20
_PACKED = "zlib:"
_NUMBER = re.compile(r"-?\d+\.\d+")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)")
#: Sensor terms that are written with or without prefix in the two formats.
_TERMS = frozenset({"type", "exception", "component"})
_HAS_CHILDREN = frozenset({EventType.AGGREGATION, EventType.ASSOCIATION})


def body_of(event: Event) -> str:
    """The canonical body as text."""
    return _canonical_json(_whole(event))


def packed(body: str) -> str:
    """A body as it is stored: a long one compressed, since lists of serials shrink well."""
    if len(body) <= _LONG:
        return body
    return _PACKED + b64encode(compress(body.encode())).decode()


def unpacked(stored: str) -> str:
    """The body that is stored so."""
    if not stored.startswith(_PACKED):
        return stored
    return decompress(b64decode(stored.removeprefix(_PACKED))).decode()


def identified(event: Event) -> Event:
    """The event under its own id, or under a hash of its content when it has none."""
    if event.event_id:
        return event
    content = _whole(event) | _loose({"ilmd": event.ilmd, "extra": event.extra})
    digest = sha256(_canonical_json(content).encode()).hexdigest()
    return replace(event, event_id=f"ni:///sha-256;{digest}?ver=lotgraph1")


def same_content(first: str, second: str) -> bool:
    """Whether two bodies say the same of what, when, where and why.

    Extensions and attributes are left out: the two formats write them too differently.
    """
    return first == second or _core(first) == _core(second)


def _core(body: str) -> dict[str, Any]:
    return {k: v for k, v in orjson.loads(body).items() if k not in ("ilmd", "extra", "eventID")}


def _canonical_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _whole(event: Event) -> dict[str, Any]:
    fields = {
        "type": str(event.type),
        "eventID": event.event_id,
        "eventTime": iso(event.at),
        "eventTimeZoneOffset": event.offset,
        "action": str(event.action) if event.action else None,
        "bizStep": event.step,
        "disposition": event.disposition,
        "persistentSet": sorted(event.persistent_set),
        "persistentUnset": sorted(event.persistent_unset),
        "transformationID": event.transformation_id,
        "itemLots": sorted(map(list, event.item_lots)),
        "bizTransactionList": sorted([t.type or "", t.id] for t in event.transactions),
        "sourceList": _ends(event.sources),
        "destinationList": _ends(event.destinations),
        "ilmd": event.ilmd,
        "extra": event.extra,
    }
    return {k: v for k, v in (fields | _things(event)).items() if v not in (None, "", [], {})}


def _things(event: Event) -> dict[str, Any]:
    names = (
        ("childEPCs", "childQuantityList")
        if event.type in _HAS_CHILDREN
        else (
            "epcList",
            "quantityList",
        )
    )
    return {
        names[0]: _ids(event.epcs),
        names[1]: _quantities(event.quantities),
        "parentID": _id(event.parent),
        "inputEPCList": _ids(event.input_epcs),
        "inputQuantityList": _quantities(event.input_quantities),
        "outputEPCList": _ids(event.output_epcs),
        "outputQuantityList": _quantities(event.output_quantities),
        "readPoint": _id(event.read_point),
        "bizLocation": _id(event.biz_location),
    }


def _id(identifier: Identifier | None) -> str | None:
    return identifier.node_id if identifier else None


def _ids(identifiers: Iterable[Identifier]) -> list[str]:
    return sorted({i.node_id for i in identifiers})


def _quantities(quantities: Iterable[Quantity]) -> list[list[str]]:
    return sorted(
        [q.of.node_id, "" if q.amount is None else plain(q.amount), q.uom or ""] for q in quantities
    )


def _ends(ends: Iterable[End]) -> list[list[str]]:
    return sorted([end.type, end.id.node_id] for end in ends)


def plain(number: Decimal) -> str:
    """A decimal without exponent and without zeros at the end of its fraction."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _loose(value: Any, name: str = "") -> Any:
    """Attributes and extensions in a form that JSON and XML writers agree on."""
    if isinstance(value, Mapping):
        return {key: _loose(item, key) for key, item in value.items() if item not in ("", [], {})}
    if isinstance(value, list):
        return _loose(value[0], name) if len(value) == 1 else [_loose(v, name) for v in value]
    return _loose_text(value.strip(), name)


def _loose_text(text: str, name: str) -> str:
    if name in _TERMS:
        return local_name(text)
    if _NUMBER.fullmatch(text):
        return plain(Decimal(text))
    if _MOMENT.fullmatch(text):
        return iso(parse_instant(text).at)
    return text


def event_of(body: str, recorded_at: datetime | None) -> Event:
    """The event that a canonical body holds."""
    data = orjson.loads(body)
    children = data["type"] in _HAS_CHILDREN
    return Event(
        event_id=data["eventID"],
        type=EventType(data["type"]),
        at=datetime.fromisoformat(data["eventTime"]),
        offset=data["eventTimeZoneOffset"],
        recorded_at=recorded_at,
        action=Action(data["action"]) if "action" in data else None,
        step=data.get("bizStep"),
        disposition=data.get("disposition"),
        persistent_set=tuple(data.get("persistentSet", ())),
        persistent_unset=tuple(data.get("persistentUnset", ())),
        parent=_read_id(data.get("parentID")),
        epcs=_read_ids(data.get("childEPCs" if children else "epcList")),
        quantities=_read_quantities(data.get("childQuantityList" if children else "quantityList")),
        input_epcs=_read_ids(data.get("inputEPCList")),
        input_quantities=_read_quantities(data.get("inputQuantityList")),
        output_epcs=_read_ids(data.get("outputEPCList")),
        output_quantities=_read_quantities(data.get("outputQuantityList")),
        item_lots=tuple((item, lot) for item, lot in data.get("itemLots", ())),
        transformation_id=data.get("transformationID"),
        read_point=_read_id(data.get("readPoint")),
        biz_location=_read_id(data.get("bizLocation")),
        transactions=tuple(
            BizTransaction(t or None, i) for t, i in data.get("bizTransactionList", ())
        ),
        sources=_read_ends(data.get("sourceList")),
        destinations=_read_ends(data.get("destinationList")),
        ilmd=data.get("ilmd", {}),
        extra=data.get("extra", {}),
    )


def _stored(node_id: str) -> Identifier:
    """The identifier of a node id; one whose number is wrong was kept as it stood."""
    try:
        return canonical(node_id)
    except InvalidIdentifier:
        prefix, _, text = node_id.partition(":")
        return own_id(KINDS[prefix], text)


def _read_id(text: str | None) -> Identifier | None:
    return _stored(text) if text else None


def _read_ids(texts: list[str] | None) -> tuple[Identifier, ...]:
    return tuple(_stored(text) for text in texts or ())


def _read_quantities(rows: list[list[str]] | None) -> tuple[Quantity, ...]:
    return tuple(
        Quantity(_stored(of), Decimal(amount) if amount else None, uom or None)
        for of, amount, uom in rows or ()
    )


def _read_ends(rows: list[list[str]] | None) -> tuple[End, ...]:
    return tuple(End(kind, _stored(text)) for kind, text in rows or ())
