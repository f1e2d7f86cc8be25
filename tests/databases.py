"""The databases tests run on: where they come from, and how a test gets an empty graph.

Both kinds of server are started at most once a session. ArcadeDB gives every test a
database of its own; Neo4j Community has only one, which is emptied between tests.
"""

from __future__ import annotations

import gc
import os
import secrets
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Literal, Protocol

from neo4j import Driver, GraphDatabase, ManagedTransaction, unit_of_work
from neo4j.exceptions import DriverError, Neo4jError

from genealogy.settings import read_settings
from genealogy.store import embedded
from genealogy.store.server import locks

IMAGE = "neo4j:5.26"
PULL_SECONDS = 300.0
UP_SECONDS = 60.0
TURN_SECONDS = 900.0
WIPE_BATCH = 5_000
HEAP = "256m"

EngineName = Literal["arcadedb", "neo4j"]


class Skipped(Exception):
    """A database is not to be had here; says why."""


class Misconfigured(Exception):
    """A database was asked for by name and cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a database answers, and as whom: all that ``GraphStore.connect`` needs."""

    engine: EngineName
    uri: str
    user: str | None
    password: str | None = field(repr=False)
    database: str | None


class Server(Protocol):
    """A running database server that lends out empty graphs."""

    engine: EngineName
    description: str

    def empty_graph(self, *, bare: bool = False) -> AbstractContextManager[Endpoint]:
        """Lend an empty graph; ``bare``: without constraints and indexes either."""
        ...


# --- ArcadeDB ---------------------------------------------------------------------


class ArcadeServer:
    """The embedded server of a test session, with a database for each test."""

    engine: EngineName = "arcadedb"

    def __init__(self, endpoint: embedded.Endpoint, version: str) -> None:
        self._endpoint = endpoint
        self._numbers = count(1)
        self.description = f"ArcadeDB {version}, embedded, at {endpoint.uri}"

    @contextmanager
    def empty_graph(self, *, bare: bool = False) -> Iterator[Endpoint]:
        """Lend a new database, dropped afterwards; new ones are always bare."""
        name = f"test{next(self._numbers)}"
        embedded.create_database(self._endpoint, name)
        try:
            yield _endpoint("arcadedb", replace(self._endpoint, database=name))
        finally:
            embedded.drop_database(self._endpoint, name)


def _endpoint(engine: EngineName, found: embedded.Endpoint) -> Endpoint:
    return Endpoint(engine, found.uri, found.user, found.password, found.database)


@contextmanager
def arcadedb(folder: Path) -> Iterator[ArcadeServer]:
    """Start the embedded server on a folder of its own, and stop it afterwards."""
    settings = read_settings(
        data_dir=folder,
        embedded_heap=HEAP,
        database_uri=None,
        database_user=None,
        database_password=None,
    )
    with embedded.EmbeddedServer(settings) as endpoint:
        yield ArcadeServer(endpoint, embedded.status(settings).version or "of unknown version")


# --- Neo4j ------------------------------------------------------------------------


