"""Identifiers: every spelling of a thing's name leads to one canonical id.

GS1 keys become bracketed element strings, ``(01)GTIN14(10)LOT``; other names get
a prefix that says their kind, ``batch:WO-1``. EPC URNs, Digital Links, element
strings, bracketed and plain forms all canonicalise; the spelling is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from genealogy.errors import InvalidIdentifier
from genealogy.model.facts import NodeId
from genealogy.model.identifiers import keys, link, scan, urn
from genealogy.model.identifiers.forms import (
    KINDS,
    PREFIXES,
    Elements,
    Identifier,
    has_check_digit,
    invalid,
    is_digits,
    with_check_digit,
)
from genealogy.model.names import Label

__all__ = [
    "KINDS",
    "Identifier",
    "InvalidIdentifier",
    "canonical",
    "code_key",
    "has_check_digit",
    "is_unlotted",
    "item_id",
    "lot_id",
    "own_id",
    "product_of",
    "readings",
    "spellings",
    "unlotted_id",
    "with_check_digit",
]

UNLOTTED = "unlotted"
#: Where an own id names the product: lot:ASSIGNER:PRODUCT:CODE, item:PRODUCT:SERIAL.
_PRODUCT_FIELD = {"lot": 1, "item": 0}
_LONGEST = 512
_URI = re.compile(r"(?:urn:|ni:|geo:|did:|mailto:|[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1c\x1e\x1f\x7f]")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
#: What a lot or serial of a GS1 key may hold: visible ASCII, up to 20 characters.
_GS1_TEXT = re.compile(r"[\x21-\x7e]{1,20}")
#: Keys of products that a lot code or serial makes keys of lots and items.
_CLASS_AIS = frozenset({"01", "8006"})
#: Kinds that have no GS1 key of their own: any text names them as it stands.
_ALWAYS_OWN = frozenset({Label.BATCH, Label.SHIPMENT, Label.QUALITY_EVENT, Label.EVENT})
#: URNs by which seafood traceability (GDST) names lots, items, products, places and parties.
_URN_KINDS = (
    (re.compile(r"urn:[^:]+:[^:]+:product:lot:class:", re.IGNORECASE), Label.LOT),
    (re.compile(r"urn:[^:]+:[^:]+:product:(?:serial|instance|obj)", re.IGNORECASE), Label.ITEM),
    (re.compile(r"urn:[^:]+:[^:]+:product:class:", re.IGNORECASE), Label.PRODUCT),
    (re.compile(r"urn:[^:]+:[^:]+:location:", re.IGNORECASE), Label.PLACE),
    (re.compile(r"urn:[^:]+:[^:]+:party:", re.IGNORECASE), Label.PARTY),
)
#: A lot or item URN of that kind names its product: ``<owner>.<product>.<lot>``.
_CLASS_URN = re.compile(
    r"(?P<head>urn:[^:]+:[^:]+:product:)(?:lot:class|serial:obj|serial:class|instance):"
    r"(?P<product>[^.]+\.[^.]+)\.(?P<code>.+)",
    re.IGNORECASE,
)


@lru_cache(maxsize=200_000)
def canonical(text: str, kind: Label | None = None) -> Identifier:
    """The one identifier that the text spells.

    With ``kind``, text that is no GS1 key is an own id of that kind; without,
    a kind prefix or a GS1 form is required. Raises InvalidIdentifier (the
    reason says what is wrong, and which check digit was expected).
    """
    spelling = text.strip()
    _refuse_unusable(spelling)
    prefix, _, rest = spelling.partition(":")
    if prefix == UNLOTTED and rest:
        return _of_kind(_unlotted(rest, spelling), kind)
    if prefix in KINDS and rest:
        return _of_kind(_prefixed(KINDS[prefix], rest, spelling), kind)
    return _read(spelling, kind)


def _refuse_unusable(text: str) -> None:
    if not text:
        raise invalid("empty", text)
    if len(text) > _LONGEST:
        raise invalid("too_long", text, longest=str(_LONGEST))
    if _CONTROL.search(text):
        raise invalid("control_character", text)
    if _SCIENTIFIC.fullmatch(text):
        raise invalid("excel_number", text)


def _prefixed(kind: Label, rest: str, spelling: str) -> Identifier:
    found = _read(rest, kind)
    return Identifier(found.node_id, found.kind, spelling, found.code, found.product, found.lot)


def _of_kind(found: Identifier, kind: Label | None) -> Identifier:
    if kind is None or found.kind is kind:
        return found
    raise invalid("wrong_kind", found.spelling, found=PREFIXES[found.kind], wanted=PREFIXES[kind])


def _read(text: str, kind: Label | None) -> Identifier:
    if kind in _ALWAYS_OWN:
        return _own(kind, text)
    elements = _elements(text, kind)
    if elements is not None:
        return _of_kind(_as_place(keys.identify(_as_kind(elements, kind), text), kind), kind)
    known = kind or _kind_of_urn(text)
    if known is None:
        raise invalid("no_kind", text)
    return _own(known, text)


def _elements(text: str, kind: Label | None) -> Elements | None:
    """The GS1 elements the text spells, or None when it is no GS1 form."""
    if urn.is_epc(text):
        return urn.from_urn(text) if kind is None or urn.kind_of(text) else None
    if link.is_web_address(text):
        return link.from_link(text)
    if text.startswith("("):
        return keys.unbracketed(text)
    return _scanned(text, kind) or _plain(text, kind)


def _scanned(text: str, kind: Label | None) -> Elements | None:
    if scan.is_marked(text):
        return _first_key(scan.element_strings(text), text)
    # Without a mark only a key with a right check digit tells a scan from an own code.
    if not is_digits(text[:16]) or (kind is not None and _plain(text, kind)):
        return None
    found = [e for e in scan.element_strings(text) if _is_checked_key(e)]
    return next((e for e in found if kind in (None, keys.identify(e, text).kind)), None)


def _first_key(found: list[scan.Reading], text: str) -> Elements:
    for elements in found:
        if elements.keys() & keys.PRIMARY_AIS:
            return elements
    raise invalid("scan", text.replace(scan.SEPARATOR, "<GS>"))


def _is_checked_key(elements: scan.Reading) -> bool:
    return next(iter(elements)) in ("00", "01", "414", "417")


def _plain(text: str, kind: Label | None) -> Elements | None:
    ai = {Label.PRODUCT: "01", Label.UNIT: "00", Label.PLACE: "414", Label.PARTY: "417"}
    if kind not in ai or not is_digits(text):
        return None
    return next((e for e in keys.plain_keys(text) if ai[kind] in e), None)


def _as_kind(elements: Elements, kind: Label | None) -> Elements:
    # Older EPCIS data name owning parties by the number of their location.
    if kind is Label.PARTY and "414" in elements:
        return {"417": elements["414"]}
    if kind is Label.PLACE and "417" in elements:
        return {"414": elements["417"]}
    return elements


def _as_place(found: Identifier, kind: Label | None) -> Identifier:
    # Things happen in vehicles, tanks and containers, which have keys of their own.
    if kind is Label.PLACE and found.kind in (Label.ITEM, Label.UNIT):
        node_id = NodeId(f"{PREFIXES[kind]}:{found.node_id}")
        return Identifier(node_id, kind, found.spelling, found.code)
    return found


def _kind_of_urn(text: str) -> Label | None:
    if urn.is_epc(text):
        return urn.kind_of(text)
    return next((kind for pattern, kind in _URN_KINDS if pattern.match(text)), None)


def _own(kind: Label, text: str) -> Identifier:
    if kind is Label.LOT and not _URI.match(text) and text.count(":") >= 2:
        return lot_id(*(part.replace("%3A", ":") for part in text.split(":", 2)), spelling=text)
    if kind is Label.ITEM and not _URI.match(text) and ":" in text:
        product, serial = text.split(":", 1)
        return item_id(product.replace("%3A", ":"), serial, spelling=text)
    return own_id(kind, text)


def own_id(kind: Label, text: str) -> Identifier:
    """The identifier that a text gives as it stands, without reading GS1 forms."""
    class_urn = _CLASS_URN.fullmatch(text)
    if class_urn is None:
        return Identifier(NodeId(f"{PREFIXES[kind]}:{text}"), kind, text, text)
    product = NodeId(f"product:{class_urn['head']}class:{class_urn['product']}")
    return Identifier(NodeId(f"{PREFIXES[kind]}:{text}"), kind, text, class_urn["code"], product)


def lot_id(assigner: str, product: str, code: str, *, spelling: str | None = None) -> Identifier:
    """The identifier of a lot: a GS1 key when the product is a GTIN, else an own id.

    A code that no GS1 key can hold (over 20 characters, or not ASCII) stays an own id.
    """
    of = _product(product)
    key = _key_of(of)
    if key and _GS1_TEXT.fullmatch(code):
        return keys.identify({**key, "10": code}, spelling or code)
    node_id = NodeId(f"lot:{_field(assigner)}:{_own_name(of)}:{code}")
    return Identifier(node_id, Label.LOT, spelling or code, code, of)


def item_id(product: str, serial: str, *, spelling: str | None = None) -> Identifier:
    """The identifier of a serialised item: a GS1 key when the product is a GTIN."""
    of = _product(product)
    key = _key_of(of)
    if key and _GS1_TEXT.fullmatch(serial):
        return keys.identify({**key, "21": serial}, spelling or serial)
    node_id = NodeId(f"item:{_own_name(of)}:{serial}")
    return Identifier(node_id, Label.ITEM, spelling or serial, serial, of)


def _field(text: str) -> str:
    return text.replace(":", "%3A")


def _product(product: str) -> NodeId | None:
    return canonical(product, Label.PRODUCT).node_id if product else None


def _key_of(product: NodeId | None) -> Elements | None:
    """The GS1 key of a product of which lots and serials can be part of the key, else None."""
    elements = keys.unbracketed(product or "") or {}
    return elements if len(elements) == 1 and elements.keys() & _CLASS_AIS else None


def _own_name(product: NodeId | None) -> str:
    """A product within an own id: one text, however the product was spelt."""
    return _field((product or "").removeprefix(f"{PREFIXES[Label.PRODUCT]}:"))


def product_of(node_id: NodeId) -> NodeId | None:
    """The product that the id of a lot or item names; null for other ids and kinds."""
    if node_id.startswith("("):
        key, _, rest = node_id[1:].partition("(")
        return NodeId(f"({key}") if rest else None
    kind, _, rest = node_id.partition(":")
    if rest.startswith(("urn:", "http:", "https:")):
        return own_id(Label.LOT, rest).product if kind == "lot" else None
    if kind not in _PRODUCT_FIELD:
        return None
    fields = rest.split(":")
    if len(fields) < 2 + _PRODUCT_FIELD[kind]:
        return None
    name = fields[_PRODUCT_FIELD[kind]].replace("%3A", ":")
    if name.startswith("(") or not name:
        return NodeId(name) if name else None
    return NodeId(f"{PREFIXES[Label.PRODUCT]}:{name}")


def is_unlotted(node_id: str) -> bool:
    """Whether an id stands for the material of a product of which no lot is known."""
    return node_id.startswith(f"{UNLOTTED}:")


def unlotted_id(product: NodeId) -> NodeId:
    """The id of the lot-like node that stands for a product's quantity of unknown lot."""
    return NodeId(f"{UNLOTTED}:{product}")


