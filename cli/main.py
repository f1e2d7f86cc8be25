"""The command ``lotgraph``: reads the command line, runs it, and ends with a documented code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cli.exits import Exit, exit_of
from genealogy.errors import LotgraphError

if TYPE_CHECKING:
    from cli.session import Opener

_LANGUAGE = "--lang"


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], opener: Opener | None = None) -> int:
    """Run one command line and return its exit code.

    ``opener`` opens the engine; by default the configured database.
    """
    try:
        return _ended(language_first(arguments), opener)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, as with `lotgraph … | head`; nobody is left to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILURE


def language_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with ``--lang`` moved to the front, so that it may stand anywhere."""
    rest, found = list(arguments), []
    for i, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == _LANGUAGE or argument.startswith(f"{_LANGUAGE}="):
            length = 2 if argument == _LANGUAGE else 1
            found = rest[i : i + length]
            del rest[i : i + length]
            break
    return [*found, *rest]


def _ended(arguments: list[str], opener: Opener | None) -> int:
    _speak(arguments)
    # Help texts are read when the commands are imported, so the language comes first.
    from cli.app import command_line
    from cli.session import say_error, say_internal_error

    try:
        command_line(arguments, opener)
        sys.stdout.flush()
    except LotgraphError as error:
        say_error(error)
        return exit_of(error)
    except SystemExit as end:
        return _code(end)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    # The last line of defence: a defect is told as one, not shown as a traceback.
    except Exception as error:  # noqa: BLE001
        say_internal_error(error)
        return Exit.FAILURE
    return Exit.OK


def _speak(arguments: Sequence[str]) -> None:
    if arguments[:1] == [_LANGUAGE] and len(arguments) > 1:
        os.environ["LOTGRAPH_LANG"] = arguments[1]
    elif arguments and arguments[0].startswith(f"{_LANGUAGE}="):
        os.environ["LOTGRAPH_LANG"] = arguments[0].partition("=")[2]


def _code(end: SystemExit) -> int:
    return end.code if isinstance(end.code, int) else int(end.code is not None)
