"""The digest of an answer, which any program can work out again from the JSON document.

It is SHA-256 over the document's members ``completeness``, ``edges``, ``nodes`` and ``query``
in the canonical form of RFC 8785 (JCS): members in the order of their names, nothing between
tokens, UTF-8, escapes only where JSON needs them. All numbers are integers; quantities are
texts. Lists keep their order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from genealogy.exports.records import (
    Record,
    completeness_record,
    edge_records,
    node_records,
    query_record,
)
from genealogy.trace.result import Trace

#: Bytes in UTF-8 of characters that come earlier in UTF-16 than by their number, or after such.
_RARE = re.compile(rb"[\xee-\xff]")
MEMBERS = ("completeness", "edges", "nodes", "query")


def digest_of(trace: Trace) -> str:
    """SHA-256 of the answer's canonical JSON, in hexadecimal; made record by record."""
    return _digest(
        completeness_record(trace.completeness),
        edge_records(trace),
        node_records(trace),
        query_record(trace.query),
    )


def digest_of_document(document: Mapping[str, Any]) -> str:
    """The digest of an answer that was read from a JSON document. Raises ValueError."""
    if not all(isinstance(document.get(name), kind) for name, kind in _KINDS):
        raise ValueError("the document holds no answer")
    return _digest(*(document[name] for name in MEMBERS))


_KINDS = (("completeness", dict), ("edges", list), ("nodes", list), ("query", dict))


def _digest(
    completeness: Record, edges: Iterable[Record], nodes: Iterable[Record], query: Record
) -> str:
    told = hashlib.sha256()
    told.update(b'{"completeness":' + canonical(completeness) + b',"edges":')
    for part in _listed(edges):
        told.update(part)
    told.update(b',"nodes":')
    for part in _listed(nodes):
        told.update(part)
    told.update(b',"query":' + canonical(query) + b"}")
    return told.hexdigest()


def _listed(records: Iterable[Record]) -> Iterator[bytes]:
    separator = b"["
    for record in records:
        yield separator + canonical(record)
        separator = b","
    yield b"[]" if separator == b"[" else b"]"


def canonical(value: Any) -> bytes:
    """A value without fractions of numbers, as RFC 8785 writes it."""
    written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    # Names are to be ordered as UTF-16, which differs from UTF-8 for rare ones.
    return orjson.dumps(_ordered(value)) if _RARE.search(written) else written


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value, key=_utf16)}
    return [_ordered(one) for one in value] if isinstance(value, list | tuple) else value


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")
