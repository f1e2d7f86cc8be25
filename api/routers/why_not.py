"""Why a node is not in a trace."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from api import names, questions
from api.deps import Engine, Language, json_only
from api.openapi import described
from api.schemas.why_not import WhyNotAnswer, WhyNotRequest
from genealogy.bootstrap import Lotgraph
from genealogy.errors import InvalidQuery
from genealogy.exports.records import Record
from genealogy.exports.remarks import remark_records
from genealogy.exports.why_not import obstacle_words, why_not_record
from genealogy.model.facts import NodeId
from genealogy.trace.result import TraceQuery

router = APIRouter(prefix="/v1", tags=["traces"], dependencies=[Depends(json_only)])


@router.post("/why-not", response_model=WhyNotAnswer, **described("why_not"))
def why_not(engine: Engine, language: Language, asked: WhyNotRequest, response: Response) -> Record:
    """What would have to be otherwise for a trace to reach a node."""
    query, node = _question(engine, asked, language)

    def pointer(error: InvalidQuery) -> str:
        if asked.windows and error.error_code in questions.OF_WINDOWS:
            return "/windows"
        return "/seed" if asked.seed else "/seeds"

    with names.refusing(language, pointer):
        meant = _meant(engine, query, asked)
        told = why_not_record(engine.why_not(meant, node))
        named = query.carry_over or query.clock_tolerance
        found = engine.remarks(engine.trace(meant)) if named else []
    for obstacle in told["obstacles"]:
        obstacle["message"] = obstacle_words(obstacle, told["query"], language)
    response.headers["lotgraph-watermark"] = str(told["watermark"])
    return {**told, "remarks": remark_records(found, language)}


def _question(engine: Lotgraph, asked: WhyNotRequest, language: str) -> tuple[TraceQuery, NodeId]:
    flaws: list[Record] = []
    one = () if asked.seed is None else (asked.seed,)
    seeds = [names.resolve_one(engine, "seed", name, flaws, language) for name in one]
    seeds += names.resolve_all(engine, "seeds", asked.seeds, flaws, language)
    node = names.resolve_one(engine, "node", asked.node, flaws, language)
    every = tuple(dict.fromkeys(seeds))
    query = questions.question(engine, every, asked.direction, asked, flaws, language)
    names.refuse(flaws)
    return query, node


def _meant(engine: Lotgraph, query: TraceQuery, asked: WhyNotRequest) -> TraceQuery:
    """The question with seeds as windows; raises InvalidQuery for times of no seeds."""
    if not query.seeds and (asked.since or asked.until):
        raise InvalidQuery("no_seeds")
    return engine.meant(query, asked.since, asked.until)
