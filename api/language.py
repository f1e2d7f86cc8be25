"""Which of the catalogue's languages a client prefers."""

from __future__ import annotations

from genealogy.messages import LANGUAGES


def preferred(accept_language: str) -> str:
    """The supported language an Accept-Language header ranks highest; English otherwise."""
    ranked = sorted(weighted(accept_language), key=lambda item: -item[1])
    known = (tag.lower()[:2] for tag, weight in ranked if weight > 0)
    return next((language for language in known if language in LANGUAGES), LANGUAGES[0])


def weighted(header: str) -> list[tuple[str, float]]:
    """The values of a header with their q weights, in the order given."""
    return [_weighted(part) for part in header.split(",") if part.strip()]


def _weighted(part: str) -> tuple[str, float]:
    value, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, weight = parameter.partition("=")
        if name.strip().lower() == "q":
            return value, _number(weight)
    return value, 1.0


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
