"""``lotgraph trace``: follow material forward, backward or both ways; ``lotgraph why``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.answers import Form, answer, form_of, incompleteness, tell_remarks
from cli.lookup import print_json
from cli.options import MOST_STEPS
from cli.questions import Terms, question, question_about, resolve, starts
from cli.session import Session, session_of
from cli.tables import print_table
from cli.terms import FROM_TO, SINCE_UNTIL, with_terms
from genealogy.errors import NotFound
from genealogy.exports.records import Record, path_records, query_record, steps_records
from genealogy.messages import text
from genealogy.model.facts import NodeId
from genealogy.model.times import iso, parse_instant
from genealogy.ports import Direction
from genealogy.trace.result import State, Trace, TraceDirection

if TYPE_CHECKING:
    from genealogy.bootstrap import Lotgraph

PATH_EDGE = (
    "type",
    "quantity",
    "uom",
    "occurred_at",
    "source_system",
    "source_record",
    "confidence",
)
PATH = ("step", "node", "label", *PATH_EDGE)
RIGHT = frozenset({"path", "step", "quantity"})

command = typer.Typer(no_args_is_help=True, help=text("help.trace"))


def run_trace(
    session: Session, direction: TraceDirection, seeds: Sequence[str], terms: Terms, form: Form
) -> None:
    """Ask the engine and write the answer."""
    started = time.monotonic()
    with session.open() as engine:
        query = question(engine, direction, seeds, terms)
        # Only the forms that tell it are worth asking the database for it.
        watermark = engine.watermark() if form.tells_watermark else None
        trace = engine.trace(query)
        remarks = engine.remarks(trace)
    if trace.watermark is None:
        trace = replace(trace, watermark=watermark)
    answer(session, trace, remarks, form, time.monotonic() - started)


def _add(name: str, direction: TraceDirection) -> None:
    @command.command(name, help=text(f"help.trace_{direction}"))
    @with_terms(FROM_TO)
    def _(
        context: typer.Context,
        *,
        terms: Terms,
        ids: options.WindowIds = None,
        format: options.Format = None,
        json: options.Json = False,
        nl: options.JsonLines = False,
        csv: options.Csv = False,
        table: options.Table = False,
        output: options.Output = None,
        limit: options.Limit = None,
        fields: options.Fields = None,
        no_headers: options.NoHeaders = False,
        allow_partial: options.AllowPartial = False,
    ) -> None:
        shorthands = {"json": json, "ndjson": nl, "csv": csv, "table": table}
        form = form_of(format, shorthands, output, limit, fields, no_headers, allow_partial)
        run_trace(session_of(context), direction, starts(ids, terms), terms, form)


for _direction in ("forward", "backward", "both"):
    _add(_direction, _direction)


@with_terms(SINCE_UNTIL)
def why(
    context: typer.Context,
    *,
    terms: Terms,
    node: Annotated[str, typer.Argument(help=text("option.why_node"), metavar="NODE")],
    seed: options.Seeds = None,
    direction: options.Direction = "both",
    paths: options.Paths = 1,
    json: options.Json = False,
    no_headers: options.NoHeaders = False,
) -> None:
    """Print the best paths from a seed to a node, with the records that prove them."""
    session = session_of(context)
    with session.open() as engine:
        target = resolve(engine, node)
        query = question_about(engine, direction, starts(seed, terms), terms)
        watermark = engine.watermark() if json else None
        trace = engine.trace(query)
        try:
            found = list(_paths(engine, trace, target, paths))
        except NotFound:
            if trace.completeness.state is not State.COMPLETE:
                session.warn(incompleteness(trace.completeness))
            raise
        finally:
            tell_remarks(session, engine.remarks(trace))
    if json:
        told = _path_document(target, found, paths)
        print_json({"query": query_record(trace.query), **told, "watermark": watermark})
        return
    names = PATH if paths == 1 else ("path", *PATH)
    rows = [row for number, path in enumerate(found, 1) for row in _path_rows(number, path, paths)]
    print_table(names, rows, headers=not no_headers, right=RIGHT)


def _paths(engine: Lotgraph, trace: Trace, target: NodeId, count: int) -> Iterator[list[Record]]:
    """The best paths to a node, in the direction in which it was reached nearest."""
    if count == 1:
        yield path_records(trace, target)
        return
    reached = {r.direction: r.distance for r in trace.reached if r.node_id == target}
    way: Direction = "forward"
    if "backward" in reached and reached["backward"] < reached.get("forward", MOST_STEPS):
        way = "backward"
    for path in engine.paths(trace, target, way, count):
        yield steps_records(trace, target, path)


def _path_document(target: NodeId, found: list[list[Record]], count: int) -> Record:
    first = {"from": found[0][0]["node"], "to": target, "steps": found[0]}
    return first if count == 1 else {**first, "paths": [{"steps": steps} for steps in found]}


def _path_rows(number: int, path: list[Record], count: int) -> Iterator[tuple[str, ...]]:
    for row in map(_path_row, range(len(path)), path):
        yield row if count == 1 else (str(number), *row)


def _path_row(number: int, step: Record) -> tuple[str, ...]:
    edge = step["edge"] or {}
    cells = {name: edge.get(name) or "" for name in PATH_EDGE}
    # As in the table of a trace; the source's own offset is in the JSON.
    cells["occurred_at"] = _utc(cells["occurred_at"])
    return (str(number), step["node"], step["label"], *cells.values())


def _utc(moment: str) -> str:
    return iso(parse_instant(moment).at) if moment else ""
