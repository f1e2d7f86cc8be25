"""Why a node is not reached: question and answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.traces import Duration, Edge, Instant, Name, Question, Step
from genealogy.trace.result import Mode, TraceDirection


class WhyNotRequest(BaseModel):
    """From which seed a node is not reached, under the terms of a trace.

    The seed may be a quality event, or with ``since`` or ``until`` a place, supplier or product.
    """

    model_config = ConfigDict(extra="forbid")

    seed: Name
    node: Name
    direction: TraceDirection = "both"
    mode: Mode = Mode.EXACT
    as_of: Instant = None
    known_at: Instant = None
    since: Instant = None
    until: Instant = None
    stops: list[Name] = Field(default=[], max_length=10)
    max_depth: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] | None = None
    clock_tolerance: dict[Name, Duration] = Field(default={}, max_length=100)


class Obstacle(BaseModel):
    """One thing in the way; ``message`` says it in a sentence."""

    kind: Literal[
        "time",
        "interval",
        "vessel",
        "on_hand",
        "left_before",
        "came_after",
        "only_before",
        "only_after",
        "never_there",
        "elsewhere",
        "non_propagating",
        "stop",
        "max_depth",
        "as_of",
        "not_recorded",
        "withdrawn",
    ]
    node: str | None
    at: str | None
    steps: int | None
    came: Edge | None
    left: Edge | None
    place: str | None
    message: str


class End(BaseModel):
    """A node behind which nothing is recorded."""

    node: str
    distance: int
    gaps: list[str]


class Side(BaseModel):
    """What can be reached from one side, and where the records end."""

    node: str
    direction: Literal["forward", "backward"]
    nodes: int
    distance: int
    ends_total: int
    ends: list[End]


class Missing(BaseModel):
    """A missing link: nothing recorded leads from one side to the other."""

    seed: Side
    node: Side


class WhyNotAnswer(BaseModel):
    """What would have to be otherwise; no less would do."""

    query: Question
    to: str
    reached: bool
    obstacles: list[Obstacle]
    steps: list[Step]
    missing: Missing | None
