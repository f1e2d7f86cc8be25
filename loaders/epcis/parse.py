"""From a raw event to a typed one, or to all the reasons why it cannot be used."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from genealogy.model.identifiers import Identifier
from genealogy.model.names import Label
from loaders.epcis.body import identified
from loaders.epcis.event import Action, ErrorDeclaration, Event, EventType
from loaders.epcis.fields import Fields, expanded_names, is_qualified
from loaders.epcis.raw import Fault, RawEvent
from loaders.epcis.vocabulary import Term, local_name

#: Field names of the standard, over all event types and both versions.
_STANDARD_NAMES = """@context type isA eventID eventTime recordTime eventTimeZoneOffset
errorDeclaration certificationInfo action bizStep disposition persistentDisposition readPoint
bizLocation bizTransactionList sourceList destinationList sensorElementList ilmd
epcList quantityList parentID childEPCs childQuantityList inputEPCList
inputQuantityList outputEPCList outputQuantityList transformationID baseExtension
extension"""
STANDARD = frozenset(_STANDARD_NAMES.split())
_EXTRA = ("sensorElementList", "certificationInfo")
_CHILD_LISTS = {
    EventType.AGGREGATION: ("childEPCs", "childQuantityList"),
    EventType.ASSOCIATION: ("childEPCs", "childQuantityList"),
    EventType.TRANSFORMATION: ("", ""),
}
_OF_OBJECTS = ("epcList", "quantityList")
_OF_CHILDREN = ("parentID", "childEPCs", "childQuantityList")
_OF_MAKING = ("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList")
#: Which fields name the objects of an event of each type.
_NAMING = {
    EventType.OBJECT: _OF_OBJECTS,
    EventType.TRANSACTION: ("parentID", *_OF_OBJECTS),
    EventType.AGGREGATION: _OF_CHILDREN,
    EventType.ASSOCIATION: _OF_CHILDREN,
    EventType.TRANSFORMATION: ("transformationID", *_OF_MAKING),
}
_ALL_NAMING = tuple(dict.fromkeys(name for names in _NAMING.values() for name in names))
_HOLDERS = frozenset({Label.UNIT, Label.ITEM})
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T.*)?")


@dataclass(frozen=True, slots=True)
class Parsed:
    """An event, or the faults that bar it; ``notes`` are codes of remarks."""

    event: Event | None
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()


def parse(raw: RawEvent) -> Parsed:
    """Read one raw event; collects every fault rather than the first."""
    try:
        return _parsed(Fields(_flattened(raw)))
    except RecursionError:
        return Parsed(None, (Fault("epcis_nested"),))


def _parsed(fields: Fields) -> Parsed:
    kind = _type(fields)
    if kind is None:
        return Parsed(None, tuple(fields.faults))
    event = _event(fields, kind)
    if event is not None:
        _check(fields, event)
    if event is None or fields.faults:
        return Parsed(None, tuple(fields.faults))
    return Parsed(identified(event), notes=tuple(fields.notes))


def _flattened(raw: RawEvent) -> RawEvent:
    """Fields that version 1.2 wraps in extensions, brought up to where 2.0 has them."""
    data = dict(raw.data)
    for wrapper in ("baseExtension", "extension"):
        while isinstance(data.get(wrapper), Mapping):
            inner = data.pop(wrapper)
            # One that differs from what stands outside makes a list, which no field takes.
            clash = {n: [data[n], v] for n, v in inner.items() if n in data and data[n] != v}
            data = {**data, **inner, **clash}
    return RawEvent(data, raw.line, raw.number, raw.prefixes, raw.terms, raw.is_xml)


def _type(fields: Fields) -> EventType | None:
    data = fields.raw.data
    name = data.get("type", data.get("isA", data.get("@type")))
    bare = local_name(name) if isinstance(name, str) else None
    if bare in list(EventType):
        return EventType(bare)
    fields.fault("epcis_event_type", "type", name)
    return None


def _event(fields: Fields, kind: EventType) -> Event | None:
    offset = fields.offset()
    time = fields.text("eventTime")
    if time is None and not fields.has_fault("eventTime"):
        fields.fault("epcis_missing", "eventTime")
    at = fields.moment("eventTime", time)
    values = _what(fields, kind) | _why_and_where(fields) | _rest(fields, kind, offset)
    if at is None or offset is None:
        return None
    # A blank node id such as _:event1 means something only within its document.
    event_id = fields.text("eventID") or ""
    own_id = "" if event_id.startswith("_:") else event_id
    return Event(event_id=own_id, type=kind, at=at, offset=offset, **values)


def _what(fields: Fields, kind: EventType) -> dict[str, Any]:
    epcs, quantities = _CHILD_LISTS.get(kind, ("epcList", "quantityList"))
    found: dict[str, Any] = {
        "parent": fields.parent(fields.text("parentID")),
        "epcs": fields.epcs(epcs),
        "quantities": fields.quantities(quantities),
        "input_epcs": fields.epcs("inputEPCList"),
        "input_quantities": fields.quantities("inputQuantityList"),
        "output_epcs": fields.epcs("outputEPCList"),
        "output_quantities": fields.quantities("outputQuantityList"),
    }
    named: list[Identifier] = [
        epc for part in ("epcs", "input_epcs", "output_epcs") for epc in found[part]
    ]
    lots = {(epc.node_id, epc.lot) for epc in named if epc.lot is not None}
    return found | {"item_lots": tuple(sorted(lots))}


def _why_and_where(fields: Fields) -> dict[str, Any]:
    persistent = fields.mapping("persistentDisposition") or {}
    sets = {
        f"persistent_{name}": fields.terms(
            f"persistentDisposition.{name}", Term.DISPOSITION, persistent.get(name)
        )
        for name in ("set", "unset")
    }
    return sets | {
        "step": fields.term("bizStep", Term.STEP, fields.text("bizStep")),
        "disposition": fields.term("disposition", Term.DISPOSITION, fields.text("disposition")),
        "read_point": fields.place("readPoint"),
        "biz_location": fields.place("bizLocation"),
        "transactions": fields.transactions(),
        "sources": fields.ends("sourceList", "source"),
        "destinations": fields.ends("destinationList", "destination"),
    }


def _rest(fields: Fields, kind: EventType, offset: str | None) -> dict[str, Any]:
    return {
        "action": _action(fields, kind),
        "transformation_id": fields.text("transformationID"),
        "ilmd": _ilmd(fields),
        "extra": _extra(fields),
        "error": _error(fields, offset),
        "recorded_at": fields.moment("recordTime", fields.text("recordTime"), offset),
    }


def _action(fields: Fields, kind: EventType) -> Action | None:
    if kind is EventType.TRANSFORMATION:
        return None
    text = fields.text("action")
    if text is None:
        fields.fault("epcis_missing", "action")
    elif text in list(Action):
        return Action(text)
    else:
        fields.fault("epcis_action", "action", text)
    return None


def _ilmd(fields: Fields) -> Mapping[str, Any]:
    value = fields.raw.data.get("ilmd")
    if isinstance(value, str):
        value = _ilmd_in_text(fields, value)
    elif isinstance(value, Mapping) and value:
        _check_names(fields, value)
    if value and not isinstance(value, Mapping):
        fields.fault("epcis_not_object", "ilmd", value)
    return expanded_names(value, fields.raw.prefixes) if isinstance(value, Mapping) else {}


def _check_names(fields: Fields, value: Mapping[str, Any]) -> None:
    """Names that nothing defines are passed over, unless there are no others."""
    unknown = [n for n in value if not is_qualified(n) and n not in fields.raw.terms]
    if len(unknown) == len(value):
        fields.fault("epcis_no_namespace", f"ilmd.{unknown[0]}", value[unknown[0]])
    elif unknown:
        fields.notes.append("epcis_undefined_names")


def _ilmd_in_text(fields: Fields, text: str) -> Any:
    """Attributes that a source has written as JSON within a text."""
    if not text.strip():
        return None
    fields.notes.append("epcis_ilmd_text")
    try:
        value = json.loads(text)
        # An escape in the text may stand for half a character.
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError:
        return {"text": text}
    return value


def _extra(fields: Fields) -> Mapping[str, Any]:
    data = fields.raw.data
    for name in data:
        if name not in STANDARD and not is_qualified(name):
            _unknown(fields, name)
    _check_certification(fields)
    own = {n: v for n, v in data.items() if n in _EXTRA or n not in STANDARD}
    return expanded_names(own, fields.raw.prefixes) if own else {}


def _unknown(fields: Fields, name: str) -> None:
    # JSON-LD drops names that nothing defines; an XML schema refuses them.
    if fields.raw.is_xml:
        fields.fault("epcis_unknown_field", name, fields.raw.data[name])
    elif name not in fields.raw.terms:
        fields.notes.append("epcis_undefined_names")


def _check_certification(fields: Fields) -> None:
    for row in fields.rows("certificationInfo"):
        details = row.values() if isinstance(row, Mapping) else ()
        for detail in details:
            for name, value in detail.items() if isinstance(detail, Mapping) else ():
                if name.endswith("Date") and not _DATE.fullmatch(str(value)):
                    fields.fault("epcis_date", f"certificationInfo.{name}", value)


def _error(fields: Fields, offset: str | None) -> ErrorDeclaration | None:
    data = fields.mapping("errorDeclaration")
    if data is None:
        return None
    time = data.get("declarationTime")
    if not isinstance(time, str):
        fields.fault("epcis_missing", "errorDeclaration.declarationTime")
        return None
    at = fields.moment("errorDeclaration.declarationTime", time.strip(), offset)
    reason = data.get("reason")
    ids = data.get("correctiveEventIDs") or ()
    if at is None:
        return None
    return ErrorDeclaration(
        at,
        fields.term("errorDeclaration.reason", Term.REASON, reason) if reason else None,
        tuple(map(str, ids)) if isinstance(ids, list | tuple) else (str(ids),),
    )


def _check(fields: Fields, event: Event) -> None:
    """The rules that tie several fields together (EPCIS 2.0, section 7.4)."""
    for name in _ALL_NAMING:
        if name not in _NAMING[event.type] and fields.raw.data.get(name):
            fields.fault("epcis_foreign_field", name, event.type)
    if event.type is EventType.TRANSFORMATION:
        _check_transformation(fields, event)
    elif event.type is EventType.OBJECT:
        if not _says_what(fields, event):
            fields.fault("epcis_no_objects", "epcList")
    elif event.type is EventType.TRANSACTION:
        if not event.transactions:
            fields.fault("epcis_missing", "bizTransactionList")
    else:
        _check_parent(fields, event)
        _check_children(fields, event)


def _check_parent(fields: Fields, event: Event) -> None:
    """Something must hold the children, or the event would say nothing of where they are."""
    if event.parent is None:
        if event.action is not Action.OBSERVE and not fields.has_fault("parentID"):
            fields.fault("epcis_missing", "parentID")
        return
    may_hold = _HOLDERS if event.type is EventType.AGGREGATION else _HOLDERS | {Label.PLACE}
    if event.parent.kind not in may_hold:
        fields.fault("epcis_parent", "parentID", event.parent.spelling)


def _says_what(fields: Fields, event: Event) -> bool:
    data = fields.raw.data
    sensed = bool(data.get("sensorElementList")) and event.read_point is not None
    return "epcList" in data or bool(event.quantities) or sensed


def _check_children(fields: Fields, event: Event) -> None:
    is_empty = not (event.epcs or event.quantities or fields.has_fault("childEPCs"))
    if event.action is Action.ADD and is_empty:
        fields.fault("epcis_no_objects", "childEPCs")


def _check_transformation(fields: Fields, event: Event) -> None:
    has_inputs = bool(event.input_epcs or event.input_quantities)
    has_outputs = bool(event.output_epcs or event.output_quantities)
    if event.transformation_id is None and not (has_inputs and has_outputs):
        missing = "outputEPCList" if has_inputs else "inputEPCList"
        fields.fault("epcis_half_transformation", missing)
