"""The picture: where marks stand, what groups say, and that colour is never alone."""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from genealogy.exports.picture.layers import acyclic, closing_links, layers
from genealogy.exports.picture.marks import MOST_MARKS, Scene, scene, total_quantity
from genealogy.exports.picture.palette import LOOKS, STATUSES, both_counted, cells, fitted
from genealogy.exports.picture.places import crossings, places
from genealogy.exports.registry import EXPORTS
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.ports import FlowRows
from genealogy.trace.result import Completeness, Gap, GapKind, Trace
from tests.unit.exports import samples

SVG = "{http://www.w3.org/2000/svg}"

links = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25, unique=True)


def drawn(trace: Trace) -> etree._Element:
    out = io.BytesIO()
    EXPORTS["svg"].write(trace, out)
    return etree.fromstring(out.getvalue())


def words(picture: etree._Element) -> str:
    return "\n".join("".join(e.itertext()) for e in picture.iter(f"{SVG}text"))


def marks(picture: etree._Element) -> list[etree._Element]:
    return [g for g in picture.iter(f"{SVG}g") if g.get("class") == "mark"]


@given(links)
def test_material_flows_to_the_right_in_any_graph(pairs: list[tuple[int, int]]) -> None:
    rightward = acyclic(pairs, closing_links(10, pairs))
    column = layers(10, rightward)
    assert all(column[s] < column[t] for s, t in rightward)
    assert min(column) >= 0


@given(links)
def test_only_links_on_a_cycle_are_turned(pairs: list[tuple[int, int]]) -> None:
    import networkx as nx

    graph = nx.DiGraph(pairs)
    assert all(nx.has_path(graph, t, s) for s, t in closing_links(10, pairs))


def test_a_chain_longer_than_the_interpreter_stack_is_layered() -> None:
    chain = list(itertools.pairwise(range(20_000)))
    assert closing_links(20_000, chain) == set()
    assert layers(20_000, chain)[-1] == 19_999


@settings(deadline=None)
@given(links)
def test_no_two_marks_of_a_column_touch(pairs: list[tuple[int, int]]) -> None:
    rightward = acyclic(pairs, closing_links(10, pairs))
    placed = places(layers(10, rightward), rightward, mark_gap=80, waypoint_gap=18)
    for column in set(placed.column):
        heights = sorted(
            h for c, h in zip(placed.column, placed.height, strict=True) if c == column
        )
        assert all(b - a >= 79.999 for a, b in itertools.pairwise(heights))


def test_crossed_pairs_are_uncrossed() -> None:
    pairs = [(0, 5), (1, 4), (2, 3)]
    placed = places([0, 0, 0, 1, 1, 1], pairs, mark_gap=80, waypoint_gap=18)
    ends = sorted((placed.height[s], placed.height[t]) for s, t in pairs)
    assert [t for _, t in ends] == sorted(t for _, t in ends)


def test_crossings_are_counted_as_by_hand() -> None:
    between = [np.array([[0, 3], [0, 4], [1, 2], [1, 3]])]
    rank = np.array([0, 1, 0, 1, 2], dtype=float)
    assert crossings(between, rank) == 3


def test_a_small_trace_has_one_mark_a_node() -> None:
    picture = drawn(samples.small())
    assert {m.get("data-id") for m in marks(picture)} == set(samples.small().rows)


def test_a_partial_picture_says_so_in_both_languages() -> None:
    said = words(drawn(samples.small()))
    assert "Not complete 不完整" in said
    assert "1 not followed / 1 处未继续" in said


def test_a_whole_picture_says_so_too() -> None:
    assert "Complete 完整" in words(drawn(samples.lonely()))


def test_one_of_a_kind_is_told_in_the_singular() -> None:
    gap = Completeness(gaps=(Gap(GapKind.NOT_BEGUN, NodeId("lot:A")),))
    lone = replace(samples.lonely(), completeness=gap)
    said = words(drawn(lone))
    for told in ("1 node / 1 个节点", "0 movements / 0 条流转", "1 data gap / 1 处数据缺口"):
        assert told in said
    assert both_counted("count.movements", 1).startswith("1 movement /")
    assert both_counted("picture.inside", 1).startswith("1 movement inside /")
    assert both_counted("picture.grouped", 1).startswith("drawn as 1 mark,")


def test_the_seed_is_marked_and_explained() -> None:
    picture = drawn(samples.small())
    [seed] = [m for m in marks(picture) if m.get("data-id") == "party:SUP-017"]
    assert "★" in "".join(seed.itertext())
    assert "start of the trace 追溯起点" in words(picture)


def test_a_shipment_without_receipt_is_in_transit_in_words() -> None:
    [shipment] = [m for m in marks(drawn(samples.small())) if m.get("data-id") == "shipment:DN-78"]
    assert "▷ in transit 在途" in "".join(shipment.itertext())


