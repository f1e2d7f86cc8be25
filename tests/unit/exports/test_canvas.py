"""Cards, curves and the legend: geometry and words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.exports.picture.canvas import HEIGHT, WIDTH, Box
from genealogy.exports.picture.hover import MOST_LINES, bond_hover, bond_label, mark_hover
from genealogy.exports.picture.legend import completeness_words, title
from genealogy.exports.picture.marks import detail_of, name_of, scene, title_of
from genealogy.exports.picture.palette import LOOKS, cells, fitted
from genealogy.exports.picture.routes import ROOM, Route, path, routes
from genealogy.exports.xml_text import xml_attribute, xml_text
from genealogy.messages import catalogue
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.ports import FlowRows
from genealogy.trace.result import Completeness, Gap, GapKind
from tests.unit.exports import samples


def test_a_box_knows_its_edges() -> None:
    box = Box(10, 100)
    assert (box.right, box.top) == (10 + WIDTH, 100 - HEIGHT / 2)


def test_a_curve_runs_level_through_every_column_between() -> None:
    drawn = path(Route((0, 0), ((300.0, 50.0),), (700, 10), labelled=True))
    assert f"H{300 + WIDTH:.1f}" in drawn
    assert drawn.startswith("M0.0 0.0")
    assert drawn.endswith("H700.0")


@given(st.integers(1, 40))
def test_links_that_share_a_side_stay_on_the_card(count: int) -> None:
    boxes = [Box(0, 0), *(Box(500, 90.0 * n) for n in range(count))]
    found = routes(boxes, [(0, n + 1) for n in range(count)], [[] for _ in range(count)])
    leaving = [route.start[1] for route in found]
    assert max(map(abs, leaving)) <= ROOM / 2
    assert leaving == sorted(leaving)


def test_crowded_sides_carry_no_labels() -> None:
    boxes = [*(Box(0, 90.0 * n) for n in range(9)), Box(500, 0)]
    found = routes(boxes, [(n, 9) for n in range(9)], [[] for _ in range(9)])
    assert not any(route.labelled for route in found)


# --- Words of marks and links ---------------------------------------------------------------


def test_a_card_tells_code_names_kind_quantity_and_status() -> None:
    shown = {m.pieces[0].row.node_id: m for m in scene(samples.small()).marks}
    lot = shown[NodeId("lot:SUP-017:RM-204:24A0871")]
    assert title_of(lot) == "24A0871"
    assert name_of(lot) == "医用聚氯乙烯粒料 Medical PVC granulate"
    assert detail_of(lot) == "Lot 批次 · 500.000 KGM · ‖ on hold 隔离"


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"process": "moulding"}, "moulding"),
        ({"unit_type": "case"}, "case"),
        ({"product_id": "RM-1"}, "RM-1"),
        ({}, ""),
    ],
)
def test_a_nameless_card_says_what_is_known(properties: dict[str, str], name: str) -> None:
    trace = samples.trace_of(
        [samples.row("batch:B", Label.BATCH, **properties)], FlowRows(), "batch:B"
    )
    assert name_of(scene(trace).marks[0]) == name


def crowd(quantity: str | None = "2") -> tuple[FlowRows, list[samples.NodeRow]]:
    edges, nodes = FlowRows(), [samples.row("batch:B", Label.BATCH)]
    for number in range(250):
        nodes.append(
            samples.row(
                f"item:P:{number:03}", Label.ITEM, product_id="P", quantity=quantity, uom="H87"
            )
        )
        samples.add(edges, Flow.PRODUCED, "batch:B", f"item:P:{number:03}")
    return edges, nodes


def test_a_group_tells_count_range_and_sum() -> None:
    edges, nodes = crowd()
    [group] = [m for m in scene(samples.trace_of(nodes, edges, "batch:B")).marks if not m.seed]
    assert title_of(group) == "×250 P"
    assert name_of(group) == "000 … 249"


def test_a_long_range_shows_where_its_ends_differ() -> None:
    edges, nodes = crowd()
    far = [replace(node, code=f"09506000000{node.code}") for node in nodes]
    [group] = [m for m in scene(samples.trace_of(far, edges, "batch:B")).marks if not m.seed]
    assert name_of(group) == "09506000000000 … 249"
    assert detail_of(group) == "Item 单件 · 500 H87"


def test_a_group_with_an_unknown_quantity_gives_no_sum() -> None:
    edges, nodes = crowd(None)
    [group] = [m for m in scene(samples.trace_of(nodes, edges, "batch:B")).marks if not m.seed]
    assert detail_of(group) == "Item 单件"


def test_a_group_counts_the_gaps_it_hides() -> None:
    edges, nodes = crowd()
    gaps = tuple(Gap(GapKind.UNKNOWN_TIME, nodes[n].node_id) for n in (1, 2, 3))
    trace = samples.trace_of(nodes, edges, "batch:B", completeness=Completeness(gaps=gaps))
    [group] = [m for m in scene(trace).marks if not m.seed]
    assert (group.gaps, group.frontiers) == (3, 0)


def test_hovering_over_a_group_lists_the_first_and_counts_the_rest() -> None:
    edges, nodes = crowd()
    shown = scene(samples.trace_of(nodes, edges, "batch:B"))
    [group] = [m for m in shown.marks if not m.seed]
    lines = mark_hover(group).splitlines()
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == f"… {250 - MOST_LINES} more / 还有 {250 - MOST_LINES} 项"
    [bond] = shown.bonds
    assert bond_label(edges, bond) == "×250"
    assert bond_hover(edges, bond).splitlines()[0] == "PRODUCED ×250"


def test_every_kind_has_its_words() -> None:
    assert all(f"kind.{look}" in catalogue() for look in LOOKS)


def test_completeness_counts_only_what_is_lacking() -> None:
    assert completeness_words(Completeness()) == "✓ Complete 完整"
    assert completeness_words(Completeness(masked=2)) == (
        "⚠ Not complete 不完整: 2 masked / 2 个已隐去"
    )


def test_a_title_names_a_few_seeds_and_counts_the_others() -> None:
    trace = samples.small()
    seeds = tuple(list(trace.rows)[:5])
    shown = title(replace(trace, query=replace(trace.query, seeds=seeds)))
    assert shown.startswith("Forward trace 正向追溯: SUP-017 Huaxin Polymers, ")
    assert shown.endswith(" +2")


# --- Text ------------------------------------------------------------------------------------


@given(st.text(max_size=30), st.integers(1, 20))
def test_fitted_text_fits(words: str, room: int) -> None:
    assert cells(fitted(words, room)) <= room or cells(words) <= room


@given(st.text(max_size=30))
def test_xml_text_holds_no_markup(words: str) -> None:
    assert not re.search("[<>]", xml_text(words))
    quoted = xml_attribute(words)
    assert quoted[0] == quoted[-1]
    assert quoted[0] not in quoted[1:-1]
    assert "\n" not in quoted
