"""``lotgraph find`` and ``lotgraph show``: what a name may mean, and what is known of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from cli import options
from cli.exits import Exit
from cli.questions import resolve, typed
from cli.session import Session, session_of
from cli.tables import inert, print_table
from genealogy.exports.candidates import candidate_records, name_of
from genealogy.exports.records import Record, node_record
from genealogy.messages import text

if TYPE_CHECKING:
    from genealogy.bootstrap import Lotgraph

#: Candidates a person may ask for; more say that the text is too short.
MOST_FOUND = 1_000
COLUMNS = ("text", "id", "kind", "code", "name", "match", "reading")


def find(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(help=text("option.find"), metavar="TEXT…|-")],
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=MOST_FOUND, help=text("option.find_limit"))
    ] = 20,
    json: options.Json = False,
    no_headers: options.NoHeaders = False,
) -> None:
    """List every node a text may mean, surest first."""
    session = session_of(context)
    with session.open() as engine:
        found = [r for words in typed(ids) for r in _found(session, engine, words, limit)]
    if json:
        print_json(found)
    else:
        named = ({**record, "name": name_of(record)} for record in found)
        rows = ([str(record[column] or "") for column in COLUMNS] for record in named)
        print_table(COLUMNS, rows, headers=not no_headers)
    if not found:
        session.warn(text("cli.nothing_found"))
        raise typer.Exit(Exit.NOT_FOUND)


def _found(session: Session, engine: Lotgraph, words: str, limit: int) -> list[Record]:
    # One more than wanted, to know whether there is more.
    found = engine.find(words, limit=limit + 1)
    if len(found) > limit:
        session.warn(text("cli.find_cut", text=inert(words), limit=limit))
    records = candidate_records(engine.index, found[:limit])
    return [{"text": words, **record} for record in records]


def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=text("option.show"), metavar="ID")],
    json: options.Json = False,
    no_headers: options.NoHeaders = False,
) -> None:
    """Show what is recorded of one lot, item, unit, batch, shipment, party or place."""
    with session_of(context).open() as engine:
        record = node_record(engine.node(resolve(engine, name)))
    if json:
        print_json(record)
    else:
        print_table(("field", "value"), _lines(record), headers=not no_headers)


def print_json(value: object) -> None:
    """Print a value as one indented JSON document."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def _lines(record: Record) -> Iterator[tuple[str, str]]:
    properties = record["properties"]
    for field, value in {**record, **properties}.items():
        if field == "properties" or value in (None, []):
            continue
        for one in value if isinstance(value, list) else [value]:
            yield field, str(one)
