"""Nodes, and what a name may mean."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Identity(BaseModel):
    """A node by its names."""

    id: str = Field(description="The canonical id")
    kind: str
    roles: list[str]
    identifiers: list[str] = Field(description="Every known spelling")
    code: str
    name: str | None
    product_name: str | None
    label: str


class Candidate(Identity):
    """A node that a text may mean."""

    match: str = Field(
        description="identifier, code, code_folded, name, prefix or near; surest first"
    )
    reading: str = Field(description="How the text was read")


class Candidates(BaseModel):
    """What a text may mean, surest first; empty when nothing is known under it."""

    q: str
    candidates: list[Candidate]


class Node(Identity):
    """What is recorded of one node."""

    properties: dict[str, str | int | bool]


class NodePage(Node):
    """A node with its own address."""

    self: str
