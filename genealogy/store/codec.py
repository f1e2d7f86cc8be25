"""Values to the driver and back: decimals as text, times as UTC with the zone put back.

ArcadeDB stores a UTC time without its zone and returns it naive, and the driver
crashes on some zones, so nothing but UTC ever passes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from neo4j.time import DateTime

from genealogy.model.times import iso


def encode(value: Any) -> Any:
    """A value as the driver may send it. Raises ValueError for a naive datetime."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be stored: {value}")
        return value.astimezone(UTC)
    return decimal_or_null(value) if isinstance(value, Decimal) else value


def encode_map(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as the driver may send them; unknown values are left out."""
    return {
        key: value if isinstance(value, str) else encode(value)
        for key, value in properties.items()
        if value is not None
    }


def decode(value: Any) -> Any:
    """A value as the driver returned it, times as aware UTC datetimes."""
    if isinstance(value, DateTime):
        native = value.to_native()
        return native.replace(tzinfo=UTC) if native.tzinfo is None else native.astimezone(UTC)
    return value


def iso_or_null(moment: datetime | None) -> str | None:
    """UTC text for Cypher's datetime(), or null."""
    return None if moment is None else iso(moment)


def decimal_or_null(value: Decimal | None) -> str | None:
    """A quantity as text without exponent, or null."""
    return None if value is None else format(value, "f")
