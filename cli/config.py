"""``lotgraph config``: the settings in force and where each comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from cli import options
from cli.lookup import print_json
from cli.session import configured
from cli.tables import print_table
from genealogy.messages import text

if TYPE_CHECKING:
    from genealogy.settings import Settings

COLUMNS = ("setting", "value", "origin")

command = typer.Typer(no_args_is_help=True, help=text("help.config"))


@command.callback()
def _group() -> None:
    """Keep ``show`` a command of its own although it is the only one."""


@command.command(help=text("help.config_show"))
def show(json: options.Json = False, no_headers: options.NoHeaders = False) -> None:
    """Print every setting with its origin; secrets are never shown."""
    rows = list(setting_rows(configured()))
    if json:
        print_json([dict(zip(COLUMNS, row, strict=True)) for row in rows])
    else:
        print_table(COLUMNS, rows, headers=not no_headers)


def setting_rows(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Name, value and origin of each setting."""
    for name in type(settings).model_fields:
        yield name, _shown(getattr(settings, name)), _origin(name)


def _shown(value: object) -> str:
    from pydantic import SecretStr

    if isinstance(value, SecretStr):
        return text("cli.secret")
    return "" if value is None else str(value)


def _origin(name: str) -> str:
    from genealogy.settings import PREFIX

    variable = f"{PREFIX}{name}".upper()
    return variable if os.environ.get(variable) else text("cli.by_default")
