"""The graph database over Bolt: one class for both products, and every driver error mapped."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    Driver,
    GraphDatabase,
    ManagedTransaction,
    Result,
    Session,
)
from neo4j import Query as Statement
from neo4j.exceptions import (
    ConfigurationError,
    ConstraintError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)

from genealogy.errors import (
    CalledOff,
    StoreConflict,
    StoreError,
    StoreFull,
    StoreRejected,
    StoreTimeout,
    StoreUnavailable,
)
from genealogy.store.bounded import Bounded
from genealogy.store.codec import encode
from genealogy.store.engines import Engine, engine_of
from genealogy.store.failures import LostRace, interrupt_behind, mapped, naming, short
from genealogy.store.queries import PING, SCHEMA_STATE, Query, SchemaRow
from genealogy.store.server import folder as files
from genealogy.store.server import locks
from genealogy.store.server.folder import FOLDER, Folder
from genealogy.store.watchdog import Watchdog
from genealogy.trace.calling_off import Cancellation, current

R = TypeVar("R")
T = TypeVar("T")
#: Sends a statement with its parameters, in a transaction that is open or makes one for it.
Send = Callable[[str, dict[str, Any]], Result]

_WRITE_ATTEMPTS = 3
_PING_SECONDS = 2.0
_LOW_WATER_BYTES = 32 * 1024 * 1024

# Servers warn of types that no data has yet; an empty graph is not a fault.
logging.getLogger("neo4j.notifications").setLevel(logging.ERROR)
# What goes wrong is told by our errors; the driver's own lines are for those who ask for them.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


class Transaction:
    """One managed transaction: runs registered queries and nothing else."""

    def __init__(self, send: Send, engine: Engine, run_id: str) -> None:
        self.engine = engine
        self._send = send
        self._comment = f" // run {run_id}" if engine.tag == "comment" else ""

    def run(self, query: Query[R], **params: Any) -> list[R]:
        """The rows of a query. Raises StoreRejected, StoreTimeout and the like."""
        if query.params != params.keys():
            raise TypeError(f"{query.path} takes {sorted(query.params)}, got {sorted(params)}")
        values = {key: encode(value) for key, value in params.items()}
        with naming(query.path, query.text):
            result = self._send(query.text + self._comment, values)
            return [query.row(*record.values()) for record in result]

    def one(self, query: Query[R], **params: Any) -> R:
        """The single row of a query that always has one."""
        [row] = self.run(query, **params)
        return row


class GraphStore:
    """A connection to the graph database; safe to share between threads.

    Reads are routed to readers where there is a cluster. Writes are managed
    transactions retried on transient errors and on a lost race for a unique key;
    on a database that takes one writer they queue up here.
    """

    def __init__(
        self, driver: Driver, engine: Engine, database: str | None, *, uri: str, timeout: float
    ) -> None:
        self.engine = engine
        self._uri = uri
        self.folder: Path | None = None
        self._driver = driver
        self._database = database
        self._timeout = timeout
        self._writing = Lock()
        # What one session wrote, the next one reads, whichever server of a cluster answers.
        self._bookmarks = GraphDatabase.bookmark_manager()
        self._watchdog = Watchdog(self._plain_session, engine, timeout)
        self._state = Bounded(self._state_now, StoreError, DriverError, Neo4jError, OSError)

    @classmethod
    def connect(
        cls,
        uri: str,
        user: str | None = None,
        password: str | None = None,
        database: str | None = None,
        *,
        timeout: float = 120.0,
    ) -> GraphStore:
        """Connect and find out which product answers.

        ``timeout`` in seconds bounds every statement. Raises StoreUnavailable.
        """
        try:
            driver = GraphDatabase.driver(
                uri,
                auth=(user, password or "") if user else None,
                connection_timeout=10,
                connection_acquisition_timeout=30,
                max_transaction_retry_time=15,
                user_agent="lotgraph",
            )
        except (ConfigurationError, ValueError) as error:
            raise StoreUnavailable(uri=uri, reason=str(error)) from error
        try:
            with driver.session(database=database) as session:
                agent = session.run(PING.text).consume().server.agent
        except (DriverError, Neo4jError, OSError) as error:
            driver.close()
            raise StoreUnavailable(uri=uri, reason=short(error)) from error
        return cls(driver, engine_of(agent), database, uri=uri, timeout=timeout)

    def close(self) -> None:
        """Close all connections; running statements are stopped first."""
        self._watchdog.close()
        self._driver.close()

    def __enter__(self) -> GraphStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, query: Query[R], **params: Any) -> list[R]:
        """The rows of one registered query, in a transaction of its own."""
        work: Callable[[Transaction], list[R]] = lambda tx: tx.run(query, **params)  # noqa: E731
        if query.access == "write":
            return self.write(work)
        with self._errors():
            try:
                return self._at_once(work)
            except (DriverError, Neo4jError) as error:
                if not error.is_retryable():
                    raise
            return self._managed(work, READ_ACCESS)

    def ping(self) -> SchemaRow | None:
        """The schema's record, null in an empty database, if the database answers promptly.

        Nothing is retried. Raises StoreUnavailable, after about two seconds at the latest.
        """
        with self._errors():
            try:
                return self._state.within(_PING_SECONDS)
            except TimeoutError as error:
                raise ServiceUnavailable(f"no answer in {_PING_SECONDS:g} seconds") from error

    def move_to(self, other: GraphStore) -> None:
        """Use the connection of another store from now on, which is not to be used any more.

        Nothing happens if both are connected to the same address, for statements
        may run there. Those that run on the connection given up fail.
        """
        if other._uri == self._uri:
            other.close()
            return
        given_up, self._driver = self._driver, other._driver
        # A new server knows nothing of the bookmarks that another one gave out.
        self._uri, self._bookmarks = other._uri, other._bookmarks
        other._watchdog.close()
        given_up.close()

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Do work in one managed write transaction: all of it or nothing.

        The work may be done several times, so it must not keep what it did.
        """
        with self._errors(), self._turn():
            for attempt in range(1, _WRITE_ATTEMPTS + 1):
                try:
                    return self._managed(work, WRITE_ACCESS)
                except (ConstraintError, LostRace):
                    # Another session created the same node first: look again.
                    if attempt == _WRITE_ATTEMPTS:
                        raise
            raise AssertionError("unreachable")

    def cancel(self, asker: Cancellation) -> int:
        """End the statements that run for one asker now; says how many were found.

        One that is only on its way to the server is not found yet: ask again until
        the work has ended.
        """
        return self._watchdog.cancel(asker)

    def execute(self, statement: str, **params: Any) -> list[dict[str, Any]]:
        """Run a schema statement, which no parameter can express; never with user input."""
        with self._errors(), self._plain_session() as session:
            return session.run(statement, params).data()

    def _plain_session(self) -> Session:
        return self._driver.session(database=self._database)

    def _state_now(self) -> SchemaRow | None:
        try:
            return self._ask_state()
        except (ServiceUnavailable, SessionExpired):
            # A connection kept in store may have broken long ago; this one is new.
            return self._ask_state()

    def _ask_state(self) -> SchemaRow | None:
        with self._plain_session() as session:
            rows = [SchemaRow(*record.values()) for record in session.run(SCHEMA_STATE.text)]
        return rows[0] if rows else None

    def _at_once(self, work: Callable[[Transaction], T]) -> T:
        """Do work of one reading statement, that begins and ends its own transaction.

        That takes one exchange with the server, where a managed transaction takes three.
        """
        with self._watchdog.watch() as run_id, self._session(READ_ACCESS) as session:

            def send(text: str, values: dict[str, Any]) -> Result:
                metadata = {"lotgraph": run_id}
                return session.run(
                    Statement(text, metadata, self._limit),
                    values,
                )

            with self._ending(run_id):
                return work(Transaction(send, self.engine, run_id))

    def _managed(self, work: Callable[[Transaction], T], access: str) -> T:
        with self._watchdog.watch() as run_id, self._session(access) as session:
            execute = session.execute_read if access == READ_ACCESS else session.execute_write
            done: T = execute(self._unit(run_id), work, run_id)
            return done

    @contextmanager
    def _session(self, access: str) -> Iterator[Session]:
        session = self._driver.session(
            database=self._database,
            default_access_mode=access,
            bookmark_manager=self._bookmarks,
        )
        try:
            yield session
        finally:
            try:
                session.close()
            except (DriverError, Neo4jError):
                # What failed is the rest of an ended statement; now there is none.
                session.close()

    def _unit(self, run_id: str) -> Callable[..., Any]:
        def unit(tx: ManagedTransaction, work: Callable[[Transaction], T], run: str) -> T:
            with self._ending(run):
                return work(Transaction(tx.run, self.engine, run))

        # The driver reads timeout and metadata off the work function.
        if self._limit is not None:
            unit.timeout = self._limit  # type: ignore[attr-defined]
        unit.metadata = {"lotgraph": run_id}  # type: ignore[attr-defined]
        return unit

    @property
    def _limit(self) -> float | None:
        """Seconds after which the database itself ends a transaction, if it can."""
        return self._timeout if self.engine.honours_timeout else None

    @contextmanager
    def _ending(self, run_id: str) -> Iterator[None]:
        """End the statements of this name when their caller is interrupted.

        The server does not notice that its caller has gone: it has to be told, and
        before the driver asks it for the rest of the rows.
        """
        try:
            yield
        # Also on Ctrl-C, and where a generator is closed: nobody waits for the rows any more.
        except BaseException as error:
            # An error has ended the statement; Ctrl-C has not.
            if not isinstance(error, Exception):
                self._watchdog.terminate(run_id)
            raise

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self.engine.writers > 1:
            yield
        else:
            with self._writing, self._folder_lock():
                yield

    @contextmanager
    def _folder_lock(self) -> Iterator[None]:
        """Wait until no other program writes to the embedded database, which takes one writer."""
        if self.folder is None:
            yield
            return
        # Refused by the file system is told apart from what goes wrong while writing.
        with files.usable(Folder(self.folder / FOLDER)):
            lock = locks.take(self.folder / "write.lock", wait=self._timeout)
        if lock is None:
            raise StoreConflict(query=str(self.folder))
        try:
            yield
        finally:
            os.close(lock)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (StoreRejected, DriverError, Neo4jError, BufferError) as error:
            if (interrupt := interrupt_behind(error)) is not None:
                raise interrupt from None
            if isinstance(error, BufferError):
                raise
            if (asker := current()) is not None and asker.called_off:
                raise CalledOff() from error
            raise self._told(error) from error

    def _told(self, error: Exception) -> StoreError:
        """The error of our tree for what went wrong, with what is known of this database."""
        told = error if isinstance(error, StoreError) else mapped(error, self._timeout, self._uri)
        if self.folder is None or isinstance(told, StoreTimeout):
            return told
        if files.room(Folder(self.folder / FOLDER)) < _LOW_WATER_BYTES:
            return StoreFull(folder=str(self.folder))
        if isinstance(told, StoreUnavailable):
            full = files.out_of_memory(Folder(self.folder / FOLDER))
            code = "embedded_out_of_memory" if full else "embedded_gone"
            return StoreUnavailable(code, folder=str(self.folder))
        return told
