"""Why a node is not reached: question and answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.traces import MOST_SEEDS, Edge, Instant, Name, Question, Remark, Step, Terms
from genealogy.trace.result import TraceDirection


class WhyNotRequest(Terms):
    """From which seeds a node is not reached, under the terms of a trace.

    ``seed`` is one more of the ``seeds``. A seed may be a quality event, or with ``since`` or
    ``until`` a place, supplier or product.
    """

    seed: Name | None = None
    seeds: list[Name] = Field(default=[], max_length=MOST_SEEDS)
    node: Name
    direction: TraceDirection = "both"
    since: Instant = None
    until: Instant = None


class Obstacle(BaseModel):
    """One thing in the way; ``message`` says it in a sentence."""

    kind: Literal[
        "time",
        "place",
        "interval",
        "vessel",
        "on_hand",
        "unused",
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
        "dilution",
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

    node: str | None = Field(description="Null for several seeds")
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
    watermark: int | None = Field(description="Writes the database had accepted when it was asked")
    remarks: list[Remark]
