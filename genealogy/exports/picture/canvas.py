"""Marks and links as SVG elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from genealogy.exports.picture.marks import Mark, detail_of, name_of, title_of
from genealogy.exports.picture.palette import (
    ALARM,
    BACKWARD,
    FORWARD,
    INK,
    LOOKS,
    MUTED,
    OUTLINE,
    PAPER,
    cells,
    fitted,
)
from genealogy.exports.xml_text import xml_attribute, xml_text

WIDTH = 232.0
HEIGHT = 60.0
ICON = 38.0
TITLE_ROOM, NAME_ROOM, DETAIL_ROOM = 22, 30, 37

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a mark stands: its left edge and its middle height, in pixels."""

    left: float
    middle: float

    @property
    def top(self) -> float:
        """The height of its upper edge."""
        return self.middle - HEIGHT / 2

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + WIDTH


def text_at(x: float, y: float, words: str, style: str, *, anchor: str = "start") -> str:
    """A line of text; ``style`` names one of the classes of the style sheet."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">'
        f"{xml_text(words)}</text>"
    )


def hover_text(words: str) -> str:
    """What is shown when the element is pointed at, and read out by screen readers."""
    return f"<title>{xml_text(words)}</title>"


def mark_svg(mark: Mark, box: Box, hover: str) -> str:
    """A card: shape and status on the left, three lines of text, and its flags."""
    ids = xml_attribute(mark.pieces[0].row.node_id)
    parts = (
        _stack(box) if len(mark.pieces) > 1 else "",
        _card(mark, box),
        icon_svg(mark, box.left + 6, box.middle - 13),
        _lines(mark, box),
        _flags(mark, box),
    )
    return f'<g class="mark" data-id={ids}>{hover_text(hover)}{"".join(parts)}</g>'


def icon_svg(mark: Mark, x: float, y: float) -> str:
    """The shape of the kind, filled and marked with the status where one is known."""
    status = mark.status
    fill = status.fill if status else PAPER
    glyph = text_at(13, 17.5, status.glyph, "glyph", anchor="middle") if status else ""
    ink = status.ink if status else INK
    dashes = ' stroke-dasharray="3 2"' if status and status.name == "unaccounted" else ""
    return (
        f'<g transform="translate({x:.1f} {y:.1f})" fill="{ink}"><g fill="{fill}" '
        f'stroke="{OUTLINE}" stroke-width="1.6"{dashes}>{LOOKS[mark.look].shape}</g>{glyph}</g>'
    )


def _rect(box: Box, grow: float, attributes: str) -> str:
    return (
        f'<rect x="{box.left - grow:.1f}" y="{box.top - grow:.1f}" width="{WIDTH + 2 * grow}" '
        f'height="{HEIGHT + 2 * grow}" rx="{6 + grow}" {attributes}/>'
    )


def _card(mark: Mark, box: Box) -> str:
    rings = "".join(
        _rect(box, grow, f'fill="none" stroke="{INK}" stroke-width="1.4"') for grow in (3.5, 7)
    )
    tint = (
        f'<path d="M{box.left + ICON:.1f} {box.top:.1f}v{HEIGHT}h{6 - ICON}q-6 0-6-6'
        f'v{12 - HEIGHT}q0-6 6-6z" fill="{LOOKS[mark.look].tint}"/>'
    )
    body = _rect(box, 0, f'fill="{PAPER}"')
    frame = _rect(box, 0, f'fill="none" stroke="{OUTLINE}" stroke-width="1.4"')
    return (rings if mark.seed else "") + body + tint + frame


def _stack(box: Box) -> str:
    behind = (Box(box.left + 6, box.middle + 6), Box(box.left + 3, box.middle + 3))
    return "".join(_rect(b, 0, f'fill="{PAPER}" stroke="{OUTLINE}"') for b in behind)


def _lines(mark: Mark, box: Box) -> str:
    left = box.left + ICON + 8
    return (
        text_at(left, box.top + 18, fitted(title_of(mark), TITLE_ROOM), "code")
        + text_at(left, box.top + 34.5, fitted(name_of(mark), NAME_ROOM), "name")
        + text_at(left, box.top + 50.5, fitted(detail_of(mark), DETAIL_ROOM), "detail")
    )


def _flags(mark: Mark, box: Box) -> str:
    right, drawn = box.right - 8, []
    for words, fill, ink in _badges(mark):
        width = 9.0 + 7.5 * cells(words)
        right -= width
        drawn.append(badge(right, box.top - 13, width, words, fill, ink))
        right -= 4
    return "".join(drawn)


def _badges(mark: Mark) -> Iterator[tuple[str, str, str]]:
    yield ("★", INK, PAPER) if mark.seed else _steps(mark)
    if mark.frontiers:
        yield "✂", ALARM, INK
    if mark.gaps:
        yield f"!{mark.gaps}" if mark.gaps > 1 else "!", ALARM, INK


def _steps(mark: Mark) -> tuple[str, str, str]:
    steps = {piece.record["distance"] for piece in mark.pieces}
    step = str(min(steps)) if len(steps) == 1 else f"{min(steps)}–{max(steps)}"
    ways = {piece.record["direction"] for piece in mark.pieces}
    if ways == {"forward"}:
        return f"{step}▶", PAPER, FORWARD
    return (f"◀{step}", PAPER, BACKWARD) if ways == {"backward"} else (f"◀{step}▶", PAPER, MUTED)


def badge(x: float, y: float, width: float, words: str, fill: str, ink: str) -> str:
    """A small filled label, 18 pixels high."""
    return (
        f'<g fill="{ink}"><rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="18" rx="4" '
        f'fill="{fill}" stroke="{OUTLINE}"/>'
        f"{text_at(x + width / 2, y + 13, words, 'badge', anchor='middle')}</g>"
    )
