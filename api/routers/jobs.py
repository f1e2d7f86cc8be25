"""Jobs: how far they are, told once or as it goes on, and the way to call them off."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from api import event_stream
from api.deps import Language, Work
from api.jobs import ENDED, Jobs, Told
from api.jobs import Work as Doing
from api.openapi import described
from api.schemas.jobs import Job
from genealogy.exports.records import Record

PREFIX = "/v1/jobs"
RETRY_SECONDS = "1"

router = APIRouter(prefix=PREFIX, tags=["jobs"])

JobId = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("/{job_id}", response_model=Job, **described("job"))
def job(work: Work, language: Language, job_id: JobId, response: Response) -> Record:
    """How far a job is, and where its result is once it is done."""
    told = work.find(job_id).told
    if told.state not in ENDED:
        response.headers["retry-after"] = RETRY_SECONDS
    return record(told, language)


@router.get("/{job_id}/events", **described("job_events"))
async def events(
    work: Work,
    language: Language,
    job_id: JobId,
    request: Request,
    last_event_id: Annotated[str, Header(max_length=64)] = "",
) -> Response:
    """The job as it changes, until it has ended; 204 when the last event is known already."""
    found = work.find(job_id)
    seen = event_stream.seen(last_event_id)
    if found.told.state in ENDED and seen >= found.told.version:
        # What makes an EventSource stop asking again.
        return Response(status_code=HTTPStatus.NO_CONTENT)
    stream = event_stream.of(found, seen, lambda told: record(told, language))
    return StreamingResponse(
        stream if not request.scope.get("head") else iter(()),
        media_type=event_stream.MEDIA_TYPE,
        headers={"x-accel-buffering": "no"},
    )


@router.delete(
    "/{job_id}", status_code=HTTPStatus.ACCEPTED, response_model=Job, **described("job_cancel")
)
def cancel(work: Work, language: Language, job_id: JobId) -> Record:
    """Call a job off: what it runs in the database is ended. One that has ended stays as it is."""
    return record(work.cancel(job_id).told, language)


def accepted(jobs: Jobs, work: Doing, query: Record, language: str) -> Response:
    """That a job was taken on which answers a question (RFC 7240). Raises what ``submit`` does."""
    told = record(jobs.submit(work, query), language)
    headers = {
        "location": told["self"],
        "preference-applied": "respond-async",
        "retry-after": RETRY_SECONDS,
    }
    return JSONResponse(told, HTTPStatus.ACCEPTED, headers)


def record(told: Told, language: str) -> Record:
    """A job as a reader of a language is told of it."""
    address = f"{PREFIX}/{told.job_id}"
    return {
        "id": told.job_id,
        "self": address,
        "events": f"{address}/events",
        "state": told.state,
        "query": told.query,
        "progress": asdict(told.progress),
        "cancel_requested": told.cancel_requested,
        "created": told.created,
        "started": told.started,
        "ended": told.ended,
        "result": told.result,
        "error": None if told.error is None else _error(told.error, language),
    }


def _error(told: Record, language: str) -> Record:
    words = {name: told[name][language] for name in ("detail", "hint")}
    return {"code": told["code"], **words, "errors": told["errors"]}
