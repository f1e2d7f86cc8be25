"""What every command shares: how the engine is opened, and how people are spoken to.

Standard output holds data only. Everything said to a person goes to standard
error: warnings and errors always, counts and hints only on a terminal.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from cli.tables import inert, print_table
from cli.words import counted
from genealogy.errors import LotgraphError
from genealogy.exports.candidates import name_of
from genealogy.messages import text

if TYPE_CHECKING:
    from genealogy.bootstrap import Lotgraph
    from genealogy.exports.records import Record
    from genealogy.settings import Settings

Opener = Callable[[], AbstractContextManager["Lotgraph"]]


@dataclass(slots=True)
class Session:
    """The engine to ask, and whether to keep quiet."""

    open: Opener
    quiet: bool = False

    def warn(self, words: str) -> None:
        """Tell what must not be missed, unless asked to keep quiet."""
        if not self.quiet:
            say(f"! {words}")

    def note(self, words: str) -> None:
        """Tell something useful to a person who watches."""
        if not self.quiet and sys.stderr.isatty():
            say(words)


def session_of(context: typer.Context) -> Session:
    """The session that the command line was started with."""
    found = context.find_object(Session)
    assert found is not None
    return found


def configured() -> Settings:
    """The settings of this process. Raises InvalidInput."""
    from genealogy.settings import read_settings

    return read_settings()


def open_configured() -> Lotgraph:
    """Open the engine on the configured database."""
    from genealogy.bootstrap import open_engine

    return open_engine(configured())


def say(words: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def say_error(error: LotgraphError) -> None:
    """Tell an error, the candidates if it has some, and the way out."""
    say(text("cli.error", message=inert(error.message())))
    if candidates := error.params.get("candidates"):
        _say_candidates(candidates, error.params.get("count", len(candidates)))
    if hint := error.hint():
        say(text("cli.hint", message=inert(hint), code=error.error_code))
    else:
        say(f"[{error.error_code}]")


def _say_candidates(candidates: Sequence[Record], count: int) -> None:
    rows = [(c["id"], c["kind"], c["code"], name_of(c), c["reading"]) for c in candidates]
    print_table(("id", "kind", "code", "name", "reading"), rows, out=sys.stderr)
    if more := count - len(candidates):
        say(counted("more_candidates", more))


def say_internal_error(error: Exception) -> None:
    """Tell a defect in one line; with LOTGRAPH_DEBUG=1 also where it happened."""
    if os.environ.get("LOTGRAPH_DEBUG") == "1":
        traceback.print_exception(error)
    say(text("cli.internal", kind=type(error).__name__, reason=inert(str(error))))
