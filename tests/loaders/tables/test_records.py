"""Records: exact line numbers, and no row lost to its neighbour's stray quote."""

from __future__ import annotations

import csv
import io
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from loaders.tables.records import MAX_LINE, Record, Records


def read(text: str) -> list[Record]:
    return list(Records(io.StringIO(text, newline="")))


def lines(text: str) -> list[tuple[int, tuple[str, ...], str | None]]:
    return [(r.line, r.fields, r.problem) for r in read(text)]


def test_each_record_knows_the_line_it_starts_on() -> None:
    assert lines('a,b\n1,"x\ny"\n\n3,z\r\n4,w') == [
        (1, ("a", "b"), None),
        (2, ("1", "x\ny"), None),
        (5, ("3", "z"), None),
        (6, ("4", "w"), None),
    ]


def test_rows_of_empty_cells_are_left_out() -> None:
    assert [r.line for r in read("a,b\n,\n , \n1,2\n")] == [1, 4]


def test_a_row_with_too_few_or_too_many_fields_is_told() -> None:
    assert [r.problem for r in read("a,b\n1\n1,2,3\n1,2\n")] == [
        None,
        "field_count",
        "field_count",
        None,
    ]


def test_a_quote_that_is_never_closed_costs_one_line() -> None:
    found = lines('a,b\n1,"x\n2,y\n3,z\n')
    assert found[1][::2] == (2, "broken_quotes")
    assert found[2:] == [(3, ("2", "y"), None), (4, ("3", "z"), None)]


def test_two_stray_quotes_do_not_swallow_the_rows_between_them() -> None:
    found = lines('a,b\n1,"x\n2,y\n3",z\n4,w\n')
    good = [fields for _, fields, problem in found[1:] if problem is None]
    assert ("2", "y") in good
    assert ("4", "w") in good


def test_text_after_a_closing_quote_is_told() -> None:
    assert [r.problem for r in read('a,b\n"x"y,2\n3,4\n')] == [None, "broken_quotes", None]


def test_a_very_long_line_is_skipped_without_being_held() -> None:
    class Endless(io.StringIO):
        """Two good lines around one of 100 million characters."""

        left = 100_000_000
        parts = iter(["a,b\n"])

        def readline(self, limit: int | None = -1, /) -> str:
            head = next(self.parts, None)
            if head is not None:
                return head
            if self.left:
                size = min(limit or 1, self.left)
                self.left -= size
                self.parts = iter(["1,2\n"]) if not self.left else self.parts
                return "x" * (size - 1) + ("\n" if not self.left else "x")
            return ""

    tracemalloc.start()
    found = list(Records(Endless()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(r.line, r.problem) for r in found] == [(1, None), (2, "line_too_long"), (3, None)]
    assert peak < 20 * MAX_LINE


CELLS = st.text(st.sampled_from('ab,"\n\r '), max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=8)


@given(ROWS)
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(["head", "er"])
    writer.writerows(rows)
    found = read(out.getvalue())
    assert [r.problem for r in found] == [None] * len(found)
    filled = [tuple(row) for row in rows if any(cell.strip() for cell in row)]
    assert [r.fields for r in found[1:]] == filled


@given(ROWS)
def test_line_numbers_are_those_of_the_text(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    starts = []
    for row in [["head", "er"], *rows]:
        starts.append(1 + len(out.getvalue().splitlines()))
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(row)
    kept = [s for s, row in zip(starts, [["h"], *rows], strict=True) if "".join(row).strip()]
    assert [r.line for r in read(out.getvalue())] == kept


@given(st.text(st.sampled_from('ab,"\n\r'), max_size=60))
def test_any_text_is_split_into_records_with_rising_lines(text: str) -> None:
    found = read(text)
    assert [r.line for r in found] == sorted({r.line for r in found})


def in_blocks(text: str, size: int) -> list[Record]:
    """The records as blocks tell them, header first."""
    records = Records(io.StringIO(text, newline=""))
    found = [record for record in [next(records, None)] if record]
    for block in records.blocks(size):
        rows = zip(block.lines, map(tuple, block.rows), strict=True)
        some = [*(Record(line, row) for line, row in rows), *block.broken]
        found += sorted(some, key=lambda record: record.line)
    return found


@given(
    st.lists(
        st.sampled_from(["a,b", "1,2", '"x', 'y",z', '"x\ny",z', ",", "", "1", " ,3", 'a"b,c'])
    )
    .map("\n".join)
    .filter(lambda text: not _header_is_broken(text)),
    st.integers(1, 5),
)
def test_blocks_hold_the_same_records_as_reading_one_by_one(text: str, size: int) -> None:
    assert in_blocks(text, size) == read(text)


def _header_is_broken(text: str) -> bool:
    return any(record.problem for record in read(text)[:1])


def test_a_line_that_is_too_long_leaves_its_neighbours_in_a_block_alone() -> None:
    text = f"a,b\n1,2\n{'x' * (MAX_LINE + 1)}\n3,4\n"
    assert [(r.line, r.problem) for r in in_blocks(text, 10)] == [
        (1, None),
        (2, None),
        (3, "line_too_long"),
        (4, None),
    ]


def test_blocks_are_cut_by_bytes_too() -> None:
    text = "a,b\n" + ("1," + "批" * 100_000 + "\n") * 40
    records = Records(io.StringIO(text, newline=""))
    next(records)
    blocks = list(records.blocks(5_000))

    assert sum(len(block.rows) for block in blocks) == 40
    assert max(sum(len(row[1].encode()) for row in block.rows) for block in blocks) <= 4 * 2**20
    assert blocks[1].lines[0] == blocks[0].lines[-1] + 1
