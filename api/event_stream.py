"""A job as server-sent events (HTML standard, section 9.2).

Each event is the whole job, so a reader who comes late or again needs only the
latest: nothing is kept to be replayed, however many levels a trace has. The id of
an event is the version of the job. sse-starlette (BSD-3, well kept) was looked at: it
adds a queue and a ping task, of which this needs neither, and one more dependency.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable

import orjson

from api.jobs import ENDED, Job, Told
from genealogy.exports.records import Record

MEDIA_TYPE = "text/event-stream"
#: Seconds without news after which a line says that the job is still there.
HEARTBEAT = 15.0
#: Seconds between two events; what changes meanwhile comes in one.
PACE = 0.2
#: Milliseconds after which a reader who lost the connection asks again.
_RETRY = b"retry: 2000\n\n"
_VERSION = re.compile(r"[0-9]{1,15}")


def seen(last_event_id: str) -> int:
    """The version that a reader has seen; 0 when it is none of ours."""
    return int(last_event_id) if _VERSION.fullmatch(last_event_id) else 0


async def of(
    job: Job,
    known: int,
    record: Callable[[Told], Record],
    *,
    heartbeat: float = HEARTBEAT,
    pace: float = PACE,
) -> AsyncIterator[bytes]:
    """Tell of a job that a reader knows as it was at a version, until it has ended."""
    changed, loop = asyncio.Event(), asyncio.get_running_loop()
    yield _RETRY
    with job.listening(lambda: loop.call_soon_threadsafe(changed.set)):
        while True:
            changed.clear()
            told = job.told
            if told.version > known:
                yield _event(told, record(told))
                known = told.version
            if told.state in ENDED:
                return
            await asyncio.sleep(pace)
            if not await _within(changed, heartbeat):
                yield b": still there\n\n"


async def _within(changed: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(changed.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _event(told: Told, record: Record) -> bytes:
    name = told.state if told.state in ENDED else "progress"
    data = orjson.dumps(record)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (told.version, name.encode(), data)
