"""``lotgraph compare`` and ``lotgraph common-cause``: what several cases have in common."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import orjson
import typer

from cli import options
from cli.answers import TABLE_ENDINGS, incompleteness
from cli.exits import Exit
from cli.questions import moment, resolve_all, tolerances, typed
from cli.session import Session, session_of
from cli.tables import print_table, tabbed
from cli.words import counted
from genealogy.errors import InvalidQuery
from genealogy.exports import impact
from genealogy.exports.files import whole_file
from genealogy.exports.records import Record
from genealogy.impact.question import CauseQuery, ComparisonQuery, Operation
from genealogy.messages import text
from genealogy.model.facts import NodeId
from genealogy.ports import Direction
from genealogy.trace.result import Completeness, Mode, State

if TYPE_CHECKING:
    from genealogy.bootstrap import Lotgraph
    from genealogy.impact.causes import CommonCauses
    from genealogy.impact.compare import Comparison

FORMATS = ("table", "json", "csv")
ENDINGS = {".json": "json", ".csv": "csv", **dict.fromkeys(TABLE_ENDINGS, "table")}
#: Candidates that are told unless more are asked for.
LISTED = 20
MOST_LISTED = 1_000

COMPARED = ("id", "kind", "name", "cases", "distances")
CAUSES = ("rank", "kind", "id", "name", "since", "until", "cases", "goods", "lift", "p_value",
          "q_value", "distance", "note")  # fmt: skip
RIGHT = frozenset({"rank", "lift", "p_value", "q_value", "distance"})

Format = Annotated[str | None, typer.Option("--format", "-f", help=text("option.impact_format"))]


@dataclass(frozen=True, slots=True)
class Form:
    """How the answer is wanted."""

    format: str
    output: Path | None
    headers: bool
    aligned: bool
    allow_partial: bool


@dataclass(frozen=True, slots=True)
class Told:
    """An answer in every form: columns and rows of a table, a document, a CSV file."""

    columns: tuple[str, ...]
    rows: list[list[str]]
    document: Callable[[], Record]
    csv: Callable[[BinaryIO], None]
    completeness: Completeness
    summary: str
    remarks: tuple[str, ...] = ()


def compare(
    context: typer.Context,
    ids: options.Ids,
    direction: Annotated[
        Direction, typer.Option("--direction", help=text("option.direction"))
    ] = "backward",
    operation: Annotated[
        Operation, typer.Option("--op", help=text("option.operation"))
    ] = Operation.INTERSECTION,
    mode: options.ModeOption = Mode.EXACT,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    stop: options.Stop = None,
    max_depth: options.MaxDepth = None,
    clock_tolerance: options.ClockTolerance = None,
    format: Format = None,
    json: options.Json = False,
    csv: options.Csv = False,
    table: options.Table = False,
    output: options.Output = None,
    no_headers: options.NoHeaders = False,
    allow_partial: options.AllowPartial = False,
) -> None:
    """Print what is common to several cases, in any of them, or in the first only."""
    session = session_of(context)
    form = form_of(format, json, csv, table, output, no_headers, allow_partial)
    with session.open() as engine:
        found = engine.compare(
            ComparisonQuery(
                resolve_all(engine, typed(ids)),
                direction,
                operation,
                *_terms(engine, mode, as_of, known_at, stop),
                max_depth,
                tolerances(clock_tolerance or ()),
            )
        )
    answer(session, form, _compared(found))


def common_cause(
    context: typer.Context,
    case: Annotated[list[str], typer.Option("--case", metavar="ID|-", help=text("option.case"))],
    good: Annotated[
        list[str] | None, typer.Option("--good", metavar="ID|-", help=text("option.good"))
    ] = None,
    mode: options.ModeOption = Mode.EXACT,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    stop: options.Stop = None,
    max_depth: options.MaxDepth = None,
    clock_tolerance: options.ClockTolerance = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=MOST_LISTED, help=text("option.cause_limit"))
    ] = LISTED,
    format: Format = None,
    json: options.Json = False,
    csv: options.Csv = False,
    table: options.Table = False,
    output: options.Output = None,
    no_headers: options.NoHeaders = False,
    allow_partial: options.AllowPartial = False,
) -> None:
    """Rank what bad cases share upstream and good ones do not."""
    session = session_of(context)
    form = form_of(format, json, csv, table, output, no_headers, allow_partial)
    with session.open() as engine:
        found = engine.common_causes(
            CauseQuery(
                resolve_all(engine, typed(case)),
                resolve_all(engine, typed(good) if good else ()),
                *_terms(engine, mode, as_of, known_at, stop),
                max_depth,
                limit,
                tolerances(clock_tolerance or ()),
            )
        )
    answer(session, form, _caused(found))


def _terms(
    engine: Lotgraph, mode: Mode, as_of: str | None, known_at: str | None, stop: list[str] | None
) -> tuple[Mode, datetime | None, datetime | None, tuple[NodeId, ...]]:
    """The terms that every trace of the question keeps to, in the order of its fields."""
    return (
        mode,
        moment(as_of, "--as-of"),
        moment(known_at, "--known-at"),
        resolve_all(engine, stop or ()),
    )


def form_of(
    format: str | None,
    json: bool,
    csv: bool,
    table: bool,
    output: Path | None,
    no_headers: bool,
    allow_partial: bool,
) -> Form:
    """The form asked for. Raises InvalidQuery where options contradict each other."""
    given = zip(("json", "csv", "table"), (json, csv, table), strict=True)
    chosen = [name for name, wanted in given if wanted] + ([format.lower()] if format else [])
    if len(set(chosen)) > 1:
        raise InvalidQuery(reason=text("cli.formats", names=", ".join(chosen)))
    name = chosen[0] if chosen else _format_of(output)
    if name not in FORMATS:
        raise InvalidQuery(reason=text("cli.format", name=name, names=", ".join(FORMATS)))
    return Form(name, output, not no_headers, bool(chosen), allow_partial)


def _format_of(output: Path | None) -> str:
    if output is None or (output.exists() and not output.is_file()):
        return "table"
    found = ENDINGS.get(output.suffix.lower())
    if found is None:
        names = " ".join(ENDINGS)
        raise InvalidQuery(reason=text("cli.ending", name=output.name, names=names))
    return found


def answer(session: Session, form: Form, told: Told) -> None:
    """Write the answer where it is wanted; leaves with PARTIAL when it is not whole."""
    if form.output is not None:
        with whole_file(form.output) as out:
            out.write(_written(form, told))
        session.note(text("cli.written", path=form.output))
    elif form.format == "table":
        print_table(told.columns, told.rows, headers=form.headers, table=form.aligned, right=RIGHT)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(_written(form, told))
        sys.stdout.buffer.flush()
    for remark in told.remarks:
        session.warn(remark)
    if told.summary:
        session.note(told.summary)
    if told.completeness.state is not State.COMPLETE:
        session.warn(incompleteness(told.completeness))
        if not form.allow_partial:
            raise typer.Exit(Exit.PARTIAL)


def _written(form: Form, told: Told) -> bytes:
    if form.format == "json":
        return orjson.dumps(told.document(), option=orjson.OPT_INDENT_2) + b"\n"
    if form.format == "table":
        return "".join(tabbed(told.columns, told.rows, headers=form.headers)).encode()
    spool = io.BytesIO()
    told.csv(spool)
    return spool.getvalue()


def _compared(found: Comparison) -> Told:
    rows = [
        [
            hit["id"],
            hit["kind"],
            hit["name"] or hit["product_name"] or "",
            " ".join(hit["cases"]),
            " ".join(map(str, hit["distances"])),
        ]
        for hit in impact.hit_records(found)
    ]
    return Told(
        COMPARED,
        rows,
        lambda: impact.comparison_record(found),
        lambda out: impact.write_comparison_csv(found, out),
        found.completeness,
        text(
            "cli.compared",
            operation=text(f"operation.{found.query.operation}"),
            cases=counted("cases", len(found.cases)),
            nodes=counted("nodes", len(rows)),
        ),
    )


def _caused(found: CommonCauses) -> Told:
    return Told(
        CAUSES,
        list(_cause_rows(found)),
        lambda: impact.causes_record(found),
        lambda out: impact.write_causes_csv(found, out),
        found.completeness,
        text(
            "cli.caused",
            cases=counted("cases", len(found.cases)),
            goods=counted("goods", len(found.goods)),
            listed=counted("candidates", len(found.candidates)),
            found=f"{found.found:,}",
        ),
        () if found.goods else (text("cli.untested"),),
    )


def _cause_rows(found: CommonCauses) -> Iterator[list[str]]:
    for candidate in found.candidates:
        one = candidate.ranked
        name = impact.subject_label(found, candidate)
        record = impact.candidate_record(found, candidate)
        yield [
            str(one.rank),
            one.subject.kind,
            one.subject.value,
            "" if name == one.subject.value else name,
            record["since"] or "",
            record["until"] or "",
            f"{len(one.cases)}/{len(found.cases)}",
            f"{len(one.goods)}/{len(found.goods)}" if found.goods else "",
            "" if one.lift is None else f"{one.lift:.3g}",
            "" if one.p_value is None else f"{one.p_value:.3g}",
            "" if one.q_value is None else f"{one.q_value:.3g}",
            f"{one.distance:.1f}",
            _note(one.tied, one.carrier, candidate.timing.late),
        ]


def _note(tied: int, carrier: bool, late: int) -> str:
    told = [counted("tied", tied)] if tied else []
    told += [text("cli.carrier")] if carrier else []
    told += [counted("late", late)] if late else []
    return ", ".join(told)
