"""The error tree: every failure a user can meet, by what they can do about it.

LotgraphError
├── InvalidInput            the question or a value in it cannot be used
│   ├── InvalidIdentifier
│   └── InvalidQuery
├── NotFound                nothing is known under that name
├── Ambiguous               several things are known under that name
├── CalledOff               nobody wants the answer any more
├── StoreError              the database could not do what was asked
│   ├── StoreUnavailable    no database answers
│   ├── StoreTimeout        stopped because it ran too long, or was cancelled
│   ├── StoreConflict       another writer was in the way until the retries ran out
│   ├── StoreDuplicate      a unique key is taken
│   ├── StoreRejected       the database refused the statement
│   ├── StoreFull           no room left on the device
│   ├── DataFolderLocked    another process owns the data folder
│   └── SchemaMismatch      the data was written by a later version
├── LoadError               a file cannot be loaded
│   ├── UnreadableFile
│   └── LoadAborted         strict load with rejects: nothing was written
└── MissingDependency       an optional package is needed for this

Errors carry a code and parameters; the words are in the message catalogue, so
one error speaks English and Chinese. HTTP status and exit codes belong to
``api.errors`` and ``cli.exits``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from genealogy.messages import text


class LotgraphError(Exception):
    """A failure with a stable code, its parameters, and words from the catalogue."""

    code: ClassVar[str] = "internal"

    def __init__(self, code: str | None = None, /, **params: Any) -> None:
        self.error_code = code or self.code
        self.params = params
        super().__init__(self.message())

    def message(self, language: str | None = None) -> str:
        """What is wrong, in the language asked for (default: the session's)."""
        return text(f"error.{self.error_code}", language, **self.params)

    def hint(self, language: str | None = None) -> str:
        """The way out, in the language asked for; empty when there is none."""
        return text(f"hint.{self.error_code}", language, default="", **self.params)


class InvalidInput(LotgraphError):
    """The question, or a value in it, cannot be used."""

    code = "invalid_input"


class InvalidIdentifier(InvalidInput):
    """A text that claims to be an identifier is not a valid one."""

    code = "invalid_identifier"


class InvalidQuery(InvalidInput):
    """The parameters of a question contradict each other."""

    code = "invalid_query"


class NotFound(LotgraphError):
    """Nothing is known under that name; ``near`` holds similar names that are."""

    code = "not_found"


class Ambiguous(LotgraphError):
    """Several things are known under that name; ``candidates`` lists them."""

    code = "ambiguous"


class CalledOff(LotgraphError):
    """Who asked has called the question off."""

    code = "called_off"


class StoreError(LotgraphError):
    """The database could not do what was asked."""

    code = "store_error"


class StoreUnavailable(StoreError):
    """No database answers at the configured address."""

    code = "store_unavailable"


class StoreTimeout(StoreError):
    """A statement was stopped because it ran too long or was cancelled."""

    code = "store_timeout"


class StoreConflict(StoreError):
    """Another writer was in the way until the retries ran out."""

    code = "store_conflict"


class StoreDuplicate(StoreError):
    """A unique key is already taken."""

    code = "store_duplicate"


class StoreRejected(StoreError):
    """The database refused a statement; names the query file."""

    code = "store_rejected"


class StoreFull(StoreError):
    """The device of the embedded database has no room left."""

    code = "store_full"


class StoreForeign(StoreError):
    """The database holds flow edges that were not written by this program."""

    code = "store_foreign"


class DataFolderLocked(StoreError):
    """Another process owns the data folder."""

    code = "data_folder_locked"


class SchemaMismatch(StoreError):
    """The database was written by a later version of the schema."""

    code = "schema_mismatch"


class LoadError(LotgraphError):
    """A file cannot be loaded."""

    code = "load_error"


class UnreadableFile(LoadError):
    """A file is missing, damaged, too large or not of a known format."""

    code = "unreadable_file"


class LoadAborted(LoadError):
    """A strict load met rejects, so nothing was written."""

    code = "load_aborted"


class MissingDependency(LotgraphError):
    """An optional package is needed for this."""

    code = "missing_dependency"
