"""Stored traces: ids, pinned record time, digests, and the bound on memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from api.archive import TraceUnkept
from api.shelf import OfTraces, Shelf, TraceChanged, id_of
from genealogy.errors import NotFound
from genealogy.exports.digest import digest_of
from genealogy.model.facts import NodeId
from genealogy.trace.result import Mode, TraceQuery
from tests.api.clients import NOW, StoppedClock
from tests.small_company import FLOWS, GOODS, NODES, RAW, SUPPLIER, TUBING, Company, engine

ASKED = TraceQuery((NodeId(SUPPLIER),), "forward")


class LaterClock:
    """A clock that is an hour ahead of the usual one."""

    def now(self) -> datetime:
        return NOW + timedelta(hours=1)


def shelf(folder: Path | None = None, company: Company | None = None) -> Shelf:
    return Shelf(engine(company), StoppedClock(), folder)


def id_at(query: TraceQuery, watermark: int) -> str:
    return id_of(OfTraces().asked(query), watermark)


def test_an_id_is_fit_for_addresses_and_file_names() -> None:
    found = id_at(ASKED, 1)
    assert len(found) == 26
    assert found.isalnum()
    assert found == found.lower()


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, direction="backward"),
        replace(ASKED, mode=Mode.CONSERVATIVE),
        replace(ASKED, seeds=(NodeId(RAW),)),
        replace(ASKED, stops=(NodeId(GOODS),)),
        replace(ASKED, max_depth=0),
        replace(ASKED, as_of=NOW),
        replace(ASKED, known_at=NOW),
    ],
)
def test_another_question_has_another_id(other: TraceQuery) -> None:
    assert id_at(other, 1) != id_at(ASKED, 1)


def test_the_order_of_seeds_and_stops_does_not_matter() -> None:
    two = (NodeId(RAW), NodeId(TUBING))
    one = replace(ASKED, seeds=two, stops=two)
    assert id_at(one, 1) == id_at(replace(one, seeds=two[::-1], stops=two[::-1]), 1)


def test_other_data_give_another_id() -> None:
    assert id_at(ASKED, 1) != id_at(ASKED, 2)


def test_a_given_record_time_is_kept() -> None:
    given = datetime(2026, 3, 5, tzinfo=UTC)
    stored, trace = shelf().store(replace(ASKED, known_at=given))
    assert (stored.query.known_at, trace.query.known_at) == (given, given)


def test_a_stored_question_is_read_back_as_it_was(tmp_path: Path) -> None:
    asked = TraceQuery(
        (NodeId(RAW), NodeId(GOODS)),
        "both",
        Mode.CONSERVATIVE,
        as_of=datetime(2026, 3, 2, 1, 2, 3, 4, tzinfo=UTC),
        stops=(NodeId(TUBING),),
        max_depth=3,
    )
    stored, _ = shelf(tmp_path).store(asked)
    again = shelf(tmp_path).find(stored.trace_id)
    assert again == stored
    assert again.query == replace(asked, known_at=NOW)


def test_the_answer_found_again_is_the_one_first_given(tmp_path: Path) -> None:
    stored, trace = shelf(tmp_path).store(ASKED)
    other = shelf(tmp_path)
    assert digest_of(other.answer(other.find(stored.trace_id))) == digest_of(trace)


def without_answers(folder: Path) -> None:
    """Take the answers out of a folder of stored traces, as happens when room is made."""
    for answer in folder.glob("*.answer"):
        answer.unlink()


def test_an_answer_that_is_kept_stays_as_it_was_given_whatever_is_recorded_later(
    tmp_path: Path,
) -> None:
    stored, trace = shelf(tmp_path).store(ASKED)
    other = shelf(tmp_path, Company([*NODES, *FLOWS[1:]]))
    assert digest_of(other.answer(other.find(stored.trace_id))) == digest_of(trace)


def test_an_answer_that_is_not_kept_is_found_again(tmp_path: Path) -> None:
    stored, trace = shelf(tmp_path).store(ASKED)
    without_answers(tmp_path)
    other = shelf(tmp_path)
    again = other.answer(other.find(stored.trace_id))
    assert (digest_of(again), again.watermark) == (digest_of(trace), trace.watermark)


def test_a_changed_answer_is_told(tmp_path: Path) -> None:
    stored, _ = shelf(tmp_path).store(ASKED)
    without_answers(tmp_path)
    other = shelf(tmp_path, Company([*NODES, *FLOWS[1:]]))
    with pytest.raises(TraceChanged, match=stored.trace_id):
        other.answer(other.find(stored.trace_id))


@pytest.mark.parametrize("name", ["", "../x", "a" * 27, "A" * 26, "a" * 26])
def test_no_other_file_is_ever_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(NotFound):
        shelf(tmp_path / "traces").find(name)


def test_without_a_folder_questions_live_in_memory() -> None:
    kept = shelf()
    stored, _ = kept.store(ASKED)
    assert kept.find(stored.trace_id) is stored


def test_an_answer_in_memory_is_not_asked_for_again() -> None:
    company = Company()
    kept = shelf(company=company)
    stored, _ = kept.store(ASKED)
    asked_before = len(company.calls)
    kept.answer(stored)
    kept.store(ASKED)
    assert len(company.calls) == asked_before


def test_the_oldest_answers_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.shelf.MOST_EDGES", 12)
    company = Company()
    kept = shelf(company=company)
    first, _ = kept.store(ASKED)
    kept.store(replace(ASKED, direction="backward", seeds=(NodeId(GOODS),)))
    asked_before = len(company.calls)
    kept.answer(first)
    assert len(company.calls) > asked_before


def test_a_question_can_be_asked_anew_when_records_dated_ahead_change_its_stored_answer(
    tmp_path: Path,
) -> None:
    ahead = NOW + timedelta(days=3)
    ahead_of_time = [replace(f, retracted_at=ahead) if f is FLOWS[9] else f for f in FLOWS]
    company = Company((*NODES, *ahead_of_time))
    first, answer = shelf(tmp_path, company).store(ASKED)
    without_answers(tmp_path)
    later = shelf(tmp_path, company)
    with pytest.raises(TraceChanged):
        later.answer(later.find(first.trace_id))
    second, again = later.store(ASKED)
    assert second.trace_id != first.trace_id
    assert list(again.node_ids()) == list(answer.node_ids())
    assert later.store(ASKED)[0] == second


def test_an_answer_given_while_a_load_is_unfinished_is_not_the_one_given_after_it() -> None:
    company = Company()
    kept = shelf(company=company)
    whole, _ = kept.store(ASKED)
    company.unfinished = ["/in"]
    half, trace = kept.store(ASKED)
    assert half.trace_id != whole.trace_id
    assert trace.completeness.unfinished_loads == ("/in",)
    company.unfinished = []
    assert kept.store(ASKED)[0] == whole


def test_a_stored_answer_stays_as_it_was_given_when_loads_begin_and_end(tmp_path: Path) -> None:
    company = Company()
    whole, _ = shelf(tmp_path, company).store(ASKED)
    company.unfinished = ["/in"]
    half, _ = shelf(tmp_path, company).store(ASKED)
    for unfinished in ([], ["/in"], ["/other"]):
        company.unfinished = unfinished
        without_answers(tmp_path)
        other = shelf(tmp_path, company)
        assert not other.answer(other.find(whole.trace_id)).completeness.unfinished_loads
        again = other.answer(other.find(half.trace_id))
        assert again.completeness.unfinished_loads == ("/in",)


def test_two_servers_that_answer_a_question_at_once_give_the_same_answer(tmp_path: Path) -> None:
    one, two = shelf(tmp_path), Shelf(engine(), LaterClock(), tmp_path)
    asked, answers = Event(), list[tuple[str, str]]()

    def slowly(nodes: int, edges: int) -> None:
        # While the first still walks, the second asks, answers and keeps.
        if not asked.is_set():
            asked.set()
            stored, trace = two.store(ASKED)
            answers.append((stored.digest, digest_of(trace)))

    stored, trace = one.store(ASKED, slowly)
    assert answers == [(stored.digest, digest_of(trace))]
    assert trace.query.known_at == LaterClock().now()
    assert len(list(tmp_path.glob("*.json"))) == 1
    other = shelf(tmp_path)
    assert digest_of(other.answer(other.find(stored.trace_id))) == stored.digest


def test_two_threads_of_one_server_give_the_same_answer() -> None:
    kept = shelf()
    clock = iter([NOW, NOW + timedelta(hours=1)] * 4)
    kept._clock = type("Ticking", (), {"now": lambda _: next(clock)})()
    inner = list[str]()

    def again(nodes: int, edges: int) -> None:
        if not inner:
            inner.append("")
            inner.append(kept.store(ASKED)[0].digest)

    stored, trace = kept.store(ASKED, again)
    assert inner[1] == stored.digest == digest_of(trace)


def test_what_cannot_be_kept_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "traces").write_text("in the way")
    with pytest.raises(TraceUnkept, match="traces"):
        shelf(tmp_path / "traces").store(ASKED)
