"""Exit codes, and which error ends with which: scripts rely on them (docs/cli.md)."""

from __future__ import annotations

from enum import IntEnum

from genealogy import errors


class Exit(IntEnum):
    """How a command ended. 4 and 10 are kept free for sign-in and for differences."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    NOT_FOUND = 3
    AMBIGUOUS = 5
    PARTIAL = 6
    CONFLICT = 7
    DATA_QUALITY = 8
    UNREACHABLE = 9
    INTERRUPTED = 130


#: The first kind that fits decides.
ERROR_EXITS: tuple[tuple[type[errors.LotgraphError], Exit], ...] = (
    (errors.NotFound, Exit.NOT_FOUND),
    (errors.Ambiguous, Exit.AMBIGUOUS),
    (errors.InvalidInput, Exit.USAGE),
    (errors.StoreUnavailable, Exit.UNREACHABLE),
    (errors.StoreTimeout, Exit.UNREACHABLE),
    (errors.StoreConflict, Exit.CONFLICT),
    (errors.StoreDuplicate, Exit.CONFLICT),
    (errors.DataFolderLocked, Exit.CONFLICT),
    (errors.LoadAborted, Exit.DATA_QUALITY),
)


def exit_of(error: errors.LotgraphError) -> Exit:
    """The exit code of an error."""
    return next((code for kind, code in ERROR_EXITS if isinstance(error, kind)), Exit.FAILURE)
