"""What goes wrong with a statement, as errors of our tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConstraintError,
    DatabaseError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from genealogy.errors import (
    StoreConflict,
    StoreDuplicate,
    StoreError,
    StoreRejected,
    StoreTimeout,
    StoreUnavailable,
)

_OUT_OF_MEMORY = "OutOfMemory"
_STOPPED = ("TransactionTimedOut", "Terminated")


def interrupt_behind(error: BaseException) -> BaseException | None:
    """The Ctrl-C during whose handling the driver failed in turn, if that is what happened."""
    behind = error.__context__
    while isinstance(behind, Exception):
        behind = behind.__context__
    return behind


class LostRace(Exception):
    """A unique key was taken between looking and writing."""


@contextmanager
def naming(path: str, statement: str) -> Iterator[None]:
    """Let the query's file be named in what goes wrong with it."""
    try:
        yield
    except (ConstraintError, TransientError, ServiceUnavailable, SessionExpired) as error:
        if _OUT_OF_MEMORY in _code(error):
            # Counted as transient, but what did not fit once will not fit again.
            raise StoreRejected("store_out_of_memory", query=path) from error
        error.add_note(path)
        raise
    except (ClientError, DatabaseError) as error:
        if any(word in _code(error) for word in _STOPPED):
            error.add_note(path)
            raise
        if "ConstraintValidation" in _code(error):
            raise LostRace(path) from error
        raise StoreRejected(query=path, reason=short(error, statement)) from error


def mapped(error: Exception, timeout: float, uri: str) -> StoreError:
    """The error of our tree that stands for a driver error."""
    path = next(iter(getattr(error, "__notes__", [])), "a transaction")
    code = _code(error)
    if any(word in code for word in _STOPPED):
        return StoreTimeout(seconds=f"{timeout:g}", query=path)
    if _OUT_OF_MEMORY in code:
        return StoreRejected("store_out_of_memory", query=path)
    if isinstance(error, ConstraintError):
        return StoreDuplicate(reason=short(error))
    if isinstance(error, TransientError):
        return StoreConflict(query=path)
    if isinstance(error, ServiceUnavailable | SessionExpired | AuthError):
        return StoreUnavailable(uri=uri, reason=short(error))
    if isinstance(error, Neo4jError):
        return StoreRejected(query=path, reason=short(error))
    return StoreUnavailable(uri=uri, reason=short(error))


def _code(error: Exception) -> str:
    """The server's code for an error; empty for what the driver found out by itself."""
    return getattr(error, "code", None) or ""


def short(error: Exception, statement: str = "") -> str:
    """What a driver error says, on one line and without the statement it repeats."""
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    repeated = {line.strip() for line in statement.splitlines()}
    lines = (line.partition(": //")[0].strip() for line in text.splitlines())
    return " ".join(line for line in lines if line and line not in repeated).rstrip(".")[:300]
