"""SVG: a picture of the genealogy, material flowing from left to right.

One self-contained file without scripts, words in English and Chinese. Large
genealogies are drawn in groups that state their counts (``picture.marks``).
"""

from __future__ import annotations

from typing import BinaryIO

from genealogy.exports.picture.canvas import HEIGHT, Box, mark_svg
from genealogy.exports.picture.hover import bond_hover, bond_label, mark_hover
from genealogy.exports.picture.layers import acyclic, closing_links, layers
from genealogy.exports.picture.legend import (
    HEAD,
    MARGIN,
    completeness_words,
    heading,
    legend,
    title,
)
from genealogy.exports.picture.marks import Scene, inferred, scene
from genealogy.exports.picture.palette import FONT, INK, LINE, MUTED, PAPER
from genealogy.exports.picture.routes import PITCH, Route, bond_svg, label_svg, routes
from genealogy.exports.xml_text import xml_attribute, xml_text
from genealogy.ports import FlowRows
from genealogy.trace.result import Trace

LEAST_WIDTH = 1120.0
MARK_GAP = HEIGHT + 26.0
WAYPOINT_GAP = 18.0

_STYLE = f"""<style>
text{{font-family:{FONT};fill:{INK}}}
g[fill]>text{{fill:inherit}}
.title{{font-size:21px;font-weight:700}} .subtitle{{font-size:12.5px;fill:{MUTED}}}
.whole{{font-size:13.5px;font-weight:600}} .legend{{font-size:12px}}
.code{{font-size:13px;font-weight:650}} .name{{font-size:11.5px}}
.detail{{font-size:10.5px;fill:{MUTED}}}
.badge{{font-size:11.5px;font-weight:700}} .glyph{{font-size:13px}}
.amount{{font-size:10px;fill:{MUTED};paint-order:stroke;stroke:{PAPER};stroke-width:3.5px}}
.flow,.inferred,.loop,.reach{{fill:none;stroke:{LINE};stroke-width:1.3}}
.inferred{{stroke-dasharray:6 4}} .loop{{stroke:#8B1A1A;stroke-width:1.8;stroke-dasharray:2 3}}
.reach{{stroke:transparent;stroke-width:9}}
.bond:hover .flow,.bond:hover .inferred,.bond:hover .loop{{stroke:{INK};stroke-width:2.6}}
</style>"""
_ARROW = (
    '<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
    'markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse">'
    '<path d="M0 .5 10 5 0 9.5 2.5 5z" fill="{colour}"/></marker>'
)


def write(trace: Trace, out: BinaryIO) -> None:
    """Write the trace as one SVG picture."""
    shown = scene(trace)
    boxes, ways = _arranged(shown)
    width = max(LEAST_WIDTH, max(box.right for box in boxes) + 2 * MARGIN)
    bottom = max(box.middle for box in boxes) + HEIGHT + 24
    bottom = max([bottom, *(y + 30 for way in ways for _, y in way.stops)])
    explained, tall = legend(shown, width, bottom)
    parts = (
        _opening(trace, width, bottom + tall),
        heading(trace, shown, width),
        _drawing(shown, boxes, ways, trace.edges),
        f'<path d="M{MARGIN} {bottom}H{width - MARGIN}" stroke="{LINE}" stroke-width=".6"/>',
        explained,
        "</svg>\n",
    )
    for part in parts:
        out.write(part.encode())


def _arranged(shown: Scene) -> tuple[list[Box], list[Route]]:
    # numpy takes longer to import than most commands to run.
    from genealogy.exports.picture.places import places

    links = [(bond.source, bond.target) for bond in shown.bonds]
    size = len(shown.marks)
    rightward = acyclic(links, closing_links(size, links))
    column = layers(size, rightward)
    placed = places(column, rightward, mark_gap=MARK_GAP, waypoint_gap=WAYPOINT_GAP)
    top = HEAD + HEIGHT / 2 + 12
    boxes = [Box(_left(c), top + h) for c, h in zip(placed.column, placed.height, strict=True)]
    stops = [[(_left(c), top + h) for c, h in way] for way in placed.waypoints]
    return boxes, routes(boxes, rightward, stops)


def _left(column: int) -> float:
    return MARGIN + 8 + column * PITCH


def _opening(trace: Trace, width: float, height: float) -> str:
    words = title(trace)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label={xml_attribute(words)}>\n'
        f"<title>{xml_text(words)}</title>"
        f"<desc>{xml_text(completeness_words(trace.completeness))}</desc>\n{_STYLE}\n<defs>"
        f"{_ARROW.format(name='arrow', colour=LINE)}{_ARROW.format(name='loop', colour='#8B1A1A')}"
        f'</defs>\n<rect width="100%" height="100%" fill="{PAPER}"/>\n'
    )


def _drawing(shown: Scene, boxes: list[Box], ways: list[Route], edges: FlowRows) -> str:
    bonds = list(zip(shown.bonds, ways, strict=True))
    marks = zip(shown.marks, boxes, strict=True)
    lines = (bond_svg(b, w, bond_hover(edges, b), dashed=inferred(edges, b)) for b, w in bonds)
    labels = (label_svg(bond, way, bond_label(edges, bond)) for bond, way in bonds)
    cards = (mark_svg(mark, box, mark_hover(mark)) for mark, box in marks)
    return "\n".join([*lines, *filter(None, labels), *cards]) + "\n"
