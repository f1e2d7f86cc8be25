"""What every reader of identifiers shares: the result, the errors, the check digit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from genealogy.errors import InvalidIdentifier
from genealogy.model.facts import NodeId
from genealogy.model.names import Label

#: GS1 application identifiers and their values, as ``{"01": gtin, "10": lot}``.
Elements = Mapping[str, str]

#: How ids that are no GS1 key begin.
PREFIXES: dict[Label, str] = {
    Label.LOT: "lot",
    Label.ITEM: "item",
    Label.UNIT: "unit",
    Label.BATCH: "batch",
    Label.SHIPMENT: "shipment",
    Label.PLACE: "place",
    Label.PARTY: "party",
    Label.PRODUCT: "product",
    Label.QUALITY_EVENT: "quality",
    Label.EVENT: "event",
}
KINDS: dict[str, Label] = {prefix: kind for kind, prefix in PREFIXES.items()}


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name of one thing: its canonical id, kind, the spelling found and its short code.

    ``product`` is the node of its product where the identifier says it, ``lot``
    the node of its lot where a serialised item's identifier also names the lot.
    """

    node_id: NodeId
    kind: Label
    spelling: str
    code: str
    product: NodeId | None = None
    lot: NodeId | None = None


def invalid(reason: str, text: str, **params: str) -> InvalidIdentifier:
    """The error for a text that is no valid identifier; words under ``identifier_<reason>``."""
    return InvalidIdentifier(f"identifier_{reason}", text=text[:200], reason=reason, **params)


def is_digits(text: str) -> bool:
    """Whether the text is ASCII digits only, at least one."""
    return text.isascii() and text.isdigit()


def with_check_digit(body: str) -> str:
    """A numeric key with its GS1 check digit appended."""
    # From the right, every other digit counts three times (GS1 General Specifications, 7.9).
    weighted = 3 * sum(map(int, body[::-2])) + sum(map(int, body[-2::-2]))
    return f"{body}{-weighted % 10}"


def has_check_digit(key: str) -> bool:
    """Whether the last digit of a numeric key is its GS1 check digit."""
    return is_digits(key) and len(key) > 1 and with_check_digit(key[:-1]) == key


def gtin14(text: str) -> str | None:
    """The 14-digit form of a GTIN-8, -12, -13 or -14 with a right check digit, else None."""
    if len(text) in (8, 12, 13, 14) and has_check_digit(text):
        return text.zfill(14)
    return None
