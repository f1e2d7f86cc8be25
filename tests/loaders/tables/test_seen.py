"""What has been said before is known again, also after memory has been settled."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loaders.tables.declared import TABLES
from loaders.tables.records import Block, Record
from loaders.tables.rows import Rows, read_header, typed_rows
from loaders.tables.seen import Seen, names_of


def rows(*told: tuple[int, int, str]) -> Rows:
    """Rows of units: line, number and type."""
    cells = [(f"U{number}", kind) for _, number, kind in told]
    return typed("units", ("unit_id", "unit_type"), [line for line, *_ in told], cells)


def typed(
    table: str, names: tuple[str, ...], lines: list[int], cells: list[tuple[str, ...]]
) -> Rows:
    header = read_header(TABLES[table], "f", Record(1, names))
    found, faults = typed_rows(TABLES[table], "f", header, Block(lines, cells))
    assert not faults
    return found


TOLD = st.tuples(st.integers(0, 9), st.sampled_from(["case", "tote"]))


@given(st.lists(st.lists(TOLD, max_size=8), max_size=12))
def test_it_answers_as_a_dictionary_would(blocks: list[list[tuple[int, str]]]) -> None:
    memory, oracle, line = Seen(), dict[int, tuple[int, str]](), 0
    for told in blocks:
        block, expected = [], {}
        for number, kind in told:
            line += 1
            block.append((line, number, kind))
            first = oracle.setdefault(number, (line, kind))
            if first[0] != line:
                expected[line] = (first[0], first[1] == kind)
        assert memory.earlier(rows(*block)) == expected


def test_many_rows_cost_a_few_runs() -> None:
    memory = Seen()
    for start in range(0, 1_000, 4):
        assert memory.earlier(rows(*((n, n, "case") for n in range(start, start + 4)))) == {}
    assert len(memory._runs) <= 10
    assert memory.earlier(rows((2_000, 17, "case"))) == {2_000: (17, True)}
    assert memory.earlier(rows((2_000, 17, "tote"))) == {2_000: (17, False)}


def test_a_row_with_a_record_id_is_named_by_it_and_one_without_by_its_columns() -> None:
    names = ("batch_id", "input_id", "record_id")
    cells = [("B", "lot:A:B:1", "D/1"), ("B", "lot:A:B:2", "D/1"), ("B", "lot:A:B:1", "")]
    found = names_of(typed("consumption", names, [2, 3, 4], cells))
    assert found[0] == found[1]
    assert len(set(found)) == 2
