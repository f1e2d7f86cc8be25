"""``lotgraph demo``: the demo company, generated, loaded and traced."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.session import say
from genealogy.messages import text

command = typer.Typer(no_args_is_help=True, help=text("help.demo"))

Seed = Annotated[int, typer.Option("--seed", help=text("option.demo_seed"))]
Scale = Annotated[float, typer.Option("--scale", min=0.01, help=text("option.demo_scale"))]


@command.command(help=text("help.demo_generate"))
def generate(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help=text("option.demo_out"))],
    seed: Seed = 1,
    scale: Scale = 1.0,
) -> None:
    """Write the tables of the demo company and its truth file."""
    say(str(out))
