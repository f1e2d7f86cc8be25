"""The command ``lotgraph``: reads the command line, runs it, and ends with a documented code."""

from __future__ import annotations

# Nothing else is imported here: an interruption while importing must end well, too.
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.session import Opener

#: Two exit codes of cli.exits that are needed when it cannot be imported any more.
FAILURE, INTERRUPTED = 1, 130

#: Options that may stand anywhere, and how many words each takes.
_COMMON = {"--lang": 2, "--quiet": 1, "-q": 1}


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], opener: Opener | None = None) -> int:
    """Run one command line and return its exit code.

    ``opener`` opens the engine; by default the configured database.
    """
    try:
        return _ended(common_first(arguments), opener)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, as with `lotgraph … | head`; nobody is left to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE


def common_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with those options in front that may stand anywhere."""
    end = list(arguments).index("--") if "--" in arguments else len(arguments)
    front: list[str] = []
    rest: list[str] = []
    i = 0
    while i < end:
        name, assigned, _ = arguments[i].partition("=")
        length = 1 if assigned else _COMMON.get(name, 1)
        (front if name in _COMMON else rest).extend(arguments[i : min(i + length, end)])
        i += length
    return [*front, *rest, *arguments[end:]]


def _ended(arguments: list[str], opener: Opener | None) -> int:
    _speak(arguments)
    # Help texts are read when the commands are imported, so the language comes first.
    from cli.app import command_line
    from cli.exits import Exit, exit_of
    from cli.session import say_error, say_internal_error
    from genealogy.errors import LotgraphError

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
    for i, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if argument == "--":
            return
        if name == "--lang":
            os.environ["LOTGRAPH_LANG"] = value or "".join(arguments[i + 1 : i + 2])


def _code(end: SystemExit) -> int:
    return end.code if isinstance(end.code, int) else int(end.code is not None)
