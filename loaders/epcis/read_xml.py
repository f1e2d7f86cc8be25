"""Reads EPCIS XML 1.2 and 2.0 element by element, as the data the JSON form would hold.

The parser takes no document type, expands no entity and opens no other file, and
its own limits on size and depth stay on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from lxml import etree

from loaders.epcis.event import EventType
from loaders.epcis.raw import BadEvent, Fault, Found, Note, RawEvent, RawMasterData, Unreadable
from loaders.epcis.vocabulary import PREFIXES, joined

_TYPES = tuple(str(kind) for kind in EventType)
_DOCUMENTS = frozenset({"EPCISDocument", "EPCISQueryDocument"})
_WATCHED = tuple(f"{{*}}{name}" for name in (*_TYPES, "EventList", "VocabularyElement"))
_EPCIS = ("urn:epcglobal:epcis:xsd:", "urn:epcglobal:epcis-query:xsd:")
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_HARDENED: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
#: Lists by the name of the field: each child element is one entry.
_LISTS_NAMES = """epcList childEPCs inputEPCList outputEPCList quantityList childQuantityList
inputQuantityList outputQuantityList bizTransactionList sourceList destinationList
correctiveEventIDs"""
_LISTS = frozenset(_LISTS_NAMES.split())
_WRAPPERS = frozenset({"extension", "baseExtension"})
#: The children whose text and type become the two members of an entry.
_TYPED = frozenset({"bizTransaction", "source", "destination"})


def read_xml(path: Path, progress: Callable[[int], None] | None = None) -> Iterator[Found]:
    """Every event and vocabulary element of a file, in order, without holding it in memory.

    Raises Unreadable for a file with a document type, and where it is not well-formed.
    """
    version, kind = _prolog(path)
    reader = _Reader(version, progress or (lambda _: None))
    with path.open("rb") as file:
        parser = etree.iterparse(file, events=("end",), tag=_WATCHED, **_HARDENED)
        try:
            for _, element in parser:
                reader.progress(file.tell())
                yield from reader.ended(element)
        except etree.XMLSyntaxError as error:
            raise _broken(error) from error
    if reader.number == 0:
        if kind not in _DOCUMENTS:
            raise Unreadable(Fault("epcis_not_a_document", value=kind), 1)
        if not reader.has_list:
            raise Unreadable(Fault("epcis_query_only", value=kind), 1)
        yield Note(None, "epcis_no_events")


def _prolog(path: Path) -> tuple[str, str]:
    """The version and name of the root element, having refused any document type."""
    with path.open("rb") as file:
        try:
            _, root = next(iter(etree.iterparse(file, events=("start",), **_HARDENED)))
        except etree.XMLSyntaxError as error:
            raise _broken(error) from error
        except StopIteration as error:
            raise Unreadable(Fault("epcis_empty"), None) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable(Fault("epcis_document_type"), 1)
    return _version(root), etree.QName(root).localname


def _version(root: etree._Element) -> str:
    namespace = etree.QName(root).namespace or ""
    if namespace.startswith(_EPCIS):
        return namespace[-1]
    return "1" if root.get("schemaVersion", "2").startswith(("0", "1")) else "2"


def _broken(error: etree.XMLSyntaxError) -> Unreadable:
    why, line = error.msg, error.lineno
    # The stubs for lxml know nothing of what is in the log.
    logged = cast("Any", error.error_log).last_error
    if not line and logged is not None:
        # After some faults the parser only says that nothing came; its log says what and where.
        why, line = logged.message, logged.line
    return Unreadable(Fault("epcis_xml_syntax", params={"why": why or ""}), line or None)


class _Reader:
    """Turns finished elements into events and frees their memory."""

    def __init__(self, version: str, progress: Callable[[int], None]) -> None:
        self.version = version
        self.progress = progress
        self.number = 0
        self.has_list = False

    def ended(self, element: etree._Element) -> Iterator[Found]:
        """What a finished element means."""
        name = etree.QName(element).localname
        if name == "EventList":
            self.has_list = True
            yield from self._leftovers(element)
        elif name == "VocabularyElement":
            yield _vocabulary_element(element)
            _free(element)
        else:
            yield self._event(element, name)
            _free(element)

    def _event(self, element: etree._Element, name: str) -> Found:
        self.number += 1
        line = _line(element)
        if self.version != "1" and _is_disordered(element):
            return BadEvent(line, self.number, Fault("epcis_order", "action"))
        data = {"type": name} | _fields(element)
        prefixes = {**PREFIXES, **{p: u for p, u in element.nsmap.items() if p}}
        return RawEvent(data, line, self.number, prefixes, is_xml=True)

    def _leftovers(self, event_list: etree._Element) -> Iterator[Found]:
        """Known events have been freed by now, so what is left is of no known type."""
        for element in event_list:
            name = etree.QName(element).localname
            if name in _WRAPPERS:
                yield from self._leftovers(element)
                continue
            self.number += 1
            fault = Fault("epcis_event_type", "type", name)
            yield BadEvent(_line(element), self.number, fault)


def _line(element: etree._Element) -> int:
    # The stubs for lxml leave the type of this attribute open.
    return cast("int | None", element.sourceline) or 0


def _free(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _is_disordered(element: etree._Element) -> bool:
    """Whether the action stands before the time.

    The schema orders all elements; only the two that every event has are held to
    it, since widely used files shuffle the others.
    """
    names = [etree.QName(child).localname for child in element]
    if "action" not in names or "eventTime" not in names:
        return False
    return names.index("action") < names.index("eventTime")


def _fields(element: etree._Element) -> dict[str, Any]:
    """The children of an event or wrapper, by field name."""
    data: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        if name in _WRAPPERS:
            # Version 1.2 wraps newer fields in extensions, and some writers tell one twice.
            for wrapped, value in _fields(child).items():
                if data.get(wrapped) != value:
                    _put(data, wrapped, value)
        else:
            _put(data, name, _value(child, name))
    return data


def _put(data: dict[str, Any], name: str, value: Any) -> None:
    if name not in data:
        data[name] = value
    elif isinstance(data[name], list) and name not in _LISTS:
        data[name].append(value)
    else:
        data[name] = [data[name], value]


def _name(element: etree._Element) -> str:
    """A standard name bare, any other in its namespace."""
    name = etree.QName(element)
    if name.namespace is None or name.namespace.startswith(_EPCIS):
        return name.localname
    return joined(name.namespace, name.localname)


def _value(element: etree._Element, name: str) -> Any:
    if name in _LISTS:
        return [_entry(child) for child in element]
    if name == "sensorElementList":
        return [_sensor_element(child) for child in element]
    if name == "persistentDisposition":
        return _persistent(element)
    if name == "errorDeclaration":
        return {_name(child): _value(child, _name(child)) for child in element}
    return _plain(element)


def _entry(element: etree._Element) -> Any:
    name = _name(element)
    if name in _TYPED:
        return {"type": element.get("type"), name: _text(element)}
    if name == "quantityElement":
        return {_name(child): _text(child) for child in element}
    return _text(element)


def _persistent(element: etree._Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for child in element:
        found.setdefault(_name(child), []).append(_text(child))
    return found


def _sensor_element(element: etree._Element) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        if name == "sensorReport":
            data.setdefault(name, []).append(_attributes(child))
        else:
            _put(data, name, _plain(child))
    return data


def _plain(element: etree._Element) -> Any:
    """Text, or the members of an element with children; repeated ones as a list."""
    attributes = _attributes(element)
    if len(element) == 0:
        text = {"text": _text(element)} if _text(element) else {}
        return (attributes | text) if attributes else _text(element)
    data: dict[str, Any] = dict(attributes)
    for child in element:
        _put(data, _name(child), _plain(child))
    return data


def _attributes(element: etree._Element) -> dict[str, str]:
    found = {}
    for key, value in element.attrib.items():
        name = etree.QName(str(key))
        if name.namespace != _XSI:
            spelt = joined(name.namespace, name.localname) if name.namespace else name.localname
            found[spelt] = str(value)
    return found


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()


def _vocabulary_element(element: etree._Element) -> RawMasterData:
    vocabulary = next((a for a in element.iterancestors() if a.get("type")), None)
    attributes = {
        str(child.get("id")): _text(child)
        for child in element
        if etree.QName(child).localname == "attribute" and len(child) == 0
    }
    kind = "" if vocabulary is None else str(vocabulary.get("type"))
    return RawMasterData(kind, str(element.get("id")), attributes, _line(element))
