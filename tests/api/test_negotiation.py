"""Headers: which format, and which language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.language import preferred, weighted
from api.negotiation import acceptable
from genealogy.exports.registry import EXPORTS

header_text = st.text(st.sampled_from("abz*/;=q,. 019-"), max_size=40)


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("", []),
        ("zh", [("zh", 1.0)]),
        ("zh;q=0.3, en", [("zh", 0.3), ("en", 1.0)]),
        ("zh ; q = 0.5", [("zh", 0.5)]),
        ("a;level=1;q=0.2", [("a", 0.2)]),
        ("a;q=7, b;q=-1, c;q=x", [("a", 1.0), ("b", 0.0), ("c", 0.0)]),
        (",, ,a", [("a", 1.0)]),
    ],
)
def test_weights_are_read_in_order(header: str, values: list[tuple[str, float]]) -> None:
    assert weighted(header) == values


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hant-TW", "zh"),
        ("en-GB, zh;q=0.99", "en"),
        ("de, fr", "en"),
        ("*", "en"),
        ("zh;q=0", "en"),
        ("ZH", "zh"),
    ],
)
def test_the_language_ranked_highest_is_spoken(header: str, language: str) -> None:
    assert preferred(header) == language


@given(header_text)
def test_no_language_header_is_too_odd(header: str) -> None:
    assert preferred(header) in {"en", "zh"}


@given(header_text)
def test_no_accept_header_is_too_odd(header: str) -> None:
    found = acceptable(header)
    assert found is None or found in EXPORTS.values()


@pytest.mark.parametrize("export", EXPORTS.values(), ids=lambda e: e.name)
def test_a_format_is_given_to_whom_it_is_asked_by(export) -> None:  # type: ignore[no-untyped-def]
    assert acceptable(export.media_type) is export
    assert acceptable(export.media_type.upper()) is export
    assert acceptable(f"application/pdf, {export.media_type};q=0.1") is export


@pytest.mark.parametrize(
    "header", ["application/pdf", "text/html", "*/*;q=0", "application/json;q=0"]
)
def test_what_nobody_has_is_not_given(header: str) -> None:
    assert acceptable(header) is None


def test_a_refusal_of_one_format_holds_beside_a_wildcard() -> None:
    found = acceptable("*/*, application/json;q=0")
    assert found is not None
    assert found.name != "json"
