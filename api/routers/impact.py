"""Several cases at once: what they have in common, and what may be the cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Depends, Response

from api import names
from api.deps import Engine, Language, json_only
from api.errors import InvalidBody
from api.openapi import described
from api.routers.traces import completeness_header
from api.schemas.impact import CauseAnswer, CauseRequest, ComparisonAnswer, ComparisonRequest
from genealogy.errors import InvalidQuery, NotFound
from genealogy.exports.impact import causes_record, comparison_record
from genealogy.exports.records import Record
from genealogy.impact.question import CauseQuery, ComparisonQuery
from genealogy.model.durations import merged

A = TypeVar("A")

router = APIRouter(prefix="/v1", tags=["impact"], dependencies=[Depends(json_only)])


@router.post("/comparisons", response_model=ComparisonAnswer, **described("comparison"))
def compare(
    engine: Engine, language: Language, asked: ComparisonRequest, response: Response
) -> Record:
    """Trace each case and put the traces together as sets."""
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
    found = _answered(lambda: engine.compare(query), language)
    response.headers["lotgraph-completeness"] = completeness_header(found.completeness)
    return comparison_record(found)


@router.post("/common-causes", response_model=CauseAnswer, **described("common_cause"))
def common_causes(
    engine: Engine, language: Language, asked: CauseRequest, response: Response
) -> Record:
    """Rank what bad cases share upstream and good ones do not."""
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
    found = _answered(lambda: engine.common_causes(query), language)
    response.headers["lotgraph-completeness"] = completeness_header(found.completeness)
    return causes_record(found)


def _answered(ask: Callable[[], A], language: str) -> A:
    try:
        return ask()
    except NotFound as error:
        raise InvalidBody([names.flaw("/known_at", error, language)]) from error
    except InvalidQuery as error:
        field = "goods" if error.error_code == "bad_and_good" else "cases"
        raise InvalidBody([names.flaw(f"/{field}", error, language)]) from error
