"""GS1 keys: from application identifiers to one canonical id, and back.

The canonical form is the bracketed element string of the key alone, with the
GTIN as 14 digits: domain rules in the GS1 General Specifications, section 3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from genealogy.model.facts import NodeId
from genealogy.model.identifiers.forms import (
    Elements,
    Identifier,
    gtin14,
    has_check_digit,
    invalid,
    is_digits,
    with_check_digit,
)
from genealogy.model.names import Label


@dataclass(frozen=True, slots=True)
class Key:
    """A GS1 key: the application identifiers that form it, and what it names.

    A key whose first ``class_length`` characters are followed by a serial names
    a class of things when the serial is missing; null where there is no such form.
    """

    ais: tuple[str, ...]
    kind: Label
    class_length: int | None = None


#: The first key whose identifiers are all present names the thing.
KEYS: tuple[Key, ...] = (
    Key(("00",), Label.UNIT),
    Key(("01", "21"), Label.ITEM),
    Key(("01", "235"), Label.ITEM),
    Key(("01", "10"), Label.LOT),
    Key(("01",), Label.PRODUCT),
    Key(("8006", "21"), Label.ITEM),
    Key(("8006", "10"), Label.LOT),
    Key(("8006",), Label.PRODUCT),
    Key(("414", "254"), Label.PLACE),
    Key(("414",), Label.PLACE),
    Key(("417",), Label.PARTY),
    Key(("8003",), Label.UNIT, class_length=14),
    Key(("8004",), Label.ITEM),
    Key(("8010", "8011"), Label.ITEM),
    Key(("8010",), Label.PRODUCT),
    Key(("253",), Label.ITEM, class_length=13),
    Key(("255",), Label.ITEM, class_length=13),
    Key(("8017",), Label.PARTY),
    Key(("8018",), Label.PARTY),
    Key(("401",), Label.UNIT),
    Key(("402",), Label.UNIT),
)
KEY_AIS = frozenset(ai for key in KEYS for ai in key.ais)
PRIMARY_AIS = frozenset(key.ais[0] for key in KEYS)

#: How many leading digits carry a check digit as the last of them.
_CHECKED = {
    "00": 18,
    "01": 14,
    "414": 13,
    "417": 13,
    "8003": 14,
    "8006": 14,
    "253": 13,
    "255": 13,
    "8017": 18,
    "8018": 18,
    "402": 17,
}
#: Longest value of the parts that are free text (GS1 General Specifications, section 3.2).
_LONGEST = {
    "10": 20,
    "21": 20,
    "235": 28,
    "254": 20,
    "8003": 30,
    "8004": 30,
    "8010": 30,
    "8011": 12,
    "253": 30,
    "255": 25,
    "401": 30,
}
#: The extension by which EPC writers say that a location number has none.
_NO_EXTENSION = "0"
_BRACKET = re.compile(r"\((\d{2,4})\)")
_ESCAPED = re.compile(r"%(?=(?:25)*28)")


def identify(elements: Elements, spelling: str) -> Identifier:
    """The thing that these GS1 elements name.

    Raises InvalidIdentifier when they hold no whole key, a key has the wrong
    length, or its check digit is wrong (the error says which was expected).
    """
    found = {ai: checked(ai, value, spelling) for ai, value in elements.items() if ai in KEY_AIS}
    if found.get("254") == _NO_EXTENSION:
        del found["254"]
    for key in KEYS:
        if all(ai in found for ai in key.ais):
            return _named(key, found, spelling)
    raise invalid("no_key", spelling)


def checked(ai: str, value: str, spelling: str) -> str:
    """The value of a key's part in canonical form: padded, and its check digit verified."""
    value = _padded(ai, value)
    if not value or len(value) > _LONGEST.get(ai, len(value)):
        raise invalid("length", spelling, key=f"({ai})")
    digits = _CHECKED.get(ai)
    if digits is not None:
        _verify(ai, value, digits, spelling)
    return value


def _padded(ai: str, value: str) -> str:
    if ai == "01" and is_digits(value) and len(value) in (8, 12, 13):
        return value.zfill(14)
    # Many systems leave out the filler zero before a returnable asset's number.
    if ai == "8003" and not has_check_digit(value[:14]) and has_check_digit(value[:13]):
        return f"0{value}"
    return value


def _verify(ai: str, value: str, length: int, spelling: str) -> None:
    number = value[:length]
    if len(number) < length or not is_digits(number):
        raise invalid("digits", spelling, key=f"({ai})", count=str(length))
    if not has_check_digit(number):
        expected = with_check_digit(number[:-1])[-1]
        raise invalid(
            "check_digit", spelling, key=f"({ai}){number}", expected=expected, found=number[-1]
        )


def _named(key: Key, found: Elements, spelling: str) -> Identifier:
    first = found[key.ais[0]]
    is_class = key.class_length is not None and len(first) <= key.class_length
    return Identifier(
        node_id=bracketed({ai: found[ai] for ai in key.ais}),
        kind=Label.PRODUCT if is_class else key.kind,
        spelling=spelling,
        code=found[key.ais[-1]],
        product=_product(key, found, is_class=is_class),
        lot=_lot(key, found),
    )


def _product(key: Key, found: Elements, *, is_class: bool) -> NodeId | None:
    ai = key.ais[0]
    if len(key.ais) > 1 and ai in ("01", "8006", "8010"):
        return bracketed({ai: found[ai]})
    if key.class_length is not None and not is_class:
        return bracketed({ai: found[ai][: key.class_length]})
    return None


def _lot(key: Key, found: Elements) -> NodeId | None:
    if key.kind is Label.ITEM and key.ais[0] in ("01", "8006") and "10" in found:
        return bracketed({key.ais[0]: found[key.ais[0]], "10": found["10"]})
    return None


def bracketed(elements: Elements) -> NodeId:
    """The canonical id ``(01)…(10)…`` of GS1 elements, in the order given."""
    return NodeId("".join(f"({ai}){_escaped(value)}" for ai, value in elements.items()))


def unbracketed(text: str) -> dict[str, str] | None:
    """The elements of a text such as ``(01)09520123456788(10)A1``, else None."""
    if not _BRACKET.match(text):
        return None
    parts = _BRACKET.split(text)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {ai: _unescaped(value.strip()) for ai, value in pairs}


def _escaped(value: str) -> str:
    # A lot code may itself hold brackets around digits; the id must still read back.
    return _BRACKET.sub(r"%28\1)", _ESCAPED.sub("%25", value))


def _unescaped(value: str) -> str:
    return re.sub(r"%(25)*28", lambda found: _less_escaped(found.group()), value)


def _less_escaped(text: str) -> str:
    return "(" if text == "%28" else f"%{text[3:]}"


def plain_keys(digits: str) -> list[dict[str, str]]:
    """The keys that bare digits may be: GTIN, SSCC or GLN with a right check digit."""
    found: list[dict[str, str]] = []
    gtin = gtin14(digits)
    if gtin is not None:
        found.append({"01": gtin})
    if len(digits) == 18 and has_check_digit(digits):
        found.append({"00": digits})
    if len(digits) == 13 and has_check_digit(digits):
        found += [{"414": digits}, {"417": digits}]
    return found
