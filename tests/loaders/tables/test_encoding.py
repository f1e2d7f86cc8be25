"""Encodings: UTF-8 passes, others are named with the line where they show."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.tables.encoding import CHUNK, NotUtf8, check_utf8

CHINESE = "lot_id,name\n1,plain\n2,输液器用树脂颗粒供应商批号检验合格\n"


def check(data: bytes) -> NotUtf8 | None:
    return check_utf8(io.BytesIO(data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "ascii"])
def test_utf8_passes_with_and_without_mark(encoding: str) -> None:
    text = CHINESE if encoding != "ascii" else "lot_id\n1\n"
    assert check(text.encode(encoding)) is None


@pytest.mark.parametrize(
    ("text", "encoding", "guess", "line"),
    [
        (CHINESE, "gb18030", "GB18030 (GBK)", 3),
        (CHINESE, "utf-16", "UTF-16", 1),
        (CHINESE, "utf-32", "UTF-32", 1),
        ("a\nb\ncafé,Müller\n", "cp1252", "Windows-1252", 3),
        ("a\nカテーテルのロットばんごう\n", "shift_jis", "Shift_JIS", 2),
    ],
)
def test_other_encodings_are_named(text: str, encoding: str, guess: str, line: int) -> None:
    assert check(text.encode(encoding)) == NotUtf8(line, guess)


def test_the_line_is_right_far_into_a_file() -> None:
    rows = "abcdefg\n" * (CHUNK // 8) * 2
    found = check(rows.encode() + b"\xff\n")
    assert found is not None
    assert found.line == CHUNK // 8 * 2 + 1


def test_a_character_across_two_chunks_is_no_trouble() -> None:
    for shift in range(4):
        assert check(b"x" * (CHUNK - shift) + "树".encode()) is None


def test_a_character_cut_off_at_the_end_is() -> None:
    assert check("a\n树".encode()[:-1]) is not None


@given(st.binary(max_size=200))
def test_the_answer_is_that_of_the_decoder(data: bytes) -> None:
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        data.decode("utf-8")
        sound = True
    except UnicodeDecodeError:
        sound = False
    assert (check(data) is None) == (sound and not marked)
