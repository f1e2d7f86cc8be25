"""Remarks on an answer as records, each with its sentence."""

from __future__ import annotations

from collections.abc import Iterable

from genealogy.exports.records import Record
from genealogy.messages import text
from genealogy.trace.carry_over import EVERY
from genealogy.trace.remarks import Remark


def remark_records(found: Iterable[Remark], language: str | None = None) -> list[Record]:
    """What of a question made no difference, in the order of the question."""
    return [
        {"code": one.kind.value, "name": one.name, "message": _words(one, language)}
        for one in found
    ]


def _words(one: Remark, language: str | None) -> str:
    ending = "_at_all" if one.name == EVERY else ""
    return text(f"no_difference.{one.kind}{ending}", language, name=one.name)
