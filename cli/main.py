"""The command ``lotgraph``: reads the command line, runs it, and ends with a documented code."""

from __future__ import annotations

# Nothing else is imported here: an interruption while importing must end well, too.
import errno
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cli.session import Opener

#: Two exit codes of cli.exits that are needed when it cannot be imported any more.
FAILURE, INTERRUPTED = 1, 130

#: New objects before Python looks for cycles, and such looks before it looks further back.
#: Answers are hundreds of thousands without one, so that looking takes as long as making them.
_LOOKS = (50_000, 20, 20)

#: How a write fails where there is no room, or no device any more.
_UNWRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})

#: Options that may stand anywhere, and how many words each takes.
_COMMON = {"--lang": 2, "--quiet": 1, "-q": 1}


def main() -> None:
    """Run the command line of this process."""
    gc.set_threshold(*_LOOKS)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], opener: Opener | None = None) -> int:
    """Run one command line and return its exit code.

    ``opener`` opens the engine; by default the configured database.
    """
    try:
        code = _ended(common_first(arguments), opener)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, as with `lotgraph … | head`; nobody is left to be told.
        _give_up_output()
        return FAILURE
    if code == INTERRUPTED:
        _say_interrupted()
    return code


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
        return _flushed(lambda: command_line(arguments, opener))
    except LotgraphError as error:
        say_error(error)
        return exit_of(error)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    # The last line of defence: a defect is told as one, not shown as a traceback.
    except Exception as error:  # noqa: BLE001
        if not _output_failed(error):
            say_internal_error(error)
            return Exit.FAILURE
        _give_up_output()
        say_error(LotgraphError("unwritable_output", reason=getattr(error, "strerror", "")))
        return Exit.FAILURE


def _flushed(command: Callable[[], None]) -> int:
    """Run a command to its exit code; what it printed has then been written."""
    try:
        command()
        code = 0
    except SystemExit as end:
        code = _code(end)
    sys.stdout.flush()
    return code


def _output_failed(error: Exception) -> bool:
    """Whether a stream could not take what was written; errors of files carry their name."""
    return isinstance(error, OSError) and error.filename is None and error.errno in _UNWRITTEN


def _give_up_output() -> None:
    # What is left in the buffer would fail once more when the process ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_interrupted() -> None:
    from genealogy.messages import text

    sys.stderr.write(text("cli.interrupted") + "\n")


def _speak(arguments: Sequence[str]) -> None:
    for i, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if argument == "--":
            return
        if name == "--lang":
            os.environ["LOTGRAPH_LANG"] = value or "".join(arguments[i + 1 : i + 2])


def _code(end: SystemExit) -> int:
    return end.code if isinstance(end.code, int) else int(end.code is not None)
