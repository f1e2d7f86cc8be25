"""The digest of an answer, which any program can work out again from the JSON document.

It is SHA-256 over some of the document's members (``MEMBERS`` for a trace, ``OF_COMPARISON``,
``OF_CAUSES``) in the canonical form of RFC 8785 (JCS): members in the order of their names,
nothing between tokens, UTF-8, escapes only where JSON needs them. Quantities are texts, and
of a trace all numbers are integers. Lists keep their order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
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

#: Records written in one go: a call for each takes longer, and more are no faster.
_AT_ONCE = 200
#: Where numbers begin to be written with an exponent: digits before the point, zeros behind it.
_PLAIN, _SMALL = 21, 6
#: Bytes in UTF-8 of characters that come earlier in UTF-16 than by their number, or after such.
_RARE = re.compile(rb"[\xee-\xff]")
MEMBERS = ("completeness", "edges", "nodes", "query")
OF_COMPARISON = ("cases", "completeness", "nodes", "query")
OF_CAUSES = ("candidates", "cases", "completeness", "goods", "method", "query")


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
    members = members_of(document)
    if not all(isinstance(document.get(name), _KINDS.get(name, list)) for name in members):
        raise ValueError("the document holds no answer")
    if members == MEMBERS:
        return _digest(*(document[name] for name in MEMBERS))
    told = {name: document[name] for name in members}
    return hashlib.sha256(canonical(_without_fractions(told))).hexdigest()


_KINDS = {"completeness": dict, "method": dict, "query": dict}


def members_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The members that the digest of an answer is over, by what it has."""
    if "edges" in document:
        return MEMBERS
    return OF_CAUSES if "candidates" in document else OF_COMPARISON


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
    separator, records = b"[", iter(records)
    while some := list(islice(records, _AT_ONCE)):
        yield separator
        yield canonical(some)[1:-1]
        separator = b","
    yield b"[]" if separator == b"[" else b"]"


def canonical(value: Any) -> bytes:
    """A value without fractions, or with such as are written already, as RFC 8785 writes it."""
    written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    # Names are to be ordered as UTF-16, which differs from UTF-8 for rare ones.
    is_rare = not written.isascii() and _RARE.search(written)
    return orjson.dumps(_ordered(value)) if is_rare else written


def _without_fractions(value: Any) -> Any:
    """A value with every fraction as it is to be written."""
    if isinstance(value, Mapping):
        return {name: _without_fractions(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_fractions(one) for one in value]
    return orjson.Fragment(number(value)) if isinstance(value, float) else value


def number(value: float) -> str:
    """A finite number as ECMAScript, and so RFC 8785, writes it: in the fewest digits."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int), "only finite numbers stand in documents"
    told, point = "".join(map(str, digits)), len(digits) + exponent
    if told == "0":
        return "0"
    if 0 < point <= _PLAIN:
        whole = told.ljust(point, "0")
        text = f"{whole[:point]}.{whole[point:]}".rstrip(".")
    elif -_SMALL < point <= 0:
        text = f"0.{'0' * -point}{told}"
    else:
        text = f"{told[0]}.{told[1:]}".rstrip(".") + f"e{point - 1:+d}"
    return "-" * sign + text


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value, key=_utf16)}
    return [_ordered(one) for one in value] if isinstance(value, list | tuple) else value


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")
