"""RFC 9457 problems."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.schemas.nodes import Candidate


class Flaw(BaseModel):
    """One value that cannot be used."""

    pointer: str = Field(description="JSON pointer into the body, or parameter name")
    code: str
    message: str
    count: int | None = Field(None, description="How many more there are that are not told")
    candidates: list[Candidate] | None = Field(
        None, description="What a name may mean, surest first; of an unknown name, similar ones"
    )


class Problem(BaseModel):
    """Why a request failed, and the way out. The code never changes with the language."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    hint: str
    request_id: str
    errors: list[Flaw]
    candidates: list[Candidate] | None = None
