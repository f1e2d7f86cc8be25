"""Parts of the walk on numbers: unions of intervals, order of rows, room in columns."""

from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.model.names import FLOW_ENDS, Flow, Label
from genealogy.trace import room, rows
from genealogy.trace.kernel.labels import cover
from genealogy.trace.kernel.state import COUNTS, SPANS, Run
from genealogy.trace.signs import (
    BOXED as IN_PIECES,
)
from genealogy.trace.signs import (
    ENDING,
    FLOW_BITS,
    FLOW_CODES,
    INTO_BOX,
    KIND_CODES,
    LASTING,
    TIMELESS,
    UNDATED,
    UNSURE,
    careful,
)
from tests.genealogies import flow
from tests.unit.trace.test_windows import rows as rows_of

POINTS = range(12)
spans = st.tuples(st.integers(0, 2), st.sampled_from(POINTS), st.sampled_from(POINTS))
LATEST = 1 << 40


def listed(nodes: int, spans_: int) -> Run:
    run = room.lists()
    room.fit_graph(run, nodes, 0, LATEST)
    return room.with_spans(run, spans_)


def arrayed(nodes: int, spans_: int) -> Run:
    return room.with_spans(room.arrays(nodes, 0, LATEST), spans_)


@pytest.mark.parametrize("made", [listed, arrayed])
@given(added=st.lists(spans, max_size=12))
def test_intervals_of_nodes_hold_the_union_and_tell_what_is_new(made, added) -> None:  # type: ignore[no-untyped-def]
    run, tally = made(3, len(added)), [0] * COUNTS
    points: dict[int, set[int]] = {0: set(), 1: set(), 2: set()}
    for node, *ends in added:
        start, end = sorted(ends)
        # Intervals that only touch at neighbouring days do not join: there are moments between.
        whole = set(range(2 * start, 2 * end + 1))
        assert cover(run, tally, node, 2 * start, 2 * end) is not (whole <= points[node])
        points[node] |= whole
    assert tally[SPANS] <= len(added)
    for node, held in points.items():
        assert set(_points(run, node)) == held


def _points(run: Run, node: int) -> list[int]:
    found, here = [], run.span[node]
    while here >= 0:
        found += range(run.span_start[here], run.span_end[here] + 1)
        here = run.span_next[here]
    assert found == sorted(set(found)), "disjoint and in order"
    return found


def test_intervals_that_come_in_order_are_not_searched_from_the_beginning() -> None:
    run, tally = listed(1, 5_000), [0] * COUNTS
    run = run._replace(span_next=_Counting(run.span_next))
    for i in range(5_000):
        assert cover(run, tally, 0, 2 * i, 2 * i)
    assert run.span_next.read < 3 * 5_000


class _Counting(list[int]):
    read = 0

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        self.read += 1
        return super().__getitem__(at)


edges = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.booleans(),
        st.integers(-3, 3),
        st.integers(-3, 3),
        st.text("ab", max_size=2),
    ),
    max_size=40,
)


@given(drawn=edges, parted=st.booleans())
def test_edges_are_ordered_by_node_part_times_and_id(drawn: list, parted: bool) -> None:
    near, inward, opens, closes, ids = ([e[i] for e in drawn] for i in range(5))
    places = rows.order(near, bytes(inward) if parted else None, opens, closes, ids)
    found = [drawn[p] if parted else (drawn[p][0], False, *drawn[p][2:]) for p in places]
    assert sorted(places) == list(range(len(drawn)))
    assert found == sorted(found)
    bounds = rows.starts([drawn[p][0] for p in places])
    sizes = [len(list(group)) for _, group in groupby(sorted(near))]
    assert [b - a for a, b in pairwise(bounds) if b > a] == sizes


def test_from_the_first_edge_that_lasts_on_a_row_says_so() -> None:
    sign = bytearray(6)
    rows.mark_lasting(sign, 1, 5, [0, 1, 2, 3, 4, 5], [9, 1, 2, 7, 4, 9])
    assert [bool(s & LASTING) for s in sign] == [False, False, False, True, True, False]


def test_a_sign_tells_the_flow_and_which_times_are_not_known() -> None:
    read = rows_of(
        flow(Flow.RELABELLED_AS, "lot:A", "lot:1", 1),
        flow(Flow.PRODUCED, "batch:B", "lot:2"),
        flow(Flow.DELIVERED_TO, "shipment:C", "party:3", start=1),
        flow(Flow.PART_OF, "item:D", "item:4", end=2),
    )
    told = {s: sign for s, sign in zip(read.source, rows.signs(read), strict=True)}
    assert {s: Flow(list(Flow)[sign & FLOW_BITS]) for s, sign in told.items()} == {
        "lot:A": Flow.RELABELLED_AS,
        "batch:B": Flow.PRODUCED,
        "shipment:C": Flow.DELIVERED_TO,
        "item:D": Flow.PART_OF,
    }
    assert {s for s, sign in told.items() if sign & UNDATED} == {"batch:B", "shipment:C", "item:D"}
    assert {s for s, sign in told.items() if sign & TIMELESS} == {"batch:B"}


def test_codes_fit_their_bits_and_are_told_apart() -> None:
    assert len(set(FLOW_CODES.values())) == len(Flow) <= FLOW_BITS
    assert len(set(KIND_CODES.values())) == len(Label)
    assert 0 not in KIND_CODES.values()


def test_care_is_taken_where_pieces_and_ends_may_come() -> None:
    ahead, back = careful("forward"), careful("backward")
    assert {f for f in Flow if ahead[FLOW_CODES[f]] == IN_PIECES} == INTO_BOX
    assert {f for f in Flow if ahead[FLOW_CODES[f]] == ENDING} == {Flow.DELIVERED_TO}
    holders = {f for f in Flow if FLOW_ENDS[f][0] & {Label.UNIT, Label.ITEM, Label.LOT}}
    assert {f for f in Flow if back[FLOW_CODES[f]] == UNSURE} == holders


def test_columns_grow_and_keep_what_they_hold() -> None:
    for run in (room.lists(), room.arrays(2, 3, LATEST)):
        grown = room.with_labels(run, 4)
        grown.node[3] = 7
        again = room.with_labels(grown, 400)
        assert (again.node[3], len(again.frontier) >= 400) == (7, True)
        assert len(room.with_arrivals(run, 9).box_node) >= 9


def test_columns_by_node_begin_with_nothing() -> None:
    run = room.lists()
    room.fit_graph(run, 2, 3, LATEST)
    array = room.arrays(2, 3, LATEST)
    for name in room.BY_NODE:
        assert list(getattr(run, name)) == getattr(array, name).tolist()
    assert array.arrival.dtype == np.int64
    assert len(run.kept) == len(array.kept) == 3
    room.fit_graph(run, 5, 3, LATEST)
    assert run.arrival == [LATEST] * 5
