"""``lotgraph snapshot``: the copy of the flow graph that answers large traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli.session import session_of
from cli.tables import print_table
from genealogy.messages import text

if TYPE_CHECKING:
    from genealogy.bootstrap import Lotgraph
    from genealogy.snapshot.keeper import Keeper, Status

command = typer.Typer(no_args_is_help=True, help=text("help.snapshot"))


@command.command(help=text("help.snapshot_build"))
def build(context: typer.Context) -> None:
    """Copy the flow graph, and let traces use the copy from now on."""
    # Costs what the help need not wait for.
    from genealogy.snapshot.trace import LARGE

    session = session_of(context)
    with session.open() as engine:
        keeper = _keeper(engine)
        header = keeper.build()
        if header.edges > LARGE:
            # Compiled once, it is only loaded by the commands that come.
            keeper.warm()
    session.note(text("snapshot.built", nodes=header.nodes, edges=header.edges))


@command.command(help=text("help.snapshot_status"))
def status(context: typer.Context) -> None:
    """Say how the snapshot stands to the database; reads all its files."""
    with session_of(context).open() as engine:
        found = _keeper(engine).status()
    print_table(("field", "value"), [(name, str(value)) for name, value in _facts(found)])


def _keeper(engine: Lotgraph) -> Keeper:
    assert engine.keeper is not None, "an engine that was opened has a folder for snapshots"
    return engine.keeper


def _facts(found: Status) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [("state", found.reason)]
    if found.folder is not None:
        facts.append(("folder", found.folder))
    if found.header is not None:
        facts += [
            ("nodes", found.header.nodes),
            ("edges", found.header.edges),
            ("built_at_write", found.header.watermark),
            ("bytes", sum(told["size"] for told in found.header.files.values())),
        ]
    return [*facts, ("database_at_write", found.state.watermark)]


@command.command(help=text("help.snapshot_drop"))
def drop(context: typer.Context) -> None:
    """Remove the snapshot; traces are answered by the database again."""
    session = session_of(context)
    with session.open() as engine:
        dropped = _keeper(engine).drop()
    session.note(text("snapshot.dropped" if dropped else "snapshot.none"))
