"""What has been said before is known again, also after memory has been settled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.tables import seen
from loaders.tables.declared import TABLES
from loaders.tables.rows import Row


def row(number: int, line: int, serial: str = "x") -> Row:
    cells = {"unit_id": f"U{number}", "unit_type": serial}
    return Row(TABLES["units"], "f", line, cells, cells)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab")), max_size=60))
def test_it_answers_as_a_dictionary_would(told: list[tuple[int, str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "_RECENT", 3)
        memory, oracle = seen.Seen(), dict[int, tuple[int, str]]()
        for line, (number, content) in enumerate(told):
            first = oracle.setdefault(number, (line, content))
            expected = None if first[0] == line else (first[0], first[1] == content)
            assert memory.earlier(row(number, line, content)) == expected


def test_many_rows_cost_a_few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_RECENT", 4)
    memory = seen.Seen()
    for number in range(1_000):
        assert memory.earlier(row(number, number)) is None
    assert len(memory._runs) <= 10
    assert memory.earlier(row(17, 2_000)) == (17, True)
    assert memory.earlier(row(17, 2_000, "y")) == (17, False)
