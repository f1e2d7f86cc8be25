"""Links as curves: from the right edge of one card to the left edge of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genealogy.exports.picture.canvas import HEIGHT, WIDTH, Box, Point, hover_text, text_at
from genealogy.exports.picture.marks import Bond

PITCH = WIDTH + 118.0
ROOM = HEIGHT - 18.0
PORT_GAP = 13.0
LABEL_PORTS = 3
#: The last stretch before a card is level, so that its label can stand on it.
RUN_IN = 62.0


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one link over the page, from left to right, and whether a label fits."""

    start: Point
    stops: tuple[Point, ...]
    end: Point
    labelled: bool


def routes(
    boxes: Sequence[Box], links: Sequence[tuple[int, int]], waypoints: Sequence[Sequence[Point]]
) -> list[Route]:
    """A route for each link; links that share a card's side are spread over it."""
    before = [
        way[-1][1] if way else boxes[s].middle for (s, _), way in zip(links, waypoints, strict=True)
    ]
    after = [
        way[0][1] if way else boxes[t].middle for (_, t), way in zip(links, waypoints, strict=True)
    ]
    leaving = _ports([s for s, _ in links], after)
    coming = _ports([t for _, t in links], before)
    return [
        Route(
            (boxes[s].right, boxes[s].middle + leaving[i][0]),
            tuple(waypoints[i]),
            (boxes[t].left, boxes[t].middle + coming[i][0]),
            coming[i][1] <= LABEL_PORTS,
        )
        for i, (s, t) in enumerate(links)
    ]


def bond_svg(bond: Bond, route: Route, hover: str, *, dashed: bool) -> str:
    """A link as a curve with an arrow head where the material arrives."""
    style = "loop" if bond.loop else "inferred" if dashed else "flow"
    head = 'marker-start="url(#loop)"' if bond.loop else 'marker-end="url(#arrow)"'
    curve = path(route)
    return (
        f'<g class="bond">{hover_text(hover)}<path class="reach" d="{curve}"/>'
        f'<path class="{style}" d="{curve}" {head}/></g>'
    )


def label_svg(bond: Bond, route: Route, label: str) -> str:
    """The label of a link, at its right end, where there is room for it."""
    words = f"↻ {label}" if bond.loop else label
    x, y = route.end
    return text_at(x - 11, y - 3, words, "amount", anchor="end") if route.labelled else ""


def path(route: Route) -> str:
    """The curve; between columns it bends, through a column it runs level."""
    x, y = route.start
    drawn = [f"M{x:.1f} {y:.1f}"]
    for stop_x, stop_y in route.stops:
        drawn += [_bend(x, y, stop_x, stop_y), f"H{stop_x + WIDTH:.1f}"]
        x, y = stop_x + WIDTH, stop_y
    end_x, end_y = route.end
    return "".join([*drawn, _bend(x, y, end_x - RUN_IN, end_y), f"H{end_x:.1f}"])


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    half = (x + to_x) / 2
    return f"C{half:.1f} {y:.1f} {half:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"


def _ports(owners: Sequence[int], wanted: Sequence[float]) -> list[tuple[float, int]]:
    """For each link its offset from the middle of its owner's side, and the links there."""
    sides: dict[int, list[int]] = {}
    for i in sorted(range(len(owners)), key=lambda i: wanted[i]):
        sides.setdefault(owners[i], []).append(i)
    found = [(0.0, 1)] * len(owners)
    for sharing in sides.values():
        gap = min(PORT_GAP, ROOM / len(sharing))
        for n, i in enumerate(sharing):
            found[i] = ((n - (len(sharing) - 1) / 2) * gap, len(sharing))
    return found
