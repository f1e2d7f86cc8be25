"""Windows of edges, unions of intervals, and columns as they stood on a day."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.model.times import from_micros, to_micros
from genealogy.ports import FlowRows
from genealogy.trace.columns import NAMES, as_of, joined, select
from genealogy.trace.windows import BEGIN, END, Spans, windows
from tests.fakes import MemoryFlows
from tests.genealogies import day, flow, genealogy
from tests.unit.trace.following import day_of

POINTS = range(12)
intervals = st.tuples(st.sampled_from(POINTS), st.sampled_from(POINTS)).map(sorted)


def rows(*flows: object) -> FlowRows:
    drawn = genealogy(flows)
    sources = sorted({f.source_id for f in drawn.flows})
    return MemoryFlows(drawn.facts).edges(sources, "forward").rows


def window(fact: object, *lots: str) -> tuple[object, object]:
    (start,), (end,) = windows(rows(fact), {NodeId(n) for n in lots})
    return _days(start), _days(end)


def _days(micros: int) -> object:
    if micros in (BEGIN, END):
        return "begin" if micros == BEGIN else "end"
    return day_of(from_micros(micros))


@pytest.mark.parametrize(
    ("at", "start", "end", "expected"),
    [
        (2, None, None, (2, 2)),
        (2, 2, 5, (2, 5)),
        (2, 1, None, (2, 2)),
        (None, 1, None, (1, "end")),
        (None, None, 4, ("begin", 4)),
        (None, None, None, ("begin", "end")),
        (3, None, 1, (3, 3)),
    ],
)
def test_a_movement_passes_when_it_occurred_or_during_its_interval(
    at: int | None, start: int | None, end: int | None, expected: tuple
) -> None:
    fact = flow(Flow.LOADED_INTO, "lot:A", "place:P", at, start=start, end=end)
    assert window(fact) == expected


@pytest.mark.parametrize(
    ("at", "start", "end", "expected"),
    [
        (None, 1, 3, (1, 3)),
        (2, None, None, (2, "end")),
        (2, 1, 3, (1, 3)),
        (None, None, 3, ("begin", 3)),
        (None, 3, 1, (3, "end")),
    ],
)
def test_a_containment_lasts_and_a_wrong_end_is_not_known(
    at: int | None, start: int | None, end: int | None, expected: tuple
) -> None:
    fact = flow(Flow.CONTAINED_IN, "lot:A", "unit:U", at, start=start, end=end)
    assert window(fact) == expected


def test_a_part_lasts_unless_it_is_some_of_a_lot() -> None:
    assert window(flow(Flow.PART_OF, "item:A", "item:B", start=1, end=3)) == (1, 3)
    assert window(flow(Flow.PART_OF, "lot:A", "item:B", start=1, end=3), "lot:A") == (1, 1)
    assert window(flow(Flow.PART_OF, "lot:A", "item:B", 2), "lot:A") == (2, 2)
    assert window(flow(Flow.PART_OF, "lot:A", "item:B", 4, start=1, end=6), "lot:A") == (1, 4)
    assert window(flow(Flow.PART_OF, "lot:A", "item:B"), "lot:A") == ("begin", "end")


@given(added=st.lists(intervals, max_size=8))
def test_spans_hold_the_union_and_tell_what_is_new(added: list[list[int]]) -> None:
    spans, points = Spans(), set()
    for start, end in added:
        span = (2 * start, 2 * end)
        whole = set(range(span[0], span[1] + 1))
        assert spans.add(*span) is not (whole <= points)
        points |= whole


def test_columns_keep_their_order_when_picked_and_joined() -> None:
    drawn = rows(*(flow(Flow.RELABELLED_AS, f"lot:{i}", "lot:Z", i) for i in range(4)))
    for picks in ([], [2], [3, 0, 3]):
        picked = select(drawn, picks)
        assert picked.source == [f"lot:{i}" for i in picks]
        assert {len(getattr(picked, name)) for name in NAMES} == {len(picks)}
    assert joined(drawn, drawn).source == drawn.source * 2


@pytest.mark.parametrize(
    ("type_", "at", "start", "end", "window"),
    [
        (Flow.RELABELLED_AS, 1, None, 5, (1, 3)),
        (Flow.RELABELLED_AS, 1, None, 2, (1, 2)),
        (Flow.RELABELLED_AS, None, 1, 5, (1, "end")),
        (Flow.CONTAINED_IN, 1, 1, 5, (1, "end")),
        (Flow.CONTAINED_IN, 5, 1, None, (1, "end")),
    ],
)
def test_what_is_known_in_part_had_moved_by_a_day_if_it_is_shown_at_all(
    type_: Flow, at: int | None, start: int | None, end: int | None, window: tuple
) -> None:
    ends = ("lot:A", "unit:U") if type_ == Flow.CONTAINED_IN else ("lot:A", "lot:B")
    drawn = as_of(rows(flow(type_, *ends, at, start=start, end=end)), to_micros(day(3)))
    (opens,), (closes,) = windows(drawn, set())
    assert (_days(opens), _days(closes)) == window


def test_as_of_now_nothing_is_copied() -> None:
    drawn = rows(flow(Flow.RELABELLED_AS, "lot:A", "lot:B", 1))
    assert as_of(drawn, None) is drawn
