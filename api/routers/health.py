"""Whether the process lives and whether it can answer."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import Engine
from api.openapi import described
from genealogy import __version__

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The process lives."""

    status: Literal["ok"] = "ok"
    version: str = __version__


class Readiness(BaseModel):
    """The database answers; ``watermark`` counts its writes."""

    status: Literal["ready"] = "ready"
    watermark: int


@router.get("/health", **described("health"))
def health() -> Health:
    """Say that the process lives; asks no database."""
    return Health()


@router.get("/ready", **described("ready"))
def ready(engine: Engine) -> Readiness:
    """Ask the database; a problem with status 503 when it does not answer within seconds."""
    return Readiness(watermark=engine.ready())