class Neo4jServer:
    """One Neo4j database, lent to one test at a time and emptied before each.

    Processes that test beside each other take turns.
    """

    engine: EngineName = "neo4j"

    def __init__(self, endpoint: Endpoint, driver: Driver, origin: str) -> None:
        self._endpoint = endpoint
        self._driver = driver
        self._turns = Path(tempfile.gettempdir(), f"lotgraph-tests-{_file_name(endpoint.uri)}.lock")
        self._lent = False
        self.description = f"{_version(driver)} at {endpoint.uri}, {origin}"

    @contextmanager
    def empty_graph(self, *, bare: bool = False) -> Iterator[Endpoint]:
        """Lend the database, emptied; schema stays unless ``bare``, for it costs seconds."""
        if self._lent:
            raise Misconfigured(
                "Neo4j Community has one database and it is lent already: a module must not "
                "use both `database` and `shared_database`."
            )
        self._lent = True
        try:
            with self.turn():
                self.wipe()
                if bare:
                    self._drop_schema()
                try:
                    yield self._endpoint
                finally:
                    # A process that comes later must not take it for somebody's data.
                    self.wipe()
        finally:
            self._lent = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have the database to oneself."""
        with locks.holding(self._turns, wait=TURN_SECONDS) as is_ours:
            if not is_ours:
                raise Misconfigured(f"another process keeps {self._turns} to itself")
            yield

    def wipe(self) -> None:
        """Delete every node and edge, in batches that fit a small heap."""
        with self._driver.session() as session:
            while session.execute_write(_delete_some):
                pass

    def is_empty(self) -> bool:
        """Whether the database holds no node at all."""
        records, _, _ = self._driver.execute_query("MATCH (n) RETURN count(n) AS nodes")
        return bool(records[0]["nodes"] == 0)

    def _drop_schema(self) -> None:
        for kind, listing in (
            ("CONSTRAINT", "SHOW CONSTRAINTS YIELD name RETURN name"),
            ("INDEX", "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"),
        ):
            for record in self._driver.execute_query(listing)[0]:
                self._driver.execute_query(f"DROP {kind} `{record['name']}`")


def _file_name(uri: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in uri)


@unit_of_work(timeout=120)
def _delete_some(tx: ManagedTransaction) -> int:
    result = tx.run("MATCH (n) WITH n LIMIT $batch DETACH DELETE n", batch=WIPE_BATCH)
    summary = result.consume()
    return int(summary.counters.nodes_deleted)


def _version(driver: Driver) -> str:
    record = driver.execute_query("CALL dbms.components() YIELD name, versions, edition")[0][0]
    return f"Neo4j {record['versions'][0]} {record['edition']}"


@contextmanager
def neo4j() -> Iterator[Neo4jServer]:
    """A Neo4j: the one NEO4J_URI names, else one in a container.

    Raises Skipped when there is neither, Misconfigured when the one named does not
    answer or holds data, for the tests would erase it.
    """
    if os.environ.get("NEO4J_URI"):
        with _connected(_given(), "named by NEO4J_URI") as server:
            with server.turn():
                _refuse_data(server)
            yield server
    else:
        with _container() as endpoint, _connected(endpoint, f"container of {image()}") as server:
            yield server


def plan() -> str:
    """Where Neo4j will be looked for, in words."""
    uri = os.environ.get("NEO4J_URI")
    return f"at NEO4J_URI={uri}" if uri else f"by Docker, image {image()} (NEO4J_URI is not set)"


def image() -> str:
    """The image a container is made of."""
    return os.environ.get("NEO4J_IMAGE", IMAGE)


def _given() -> Endpoint:
    user = os.environ.get("NEO4J_USER", "neo4j")
    return Endpoint(
        "neo4j", os.environ["NEO4J_URI"], user, os.environ.get("NEO4J_PASSWORD", ""), None
    )


@contextmanager
def _connected(endpoint: Endpoint, origin: str) -> Iterator[Neo4jServer]:
    auth = (endpoint.user or "", endpoint.password or "")
    with GraphDatabase.driver(endpoint.uri, auth=auth, connection_timeout=5) as driver:
        _wait_until_up(driver, endpoint.uri)
        yield Neo4jServer(endpoint, driver, origin)


def _wait_until_up(driver: Driver, uri: str) -> None:
    until = time.monotonic() + UP_SECONDS
    while True:
        try:
            return driver.verify_connectivity()
        except (DriverError, Neo4jError) as error:
            if time.monotonic() > until or not getattr(error, "is_retryable", bool)():
                raise Misconfigured(f"Neo4j at {uri} does not answer: {error}") from error
        time.sleep(1)


def _refuse_data(server: Neo4jServer) -> None:
    if not (os.environ.get("LOTGRAPH_TESTS_MAY_ERASE") == "1" or server.is_empty()):
        raise Misconfigured(
            f"{server.description}, holds data, and the tests erase what they find. "
            "Name an empty one, or set LOTGRAPH_TESTS_MAY_ERASE=1."
        )


@contextmanager
def _container() -> Iterator[Endpoint]:
    _image_at_hand()
    from testcontainers.community.neo4j import Neo4jContainer

    password = secrets.token_urlsafe(16)
    with Neo4jContainer(image(), password=password, username="neo4j") as container:
        yield Endpoint("neo4j", container.get_connection_url(), "neo4j", password, None)


def _image_at_hand() -> None:
    """Return once the image can be started; raises Skipped when it cannot be had."""
    with warnings.catch_warnings():
        # The Docker client leaves its socket open when nobody listens.
        warnings.simplefilter("ignore", ResourceWarning)
        missing = _why_no_image()
        gc.collect()
    if missing:
        raise Skipped(f"NEO4J_URI is not set, and {missing}")


def _why_no_image() -> str | None:
    import docker
    from docker.errors import DockerException

    try:
        with closing(docker.from_env(timeout=30)) as client:
            return _find_or_pull(client)
    except (DockerException, OSError):
        return "no Docker engine answers"


def _find_or_pull(client: Any) -> str | None:
    from docker.errors import APIError, ImageNotFound

    try:
        client.images.get(image())
    except ImageNotFound:
        try:
            return _pull(client)
        except APIError:
            return _no_image("cannot be pulled")
    return None


def _pull(client: Any) -> str | None:
    until = time.monotonic() + PULL_SECONDS
    repository, tag = image_and_tag(image())
    for step in client.api.pull(repository, tag, stream=True, decode=True):
        if "error" in step:
            return _no_image("cannot be pulled")
        if time.monotonic() > until:
            return _no_image(f"took more than {PULL_SECONDS:g} s to pull")
    return None


def _no_image(reason: str) -> str:
    return f"the image {image()} {reason} (NEO4J_IMAGE names another)"


def image_and_tag(name: str) -> tuple[str, str]:
    """An image's repository and tag; a port in the registry's name is not a tag."""
    repository, colon, tag = name.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (name, "latest")
