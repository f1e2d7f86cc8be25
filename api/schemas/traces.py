"""Trace questions and answers; the answer has the shape of the JSON export."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from api.schemas.nodes import Node
from genealogy.messages import text
from genealogy.model.durations import parse_duration
from genealogy.model.times import OutOfYears, parse_instant
from genealogy.trace.result import Mode, TraceDirection, WindowKind

MOST_SEEDS = 100_000
_FRACTION = re.compile(r"1|0\.[0-9]{1,12}")


def _instant(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        return parse_instant(value).at if isinstance(value, str) else _refused()
    except OutOfYears:
        raise ValueError(text("api.years")) from None
    except ValueError:
        return _refused()


def _refused() -> datetime:
    raise ValueError(text("api.instant"))


def _dilution(value: Any) -> Decimal | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _FRACTION.fullmatch(value) or not Decimal(value):
        raise ValueError(text("api.dilution"))
    return Decimal(value)


Name = Annotated[str, Field(min_length=1, max_length=512, strict=True)]
Instant = Annotated[
    datetime | None,
    BeforeValidator(_instant),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}),
]


def _duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(text("duration.form", text=value))
    return parse_duration(value)


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,7}[smhd]$"}),
]
Dilution = Annotated[
    Decimal | None,
    BeforeValidator(_dilution),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": "^(1|0[.][0-9]{1,12})$"}, {"type": "null"}]}
    ),
]


class WindowRequest(BaseModel):
    """A start that is found from data: a place, line, supplier, product or event, and when."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    kind: WindowKind
    id: Name
    since: Instant = Field(default=None, alias="from")
    until: Instant = Field(default=None, alias="to")
    revision: Name | None = None


class Terms(BaseModel):
    """What a question says beside its seeds and direction; times ISO 8601 with zone."""

    model_config = ConfigDict(extra="forbid")

    windows: list[WindowRequest] = Field(default=[], max_length=100)
    mode: Mode = Mode.EXACT
    as_of: Instant = None
    known_at: Instant = None
    stops: list[Name] = Field(default=[], max_length=1_000)
    max_depth: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] | None = None
    quantities: Annotated[bool, Field(strict=True)] = False
    dilution: Dilution = None
    clock_tolerance: dict[Name, Duration] = Field(default={}, max_length=100)
    carry_over: dict[Name, Duration] = Field(default={}, max_length=100)


class TraceRequest(Terms):
    """A question. Seeds and stops in any spelling; times ISO 8601 with zone."""

    direction: TraceDirection
    seeds: list[Name] = Field(default=[], max_length=MOST_SEEDS)


def is_unset(value: object) -> bool:
    """Whether a field is left out, as it has no value."""
    return value is None


class AskedWindow(BaseModel):
    """A window as understood; ``from`` and ``to`` are null for no limit."""

    model_config = ConfigDict(populate_by_name=True)

    kind: str
    id: str
    since: str | None = Field(alias="from")
    until: str | None = Field(alias="to")
    revision: str | None = Field(default=None, exclude_if=is_unset)


class ExposedBy(BaseModel):
    """A part that exposed its host until it was taken out."""

    part: str
    since: str | None
    until: str


class FoundIn(BaseModel):
    """In which window of the question, counted from 0, a seed was found; since and until when."""

    window: int
    since: str | None
    until: str | None
    place: str | None


class Question(BaseModel):
    """The question as understood: ids canonical, record time pinned."""

    direction: str
    seeds: list[str]
    mode: str
    as_of: str | None
    known_at: str | None
    stops: list[str]
    max_depth: int | None
    quantities: bool | None = Field(default=None, exclude_if=is_unset)
    dilution: str | None = Field(default=None, exclude_if=is_unset)
    clock_tolerance: dict[str, str] | None = Field(default=None, exclude_if=is_unset)
    carry_over: dict[str, str] | None = Field(default=None, exclude_if=is_unset)
    windows: list[AskedWindow] | None = Field(default=None, exclude_if=is_unset)


