"""FoodChain-Lab's scores of a file that comes with the question; nothing of it is kept."""

from __future__ import annotations

from fractions import Fraction

from fastapi import APIRouter, Depends

from api import names
from api.deps import Language, json_only
from api.errors import InvalidBody
from api.openapi import described
from api.schemas.foodchain import ScoreAnswer, ScoreRequest
from genealogy.errors import InvalidInput, UnreadableFile
from genealogy.exports.records import Record
from loaders.fcl import score
from loaders.fcl.document import document_of

#: What messages call the file.
_NAME = "document"

router = APIRouter(prefix="/v1/foodchain", tags=["foodchain"], dependencies=[Depends(json_only)])


@router.post("/scores", response_model=ScoreAnswer, **described("foodchain_scores"))
def scores(language: Language, asked: ScoreRequest) -> Record:
    """Score the stations, deliveries and lots of an FCL-Web JSON file, as FoodChain-Lab does."""
    try:
        file = score.file_of(document_of(asked.document, _NAME), _NAME)
    except UnreadableFile as error:
        raise InvalidBody([names.flaw("/document", error, language)]) from error
    marks = score.Marks(
        {name: Fraction(str(weight)) for name, weight in asked.weights.items()},
        asked.cross,
        asked.kill,
        list(asked.merge.items()),
    )
    unknown = score.unknown(file.network, marks)
    names.refuse([names.flaw(f"/{where}", error, language) for where, error in unknown])
    network = score.marked(file.network, marks)
    method = score.Method(asked.tool, asked.temporal, asked.dates)
    try:
        told = score.scores_record(file, network, method)
    except InvalidInput as error:
        raise InvalidBody([names.flaw("/tool", error, language)]) from error
    return {**told, "weighted": score.is_weighted(network), "rejects": _rejects(file, language)}


def _rejects(file: score.File, language: str) -> list[Record]:
    """The rows that could not be used, each with the reason and a way out."""
    return [
        {
            "field": one.field,
            "code": one.code,
            "value": one.value,
            "message": f"{one.reason(language)}. {one.hint(language)}",
        }
        for one in file.rejects
    ]
