"""``lotgraph db``: the database and its schema."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from cli import options
from cli.session import configured, open_configured, say, session_of
from cli.tables import print_table
from genealogy.errors import InvalidQuery
from genealogy.messages import text

if TYPE_CHECKING:
    from genealogy.settings import Settings

command = typer.Typer(no_args_is_help=True, help=text("help.db"))


@command.command(help=text("help.db_start"))
def start() -> None:
    """Start the embedded database and print its address."""
    from genealogy.store import embedded

    settings = _embedded()
    endpoint = embedded.ensure_running(settings)
    print_table(("state", "uri"), [("running", endpoint.uri)])


@command.command(help=text("help.db_stop"))
def stop(context: typer.Context) -> None:
    """Stop the embedded database of the data folder."""
    from genealogy.store import embedded

    stopped = embedded.stop(_embedded())
    session_of(context).note(text("cli.db_stopped" if stopped else "cli.db_not_running"))


@command.command(help=text("help.db_status"))
def status() -> None:
    """Say which database is used and how it is; starts nothing."""
    settings = configured()
    facts = _embedded_status(settings) if settings.embedded else _server_status(settings)
    print_table(("field", "value"), [(name, str(value)) for name, value in facts if value])


@command.command(help=text("help.db_init"))
def init(context: typer.Context) -> None:
    """Apply the schema; changes nothing where it is in place."""
    with open_configured() as engine:
        count = engine.watermark()
    session_of(context).note(text("cli.db_ready", count=count))


@command.command(help=text("help.db_reset"))
def reset(context: typer.Context, yes: options.Yes = False) -> None:
    """Delete everything in the embedded database, after asking."""
    from genealogy.store import embedded

    settings = _embedded()
    _confirm(text("cli.db_reset", folder=settings.data_dir), yes)
    embedded.wipe(settings)
    session_of(context).note(text("cli.db_wiped"))


def _embedded() -> Settings:
    settings = configured()
    if not settings.embedded:
        raise InvalidQuery(reason=text("cli.not_embedded", uri=settings.database_uri))
    return settings


def _embedded_status(settings: Settings) -> list[tuple[str, object]]:
    from genealogy.store import embedded

    found = embedded.status(settings)
    return [
        ("database", "ArcadeDB"),
        ("state", found.state),
        ("folder", found.folder),
        ("uri", found.uri),
        ("pid", found.pid),
        ("version", found.version),
        ("started_at", found.started_at),
        ("log", found.log),
        ("free_bytes", found.free_bytes),
    ]


def _server_status(settings: Settings) -> list[tuple[str, object]]:
    with open_configured() as engine:
        written = engine.watermark()
    return [
        ("database", "Neo4j"),
        ("state", "running"),
        ("uri", settings.database_uri),
        ("writes", str(written)),
    ]


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidQuery(reason=text("cli.needs_yes"))
    say(f"{question} [y/N]")
    if sys.stdin.readline().strip().lower() not in {"y", "yes", "是"}:
        raise typer.Exit(1)
