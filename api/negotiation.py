"""Which export format a client accepts."""

from __future__ import annotations

from collections.abc import Sequence

from api.language import weighted
from genealogy.exports.registry import EXPORTS, Export


def acceptable(accept: str) -> Export | None:
    """The format an Accept header ranks highest, or None when it wants none of ours.

    Without preference it is JSON.
    """
    kinds = {export.media_type: export for export in EXPORTS.values()}
    best = best_of(accept, tuple(kinds))
    return None if best is None else kinds[best]


def best_of(accept: str, media_types: Sequence[str]) -> str | None:
    """The one of these media types that an Accept header ranks highest; None when it wants none.

    Without preference it is the first.
    """
    if not accept.strip():
        return media_types[0]
    ranges = [(kind.lower(), weight) for kind, weight in weighted(accept)]
    best, weight = max(
        ((media_type, _weight(media_type, ranges)) for media_type in media_types),
        key=lambda found: found[1],
    )
    return best if weight > 0 else None


def _weight(media_type: str, ranges: list[tuple[str, float]]) -> float:
    # The most specific range that fits decides, as HTTP has it.
    family = media_type.partition("/")[0] + "/*"
    weights = dict(reversed(ranges))
    return next((weights[r] for r in (media_type, family, "*/*") if r in weights), 0.0)
