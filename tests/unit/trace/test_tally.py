"""Progress is added up over both directions, and a question can be called off."""

from __future__ import annotations

from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.errors import CalledOff
from genealogy.trace.calling_off import Cancellation, current, under
from genealogy.trace.tally import Counting, Tally

counts = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=5)


@given(counts, counts)
def test_both_directions_add_up(one: list[tuple[int, int]], two: list[tuple[int, int]]) -> None:
    counting = Counting()
    # The second begins with fewer nodes than the first ended with.
    first = [(sum(n for n, _ in one[: i + 1]) + 10, e) for i, (_, e) in enumerate(one)]
    second = [(sum(n for n, _ in two[: i + 1]), e) for i, (_, e) in enumerate(two)]
    second = [(min(n, first[-1][0] - 1) if i == 0 else n, e) for i, (n, e) in enumerate(second)]
    for nodes, edges in [*first, *second]:
        told = counting.level(nodes, edges)
    levels = len(first) + len(second)
    assert told == Tally(levels, first[-1][0] + second[-1][0], first[-1][1] + second[-1][1])


def test_nothing_is_called_off_by_itself() -> None:
    Cancellation().check()
    assert current() is None


def test_what_is_called_off_says_so_where_it_is_asked() -> None:
    cancellation = Cancellation()
    cancellation.call_off()
    assert cancellation.called_off
    with pytest.raises(CalledOff):
        cancellation.check()


def test_a_question_belongs_to_the_thread_that_works_on_it() -> None:
    found: list[Cancellation | None] = []
    outer, inner = Cancellation(), Cancellation()
    with under(outer):
        other = Thread(target=lambda: found.append(current()))
        other.start()
        other.join()
        with under(inner):
            assert current() is inner
        assert current() is outer
    assert (found, current()) == ([None], None)