def _unlotted(rest: str, spelling: str) -> Identifier:
    product = canonical(rest, Label.PRODUCT)
    return Identifier(
        unlotted_id(product.node_id), Label.LOT, spelling, product.code, product.node_id
    )


def readings(text: str) -> list[Identifier]:
    """Every plausible reading of a text, the likeliest first, each node once.

    For search boxes: ids, bracketed text, scans with or without separators,
    Digital Links, URNs, bare GTIN, SSCC and GLN digits. Empty when the text is
    none of these; raises InvalidIdentifier for what a spreadsheet has mangled.
    """
    spelling = text.strip()
    if _SCIENTIFIC.fullmatch(spelling):
        raise invalid("excel_number", spelling)
    found: dict[NodeId, Identifier] = {}
    for reading in (*_literal(spelling), *_scans(spelling)):
        found.setdefault(reading.node_id, reading)
    return list(found.values())


def _literal(text: str) -> list[Identifier]:
    try:
        return [canonical(text)]
    except InvalidIdentifier:
        return []


def _scans(text: str) -> list[Identifier]:
    if link.is_web_address(text) or urn.is_epc(text) or text.startswith("("):
        return []
    scans = scan.element_strings(text)
    if not scan.is_marked(text):
        scans = [elements for elements in scans if _is_checked_key(elements)]
    candidates = [*keys.plain_keys(scan.without_symbology(text)), *scans]
    return [found for elements in candidates for found in _things(elements, text)]


