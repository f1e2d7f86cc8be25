"""Work that takes longer than a client wants to wait: bounded, told of, and called off for real."""

from __future__ import annotations

import base64
import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Literal

import orjson

from api.errors import ServerStopping, TooManyJobs, in_every_language, reopen
from genealogy.bootstrap import Lotgraph
from genealogy.errors import CalledOff, LotgraphError, NotFound, StoreUnavailable
from genealogy.exports.files import whole_file
from genealogy.exports.records import Record
from genealogy.model.times import iso
from genealogy.ports import Clock
from genealogy.trace.calling_off import Cancellation, under
from genealogy.trace.tally import Counting, Tally
from genealogy.trace.walk import Progress

#: Jobs that run at once, and jobs that may wait for their turn.
RUNNING = 2
WAITING = 20
#: Jobs that have ended are told of until so many more have.
KEPT = 1_000
#: Seconds between looks for statements of a job that is to end.
_AGAIN = 0.25

_ID = re.compile(r"[a-z2-7]{26}")
_log = logging.getLogger(__name__)

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: frozenset[State] = frozenset({"done", "failed", "cancelled"})
#: Does the work, telling of its progress, and gives the address of the result.
Work = Callable[[Progress], str]


NOTHING_YET = Tally()


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a job at one moment; ``version`` counts what has changed.

    Times are ISO 8601 in UTC. ``error`` has a code, and words by language.
    """

    job_id: str
    query: Record
    created: str
    state: State = "queued"
    version: int = 1
    progress: Tally = NOTHING_YET
    cancel_requested: bool = False
    started: str | None = None
    ended: str | None = None
    result: str | None = None
    error: Record | None = None


class Job:
    """One piece of work; what is told of it changes under a lock, and never once it has ended."""

    def __init__(self, told: Told) -> None:
        self.cancellation = Cancellation()
        self.future: Future[str] | None = None
        self._told = told
        self._lock = Lock()
        self._listeners: list[Callable[[], object]] = []

    @property
    def told(self) -> Told:
        """What is known now."""
        return self._told

    def change(self, **values: Any) -> bool:
        """Tell something new, and wake who listens; false for a job that has ended."""
        with self._lock:
            if self._told.state in ENDED:
                return False
            self._told = replace(self._told, version=self._told.version + 1, **values)
            # Under the lock, so that nobody is called who has stopped listening.
            for listener in self._listeners:
                listener()
        return True

    @contextmanager
    def listening(self, listener: Callable[[], object]) -> Iterator[None]:
        """Call ``listener``, which must not wait, at each change while the block lasts."""
        with self._lock:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)


class Jobs:
    """The jobs of one server; with a folder, how they ended outlives it."""

    def __init__(
        self,
        engine: Lotgraph,
        clock: Clock,
        folder: Path | None = None,
        *,
        running: int = RUNNING,
        waiting: int = WAITING,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._folder = folder
        self._most = running + waiting
        self._running = running
        self._pool = self._workers()
        self._open: dict[str, Job] = {}
        self._ended: OrderedDict[str, Job] = OrderedDict()
        self._lock = Lock()
        self._stopping = False

    def submit(self, work: Work, query: Record) -> Told:
        """Take work on, and tell of it as it was then. Raises TooManyJobs and ServerStopping."""
        told = Told(_new_id(), query, iso(self._clock.now()))
        job = Job(told)
        with self._lock:
            if self._stopping:
                raise ServerStopping()
            if len(self._open) >= self._most:
                raise TooManyJobs(most=self._most)
            self._keep(told)
            self._open[told.job_id] = job
            job.future = future = self._pool.submit(self._run, job, work)
        future.add_done_callback(lambda _: self._close(job, future))
        return told

    def find(self, job_id: str) -> Job:
        """The job with this id. Raises NotFound."""
        with self._lock:
            found = self._open.get(job_id) or self._ended.get(job_id)
        if found is None and (told := self._read(job_id)) is not None:
            found = Job(told)
        if found is None:
            raise NotFound("no_such_job", text=job_id)
        return found

    def cancel(self, job_id: str) -> Job:
        """Call a job off; one that has ended stays as it is. Raises NotFound."""
        job = self.find(job_id)
        if job.change(cancel_requested=True):
            self._call_off(job)
        return job

    def start(self) -> None:
        """Take work again, where a server has been stopped and is started anew."""
        with self._lock:
            if self._stopping:
                self._pool, self._stopping = self._workers(), False

    def stop(self) -> None:
        """Take no more work, call off what there is, and wait until nothing runs."""
        with self._lock:
            self._stopping = True
            left = list(self._open.values())
        # All of them first: none may begin because another has ended.
        for job in left:
            job.cancellation.call_off()
        for job in left:
            self._call_off(job)
        self._pool.shutdown(wait=True)

    def _workers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._running, thread_name_prefix="lotgraph-job")

    def _run(self, job: Job, work: Work) -> str:
        counting = Counting()

        def progress(nodes: int, edges: int) -> None:
            job.change(progress=counting.level(nodes, edges))
            job.cancellation.check()

        job.change(state="running", started=iso(self._clock.now()))
        with under(job.cancellation):
            job.cancellation.check()
            return work(progress)

    def _call_off(self, job: Job) -> None:
        job.cancellation.call_off()
        if job.future is None or not job.future.cancel():
            Thread(target=self._end_statements, args=(job,), daemon=True).start()

    def _end_statements(self, job: Job) -> None:
        # One may be on its way to the database, where it cannot be found yet.
        finished = Event()
        with job.listening(finished.set):
            while job.told.state not in ENDED:
                self._engine.cancel(job.cancellation)
                finished.wait(_AGAIN)

    def _close(self, job: Job, future: Future[str]) -> None:
        """Tell how the work ended."""
        job.change(ended=iso(self._clock.now()), **self._outcome(job, future))
        with self._lock:
            del self._open[job.told.job_id]
            self._ended[job.told.job_id] = job
            while len(self._ended) > KEPT:
                self._forget(self._ended.popitem(last=False)[0])
        self._keep(job.told)
        if not future.cancelled() and isinstance(future.exception(), StoreUnavailable):
            reopen(self._engine)

    def _outcome(self, job: Job, future: Future[str]) -> dict[str, Any]:
        error = CalledOff() if future.cancelled() else future.exception()
        if error is None:
            return {"state": "done", "result": future.result()}
        if job.told.cancel_requested:
            return {"state": "cancelled"}
        if isinstance(error, CalledOff):
            error = ServerStopping()
        elif not isinstance(error, LotgraphError):
            _log.error("job %s failed", job.told.job_id, exc_info=error)
            error = LotgraphError()
        return {"state": "failed", "error": in_every_language(error)}

    def _keep(self, told: Told) -> None:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with whole_file(self._path(told.job_id), private=True) as out:
                out.write(orjson.dumps(asdict(told)))

    def _read(self, job_id: str) -> Told | None:
        if self._folder is None or not _ID.fullmatch(job_id):
            return None
        try:
            kept = orjson.loads(self._path(job_id).read_bytes())
        except FileNotFoundError:
            return None
        told = Told(**{**kept, "progress": Tally(**kept["progress"])})
        if told.state in ENDED:
            return told
        # No job of this server: the one that had it is gone, and the work with it.
        return replace(told, state="failed", error=in_every_language(ServerStopping()))

    def _forget(self, job_id: str) -> None:
        if self._folder is not None:
            self._path(job_id).unlink(missing_ok=True)

    def _path(self, job_id: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{job_id}.json"


def _new_id() -> str:
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()
