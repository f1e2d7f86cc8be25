"""Jobs: begun at once, told of as they go on, called off for real, bounded, never lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.jobs import Jobs
from api.shelf import Shelf
from genealogy.errors import StoreUnavailable
from tests.api.clients import StoppedClock, asked, assert_problem, client
from tests.api.jobs import ASYNC, BODY, Waiting, begun, ended, events_of, waiting_client
from tests.api.test_shelf import ASKED
from tests.small_company import engine

QUERY = {"direction": "forward"}


# --- Asked for ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "prefer", ["respond-async", "Respond-Async, wait=10", "return=minimal, respond-async; x=1"]
)
def test_who_will_not_wait_gets_a_job(prefer: str) -> None:
    answer = client().post("/v1/traces", json=BODY, headers={"prefer": prefer})
    assert answer.status_code == 202
    told = answer.json()
    assert answer.headers["location"] == told["self"] == f"/v1/jobs/{told['id']}"
    assert answer.headers["preference-applied"] == "respond-async"
    assert answer.headers["retry-after"] == "1"
    assert (told["state"], told["result"], told["created"]) == (
        "queued",
        None,
        "2026-03-20T12:00:00Z",
    )
    assert told["query"]["seeds"] == ["party:SUP-017"]


@pytest.mark.parametrize("prefer", ["", "wait=10", "not-respond-async", "return=respond-async"])
def test_who_will_wait_gets_the_answer(prefer: str) -> None:
    assert client().post("/v1/traces", json=BODY, headers={"prefer": prefer}).status_code == 201


def test_a_job_leads_to_the_answer_that_waiting_gives() -> None:
    api = client()
    job = ended(api, begun(api))
    assert (job["state"], job["error"]) == ("done", None)
    assert job["result"] == asked(api, "party:SUP-017").json()["self"]
    assert api.get(job["result"]).status_code == 200
    whole = api.get(f"{job['result']}/nodes").json()["total"]
    assert job["progress"]["nodes"] == whole
    assert job["progress"]["levels"] > 1


def test_progress_counts_both_directions() -> None:
    api = client()
    job = ended(api, begun(api, direction="both", seeds=["T2201"]))
    ways = [ended(api, begun(api, direction=d, seeds=["T2201"])) for d in ("forward", "backward")]
    for name, told in job["progress"].items():
        assert told == sum(way["progress"][name] for way in ways)


def test_a_name_that_is_not_known_is_told_at_once() -> None:
    answer = client().post("/v1/traces", json={**BODY, "seeds": ["FG1184"]}, headers=ASYNC)
    assert_problem(answer, 422, "invalid_body")


@pytest.mark.parametrize("way", ["get", "delete"])
@pytest.mark.parametrize("name", ["a" * 26, "..%2fx", "x"])
def test_an_unknown_job_is_a_problem(tmp_path: Path, way: str, name: str) -> None:
    assert getattr(client(folder=tmp_path), way)(f"/v1/jobs/{name}").status_code == 404


def test_a_job_that_fails_says_why_in_the_readers_language() -> None:
    api = client()
    job = ended(api, begun(api, known_at="2020-01-01T00:00:00Z"))
    assert (job["state"], job["result"], job["error"]["code"]) == ("failed", None, "invalid_body")
    assert job["error"]["errors"][0]["pointer"] == "/known_at"
    chinese = api.get(job["self"], headers={"accept-language": "zh"}).json()
    assert chinese["error"]["code"] == "invalid_body"
    assert not chinese["error"]["detail"].isascii()


def test_a_defect_in_a_job_is_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: object) -> str:
        raise ZeroDivisionError

    jobs = Jobs(engine(), StoppedClock())
    told = jobs.submit(broken, QUERY)
    jobs.stop()
    end = jobs.find(told.job_id).told
    assert (end.state, end.error and end.error["code"]) == ("failed", "internal")
    assert "ZeroDivisionError" in caplog.text


def test_a_database_that_has_gone_is_opened_again_after_the_job_that_missed_it() -> None:
    opened: list[bool] = []

    def gone(_: object) -> str:
        raise StoreUnavailable(uri="bolt://x", reason="gone")

    jobs = Jobs(replace(engine(), reopen=lambda: opened.append(True)), StoppedClock())
    told = jobs.submit(gone, QUERY)
    jobs.stop()
    assert jobs.find(told.job_id).told.state == "failed"
    assert opened == [True]


# --- Called off --------------------------------------------------------------------


def test_a_running_job_is_called_off_and_its_statements_are_ended() -> None:
    company = Waiting()
    api = waiting_client(company)
    job = begun(api)
    company.begun.acquire()
    assert api.get(job["self"]).json()["state"] == "running"
    answer = api.delete(job["self"])
    assert (answer.status_code, answer.json()["cancel_requested"]) == (202, True)
    told = ended(api, job)
    assert (told["state"], told["result"], told["error"]) == ("cancelled", None, None)
    assert len(company.ended) >= 1


def test_a_walk_stops_after_the_level_at_which_it_was_called_off() -> None:
    levels: list[int] = []
    jobs = Jobs(engine(), StoppedClock())
    shelf = Shelf(engine(), StoppedClock())

    def work(progress: Any) -> str:
        def told(nodes: int, edges: int) -> None:
            levels.append(nodes)
            [job] = jobs._open.values()
            jobs.cancel(job.told.job_id)
            progress(nodes, edges)

        shelf.store(ASKED, told)
        return "/never"

    job_id = jobs.submit(work, QUERY).job_id
    jobs.stop()
    assert (jobs.find(job_id).told.state, len(levels)) == ("cancelled", 1)


def test_a_queued_job_is_called_off_without_ever_having_run() -> None:
    company = Waiting()
    api = waiting_client(company)
    running = [begun(api), begun(api)]
    queued = begun(api)
    assert api.delete(queued["self"]).json()["state"] == "cancelled"
    assert ended(api, queued)["started"] is None
    company.go.set()
    assert [ended(api, job)["state"] for job in running] == ["done", "done"]


def test_calling_one_job_off_leaves_the_others() -> None:
    company = Waiting()
    api = waiting_client(company)
    one, other = begun(api), begun(api)
    api.delete(one["self"])
    states = ended(api, one)["state"], ended(api, other)["state"]
    assert states == ("cancelled", "done")
    assert len(set(company.ended)) == 1


def test_a_job_that_has_ended_cannot_be_called_off() -> None:
    api = client()
    job = ended(api, begun(api))
    assert api.delete(job["self"]).json() == job
    assert api.get(job["self"]).json() == job


# --- Bounded -----------------------------------------------------------------------


def test_more_jobs_than_may_wait_are_refused_and_told_when_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    company = Waiting()
    api = waiting_client(company)
    jobs = [begun(api) for _ in range(22)]
    answer = api.post("/v1/traces", json=BODY, headers=ASYNC)
    assert_problem(answer, 429, "too_many_jobs")
    assert int(answer.headers["retry-after"]) > 0
    company.go.set()
    assert {ended(api, job)["state"] for job in jobs} == {"done"}
    assert ended(api, begun(api))["state"] == "done"


def test_only_the_latest_jobs_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.jobs.KEPT", 2)
    jobs = Jobs(engine(), StoppedClock(), tmp_path, running=1)
    ids = [jobs.submit(lambda _: "/x", QUERY).job_id for _ in range(4)]
    jobs.stop()
    assert {p.stem for p in tmp_path.iterdir()} == set(ids[2:])


# --- The end of the server ---------------------------------------------------------


def test_a_server_that_stops_ends_its_jobs_and_says_so(tmp_path: Path) -> None:
    company = Waiting()
    api = client(company.engine(), tmp_path)
    with api:
        jobs = [begun(api) for _ in range(4)]
        company.begun.acquire()
    again = client(folder=tmp_path)
    for job in jobs:
        told = again.get(job["self"]).json()
        assert (told["state"], told["error"]["code"]) == ("failed", "server_stopping")
    assert_problem(api.post("/v1/traces", json=BODY, headers=ASYNC), 503, "server_stopping")
    with api:
        assert ended(api, begun(api))["state"] == "done"


def test_a_job_of_a_server_that_was_killed_is_told_as_failed(tmp_path: Path) -> None:
    company = Waiting()
    api = client(company.engine(), tmp_path)
    job = begun(api)
    told = client(folder=tmp_path).get(job["self"]).json()
    assert (told["state"], told["error"]["code"]) == ("failed", "server_stopping")
    company.go.set()
    assert ended(api, job)["state"] == "done"


def test_how_a_job_ended_outlives_the_server(tmp_path: Path) -> None:
    api = client(folder=tmp_path)
    job = begun(api)
    with api:
        done = ended(api, job)
    again = client(folder=tmp_path)
    assert again.get(job["self"]).json() == done
    assert again.get(job["events"], headers={"last-event-id": "0"}).status_code == 200


# --- The stream of events ----------------------------------------------------------


def test_the_stream_tells_each_change_and_ends_with_the_job() -> None:
    api = client()
    answer = api.get(begun(api)["events"])
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    told = events_of(answer.text)
    assert told[-1]["event"] == "done"
    assert told[-1]["data"]["state"] == "done"
    assert {event["event"] for event in told[:-1]} <= {"progress"}
    versions = [int(event["id"]) for event in told]
    assert versions == sorted(set(versions))


def test_a_reader_who_has_seen_the_last_event_is_not_sent_it_again() -> None:
    api = client()
    job = begun(api)
    last = events_of(api.get(job["events"]).text)[-1]["id"]
    answer = api.get(job["events"], headers={"last-event-id": last})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("known", ["1", "", "nonsense", "-1"])
def test_a_reader_who_comes_again_gets_what_was_missed(known: str) -> None:
    api = client()
    job = begun(api)
    ended(api, job)
    told = events_of(api.get(job["events"], headers={"last-event-id": known}).text)
    assert [event["event"] for event in told] == ["done"]


def test_the_end_of_a_failed_and_of_a_cancelled_job_has_its_name() -> None:
    company = Waiting()
    api = waiting_client(company)
    cancelled = begun(api)
    api.delete(cancelled["self"])
    assert events_of(api.get(cancelled["events"]).text)[-1]["event"] == "cancelled"
    failed = begun(api, known_at="2020-01-01T00:00:00Z")
    assert events_of(api.get(failed["events"]).text)[-1]["event"] == "failed"


def test_the_head_of_a_stream_does_not_wait_for_the_job() -> None:
    company = Waiting()
    api = waiting_client(company)
    job = begun(api)
    answer = api.head(job["events"])
    assert (answer.status_code, answer.content) == (200, b"")
    company.go.set()
    assert ended(api, job)["state"] == "done"
