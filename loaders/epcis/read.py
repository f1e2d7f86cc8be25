"""Opens a file of EPCIS events in whichever format it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from genealogy.messages import text
from loaders.epcis.raw import Fault, Found, Unreadable
from loaders.epcis.read_json import read_json
from loaders.epcis.read_xml import read_xml
from loaders.epcis.text_stream import encoding_of

SUFFIXES = frozenset({".json", ".jsonld", ".xml"})
_HEAD = 4096
_BREAKS = frozenset(
    ("epcis_truncated", "epcis_json_syntax", "epcis_xml_syntax", "epcis_encoding", "epcis_nested")
)


def read(path: Path, progress: Callable[[int], None] | None = None) -> Iterator[Found]:
    """Every event and vocabulary element of an XML or JSON file.

    Raises Unreadable where the file stops making sense, OSError when it cannot be opened.
    """
    first = first_character(path)
    if first == "":
        raise Unreadable(Fault("epcis_empty"), None)
    yield from (read_xml if first == "<" else read_json)(path, progress)


def damage(path: Path) -> str | None:
    """Why a JSON or XML file breaks off before any event; null when it is sound or no such file."""
    if path.suffix.lower() not in SUFFIXES:
        return None
    try:
        next(read(path), None)
    except Unreadable as error:
        words = {"value": error.fault.value or "", **error.fault.params}
        return text(f"reject.{error.fault.code}", **words) if error.fault.code in _BREAKS else None
    return None


def first_character(path: Path) -> str:
    """The first character that is no white space; empty for an empty file."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    start = head.decode(encoding_of(head), errors="ignore").lstrip("\ufeff \t\r\n")
    return start[:1]
