"""The command line as a tree of commands."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from cli import (
    config,
    db,
    demo,
    foodchain,
    impact,
    load,
    lookup,
    serve,
    snapshot,
    trace,
    verify,
    why_not,
)
from cli.environment import misspelt
from cli.session import Opener, Session, open_configured
from genealogy import __version__
from genealogy.messages import text

Language = Literal["en", "zh"]

app = typer.Typer(
    name="lotgraph",
    help=text("help.lotgraph"),
    epilog=text("help.epilog"),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

app.add_typer(trace.command, name="trace")
for _name, _function in (
    ("why", trace.why),
    ("why-not", why_not.why_not),
    ("compare", impact.compare),
    ("common-cause", impact.common_cause),
    ("fcl-score", foodchain.fcl_score),
    ("find", lookup.find),
    ("show", lookup.show),
    ("verify", verify.verify),
    ("load", load.load),
):
    app.command(_name, help=text(f"help.{_name.replace('-', '_')}"))(_function)
app.add_typer(demo.command, name="demo")
app.add_typer(db.command, name="db")
app.add_typer(snapshot.command, name="snapshot")
app.command("serve", help=text("help.serve"))(serve.serve)
app.add_typer(config.command, name="config")


def command_line(arguments: Sequence[str], opener: Opener | None = None) -> None:
    """Run one command line; ends with SystemExit."""
    app(list(arguments), prog_name="lotgraph", obj=Session(opener or open_configured))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lotgraph {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    lang: Annotated[
        Language | None, typer.Option("--lang", help=text("option.lang"), case_sensitive=False)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=text("option.quiet"))] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help=text("option.version"), callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Options of every command; the language was set before the texts were read."""
    session = context.ensure_object(Session)
    session.quiet = quiet
    for name, near in misspelt(os.environ):
        session.warn(text("cli.misspelt", name=name, near=near))
