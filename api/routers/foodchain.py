"""FoodChain-Lab's scores of a file that comes with the question; nothing of it is kept."""

from __future__ import annotations

from fractions import Fraction

from fastapi import APIRouter, Depends

from api import names
from api.deps import Language, json_only
from api.errors import InvalidBody
from api.openapi import described
from api.schemas.foodchain import MarksRequest, ScoreAnswer, ScoreRequest
from genealogy.errors import InvalidInput, UnreadableFile
from genealogy.exports.records import Record
from genealogy.impact.foodchain.network import Network
from loaders.fcl import score
from loaders.fcl.document import Document, document_of
from loaders.fcl.marked import marked_document

#: What messages call the file.
_NAME = "document"

router = APIRouter(prefix="/v1/foodchain", tags=["foodchain"], dependencies=[Depends(json_only)])


@router.post("/scores", response_model=ScoreAnswer, **described("foodchain_scores"))
def scores(language: Language, asked: ScoreRequest) -> Record:
    """Score the stations, deliveries and lots of an FCL-Web JSON file, as FoodChain-Lab does."""
    _, file, network = _marked(asked, language)
    method = score.Method(asked.tool, asked.temporal, asked.dates)
    try:
        told = score.scores_record(file, network, method)
    except InvalidInput as error:
        raise InvalidBody([names.flaw("/tool", error, language)]) from error
    return {**told, "weighted": score.is_weighted(network), "rejects": _rejects(file, language)}


@router.post("/files", **described("foodchain_file"))
def file(language: Language, asked: MarksRequest) -> Record:
    """The file with these marks, which FCL-Web scores by itself when it opens it."""
    document, _, network = _marked(asked, language)
    return marked_document(document, network)


def _marked(asked: MarksRequest, language: str) -> tuple[Document, score.File, Network]:
    """A file, and its network with the marks asked for. Raises InvalidBody."""
    try:
        document = document_of(asked.document, _NAME)
        file = score.file_of(document, _NAME)
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
    return document, file, score.marked(file.network, marks)


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
