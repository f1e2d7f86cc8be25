"""``lotgraph find`` and ``lotgraph show``: what a name may mean, and what is known of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated

import orjson
import typer

from cli import options
from cli.exits import Exit
from cli.questions import typed
from cli.session import session_of
from cli.tables import print_table
from genealogy.exports.records import Record, candidate_record, node_record
from genealogy.messages import text

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
        found = [
            {"text": words, **candidate_record(candidate)}
            for words in typed(ids)
            for candidate in engine.find(words, limit=limit)
        ]
    if json:
        print_json(found)
    else:
        rows = ([str(record[column] or "") for column in COLUMNS] for record in found)
        print_table(COLUMNS, rows, headers=not no_headers)
    if not found:
        session.warn(text("cli.nothing_found"))
        raise typer.Exit(Exit.NOT_FOUND)


def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=text("option.show"), metavar="ID")],
    json: options.Json = False,
    no_headers: options.NoHeaders = False,
) -> None:
    """Show what is recorded of one lot, item, unit, batch, shipment, party or place."""
    with session_of(context).open() as engine:
        record = node_record(engine.node(engine.resolve(name)))
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
