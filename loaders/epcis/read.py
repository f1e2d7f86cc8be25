"""Opens a file of EPCIS events in whichever format it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from loaders.epcis.raw import Fault, Found, Unreadable
from loaders.epcis.read_json import read_json
from loaders.epcis.read_xml import read_xml
from loaders.epcis.text_stream import encoding_of

SUFFIXES = frozenset({".json", ".jsonld", ".xml"})
_HEAD = 4096


def read(path: Path, progress: Callable[[int], None] | None = None) -> Iterator[Found]:
    """Every event and vocabulary element of an XML or JSON file.

    Raises Unreadable where the file stops making sense, OSError when it cannot be opened.
    """
    first = first_character(path)
    if first == "":
        raise Unreadable(Fault("epcis_empty"), None)
    yield from (read_xml if first == "<" else read_json)(path, progress)


def first_character(path: Path) -> str:
    """The first character that is no white space; empty for an empty file."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    text = head.decode(encoding_of(head), errors="ignore").lstrip("\ufeff \t\r\n")
    return text[:1]