def _things(elements: Elements, text: str) -> list[Identifier]:
    """The thing scanned, then its contents where the label of a unit names them."""
    content = {"01": elements["02"]} if "02" in elements else {}
    lot = {"10": elements["10"]} if "10" in elements else {}
    return [*_identified(elements, text), *_identified(content | lot, text)]


def _identified(elements: Elements, text: str) -> list[Identifier]:
    try:
        return [keys.identify(elements, text)]
    except InvalidIdentifier:
        return []


def spellings(node_id: str, aliases: Iterable[str] = ()) -> tuple[str, ...]:
    """Ways to write a GS1 id: bracketed, Digital Link, and EPC URN.

    The URN is given only when an alias, itself a URN, tells the length of the
    company prefix. An own id has only itself.
    """
    # Most ids are own ones, and need no second look.
    elements = keys.unbracketed(node_id) if node_id.startswith("(") else None
    if elements is None:
        return (node_id,)
    companies = {urn.company_prefix(alias) for alias in aliases} - {None}
    urns = (urn.to_urn(elements, company) for company in sorted(companies, key=str) if company)
    return (node_id, link.to_link(elements), *(spelt for spelt in urns if spelt))


def code_key(code: str) -> str:
    """A search key: full-width forms folded, case folded, letters and digits only."""
    # Most codes are ASCII, which normalisation leaves alone.
    folded = code if code.isascii() else unicodedata.normalize("NFKC", code)
    folded = folded.casefold()
    if folded.isalnum():
        return folded
    return "".join(character for character in folded if character.isalnum())
