"""Comparisons and common causes as stored answers, kept as the documents that were given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

import orjson
from pydantic import TypeAdapter

from api.archive import Form, Stored
from api.shelf import Answers, Made, pinned
from api.trace_file import Damaged
from genealogy.bootstrap import Lotgraph
from genealogy.exports.impact import (
    cause_query_record,
    causes_record,
    comparison_query_record,
    comparison_record,
)
from genealogy.exports.records import Record
from genealogy.impact.causes import CommonCauses
from genealogy.impact.compare import Comparison
from genealogy.impact.question import CauseQuery, ComparisonQuery
from genealogy.ports import Clock
from genealogy.trace.loads import lacking_loads
from genealogy.trace.walk import Progress

Q = TypeVar("Q", ComparisonQuery, CauseQuery)
F = TypeVar("F", Comparison, CommonCauses)


def write(document: Record, out: BinaryIO) -> str:
    """Write a document, and return the SHA-256 of the file in hexadecimal."""
    written = orjson.dumps(document)
    out.write(written)
    return hashlib.sha256(written).hexdigest()


def read(source: BinaryIO, digest: str) -> Record | None:
    """Read a document back. Raises Damaged when the file has another digest."""
    written = source.read()
    if hashlib.sha256(written).hexdigest() != digest:
        raise Damaged()
    found: Record = orjson.loads(written)
    return found


@dataclass(frozen=True, slots=True)
class OfCases(Generic[Q, F]):
    """Questions about several cases: how to ask one, and to tell question and answer."""

    form: Form[Q, Record]
    ask: Callable[[Lotgraph, Q, Progress | None], F]
    told: Callable[[F], Record]
    asked: Callable[[Q], Record]
    unknown: str = "no_such_answer"

    def make(
        self,
        engine: Lotgraph,
        clock: Clock,
        query: Q,
        watermark: int,
        progress: Progress | None,
    ) -> Made[Q, Record]:
        """Answer a question, and pin the record time."""
        # Both kinds of answers have the questions of their kind, which types cannot tell here.
        found: Any = self.ask(engine, query, progress)
        cases = [case.node_id for case in (*found.cases, *getattr(found, "goods", ()))]
        known_at = pinned(engine, clock, query.known_at, found.latest, cases)
        asked: Q = replace(found.query, known_at=known_at)
        return self._made(asked, replace(found, query=asked, watermark=watermark))

    def again(self, engine: Lotgraph, stored: Stored[Q]) -> Made[Q, Record]:
        """The same answer as it was known then."""
        found, loads = self.ask(engine, stored.query, None), stored.unfinished
        found = replace(
            found,
            parts=tuple(lacking_loads(part, loads) for part in found.parts),
            completeness=lacking_loads(found.completeness, loads),
            watermark=stored.watermark,
        )
        return self._made(stored.query, found)

    def size(self, answer: Record) -> int:
        """The nodes of a comparison, or the steps of all proofs."""
        proofs = (proof for one in answer.get("candidates", ()) for proof in one["evidence"])
        return sum(len(proof["path"]) for proof in proofs) + len(answer.get("nodes", ()))

    def _made(self, query: Q, found: F) -> Made[Q, Record]:
        document = self.told(found)
        return Made(query, document, document["digest"], found.completeness.unfinished_loads)


def comparisons(
    engine: Lotgraph, clock: Clock, folder: Path | None
) -> Answers[ComparisonQuery, Record]:
    """Stored comparisons."""
    kind = OfCases(
        Form(TypeAdapter(Stored[ComparisonQuery]), write, read),
        lambda engine, query, progress: engine.compare(query, progress=progress),
        comparison_record,
        comparison_query_record,
    )
    return Answers(engine, clock, folder, kind)


def common_causes(
    engine: Lotgraph, clock: Clock, folder: Path | None
) -> Answers[CauseQuery, Record]:
    """Stored common causes."""
    kind = OfCases(
        Form(TypeAdapter(Stored[CauseQuery]), write, read),
        lambda engine, query, progress: engine.common_causes(query, progress=progress),
        causes_record,
        cause_query_record,
    )
    return Answers(engine, clock, folder, kind)
