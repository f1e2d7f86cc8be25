"""Reads EPCIS JSON and JSON-LD: documents, query documents, lists and single events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ijson

from loaders.epcis.event import EventType
from loaders.epcis.fields import as_written
from loaders.epcis.raw import BadEvent, Fault, Found, Note, RawEvent, RawMasterData, Unreadable
from loaders.epcis.text_stream import TextStream
from loaders.epcis.vocabulary import PREFIXES, local_name

_DOCUMENTS = frozenset({"EPCISDocument", "EPCISQueryDocument"})
#: The way from the root of a document to its events.
_INNER = frozenset({"epcisBody", "queryResults", "resultsBody"})
_EVENTS = frozenset({"eventList", "event"})
#: Events stand three objects deep; whole documents may be wrapped in some more.
_DEEPEST = 32
_TYPE_NAMES = ("type", "isA", "@type")


@dataclass(slots=True)
class _Document:
    """What is known of a document while it is read."""

    path: Path
    stream: TextStream
    prefixes: dict[str, str] = field(default_factory=lambda: dict(PREFIXES))
    terms: frozenset[str] = frozenset()
    has_context: bool = False
    wants_context: bool = False
    header: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    double: str | None = None
    number: int = 0
    found_events: bool = False

    def learn(self, context: Any) -> None:
        """Take in what a context defines; what is none is passed over."""
        if not is_context(context):
            return
        self.has_context = True
        prefixes, terms = context_of(context)
        self.prefixes |= prefixes
        self.terms |= terms


def read_json(path: Path, progress: Callable[[int], None] | None = None) -> Iterator[Found]:
    """Every event and vocabulary element of a file, in order, without holding it in memory.

    Raises Unreadable at the place where the file stops making sense.
    """
    stream = TextStream(path)
    try:
        document = _Document(path, stream)
        yield from _root(document, progress or (lambda _: None))
        if stream.lenient:
            yield Note(None, "epcis_comments")
        if stream.has_two_ids:
            yield Note(None, "epcis_two_ids")
    finally:
        stream.close()


def _root(document: _Document, progress: Callable[[int], None]) -> Iterator[Found]:
    stream = document.stream
    if stream.peek() == "[":
        yield from _list(document, progress)
    elif stream.peek() == "{":
        yield from _document(document, progress)
    elif stream.peek() == "":
        raise Unreadable(Fault("epcis_empty"), None)
    else:
        stream.fail("'{' / '['")
    if stream.peek():
        stream.fail("")


def _document(document: _Document, progress: Callable[[int], None]) -> Iterator[Found]:
    yield from _object(document, progress, document.header)
    kind = _type(document.header)
    if kind in list(EventType):
        yield _doubled(document, 1, document.double) or _event(document, document.header, 1)
    elif not document.found_events:
        yield _without_events(document, kind)
    yield from _master_data(document.header)


def _without_events(document: _Document, kind: str | None) -> Note:
    """What a document without a list of events is: refused if it may hold some elsewhere."""
    if kind not in _DOCUMENTS:
        raise Unreadable(Fault("epcis_not_a_document", value=kind), 1)
    held = document.body | {n: v for n, v in document.header.items() if n in _INNER | _EVENTS}
    for name, value in held.items():
        if value and isinstance(value, Mapping | list):
            raise Unreadable(Fault("epcis_no_event_list", name), 1)
    return Note(None, "epcis_no_events")


def _object(
    document: _Document, progress: Callable[[int], None], into: dict[str, Any], depth: int = 0
) -> Iterator[Found]:
    """Walk one object on the way to the events; its other members go ``into``."""
    stream = document.stream
    if depth > _DEEPEST:
        raise Unreadable(Fault("epcis_nested"), stream.line)
    stream.expect("{")
    while not stream.take("}"):
        if stream.peek() != '"':
            stream.fail('"')
        name = _member_value(stream)
        stream.expect(":")
        if name in _INNER and stream.peek() == "{":
            yield from _object(document, progress, document.body, depth + 1)
        elif name in _EVENTS and stream.peek() in "[{":
            yield from _events(document, progress)
        else:
            is_double = name in into
            into[name] = _member_value(stream)
            document.double = document.double or (name if is_double else stream.double)
            if name == "@context":
                document.learn(into[name])
        if not stream.comma("}"):
            return


def _member_value(stream: TextStream) -> Any:
    line = stream.line
    value = stream.value()
    if not stream.is_unicode:
        raise Unreadable(Fault("epcis_not_unicode"), line)
    return value


def _events(document: _Document, progress: Callable[[int], None]) -> Iterator[Found]:
    document.found_events = True
    _require_context(document)
    if document.stream.peek() == "[":
        yield from _list(document, progress)
    else:
        line = document.stream.line
        value = _member_value(document.stream)
        yield _doubled(document, line, document.stream.double) or _event(document, value, line)


def _require_context(document: _Document) -> None:
    """Without a context the names in a document mean nothing.

    It may stand at the document's end, or each event may have one of its own.
    """
    if document.has_context:
        return
    with document.path.open("rb") as file:
        try:
            for context in ijson.items(file, "@context"):
                document.learn(context)
        except (ijson.JSONError, UnicodeDecodeError):
            # What is wrong with the file shows, with its line, when reading gets there.
            return
    document.wants_context = not document.has_context


def _list(document: _Document, progress: Callable[[int], None]) -> Iterator[Found]:
    stream = document.stream
    stream.expect("[")
    while not stream.take("]"):
        stream.peek()
        line = stream.line
        value = stream.value()
        progress(stream.bytes_read)
        bad = _doubled(document, line, stream.double)
        if not stream.is_unicode:
            document.number += 1
            yield BadEvent(line, document.number, Fault("epcis_not_unicode"))
        elif bad is not None:
            yield bad
        else:
            yield from _member(document, value, line)
        if not stream.comma("]"):
            return


def _doubled(document: _Document, line: int, name: str | None) -> BadEvent | None:
    """An event in which a field stands twice: either of them may be the right one."""
    if name is None:
        return None
    document.number += 1
    return BadEvent(line, document.number, Fault("epcis_double_field", name))


def _member(document: _Document, value: Any, line: int) -> Iterator[Found]:
    """An event of a list; a list may also hold whole documents."""
    if isinstance(value, Mapping) and _type(value) in _DOCUMENTS:
        document.learn(value.get("@context"))
        for event in _events_within(value, line):
            yield _event(document, event, line)
        yield from _master_data(value)
    else:
        yield _event(document, value, line)


def _events_within(value: Mapping[str, Any], line: int, depth: int = 0) -> Iterator[Any]:
    if depth > _DEEPEST:
        raise Unreadable(Fault("epcis_nested"), line)
    for name, inner in value.items():
        if name in _INNER and isinstance(inner, Mapping):
            yield from _events_within(inner, line, depth + 1)
        elif name in _EVENTS:
            yield from inner if isinstance(inner, list) else [inner]


def _event(document: _Document, value: Any, line: int) -> Found:
    document.number += 1
    if not isinstance(value, Mapping):
        fault = Fault("epcis_not_object", "eventList", as_written(value))
        return BadEvent(line, document.number, fault)
    prefixes, terms = document.prefixes, document.terms
    if is_context(value.get("@context")):
        more, named = context_of(value["@context"])
        prefixes, terms = prefixes | more, terms | named
    elif document.wants_context:
        return _without_context(document, line)
    return RawEvent(value, line, document.number, prefixes, terms)


def _without_context(document: _Document, line: int) -> BadEvent:
    """An event whose names mean nothing; refuses the file when its first event is one."""
    fault = Fault("epcis_no_context", "@context")
    if document.number == 1:
        raise Unreadable(fault, 1)
    return BadEvent(line, document.number, fault)


def _type(value: Mapping[str, Any]) -> str | None:
    name = next((value[n] for n in _TYPE_NAMES if n in value), None)
    return local_name(name) if isinstance(name, str) else None


def is_context(value: Any) -> bool:
    """Whether a value can be a context: an address, a map of names, or a list with such."""
    parts = value if isinstance(value, list) else [value]
    return any(isinstance(part, str | Mapping) for part in parts)


def context_of(context: Any) -> tuple[dict[str, str], frozenset[str]]:
    """The prefixes and the bare terms that a context defines; remote ones are not fetched."""
    prefixes: dict[str, str] = {}
    terms: set[str] = set()
    for part in context if isinstance(context, list) else [context]:
        for name, meaning in part.items() if isinstance(part, Mapping) else ():
            target = meaning.get("@id") if isinstance(meaning, Mapping) else meaning
            if isinstance(target, str) and not name.startswith("@"):
                prefixes[name] = target
            terms.add(name)
    return prefixes, frozenset(terms)


def _master_data(header: Mapping[str, Any]) -> Iterator[RawMasterData]:
    data = _mapping(_mapping(header.get("epcisHeader")).get("epcisMasterData"))
    for vocabulary in _mappings(data.get("vocabularyList")):
        for element in _mappings(vocabulary.get("vocabularyElementList")):
            found = {
                str(a.get("id")): str(a.get("attribute"))
                for a in _mappings(element.get("attributes"))
                if isinstance(a.get("attribute"), str)
            }
            yield RawMasterData(str(vocabulary.get("type")), str(element.get("id")), found, 1)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    for member in value if isinstance(value, list) else [value]:
        if isinstance(member, Mapping):
            yield member
