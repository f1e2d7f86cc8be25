"""FoodChain-Lab's scores: the file, the marks, and the answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from genealogy.impact.foodchain.network import Tool
from genealogy.impact.foodchain.web import Dates

MOST_MARKS = 10_000
Id = Annotated[str, StringConstraints(min_length=1, max_length=400)]
#: A weight: a number, or a text such as ``1/3`` where it must be exact.
Weight = (
    Annotated[int, Field(strict=True, ge=-(10**9), le=10**9)]
    | Annotated[float, Field(strict=True, ge=-1e9, le=1e9, allow_inf_nan=False)]
    | Annotated[
        str, StringConstraints(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,18}|/0*[1-9][0-9]{0,17})?$")
    ]
)


class MarksRequest(BaseModel):
    """An FCL-Web JSON file, and marks beside those of the file.

    ``weights``, if any, are instead of those of the file; ``merge`` takes stations for one.
    """

    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any]
    weights: dict[Id, Weight] = Field(default={}, max_length=MOST_MARKS)
    cross: list[Id] = Field(default=[], max_length=MOST_MARKS)
    kill: list[Id] = Field(default=[], max_length=MOST_MARKS)
    merge: dict[Id, Annotated[list[Id], Field(min_length=1)]] = Field(
        default={}, max_length=MOST_MARKS
    )


class ScoreRequest(MarksRequest):
    """What to score, and how."""

    tool: Tool = Tool.DESKTOP
    temporal: Annotated[bool, Field(strict=True)] = True
    dates: Dates = Dates.EXPLICIT


class ScoreMethod(BaseModel):
    """How the file was scored."""

    tool: str
    temporal: bool
    dates: str


class ScoredElement(BaseModel):
    """The scores of a station, delivery or lot; null what the tool does not compute."""

    kind: Literal["station", "delivery", "lot"]
    id: str
    name: str
    score: float
    positive: float | None
    negative: float | None
    normalized: float | None
    common_link: bool | None
    max_lot: float | None


class RejectedRow(BaseModel):
    """A row of the file that could not be used, and where it stands in the file."""

    field: str | None
    code: str
    value: str | None
    message: str


class ScoreAnswer(BaseModel):
    """Every score, the highest first within each kind; without weights all are 0."""

    method: ScoreMethod
    scores: list[ScoredElement]
    weighted: bool
    rejects: list[RejectedRow]
