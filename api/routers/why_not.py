"""Why a node is not in a trace."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from api import names
from api.deps import Engine, Language, json_only
from api.errors import InvalidBody
from api.openapi import described
from api.schemas.why_not import WhyNotAnswer, WhyNotRequest
from genealogy.bootstrap import Lotgraph
from genealogy.errors import InvalidQuery, NotFound
from genealogy.exports.records import Record
from genealogy.exports.why_not import obstacle_words, why_not_record
from genealogy.model.durations import merged
from genealogy.model.facts import NodeId
from genealogy.trace.result import TraceQuery

router = APIRouter(prefix="/v1", tags=["traces"], dependencies=[Depends(json_only)])


@router.post("/why-not", response_model=WhyNotAnswer, **described("why_not"))
def why_not(engine: Engine, language: Language, asked: WhyNotRequest) -> Record:
    """What would have to be otherwise for a trace to reach a node."""
    query, node = _question(engine, asked, language)
    try:
        told = why_not_record(engine.why_not(query, node, asked.since, asked.until))
    except NotFound as error:
        raise InvalidBody([names.flaw("/known_at", error, language)]) from error
    except InvalidQuery as error:
        raise InvalidBody([names.flaw("/seed", error, language)]) from error
    for obstacle in told["obstacles"]:
        obstacle["message"] = obstacle_words(obstacle, told["query"], language)
    return told


def _question(engine: Lotgraph, asked: WhyNotRequest, language: str) -> tuple[TraceQuery, NodeId]:
    flaws: list[Record] = []
    seed = names.resolve_one(engine, "seed", asked.seed, flaws, language)
    node = names.resolve_one(engine, "node", asked.node, flaws, language)
    stops = names.resolve_all(engine, "stops", asked.stops, flaws, language)
    names.refuse(flaws)
    query = TraceQuery(
        (seed,),
        asked.direction,
        asked.mode,
        asked.as_of,
        asked.known_at,
        stops,
        asked.max_depth,
        clock_tolerance=merged(asked.clock_tolerance.items()),
    )
    return query, node
