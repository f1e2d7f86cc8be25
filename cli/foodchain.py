"""``lotgraph fcl-score``: the scores that FoodChain-Lab gives to a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
import typer

from cli import options
from cli.impact import Form, Format, Told, answer, form_of
from cli.session import Session, session_of
from genealogy.errors import InvalidQuery
from genealogy.exports.as_csv import harmless
from genealogy.exports.files import whole_file
from genealogy.exports.records import Record
from genealogy.impact.foodchain.network import Tool
from genealogy.impact.foodchain.web import Dates
from genealogy.messages import text
from genealogy.trace.result import Completeness

COLUMNS = ("kind", "id", "name", "score", "positive", "negative", "normalized", "common_link")

Several = list[str] | None


def fcl_score(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help=text("option.fcl_path"), metavar="FILE")],
    tool: Annotated[Tool, typer.Option("--tool", help=text("option.fcl_tool"))] = Tool.DESKTOP,
    weight: Annotated[
        Several, typer.Option("--weight", metavar="ID=NUMBER", help=text("option.fcl_weight"))
    ] = None,
    cross: Annotated[
        Several, typer.Option("--cross", metavar="ID", help=text("option.fcl_cross"))
    ] = None,
    kill: Annotated[
        Several, typer.Option("--kill", metavar="ID", help=text("option.fcl_kill"))
    ] = None,
    merge: Annotated[
        Several, typer.Option("--merge", metavar="NAME=ID,ID…", help=text("option.fcl_merge"))
    ] = None,
    temporal: Annotated[
        bool, typer.Option("--temporal/--no-temporal", help=text("option.fcl_temporal"))
    ] = True,
    dates: Annotated[Dates, typer.Option("--dates", help=text("option.fcl_dates"))] = (
        Dates.EXPLICIT
    ),
    marked: Annotated[
        Path | None, typer.Option("--marked", metavar="FILE", help=text("option.fcl_marked"))
    ] = None,
    format: Format = None,
    json: options.Json = False,
    csv: options.Csv = False,
    table: options.Table = False,
    output: options.Output = None,
    no_headers: options.NoHeaders = False,
) -> None:
    """Score the stations, deliveries and lots of an FCL-Web JSON file."""
    session = session_of(context)
    form: Form = form_of(format, json, csv, table, output, no_headers, allow_partial=True)
    weights, merges = dict(map(_weight, weight or ())), list(map(_merge, merge or ()))
    marks = {"weights": weights, "cross": cross or (), "kill": kill or (), "merge": merges}
    asked = {"tool": tool, "temporal": temporal, "dates": dates}
    answer(session, form, _told(_scored(session, (path, marked), marks, asked)))


def _scored(session: Session, paths: tuple[Path, Path | None], marks: Any, asked: Any) -> Record:
    """The scores of a file; rows that cannot be used are told. Raises UnreadableFile, NotFound.

    The second path is where to write it with its marks.
    """
    from loaders.fcl import score
    from loaders.fcl.document import read_document
    from loaders.fcl.marked import marked_document

    path, into = paths
    document = read_document(path)
    file = score.file_of(document, path.name)
    for reject in file.rejects:
        session.warn(f"{reject.field}: {reject.reason()}. {reject.hint()}")
    network = score.marked(file.network, score.Marks(**marks))
    if not score.is_weighted(network):
        session.warn(text("cli.unweighted"))
    if into is not None:
        told = orjson.dumps(marked_document(document, network), option=orjson.OPT_INDENT_2)
        with whole_file(into) as out:
            out.write(told + b"\n")
        session.note(text("cli.written", path=into))
    return score.scores_record(file, network, score.Method(**asked))


def _weight(given: str) -> tuple[str, Fraction]:
    name, _, number = given.rpartition("=")
    try:
        return name, Fraction(number)
    except (ValueError, ZeroDivisionError):
        raise InvalidQuery(reason=text("cli.weight", text=given)) from None


def _merge(given: str) -> tuple[str, list[str]]:
    name, _, listed = given.partition("=")
    members = [member for member in listed.split(",") if member]
    if not name or not members:
        raise InvalidQuery(reason=text("cli.merge", text=given))
    return name, members


def _told(document: Record) -> Told:
    rows = [[_cell(record[column]) for column in COLUMNS] for record in document["scores"]]
    return Told(
        COLUMNS,
        rows,
        lambda: document,
        lambda out: _write_csv(rows, out),
        Completeness(),
        "",
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _write_csv(rows: Iterable[Sequence[str]], out: BinaryIO) -> None:
    stream = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    table = csv.writer(stream, lineterminator="\r\n")
    table.writerow(COLUMNS)
    table.writerows([harmless(cell) for cell in row] for row in rows)
    stream.detach()
