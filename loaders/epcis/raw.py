"""What a reader hands on: one event as found, with its place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as column
from typing import Any

from loaders.epcis.vocabulary import PREFIXES


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One event as JSON-like data under the field names of EPCIS 2.0 JSON.

    ``line`` is where it starts (1 = first line). ``prefixes`` are the namespaces
    that hold for it, ``terms`` the bare names its document defines. ``is_xml``
    says that names without namespace can only be those of the standard.
    """

    data: Mapping[str, Any]
    line: int
    number: int
    prefixes: Mapping[str, str] = column(default_factory=lambda: PREFIXES)
    terms: frozenset[str] = frozenset()
    is_xml: bool = False


@dataclass(frozen=True, slots=True)
class RawMasterData:
    """One vocabulary element of a document: its vocabulary, id and attributes as found."""

    vocabulary: str
    id: str
    attributes: Mapping[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an event, an element or a whole file cannot be used; ``code`` is the reject's."""

    code: str
    field: str | None = None
    value: str | None = None
    params: Mapping[str, str] = column(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BadEvent:
    """An event that cannot even be read, and why."""

    line: int
    number: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a reader put right or left out; ``code`` is the remark's."""

    line: int | None
    code: str
    field: str | None = None


class Unreadable(Exception):
    """The rest of a file cannot be read; carries the fault and the line."""

    def __init__(self, fault: Fault, line: int | None) -> None:
        super().__init__(fault.code)
        self.fault = fault
        self.line = line


Found = RawEvent | RawMasterData | BadEvent | Note
