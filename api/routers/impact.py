"""Several cases at once: what they have in common, and what may be the cause.

Answers are stored, and long ones made by jobs, as traces are.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Request, Response

from api import names, whole
from api.archive import Stored
from api.deps import Causes, Comparisons, Engine, Language, Work, json_only
from api.openapi import described
from api.routers import jobs
from api.routers.traces import Prefer, completeness_header, known_already, proof, wants_no_wait
from api.schemas.impact import CauseAnswer, CauseRequest, ComparisonAnswer, ComparisonRequest
from api.schemas.jobs import Job
from api.shelf import Answers
from genealogy.errors import InvalidQuery
from genealogy.exports.impact import cause_query_record, comparison_query_record
from genealogy.exports.records import Record
from genealogy.impact.question import CauseQuery, ComparisonQuery
from genealogy.model.durations import merged
from genealogy.trace.walk import Progress

router = APIRouter(prefix="/v1", tags=["impact"])

COMPARISONS, CAUSES = "/comparisons", "/common-causes"
AnswerId = Annotated[str, Path(min_length=1, max_length=64)]
_ACCEPTED = {HTTPStatus.ACCEPTED: Job}


@router.post(
    COMPARISONS,
    response_model=ComparisonAnswer,
    dependencies=[Depends(json_only)],
    **described("comparison", _ACCEPTED),
)
def compare(
    engine: Engine,
    kept: Comparisons,
    work: Work,
    language: Language,
    asked: ComparisonRequest,
    request: Request,
    prefer: Prefer = "",
) -> Response:
    """Trace each case and put the traces together as sets; the answer is kept under an id.

    With ``Prefer: respond-async`` (RFC 7240) it is a job, whose address is told at once.
    """
    flaws: list[Record] = []
    cases = names.resolve_all(engine, "cases", asked.cases, flaws, language)
    stops = names.resolve_all(engine, "stops", asked.stops, flaws, language)
    names.refuse(flaws)
    query = ComparisonQuery(
        cases,
        asked.direction,
        asked.operation,
        asked.mode,
        asked.as_of,
        asked.known_at,
        stops,
        asked.max_depth,
        merged(asked.clock_tolerance.items()),
    )
    asking = _Asking(kept, COMPARISONS, query, comparison_query_record(query), language)
    return asking.begun(work) if wants_no_wait(prefer) else asking.answered(request)


@router.post(
    CAUSES,
    response_model=CauseAnswer,
    dependencies=[Depends(json_only)],
    **described("common_cause", _ACCEPTED),
)
def common_causes(
    engine: Engine,
    kept: Causes,
    work: Work,
    language: Language,
    asked: CauseRequest,
    request: Request,
    prefer: Prefer = "",
) -> Response:
    """Rank what bad cases share upstream and good ones do not; the answer is kept under an id.

    With ``Prefer: respond-async`` (RFC 7240) it is a job, whose address is told at once.
    """
    flaws: list[Record] = []
    cases = names.resolve_all(engine, "cases", asked.cases, flaws, language)
    goods = names.resolve_all(engine, "goods", asked.goods, flaws, language)
    stops = names.resolve_all(engine, "stops", asked.stops, flaws, language)
    names.refuse(flaws)
    query = CauseQuery(
        cases,
        goods,
        asked.mode,
        asked.as_of,
        asked.known_at,
        stops,
        asked.max_depth,
        asked.limit,
        merged(asked.clock_tolerance.items()),
    )
    asking = _Asking(kept, CAUSES, query, cause_query_record(query), language)
    return asking.begun(work) if wants_no_wait(prefer) else asking.answered(request)


@router.get(
    f"{COMPARISONS}/{{answer_id}}",
    response_model=ComparisonAnswer,
    **described("comparison_answer"),
)
def comparison(kept: Comparisons, answer_id: AnswerId, request: Request) -> Response:
    """A stored comparison, as it was first given."""
    return _told(kept, COMPARISONS, kept.find(answer_id), request)


@router.get(
    f"{CAUSES}/{{answer_id}}", response_model=CauseAnswer, **described("common_cause_answer")
)
def common_cause(kept: Causes, answer_id: AnswerId, request: Request) -> Response:
    """Stored common causes, as they were first given."""
    return _told(kept, CAUSES, kept.find(answer_id), request)


@dataclass(frozen=True, slots=True)
class _Asking:
    """A question on its way to a stored answer; ``record`` is what a job tells of it."""

    kept: Answers[Any, Record]
    part: str
    query: ComparisonQuery | CauseQuery
    record: Record
    language: str

    def begun(self, work: Work) -> Response:
        """A job that answers it."""

        def answer(progress: Progress) -> str:
            return _address(self.part, self._stored(progress))

        return jobs.accepted(work, answer, self.record, self.language)

    def answered(self, request: Request) -> Response:
        """The answer, and where it is kept."""
        stored = self._stored()
        found = _told(self.kept, self.part, stored, request)
        found.headers["content-location"] = _address(self.part, stored)
        return found

    def _stored(self, progress: Progress | None = None) -> Stored[Any]:
        def pointer(error: InvalidQuery) -> str:
            return "/goods" if error.error_code == "bad_and_good" else "/cases"

        with names.refusing(self.language, pointer):
            return self.kept.store(self.query, progress)[0]


def _address(part: str, stored: Stored[Any]) -> str:
    return f"{router.prefix}{part}/{stored.trace_id}"


def _told(kept: Answers[Any, Record], part: str, stored: Stored[Any], request: Request) -> Response:
    """A stored document, or that it is the one that is known already."""
    tag = f'"{stored.digest}"'
    shared = {"etag": tag, "cache-control": "private, no-cache"}
    is_read = request.method in ("GET", "HEAD")
    if is_read and known_already(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=shared)
    document = kept.answer(stored)
    told = (document["completeness"][name] for name in ("state", "frontiers", "gaps", "masked"))
    stated = {"lotgraph-completeness": completeness_header(*told)}
    headers = {**shared, **proof(stored), **stated}
    return whole.response(_pieces(document), "application/json", headers, request)


def _pieces(document: Record) -> Generator[bytes, None, None]:
    yield orjson.dumps(document)
