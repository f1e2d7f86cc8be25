"""Questions about several cases at once, and their answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.nodes import Node
from api.schemas.traces import Completeness, Duration, Instant, Name, Step, is_unset
from genealogy.impact.question import Operation
from genealogy.trace.result import Mode

#: Cases in one question, bad or good.
MOST_CASES = 1_000
MOST_LISTED = 1_000


class Terms(BaseModel):
    """What holds for the trace of every case; as in a trace question."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode = Mode.EXACT
    as_of: Instant = None
    known_at: Instant = None
    stops: list[Name] = Field(default=[], max_length=1_000)
    max_depth: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] | None = None
    clock_tolerance: dict[Name, Duration] = Field(default={}, max_length=100)


class ComparisonRequest(Terms):
    """Which nodes several cases reach: lots, items, shipments, complaints in any spelling."""

    cases: list[Name] = Field(min_length=2, max_length=MOST_CASES)
    direction: Literal["forward", "backward"] = "backward"
    operation: Operation = Operation.INTERSECTION


class CauseRequest(Terms):
    """Bad cases and good ones; a complaint stands for what it is about."""

    cases: list[Name] = Field(min_length=1, max_length=MOST_CASES)
    goods: list[Name] = Field(default=[], max_length=MOST_CASES)
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED, strict=True)] = 20


class AskedTerms(BaseModel):
    """The terms as understood."""

    mode: str
    as_of: str | None
    known_at: str | None
    stops: list[str]
    max_depth: int | None
    clock_tolerance: dict[str, str] | None = Field(default=None, exclude_if=is_unset)


class ComparisonQuestion(AskedTerms):
    """The question as understood: ids canonical."""

    cases: list[str]
    direction: str
    operation: str


class CauseQuestion(AskedTerms):
    """The question as understood: ids canonical."""

    cases: list[str]
    goods: list[str]
    limit: int


class CaseAnswer(BaseModel):
    """A case, the nodes it stands for, and whether its own trace is whole."""

    id: str
    seeds: list[str]
    completeness: Literal["complete", "truncated", "masked", "gaps"]


class HitNode(Node):
    """A node of a comparison: the cases that reach it, and over how many movements each."""

    cases: list[str]
    distances: list[int]


class ComparisonAnswer(BaseModel):
    """A comparison: nodes reached from most cases first, then the nearest."""

    query: ComparisonQuestion
    cases: list[CaseAnswer]
    nodes: list[HitNode]
    completeness: Completeness
    watermark: int | None = Field(description="Writes the database had accepted when it was asked")
    digest: str = Field(description="SHA-256 of the members it is over, as RFC 8785 writes them")


class Method(BaseModel):
    """How candidates were ranked; nothing is tested without good cases."""

    test: Literal["fisher_exact_one_sided"] | None
    correction: Literal["benjamini_hochberg"] | None
    continuity: float | None
    ranked_by: Literal["p_value", "coverage_and_distance"]
    tested: int
    found: int


class Volume(BaseModel):
    """How much left a candidate, by unit; decimals are text."""

    to_cases: dict[str, str]
    to_goods: dict[str, str]
    unknown: int
    share: str | None


class Timing(BaseModel):
    """When a candidate contributed to its cases for the last time."""

    known: int
    late: int
    first: str | None
    last: str | None


class Proof(BaseModel):
    """One shortest path from a case to the nearest node that is, or has, the candidate."""

    case: str
    node: str
    distance: int
    contributed: str | None
    path: list[Step]


class CandidateAnswer(BaseModel):
    """A possible cause: a node, or an attribute of nodes, maybe in a stretch of time."""

    rank: int
    kind: str
    id: str
    label: str
    since: str | None
    until: str | None
    cases: list[str]
    goods: list[str]
    coverage: float
    lift: float | None
    p_value: float | None
    q_value: float | None
    distance: float
    tied: int
    carrier: bool
    tried: int
    volume: Volume
    time: Timing
    evidence: list[Proof]


class CauseAnswer(BaseModel):
    """Candidates in order of rank, and how they were ranked."""

    query: CauseQuestion
    cases: list[CaseAnswer]
    goods: list[CaseAnswer]
    method: Method
    candidates: list[CandidateAnswer]
    completeness: Completeness
    watermark: int | None = Field(description="Writes the database had accepted when it was asked")
    digest: str = Field(description="SHA-256 of the members it is over, as RFC 8785 writes them")
