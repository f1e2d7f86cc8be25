"""Jobs, and how they end."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.impact import CauseQuestion, ComparisonQuestion
from api.schemas.problems import Flaw
from api.schemas.traces import Question


class Progress(BaseModel):
    """How far a job has come, all its walks together."""

    levels: int
    nodes: int
    edges: int


class JobError(BaseModel):
    """Why a job failed, and the way out; as in a problem."""

    code: str
    detail: str
    hint: str
    errors: list[Flaw]


class Job(BaseModel):
    """A question that is worked on, or was."""

    id: str
    self: str
    events: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    query: Question | ComparisonQuestion | CauseQuestion
    progress: Progress
    cancel_requested: bool
    created: str
    started: str | None
    ended: str | None
    result: str | None = Field(description="The address of the stored answer, once it is done")
    error: JobError | None