class Frontier(BaseModel):
    """A node at which the trace did not go on although it could have."""

    node: str
    reason: str


class Gap(BaseModel):
    """Something the data do not say; ``source`` names a load that has not ended."""

    node: str | None
    kind: str
    source: str | None = Field(default=None, exclude_if=is_unset)


class Completeness(BaseModel):
    """What the answer lacks."""

    state: Literal["complete", "truncated", "masked", "gaps"]
    frontiers: list[Frontier]
    gaps: list[Gap]
    masked: int


class SeedAmount(BaseModel):
    """Seed material of one product that came to a node; ``null`` is not known."""

    product: str | None
    uom: str | None
    min: str
    share: str | None
    max: str | None
    of_seed: str | None
    of_node: str | None


class ReachedNode(Node):
    """A node of a trace and how it was reached."""

    direction: Literal["seed", "forward", "backward", "both"]
    distance: int
    first_exposure: str | None
    last_contribution: str | None
    via: list[str]
    frontier: str | None
    gaps: list[str]
    amounts: list[SeedAmount] | None = Field(default=None, exclude_if=is_unset)
    exposed: list[ExposedBy] | None = Field(default=None, exclude_if=is_unset)
    hypothetical: bool | None = Field(default=None, exclude_if=is_unset)
    inferred: bool | None = Field(default=None, exclude_if=is_unset)
    found_in: list[FoundIn] | None = Field(default=None, exclude_if=is_unset)


class Edge(BaseModel):
    """A movement of material."""

    id: str
    type: str
    source: str
    target: str
    quantity: str | None
    uom: str | None
    base_quantity: str | None
    occurred_at: str | None
    valid_from: str | None
    valid_to: str | None
    recorded_at: str | None
    retracted_at: str | None
    place_id: str | None
    source_system: str
    source_record: str
    confidence: str


class TraceDocument(BaseModel):
    """A whole answer, as the JSON export writes it."""

    query: Question
    nodes: list[ReachedNode]
    edges: list[Edge]
    completeness: Completeness
    watermark: int | None = Field(description="Writes the database had accepted when it was asked")
    digest: str = Field(
        description="SHA-256 of `completeness`, `edges`, `nodes` and `query` in their RFC 8785 form"
    )


class Counts(BaseModel):
    """How much an answer holds."""

    nodes: int
    edges: int


class Watermark(BaseModel):
    """How many writes the database had accepted when a question was asked, and answered."""

    before: int
    after: int


class Remark(BaseModel):
    """Something in the question that made no difference to the answer: it may be misspelt."""

    code: Literal["nothing_carried", "clock_unheard"]
    name: str = Field(description="A class of equipment in `carry_over`, or a source system")
    message: str


class TraceSummary(BaseModel):
    """A stored trace: where its answer is, and whether it is whole."""

    id: str
    self: str
    query: Question
    counts: Counts
    completeness: Completeness
    watermark: Watermark
    changed_meanwhile: bool = Field(
        description="Something was written while the question was answered"
    )
    answered_at: str
    digest: str = Field(description="That of the JSON document")
    remarks: list[Remark]
    formats: dict[str, str]


class Page(BaseModel):
    """A part of a list; ``next`` is the cursor of the part that follows."""

    total: int
    total_is: Literal["exact"] = "exact"
    next: str | None
    completeness: Completeness


class NodesPage(Page):
    """A part of the nodes of a trace."""

    items: list[ReachedNode]


class EdgesPage(Page):
    """A part of the edges of a trace."""

    items: list[Edge]


class Step(BaseModel):
    """One movement on a path, from the seed's end on."""

    node: str
    label: str
    edge: Edge | None = Field(description="The movement that led here; null at the seed")


class Path(BaseModel):
    """A path that proves why a node is in the answer."""

    direction: Literal["forward", "backward"]
    steps: list[Step]


class Paths(BaseModel):
    """Why a node is in the answer: the best paths for each direction it was reached in."""

    query: Question
    to: str
    paths: list[Path]
    completeness: Completeness
    watermark: int | None = Field(description="Writes the database had accepted when it was asked")
