"""What a name may mean, and what is known of it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query

from api import names
from api.deps import Engine, Language
from api.openapi import described
from api.schemas.nodes import Candidates, NodePage
from genealogy.exports.candidates import candidate_records
from genealogy.exports.records import Record, node_record

router = APIRouter(prefix="/v1", tags=["lookup"])

Text = Annotated[str, Query(min_length=1, max_length=512)]
Limit = Annotated[int, Query(ge=1, le=100)]
AnySpelling = Annotated[str, Path(min_length=1, max_length=512)]


@router.get("/resolve", response_model=Candidates, **described("resolve"))
def resolve(engine: Engine, q: Text, limit: Limit = 20) -> Record:
    """Every node the text may mean, surest first; an empty list is an answer."""
    found = engine.find(q, limit=limit)
    return {"q": q, "candidates": candidate_records(engine.index, found)}


@router.get("/lots/{lot_id:path}", response_model=NodePage, **described("lot"))
def lot(engine: Engine, language: Language, lot_id: AnySpelling) -> Record:
    """What is recorded of a lot, or of any other node, by any of its spellings."""
    record = node_record(engine.node(names.resolve(engine, lot_id, language)))
    return {**record, "self": f"/v1/lots/{quote(record['id'], safe='')}"}
