"""GS1 Digital Link URIs of any domain to GS1 elements and back.

Source: GS1 Digital Link Standard, URI syntax: only the path names the thing, the
domain and a leading path stem are free, ``/01/gtin/10/lot`` or older short names.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from genealogy.model.identifiers.forms import Elements, is_digits
from genealogy.model.identifiers.keys import PRIMARY_AIS

CANONICAL_HOST = "https://id.gs1.org"

#: Short names of the first Digital Link version; accepted on input only.
_SHORT_NAMES = {
    "gtin": "01",
    "itip": "8006",
    "cpid": "8010",
    "gln": "414",
    "partygln": "417",
    "payto": "415",
    "gsrnp": "8017",
    "gsrn": "8018",
    "gcn": "255",
    "sscc": "00",
    "gdti": "253",
    "ginc": "401",
    "gsin": "402",
    "grai": "8003",
    "giai": "8004",
    "cpv": "22",
    "lot": "10",
    "ser": "21",
    "glnx": "254",
    "cpsn": "8011",
}
#: Lengths by which a path segment after an AI is taken for its key and not for something else.
_LENGTHS = {
    "00": (18,),
    "01": (8, 12, 13, 14),
    "414": (13,),
    "417": (13,),
    "402": (17,),
    "8006": (18,),
    "8017": (18,),
    "8018": (18,),
}


def is_web_address(text: str) -> bool:
    """Whether the text is an http or https address."""
    return text[:7].lower() == "http://" or text[:8].lower() == "https://"


def from_link(text: str) -> dict[str, str] | None:
    """The GS1 elements of a Digital Link, or None when the address is an ordinary one."""
    try:
        path = urlsplit(text).path
    except ValueError:
        return None
    segments = [unquote(segment) for segment in path.strip("/").split("/")]
    for start in range(len(segments) - 1):
        ai = _ai(segments[start])
        if ai in PRIMARY_AIS and _fits(ai, segments[start + 1]):
            return _pairs(segments[start:])
    return None


def _ai(segment: str) -> str:
    return _SHORT_NAMES.get(segment.lower(), segment)


def _fits(ai: str, value: str) -> bool:
    lengths = _LENGTHS.get(ai)
    if lengths is None:
        return len(value) >= 6 and is_digits(value[:4])
    return len(value) in lengths and is_digits(value)


def _pairs(segments: list[str]) -> dict[str, str] | None:
    if len(segments) % 2:
        return None
    elements = {_ai(name): value for name, value in zip(segments[::2], segments[1::2], strict=True)}
    return elements if all(is_digits(ai) for ai in elements) else None


def to_link(elements: Elements) -> str:
    """The Digital Link of GS1 elements under the canonical host."""
    path = "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in elements.items())
    return CANONICAL_HOST + path
