"""The files of stored traces: whole, provably unaltered, and no more of them than there is room."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import archive, trace_file
from api.archive import Archive, Stored, TraceAltered
from genealogy.exports.digest import digest_of
from genealogy.exports.registry import EXPORTS
from genealogy.model.facts import NodeId
from genealogy.trace.result import Amount, Reached, Steps, Trace
from tests.api.clients import NOW
from tests.unit.exports import samples

ID = "a" * 26


def stored(trace: Trace, trace_id: str = ID) -> Stored:
    return Stored(trace_id, trace.query, 7, 8, NOW, digest_of(trace), ("/in",))


def kept(folder: Path, trace: Trace, trace_id: str = ID) -> tuple[Archive, Stored]:
    made = Archive(folder)
    return made, made.write(stored(trace, trace_id), trace)


def rich() -> Trace:
    """A trace with everything in it that a trace may have."""
    small = samples.small()
    goods = small.reached[-1].node_id
    amount = Amount(None, "KGM", Fraction(1, 3), Fraction(2, 3), None, None, Fraction(1, 7), None)
    return replace(
        small,
        query=replace(
            small.query, dilution=Decimal("0.001"), quantities=True, known_at=NOW, max_depth=9
        ),
        steps={"forward": Steps([3, 4, -1], [-1, 0, -1], {goods: 1})},
        amounts={goods: (amount,)},
        hypothetical=frozenset({goods}),
        rows={
            **small.rows,
            goods: replace(
                small.rows[goods],
                properties={"made": datetime(2026, 3, 1, tzinfo=UTC), "gone": None, "size": 3},
            ),
        },
        watermark=7,
    )


def through_a_file(trace: Trace) -> Trace | None:
    out = io.BytesIO()
    digest = trace_file.write(trace, out)
    out.seek(0)
    return trace_file.read(out, digest)


def written(trace: Trace, name: str) -> bytes:
    out = io.BytesIO()
    EXPORTS[name].write(trace, out)
    return out.getvalue()


@pytest.mark.parametrize("piece", [1, 3, 10_000])
@pytest.mark.parametrize("made", [samples.small, samples.lonely, rich])
def test_an_answer_is_read_back_as_it_was(
    made: Callable[[], Trace], piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_file, "PIECE", piece)
    trace = made()
    again = through_a_file(trace)
    assert again is not None
    assert tuple(again.reached) == tuple(trace.reached)
    for name in ("query", "edges", "completeness", "steps", "amounts", "seeds", "hypothetical"):
        assert getattr(again, name) == getattr(trace, name), name
    for name in EXPORTS:
        assert written(again, name) == written(trace, name), name


@settings(max_examples=30, deadline=None)
@given(
    name=st.text(),
    code=st.text(),
    via=st.none() | st.integers(0, 9),
    moment=st.none() | st.datetimes(timezones=st.just(UTC)),
)
def test_any_text_and_time_is_read_back(
    name: str, code: str, via: int | None, moment: datetime | None
) -> None:
    try:
        (name + code).encode()
    except UnicodeEncodeError:
        return
    node_id = NodeId(f"lot:{code}")
    row = replace(next(iter(samples.lonely().rows.values())), node_id=node_id, name=name, code=code)
    trace = replace(
        samples.lonely(),
        rows={node_id: row},
        reached=(Reached(node_id, "forward", 3, moment, via),),
    )
    again = through_a_file(trace)
    assert again is not None
    assert (tuple(again.reached), again.rows) == (trace.reached, trace.rows)


def test_what_is_known_of_a_trace_is_read_back(tmp_path: Path) -> None:
    made, told = kept(tmp_path, rich())
    assert Archive(tmp_path).find(ID) == told
    again = made.answer(told)
    assert again is not None
    assert digest_of(again) == told.digest


def test_only_the_owner_can_read_the_files_and_nothing_else_is_left(tmp_path: Path) -> None:
    kept(tmp_path / "traces", rich())
    files = list((tmp_path / "traces").iterdir())
    assert sorted(f.suffix for f in files) == [".answer", ".json"]
    assert {f.stat().st_mode & 0o777 for f in files} == {0o600}
    assert (tmp_path / "traces").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("at", [0, 100, -2])
@pytest.mark.parametrize("ending", ["json", "answer"])
def test_an_altered_file_is_told(tmp_path: Path, ending: str, at: int) -> None:
    made, told = kept(tmp_path, rich())
    [file] = tmp_path.glob(f"*.{ending}")
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)
    with pytest.raises(TraceAltered, match=ID):
        made.answer(made.find(ID) or told)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"seal": "x", "stored": {}}', b"\xff"])
@pytest.mark.parametrize("ending", ["json", "answer"])
def test_a_file_of_something_else_is_told(tmp_path: Path, ending: str, content: bytes) -> None:
    made, told = kept(tmp_path, rich())
    [file] = tmp_path.glob(f"*.{ending}")
    file.write_bytes(content)
    with pytest.raises(TraceAltered):
        made.answer(made.find(ID) or told)


def test_a_record_under_the_name_of_another_is_told(tmp_path: Path) -> None:
    made, _ = kept(tmp_path, rich())
    (tmp_path / f"{ID}.json").rename(tmp_path / f"{'b' * 26}.json")
    with pytest.raises(TraceAltered):
        made.find("b" * 26)


def test_an_answer_in_the_form_of_another_version_is_asked_for_again(tmp_path: Path) -> None:
    for line in (b"{}\n", b'{"trace": {}}\n', b"no json\n"):
        digest = trace_file.hashlib.sha256(line).hexdigest()
        assert trace_file.read(io.BytesIO(line), digest) is None


def test_what_later_versions_add_to_a_record_does_no_harm(tmp_path: Path) -> None:
    made, told = kept(tmp_path, rich())
    path = tmp_path / f"{ID}.json"
    record = orjson.loads(path.read_bytes())["stored"] | {"added": 1}
    path.write_bytes(orjson.dumps({"stored": record, "seal": archive._seal(record)}))
    assert made.find(ID) == told


def test_the_oldest_answers_make_room_and_the_latest_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1)
    made, first = kept(tmp_path, rich(), "a" * 26)
    _, second = kept(tmp_path, rich(), "b" * 26)
    assert made.answer(first) is None
    assert made.answer(second) is not None
    assert made.find(first.trace_id) == first


def test_what_is_too_old_or_was_given_up_makes_room(tmp_path: Path) -> None:
    made, first = kept(tmp_path, rich(), "a" * 26)
    given_up, under_way = tmp_path / ".making-1", tmp_path / ".making-2"
    for path, days in ((given_up, 2), (under_way, 0), (*tmp_path.glob("*.answer"), 91)):
        path.touch()
        os.utime(path, (then := NOW.timestamp() - days * 86_400, then))
    kept(tmp_path, rich(), "b" * 26)
    assert made.answer(first) is None
    assert (given_up.exists(), under_way.exists()) == (False, True)


def test_what_another_server_kept_first_stays(tmp_path: Path) -> None:
    _, first = kept(tmp_path, rich())
    other = replace(rich(), query=replace(rich().query, known_at=NOW.replace(year=2027)))
    made, second = kept(tmp_path, other)
    assert second == first
    again = made.answer(second)
    assert again is not None
    assert again.query.known_at == NOW


def test_a_large_answer_is_never_held_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_file, "PIECE", 10)
    sizes = list[int]()

    class Sizes(io.BytesIO):
        def write(self, piece: bytes) -> int:  # type: ignore[override]
            sizes.append(len(piece))
            return len(piece)

    trace_file.write(samples.wide(300), Sizes())
    assert max(sizes) < sum(sizes) / 10
