"""The stream of a job by itself: heartbeats, coalesced changes, and its end."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from api import event_stream
from api.jobs import Job, Told
from genealogy.trace.tally import Tally


def a_job() -> Job:
    return Job(Told("j", {}, "2026-03-20T12:00:00Z"))


def test_a_job_without_news_is_still_there() -> None:
    async def read() -> list[bytes]:
        job = a_job()
        stream = event_stream.of(job, 1, asdict, heartbeat=0, pace=0)
        told = [await anext(stream) for _ in range(3)]
        job.change(state="cancelled")
        return [*told, *[chunk async for chunk in stream if not chunk.startswith(b":")]]

    retry, *heartbeats, last = asyncio.run(read())
    assert retry.startswith(b"retry: ")
    assert heartbeats == [b": still there\n\n"] * 2
    assert last.startswith(b"id: 2\nevent: cancelled\n")


def test_many_changes_between_two_events_are_told_in_one() -> None:
    async def read() -> list[bytes]:
        job = a_job()
        stream = event_stream.of(job, 0, asdict, pace=0)
        told = [await anext(stream), await anext(stream)]
        for level in range(50_000):
            job.change(progress=Tally(level, level, level))
        job.change(state="done", result="/x")
        return [*told, *[chunk async for chunk in stream]]

    _, first, last = asyncio.run(read())
    assert first.startswith(b"id: 1\nevent: progress\n")
    assert last.startswith(b"id: 50002\nevent: done\n")


def test_a_change_in_another_thread_wakes_the_stream() -> None:
    async def read() -> bytes:
        job = a_job()
        stream = event_stream.of(job, 1, asdict, pace=0)
        assert (await anext(stream)).startswith(b"retry")
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        await asyncio.to_thread(job.change, state="done")
        return await waiting

    assert b"event: done" in asyncio.run(read())


def test_nobody_is_told_after_the_reader_has_gone() -> None:
    async def read() -> Job:
        job = a_job()
        stream = event_stream.of(job, 0, asdict)
        await anext(stream)
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        return job

    job = asyncio.run(read())
    assert job.change(state="done")
    assert job._listeners == []
