"""What route functions ask for: the engine, the stored traces, the reader's language."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request

from api.errors import RefusedRequest
from api.jobs import Jobs
from api.language import preferred
from api.shelf import Answers, Shelf
from genealogy.bootstrap import Lotgraph
from genealogy.exports.records import Record
from genealogy.impact.question import CauseQuery, ComparisonQuery


def _engine(request: Request) -> Lotgraph:
    found: Lotgraph = request.app.state.engine
    return found


def _shelf(request: Request) -> Shelf:
    found: Shelf = request.app.state.shelf
    return found


def _comparisons(request: Request) -> Answers[ComparisonQuery, Record]:
    found: Answers[ComparisonQuery, Record] = request.app.state.comparisons
    return found


def _causes(request: Request) -> Answers[CauseQuery, Record]:
    found: Answers[CauseQuery, Record] = request.app.state.causes
    return found


def _jobs(request: Request) -> Jobs:
    found: Jobs = request.app.state.jobs
    return found


def _language(request: Request) -> str:
    return preferred(request.headers.get("accept-language", ""))


def json_only(request: Request) -> None:
    """Refuse a body that does not say that it is JSON."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise RefusedRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


Engine = Annotated[Lotgraph, Depends(_engine)]
Traces = Annotated[Shelf, Depends(_shelf)]
Comparisons = Annotated[Answers[ComparisonQuery, Record], Depends(_comparisons)]
Causes = Annotated[Answers[CauseQuery, Record], Depends(_causes)]
Work = Annotated[Jobs, Depends(_jobs)]
Language = Annotated[str, Depends(_language)]