def test_rework_is_drawn_as_a_loop_and_explained() -> None:
    picture = drawn(samples.small())
    assert len([p for p in picture.iter(f"{SVG}path") if p.get("marker-start")]) == 1
    assert "rework or return 返工或退回" in words(picture)


def test_pointing_at_a_link_tells_quantity_time_and_source() -> None:
    titles = [t.text or "" for t in drawn(samples.small()).iter(f"{SVG}title")]
    [hover] = [t for t in titles if t.startswith("CONSUMED_BY\nlot:SUP-017")]
    assert "90.000 KGM, 2026-03-01T09:00:00+08:00, MES mes.csv:3 (recorded)" in hover


def test_unknown_quantities_are_called_unknown() -> None:
    titles = " ".join(t.text or "" for t in drawn(samples.small()).iter(f"{SVG}title"))
    assert "quantity unknown 数量不明, time unknown 时间不明" in titles


@pytest.fixture(scope="module")
def large() -> Trace:
    return samples.wide(300)


@pytest.fixture(scope="module")
def grouped(large: Trace) -> Scene:
    return scene(large)


def test_many_nodes_are_drawn_in_few_marks(grouped: Scene) -> None:
    assert grouped.grouped
    assert len(grouped.marks) <= MOST_MARKS


def test_groups_stand_for_every_node_once(large: Trace, grouped: Scene) -> None:
    members = [piece.row.node_id for mark in grouped.marks for piece in mark.pieces]
    assert sorted(members) == sorted(large.rows)


def test_links_between_groups_stand_for_every_movement(large: Trace, grouped: Scene) -> None:
    outside = sum(len(bond.edges) for bond in grouped.bonds)
    assert outside + sum(mark.inside for mark in grouped.marks) == len(large.edges.edge_id)


def test_the_seed_and_few_customers_stay_apart(grouped: Scene) -> None:
    assert [len(m.pieces) for m in grouped.marks if m.seed] == [1]
    assert all(len(m.pieces) == 1 for m in grouped.marks if m.look == "party")


def test_a_grouped_picture_says_how_many_nodes_it_stands_for(large: Trace) -> None:
    said = words(drawn(large))
    assert f"{len(large.rows):,} nodes" in said
    assert "every node is in the table formats" in said


def test_identical_stories_are_folded_first() -> None:
    edges, nodes = FlowRows(), [samples.row("batch:B", Label.BATCH)]
    for number in range(300):
        nodes.append(samples.row(f"item:P:{number:04}", Label.ITEM, product_id="P"))
        samples.add(edges, Flow.PRODUCED, "batch:B", f"item:P:{number:04}")
    shown = scene(samples.trace_of(nodes, edges, "batch:B"))
    assert sorted(len(mark.pieces) for mark in shown.marks) == [1, 300]


def test_a_deep_chain_is_folded_into_bands() -> None:
    edges, nodes = FlowRows(), [samples.row("lot:A:P:0", Label.LOT, product_id="P0")]
    for number in range(1, 400):
        nodes.append(samples.row(f"lot:A:P:{number}", Label.LOT, product_id=f"P{number}"))
        samples.add(edges, Flow.RELABELLED_AS, f"lot:A:P:{number - 1}", f"lot:A:P:{number}")
    trace = samples.trace_of(nodes, edges, "lot:A:P:0")
    assert len(scene(trace).marks) <= 20
    assert len(marks(drawn(trace))) <= 20


def test_a_sum_is_given_only_when_every_quantity_is_known(grouped: Scene) -> None:
    [lots] = [m for m in grouped.marks if m.look == "product_lot" and len(m.pieces) == 150]
    assert total_quantity(lots.pieces) == "15,000 H87"
    unknown = samples.row("lot:a:b:c", Label.LOT, uom="H87")
    mixed = [*lots.pieces[:2], type(lots.pieces[0])(unknown, None, {}, "lot", None)]
    assert total_quantity(mixed) == ""


def test_text_is_cut_by_cells_not_characters() -> None:
    assert fitted("医用聚氯乙烯粒料", 9) == "医用聚氯…"
    assert cells(fitted("abc医用def", 6)) <= 6
    assert fitted("short", 5) == "short"


# --- Colour is never alone, and what stands on it can be read -------------------------


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("status", STATUSES.values(), ids=lambda s: s.name)
def test_a_glyph_can_be_read_on_its_fill(status: object) -> None:
    assert contrast(status.fill, status.ink) >= 4.5  # type: ignore[attr-defined]


def test_every_status_has_its_own_glyph_and_every_kind_its_own_shape() -> None:
    assert len({s.glyph for s in STATUSES.values()}) == len(STATUSES)
    assert len({look.shape for look in LOOKS.values()}) == len(LOOKS)


def test_text_styles_can_be_read_on_paper() -> None:
    style = drawn(samples.lonely()).findtext(f"{SVG}style") or ""
    colours = re.findall(r"[{;]fill:(#[0-9A-F]{6})", style)
    assert colours
    assert all(contrast(colour, "#FFFFFF") >= 4.5 for colour in colours)
