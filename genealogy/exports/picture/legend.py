"""What stands around the drawing: title, completeness and legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from genealogy.exports.picture.canvas import badge, icon_svg, text_at
from genealogy.exports.picture.marks import Mark, Scene
from genealogy.exports.picture.palette import (
    ALARM,
    BACKWARD,
    FORWARD,
    INK,
    LOOKS,
    OUTLINE,
    PAPER,
    STATUSES,
    both,
    both_counted,
    cells,
    fitted,
)
from genealogy.exports.records import label_of, node_row, product_row
from genealogy.model.durations import spell_duration
from genealogy.model.times import iso
from genealogy.trace.result import Completeness, FrontierReason, State, Trace, Window

HEAD = 128.0
ROW = 30.0
MARGIN = 28.0
MOST_SEEDS = 3

Item = tuple[Callable[[float, float], str], str]


def heading(trace: Trace, shown: Scene, width: float) -> str:
    """Title, question and completeness, ``HEAD`` pixels high."""
    room = int((width - 2 * MARGIN) / 6.2)
    return (
        text_at(MARGIN, 38, fitted(title(trace), int(room * 0.6)), "title")
        + text_at(MARGIN, 62, fitted(_question(trace, shown), room), "subtitle")
        + _completeness(trace.completeness, 76)
    )


def title(trace: Trace) -> str:
    """What the picture shows, such as "Forward trace 正向追溯: LOT-1"."""
    rows = [node_row(trace, seed) for seed in trace.query.seeds]
    seeds = [label_of(row, product_row(trace, row)) for row in rows]
    more = f" +{len(seeds) - MOST_SEEDS}" if len(seeds) > MOST_SEEDS else ""
    direction = both(f"picture.{trace.query.direction}")
    return f"{direction}: {', '.join(seeds[:MOST_SEEDS])}{more}"


def completeness_words(completeness: Completeness) -> str:
    """The completeness in both languages, with the counts behind it."""
    still = completeness.count(FrontierReason.NON_PROPAGATING)
    if completeness.state is State.COMPLETE:
        policy = f" · {both_counted('picture.still', still)}" if still else ""
        return f"✓ {both('picture.complete')}{policy}"
    counts = {
        "not_followed": len(completeness.frontiers) - still,
        "still": still,
        "masked": completeness.masked,
        "gaps": len(completeness.gaps),
    }
    parts = [both_counted(f"picture.{name}", count) for name, count in counts.items() if count]
    return f"⚠ {both('picture.incomplete')}: {' · '.join(parts)}"


def legend(shown: Scene, width: float, top: float) -> tuple[str, float]:
    """The legend from ``top`` on, with only what occurs, and the height it takes."""
    x, y = MARGIN, top + 24
    drawn = []
    for draw, words in _items(shown):
        wide = 44 + 6.6 * cells(words)
        if x + wide > width - MARGIN and x > MARGIN:
            x, y = MARGIN, y + ROW
        drawn.append(draw(x, y) + text_at(x + 34, y + 4, words, "legend"))
        x += wide
    return "".join(drawn), y + ROW - top


def _question(trace: Trace, shown: Scene) -> str:
    query = trace.query
    movements = len(trace.edges.edge_id)
    parts = [both_counted("count.nodes", shown.nodes), both_counted("count.movements", movements)]
    if shown.grouped:
        parts.append(both_counted("picture.grouped", len(shown.marks)))
    parts.append(both(f"picture.{query.mode.value}"))
    for name, moment in (("as_of", query.as_of), ("known_at", query.known_at)):
        if moment is not None:
            parts.append(f"{both(f'picture.{name}')} {iso(moment)}")
    if query.dilution is not None:
        parts.append(f"{both('picture.dilution')} {query.dilution:f}")
    parts += [
        f"{both('picture.carry_over')} {name} {spell_duration(most)}"
        for name, most in query.carry_over
    ]
    parts += map(_window, query.windows)
    if clocks := [f"{name} ±{spell_duration(most)}" for name, most in query.clock_tolerance]:
        parts.append(f"{both('picture.clocks')} {', '.join(clocks)}")
    return " · ".join(parts)


def _window(window: Window) -> str:
    times = "–".join(iso(t) if t else "…" for t in (window.since, window.until))
    return f"{both(f'picture.of_{window.kind.value}')} {window.node_id} {times}"


def _completeness(completeness: Completeness, top: float) -> str:
    words = completeness_words(completeness)
    whole = completeness.state is State.COMPLETE
    return (
        f'<rect x="{MARGIN}" y="{top}" width="{28 + 7.3 * cells(words):.0f}" height="28" rx="5" '
        f'fill="{PAPER if whole else ALARM}" stroke="{INK}" stroke-width="{1 if whole else 2}"/>'
        + text_at(MARGIN + 12, top + 19, words, "whole")
    )


def _items(shown: Scene) -> list[Item]:
    return [*_kinds(shown.marks), *_statuses(shown.marks), *_flags(shown), *_links(shown)]


def _kinds(marks: Sequence[Mark]) -> list[Item]:
    found = {mark.look for mark in marks}
    return [(_shape(look), both(f"kind.{look}")) for look in LOOKS if look in found]


def _shape(look: str) -> Callable[[float, float], str]:
    return lambda x, y: icon_svg(Mark((), look), x, y - 13)


def _statuses(marks: Sequence[Mark]) -> list[Item]:
    found = {mark.status for mark in marks}
    return [
        (_swatch(s.glyph, s.fill, s.ink), both(f"status.{s.name}"))
        for s in STATUSES.values()
        if s in found
    ]


def _swatch(words: str, fill: str, ink: str) -> Callable[[float, float], str]:
    return lambda x, y: badge(x, y - 9, 26, words, fill, ink)


def _flags(shown: Scene) -> list[Item]:
    ways = {piece.record["direction"] for mark in shown.marks for piece in mark.pieces}
    flags = [
        (True, _swatch("★", INK, PAPER), "seed"),
        (bool({"forward", "both"} & ways), _swatch("1▶", PAPER, FORWARD), "steps_forward"),
        (bool({"backward", "both"} & ways), _swatch("◀1", PAPER, BACKWARD), "steps_backward"),
        (any(m.frontiers for m in shown.marks), _swatch("✂", ALARM, INK), "flag_frontier"),
        (any(m.gaps for m in shown.marks), _swatch("!", ALARM, INK), "flag_gap"),
        (shown.grouped, _stacked, "group"),
    ]
    return [(draw, both(f"picture.{name}")) for present, draw, name in flags if present]


def _stacked(x: float, y: float) -> str:
    rects = (
        f'<rect x="{x + d}" y="{y - 9 + d}" width="20" height="14" rx="3"/>' for d in (4, 2, 0)
    )
    return f'<g fill="{PAPER}" stroke="{OUTLINE}">{"".join(rects)}</g>'


def _links(shown: Scene) -> list[Item]:
    styles = [(True, "flow"), (True, "inferred"), (any(b.loop for b in shown.bonds), "loop")]
    return [(_line(style), both(f"picture.{style}")) for present, style in styles if present]


def _line(style: str) -> Callable[[float, float], str]:
    return lambda x, y: f'<path class="{style}" d="M{x:.1f} {y:.1f}h28"/>'
