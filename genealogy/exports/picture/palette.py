"""How kinds, statuses and words look: shape, fill and glyph, never colour alone."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from genealogy.messages import text
from genealogy.model.names import Label, Role
from genealogy.ports import NodeRow

INK = "#111827"
OUTLINE = "#374151"
MUTED = "#4B5563"
LINE = "#6B7280"
PAPER = "#FFFFFF"
ALARM = "#F8CF1E"
FORWARD = "#A84300"
BACKWARD = "#7A3E9D"

FONT = (
    "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', "
    "'Microsoft YaHei', 'WenQuanYi Zen Hei', sans-serif"
)


@dataclass(frozen=True, slots=True)
class Look:
    """How a kind of node looks: SVG of its shape in a 26 × 26 box, and the tint behind it."""

    shape: str
    tint: str


@dataclass(frozen=True, slots=True)
class Status:
    """A status with its fill, glyph and the colour of text on it."""

    name: str
    fill: str
    glyph: str
    ink: str


LOOKS = {
    "lot": Look('<rect x="1" y="3" width="24" height="20" rx="8"/>', "#E0E7FF"),
    "product_lot": Look('<rect x="2" y="2" width="22" height="22"/>', "#DBEAFE"),
    "item": Look('<circle cx="13" cy="13" r="11.5"/>', "#CFFAFE"),
    "unit": Look(
        '<path d="M2 7 13 2 24 7V20L13 25 2 20Z"/><path d="M2 7 13 12 24 7M13 12V25"/>',
        "#F3E8FF",
    ),
    "batch": Look('<path d="M13 .5 25.5 13 13 25.5 .5 13Z"/>', "#FEF3C7"),
    "shipment": Look('<path d="M2 2 25 13 2 24Z"/>', "#DCFCE7"),
    "party": Look('<path d="M13 1 25 10 20.5 24.5H5.5L1 10Z"/>', "#FCE7F3"),
    "place": Look('<path d="M7 2H19L25.5 13 19 24H7L.5 13Z"/>', "#FFEDD5"),
    "quality": Look('<path d="M13 1.5 25.5 24.5H.5Z"/>', "#FEE2E2"),
    "other": Look('<path d="M3 3H23V23H3Z" stroke-dasharray="3 2"/>', "#F3F4F6"),
}

STATUSES = {
    status.name: status
    for status in (
        Status("in_stock", "#00279A", "▣", "#FFFFFF"),
        Status("in_transit", "#74C2FA", "▷", "#000000"),
        Status("at_customer", "#D6630F", "◉", "#000000"),
        Status("on_hold", "#F8CF1E", "‖", "#000000"),
        Status("returned", "#067462", "↩", "#FFFFFF"),
        Status("consumed", "#A3A3A3", "●", "#000000"),
        Status("destroyed", "#1A1A1A", "✕", "#FFFFFF"),
        Status("unaccounted", "#FFFFFF", "?", "#000000"),
    )
}

_KINDS = {
    Label.LOT: "lot",
    Label.ITEM: "item",
    Label.UNIT: "unit",
    Label.BATCH: "batch",
    Label.SHIPMENT: "shipment",
    Label.PARTY: "party",
    Label.PLACE: "place",
    Label.QUALITY_EVENT: "quality",
}


def look_of(row: NodeRow) -> str:
    """The name of the look of a node."""
    if row.kind == Label.LOT and Role.PRODUCT_LOT in row.roles:
        return "product_lot"
    return _KINDS.get(Label(row.kind), "other")


def both(key: str) -> str:
    """A text in English and Chinese side by side: a picture is shown to both readers."""
    return f"{text(key, 'en')} {text(key, 'zh')}"


def both_counted(key: str, count: int) -> str:
    """A text with a count, in English and Chinese."""
    return f"{text(key, 'en', count=count)} / {text(key, 'zh', count=count)}"


def cells(words: str) -> int:
    """The width of a text in cells; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in words)


def fitted(words: str, room: int) -> str:
    """The text cut to about ``room`` cells, with an ellipsis where something was cut."""
    left = float(room)
    for i, character in enumerate(words):
        left -= _breadth(character)
        if left < 0:
            return f"{_begun(words[:i], room)}…"
    return words


def _begun(words: str, room: int) -> str:
    while words and sum(map(_breadth, words)) > room - 1:
        words = words[:-1]
    return words


def _breadth(character: str) -> float:
    # In a proportional typeface digits and capitals are broader than the average letter.
    if unicodedata.east_asian_width(character) in "WF":
        return 2.0
    return 1.2 if character.isdigit() or character.isupper() else 1.0
