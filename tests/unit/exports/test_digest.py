"""The digest of an answer, against another program's reading of RFC 8785."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from genealogy.exports.digest import MEMBERS, canonical, digest_of, digest_of_document, number
from genealogy.exports.registry import EXPORTS
from genealogy.trace.result import Trace
from tests.unit.exports import samples

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


def document(trace: Trace) -> dict[str, Any]:
    out = io.BytesIO()
    EXPORTS["json"].write(trace, out)
    return json.loads(out.getvalue())


def as_an_auditor_would(told: dict[str, Any]) -> str:
    covered = {name: told[name] for name in ("query", "nodes", "edges", "completeness")}
    return hashlib.sha256(rfc8785.dumps(covered)).hexdigest()


@pytest.mark.parametrize("trace", [samples.small(), samples.lonely(), samples.wide(12)])
def test_another_program_finds_the_digest_that_the_document_states(trace: Trace) -> None:
    told = document(trace)
    assert told["digest"] == digest_of(trace) == as_an_auditor_would(told)
    assert digest_of_document(told) == told["digest"]


def test_json_lines_end_with_the_digest_of_the_document() -> None:
    out = io.BytesIO()
    EXPORTS["ndjson"].write(samples.small(), out)
    assert json.loads(out.getvalue().splitlines()[-1])["digest"] == digest_of(samples.small())


@given(VALUES)
def test_the_canonical_form_is_that_of_rfc_8785(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(0.000001)
@example(1e-7)
@example(123456789012345680000.0)
@example(1e21)
@example(-0.0)
@example(5e-324)
def test_a_fraction_is_written_as_rfc_8785_has_it(value: float) -> None:
    assert number(value).encode() == rfc8785.dumps(value)


def test_names_are_ordered_as_rfc_8785_has_it_also_where_they_are_rare() -> None:
    names = ("\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6", "鏻")
    value = {"outer": [dict.fromkeys(names, "x")]}
    assert canonical(value) == rfc8785.dumps(value)


def test_the_data_it_was_made_of_are_no_part_of_the_digest() -> None:
    assert digest_of(replace(samples.small(), watermark=9)) == digest_of(samples.small())


def test_anything_else_in_the_document_is_part_of_the_digest() -> None:
    told = document(samples.small())
    told["edges"][3]["quantity"] = "1201"
    assert digest_of_document(told) != told["digest"]


@pytest.mark.parametrize("missing", MEMBERS)
def test_a_document_that_is_no_answer_is_refused(missing: str) -> None:
    told = document(samples.lonely())
    del told[missing]
    with pytest.raises(ValueError, match="no answer"):
        digest_of_document(told)
