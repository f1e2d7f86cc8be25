"""Files of snapshots: what was written comes back, and nothing else ever does."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from genealogy.errors import InvalidInput
from genealogy.exports.impact import causes_record, comparison_record
from genealogy.impact.question import CauseQuery, ComparisonQuery
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.snapshot import files
from genealogy.snapshot.book import SnapshotBook
from genealogy.snapshot.content import Content
from genealogy.snapshot.files import SnapshotDamaged
from genealogy.snapshot.flows import CopiedFlows
from genealogy.snapshot.keeper import Keeper
from genealogy.snapshot.trace import trace as trace_on
from genealogy.trace.result import TraceQuery
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import flow, genealogy
from tests.oracle.test_trace_against_oracles import shown
from tests.small_company import Company, engine
from tests.snapshots import MemoryGraph, snapshot_of

DRAWN = genealogy(
    [
        flow(Flow.SUPPLIED, "party:S", "lot:A", 0),
        flow(Flow.CONTAINED_IN, "lot:A", "unit:T", start=1, end=3),
        flow(Flow.SHIPPED_IN, "unit:T", "shipment:1", 2),
        flow(Flow.DELIVERED_TO, "shipment:1", "party:C"),
        flow(Flow.RELABELLED_AS, "lot:A", "lot:Ä~批", 4),
    ]
)
SOURCE = MemoryFlows(DRAWN.facts)
QUESTIONS = [
    TraceQuery((NodeId(seed),), way)
    for seed in ("party:S", "lot:A", "unit:T", "party:C", "lot:Ä~批")
    for way in ("forward", "backward", "both")
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    files.save(snapshot_of(DRAWN.facts, watermark=7), tmp_path, "here")
    return tmp_path


def opened(home: Path) -> Content:
    folder = files.current(home, "here")
    assert folder is not None
    return files.load(folder, "here")


def answers(content: Content) -> list[object]:
    found = (trace_on(CopiedFlows(SOURCE, content), query) for query in QUESTIONS)
    return [shown(answer) for answer in found if answer is not None]


def test_a_snapshot_from_files_answers_as_the_one_in_memory(home: Path) -> None:
    content = opened(home)
    assert content.watermark == 7
    assert answers(content) == answers(snapshot_of(DRAWN.facts))
    assert len(answers(content)) == len(QUESTIONS)


def test_columns_are_mapped_and_cannot_be_written_to(home: Path) -> None:
    content = opened(home)
    for column in (content.forward.head, content.backward.opens, content.nodes.mark):
        assert not column.flags.writeable
        assert not column.flags.owndata
        with pytest.raises(ValueError, match="read-only"):
            column[:] = 0


def test_an_empty_graph_has_a_snapshot_too(tmp_path: Path) -> None:
    files.save(snapshot_of([]), tmp_path, "here")
    content = opened(tmp_path)
    assert (len(content.nodes), len(content.forward.head)) == (0, 0)
    assert trace_on(CopiedFlows(SOURCE, content), QUESTIONS[0]) is None


def test_a_later_build_takes_the_place_of_the_former_one(home: Path) -> None:
    before = opened(home)
    files.save(snapshot_of(DRAWN.facts, watermark=9), home, "here")
    assert opened(home).watermark == 9
    # Who had the former one open still has it.
    assert answers(before) == answers(opened(home))
    files.save(snapshot_of(DRAWN.facts, watermark=10), home, "here")
    assert len(list((home / "here").glob("at-*"))) == 2


def every_file(home: Path) -> list[Path]:
    folder = files.current(home, "here")
    assert folder is not None
    return sorted(p for p in folder.iterdir() if p.stat().st_size)


def damage(path: Path, how: str) -> None:
    body = path.read_bytes()
    if how == "truncated":
        path.write_bytes(body[: len(body) // 2])
    elif how == "flipped":
        path.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    elif how == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["truncated", "flipped", "empty", "missing"])
def test_damage_to_any_file_is_told_and_never_answered_from(home: Path, how: str) -> None:
    for path in every_file(home):
        spare = path.with_name("spare")
        shutil.copy2(path, spare)
        damage(path, how)
        with pytest.raises(SnapshotDamaged) as told:
            opened(home)
        for language in ("en", "zh"):
            assert told.value.message(language)
            assert told.value.hint(language)
        os.replace(spare, path)
    assert answers(opened(home))


def test_damage_that_left_size_and_time_as_they_were_shows_when_looked_at_thoroughly(
    home: Path,
) -> None:
    path = next(p for p in every_file(home) if p.name == "forward.head.npy")
    stat = path.stat()
    damage(path, "flipped")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    header = files.header_of(path.parent, "here")
    files.check(path.parent, header)
    with pytest.raises(SnapshotDamaged):
        files.check(path.parent, header, thoroughly=True)


def test_files_that_were_copied_elsewhere_are_read_and_compared(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "copy"
    shutil.copytree(home, other, copy_function=shutil.copyfile)
    assert answers(opened(other)) == answers(opened(home))


def test_the_snapshot_of_another_database_is_refused(home: Path) -> None:
    shutil.copytree(home / "here", home / "there")
    folder = files.current(home, "there")
    assert folder is not None
    with pytest.raises(SnapshotDamaged):
        files.load(folder, "there")


@pytest.mark.parametrize("told", [b"", b"../here", b"\xff\xfe", b"at-1-none"])
def test_a_pointer_to_no_snapshot_is_damage(home: Path, told: bytes) -> None:
    (home / "here" / files.CURRENT).write_bytes(told)
    with pytest.raises(SnapshotDamaged):
        files.current(home, "here")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("a file")
    with pytest.raises(InvalidInput):
        files.save(snapshot_of(DRAWN.facts), tmp_path, "here")
    assert files.current(tmp_path, "here") is None


def test_dropped_there_is_none(home: Path) -> None:
    assert files.drop(home, "here")
    assert not files.drop(home, "here")
    assert files.current(home, "here") is None


def keeper_of(home: Path) -> tuple[Keeper, MemoryGraph]:
    source = MemoryGraph(identity=None)
    source.write(DRAWN.facts)
    return Keeper(source, home / "snapshots"), source


def test_without_a_snapshot_the_database_is_not_even_asked(tmp_path: Path) -> None:
    keeper, source = keeper_of(tmp_path)
    source.state = None  # type: ignore[assignment,method-assign]
    assert keeper.trace(QUESTIONS[0]) is None


def test_a_damaged_snapshot_leaves_answers_to_the_database_until_it_is_built_anew(
    tmp_path: Path,
) -> None:
    keeper, source = keeper_of(tmp_path)
    keeper.build()
    assert keeper.trace(QUESTIONS[0]) is not None
    for path in (tmp_path / "snapshots").rglob("forward.*.npy"):
        damage(path, "truncated")
    again = Keeper(source, keeper.base)
    assert again.trace(QUESTIONS[0]) is None
    assert again.status().reason == "damaged"
    again.build()
    assert again.trace(QUESTIONS[0]) is not None
    assert again.status().reason == "fresh"


def spoiled(home: Path, name: str, number: int) -> tuple[Keeper, MemoryGraph]:
    """A snapshot with every value of a column altered, but its file as large and as old."""
    keeper, source = keeper_of(home)
    keeper.build()
    for path in keeper.base.rglob(f"{name}.npy"):
        stat, column = path.stat(), np.load(path)
        column[:] = number
        np.save(path, column)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return keeper, source


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("forward.head", 10_000),
        ("forward.head", -1),
        ("forward.bounds", 10_000),
        ("backward.edge", 10_000),
        ("nodes.kind", 99),
        ("records.uom.code", 99),
    ],
)
def test_columns_altered_behind_its_back_that_lead_nowhere_leave_the_answer_to_the_database(
    tmp_path: Path, name: str, number: int
) -> None:
    keeper, source = spoiled(tmp_path, name, number)
    again = Keeper(source, keeper.base)
    assert again.trace(QUESTIONS[0]) is None
    assert again.flows() is None
    again.build()
    assert again.trace(QUESTIONS[0]) is not None


def test_several_cases_are_answered_by_the_database_where_columns_lead_nowhere(
    tmp_path: Path,
) -> None:
    keeper, source = spoiled(tmp_path, "backward.head", 10_000)
    plain = engine(Company(DRAWN.facts))
    copied = replace(plain, keeper=Keeper(source, keeper.base))
    cases = (NodeId("party:C"), NodeId("lot:Ä~批"))
    both = ComparisonQuery(cases, "backward")
    assert comparison_record(copied.compare(both)) == comparison_record(plain.compare(both))
    causes = CauseQuery(cases)
    found, right = (causes_record(one.common_causes(causes)) for one in (copied, plain))
    assert found == right
    assert found["candidates"]


def test_a_failure_that_no_damage_explains_is_not_hidden(tmp_path: Path) -> None:
    keeper, _ = keeper_of(tmp_path)
    keeper.build()
    assert keeper.flows() is not None
    with pytest.raises(IndexError), keeper.vouched():
        raise IndexError


def test_a_program_that_goes_on_reads_the_whole_snapshot_once_it_has_started(
    tmp_path: Path,
) -> None:
    keeper, source = spoiled(tmp_path, "forward.head", 0)
    again = Keeper(source, keeper.base, rebuilds=True)
    again.warm()
    assert again.trace(QUESTIONS[0]) is None
    builder = again._builder
    assert builder is not None
    builder.join()
    found = again.trace(QUESTIONS[0])
    assert found is not None
    assert shown(found) == shown(trace(SOURCE, QUESTIONS[0]))


@pytest.mark.parametrize("later", [0, 1, 2])
def test_a_database_restored_from_earlier_is_not_answered_for(tmp_path: Path, later: int) -> None:
    keeper, source = keeper_of(tmp_path)
    source.write([])
    keeper.build()
    source.restore(1)
    for _ in range(later):
        # As many writes as were lost, or more: the number alone does not tell.
        source.write(DRAWN.flows[:1])
    assert keeper.trace(QUESTIONS[0]) is None
    assert keeper.status().reason == "stale"


def test_a_database_that_is_written_to_all_the_time_answers_itself(tmp_path: Path) -> None:
    keeper, source = keeper_of(tmp_path)
    keeper.build()
    source.write(DRAWN.flows[:1])
    ask = source.edges

    def busy(*args: object, **named: object) -> object:
        source.write(DRAWN.flows[:1])
        return ask(*args, **named)  # type: ignore[arg-type]

    source.edges = busy  # type: ignore[assignment,method-assign]
    assert keeper.trace(QUESTIONS[0]) is None
    source.edges = ask  # type: ignore[method-assign]
    assert keeper.trace(QUESTIONS[0]) is not None


def test_a_snapshot_built_by_another_process_is_taken_up(tmp_path: Path) -> None:
    keeper, source = keeper_of(tmp_path)
    keeper.build()
    source.write(DRAWN.flows[:1], known=False)
    assert keeper.trace(QUESTIONS[0]) is None
    Keeper(source, keeper.base).build()
    found = keeper.trace(QUESTIONS[0])
    assert found is not None
    assert found.watermark == 2


def test_a_program_that_goes_on_makes_anew_what_cannot_be_followed_up(tmp_path: Path) -> None:
    keeper, source = keeper_of(tmp_path)
    keeper.build()
    keeper.rebuilds = True
    source.write(DRAWN.flows[:1], known=False)
    assert keeper.trace(QUESTIONS[0]) is None
    builder = keeper._builder
    assert builder is not None
    builder.join()
    found = keeper.trace(QUESTIONS[0])
    assert found is not None
    assert found.watermark == 2


def test_one_compiled_kernel_serves_a_snapshot_however_it_came_to_be(tmp_path: Path) -> None:
    """Another would be compiled for seconds, in the middle of a question."""
    numba = pytest.importorskip("numba")
    keeper, source = keeper_of(tmp_path)
    keeper.build()
    kernels = set[object]()
    for number in range(3):
        content = keeper.fresh()
        assert content is not None
        for way in ("forward", "backward"):
            for seed in (0, content.nodes.number([NodeId("party:C")])[NodeId("party:C")]):
                book = SnapshotBook(content, way, True, [seed])  # type: ignore[arg-type]
                kernels.add(numba.typeof(book.ways))
        late = flow(Flow.RELABELLED_AS, "lot:A", f"lot:late{number}", 5)
        source.write(genealogy([late]).facts)
    assert len(kernels) == 1


def test_a_reader_keeps_its_version_while_others_get_a_later_one(tmp_path: Path) -> None:
    keeper, source = keeper_of(tmp_path)
    keeper.build()
    before = keeper.fresh()
    assert before is not None
    told = [answers(before), before.forward.head.copy(), before.nodes.mark.copy()]
    for _ in range(3):
        source.write(
            [flow(Flow.RELABELLED_AS, "lot:A", "lot:Ä~批", 5, name=str(len(source.writes)))]
        )
        now = keeper.fresh()
        assert now is not None
        assert now.watermark == source.state().watermark
        assert answers(now) != told[0]
    assert answers(before) == told[0]
    assert np.array_equal(before.forward.head, told[1])
    assert np.array_equal(before.nodes.mark, told[2])


def test_a_dropped_snapshot_is_not_answered_from(tmp_path: Path) -> None:
    keeper, _ = keeper_of(tmp_path)
    assert keeper.status().reason == "none"
    keeper.build()
    content = keeper.fresh()
    assert keeper.drop()
    assert content is not None
    with pytest.raises(SnapshotDamaged):
        content.records.columns(np.array([0]))
    assert keeper.trace(QUESTIONS[0]) is None
    assert keeper.status().reason == "none"


def test_a_time_finer_than_those_before_is_followed_up(tmp_path: Path) -> None:
    keeper, source = keeper_of(tmp_path)
    keeper.build()
    assert opened_scale(keeper) > 1
    late = flow(Flow.RELABELLED_AS, "lot:A", "lot:Ä~批", 5)
    moment = late.occurred_at
    assert moment is not None
    source.write([replace(late, occurred_at=moment + timedelta(microseconds=1), fact_id="fine")])
    for query in QUESTIONS:
        found = keeper.trace(query)
        assert found is not None
        assert shown(found) == shown(trace(source, query))
    assert opened_scale(keeper) == 1


def opened_scale(keeper: Keeper) -> int:
    content = keeper.fresh()
    assert content is not None
    assert content.forward.opens.dtype == (np.int32 if content.scale.unit > 1 else np.int64)
    return content.scale.unit
