"""Which export format a client accepts."""

from __future__ import annotations

from api.language import weighted
from genealogy.exports.registry import EXPORTS, Export

_JSON = EXPORTS["json"]


def acceptable(accept: str) -> Export | None:
    """The format an Accept header ranks highest, or None when it wants none of ours.

    Without preference it is JSON.
    """
    if not accept.strip():
        return _JSON
    ranges = [(kind.lower(), weight) for kind, weight in weighted(accept)]
    best, weight = max(
        ((export, _weight(export.media_type, ranges)) for export in EXPORTS.values()),
        key=lambda found: found[1],
    )
    return best if weight > 0 else None


def _weight(media_type: str, ranges: list[tuple[str, float]]) -> float:
    # The most specific range that fits decides, as HTTP has it.
    family = media_type.partition("/")[0] + "/*"
    weights = dict(reversed(ranges))
    return next((weights[r] for r in (media_type, family, "*/*") if r in weights), 0.0)
