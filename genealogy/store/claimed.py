"""The properties of a node as its claims have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from genealogy.model import claims


class ClaimedProperties(Mapping[str, Any]):
    """The properties that follow from a node's claims, read when first asked for.

    Most nodes of a trace are counted and named but not opened.
    """

    def __init__(self, told: list[str], known_at: datetime | None = None) -> None:
        self._told = told
        self._known_at = known_at

    @cached_property
    def _values(self) -> dict[str, Any]:
        return dict(sorted(claims.properties(self._told, self._known_at).items()))

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self._values == dict(other)

    def __repr__(self) -> str:
        return repr(self._values)
