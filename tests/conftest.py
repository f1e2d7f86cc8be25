"""Fixtures that every test may use, and an honest account of what ran on what.

``database`` is an empty graph on each database in turn, ``store`` the store on it;
``shared_database`` lives as long as a module, ``bare_database`` has no schema either.
``LOTGRAPH_REQUIRE_NEO4J=1`` makes a missing Neo4j a failure instead of a skip.
With ``-n`` each process has an embedded server of its own, and they take turns on Neo4j.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from genealogy.store.bolt import GraphStore
from tests import databases
from tests.databases import Endpoint, Server

REPOSITORY = Path(__file__).resolve().parent.parent
BOTH = [
    pytest.param("arcadedb", marks=[pytest.mark.engine, pytest.mark.arcadedb]),
    pytest.param("neo4j", marks=[pytest.mark.engine, pytest.mark.neo4j]),
]
# No test fails for being slow on a machine that has other things to do.
settings.register_profile("lotgraph", deadline=None)
settings.load_profile("lotgraph")
SERVERS = {"arcadedb_server": "arcadedb", "neo4j_server": "neo4j"}


# A job that a shell starts in the background ignores Ctrl-C and hands that on to its
# children; the programs that tests start are to be interrupted as in a terminal.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def arcadedb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The embedded database server of this session."""
    with databases.arcadedb(tmp_path_factory.mktemp("arcadedb")) as server:
        yield server


@pytest.fixture(scope="session")
def neo4j_server() -> Iterator[Server]:
    """A real Neo4j server; skips, or fails where one is required."""
    with ExitStack() as open_until_the_end:
        try:
            found = open_until_the_end.enter_context(databases.neo4j())
        except databases.Skipped as why:
            reason = str(why)
        else:
            yield found
            return
    if neo4j_is_required():
        pytest.fail(f"Neo4j is required here. {reason}", pytrace=False)
    pytest.skip(f"Neo4j: {reason}")


@pytest.fixture(scope="session", params=BOTH)
def server(request: pytest.FixtureRequest) -> Server:
    """Each database server in turn."""
    found: Server = request.getfixturevalue(f"{request.param}_server")
    return found


@pytest.fixture
def database(server: Server) -> Iterator[Endpoint]:
    """An empty graph for one test."""
    yield from _lent(server.empty_graph())


@pytest.fixture
def bare_database(server: Server) -> Iterator[Endpoint]:
    """An empty graph without constraints and indexes, for tests of the schema."""
    yield from _lent(server.empty_graph(bare=True))


@pytest.fixture(scope="module")
def shared_database(server: Server) -> Iterator[Endpoint]:
    """A graph that the tests of one module fill once and only read then."""
    yield from _lent(server.empty_graph())


def _lent(graph: AbstractContextManager[Endpoint]) -> Iterator[Endpoint]:
    with graph as endpoint:
        yield endpoint


@pytest.fixture
def store(database: Endpoint) -> Iterator[GraphStore]:
    """The store on an empty graph, schema not yet applied."""
    with connect(database) as opened:
        yield opened


def connect(endpoint: Endpoint) -> GraphStore:
    """A store on an endpoint."""
    return GraphStore.connect(
        endpoint.uri, endpoint.user, endpoint.password, endpoint.database, timeout=60.0
    )


@pytest.fixture(autouse=True)
def _evidence(request: pytest.FixtureRequest) -> None:
    """Leave in the report which database each test ran on."""
    for fixture in ("server", *SERVERS):
        if fixture in request.fixturenames:
            used = request.getfixturevalue(fixture)
            request.node.user_properties.append(("database", used.engine))
            request.node.user_properties.append(("database_version", used.description))
            return


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; skips where there is none."""
    folder = Path(os.environ.get("LOTGRAPH_REAL_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data: no folder {folder} (LOTGRAPH_REAL_DATA names another)")
    return folder


# --- What pytest is told, and what it tells -----------------------------------------


def neo4j_is_required() -> bool:
    """Whether tests on Neo4j must run, as they must in CI."""
    return os.environ.get("LOTGRAPH_REQUIRE_NEO4J") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that ask for one database by name."""
    for item in items:
        for fixture, name in SERVERS.items():
            if fixture in getattr(item, "fixturenames", ()) and _is_for(item, name):
                item.add_marker(name)


def _is_for(item: pytest.Item, name: str) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is None or callspec.params.get("server", name) == name


def pytest_report_header() -> list[str]:
    """Say before the run where databases will come from."""
    required = ", required" if neo4j_is_required() else ""
    return [f"databases: ArcadeDB embedded; Neo4j {databases.plan()}{required}"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say after the run which databases did run, and what was skipped and why."""
    stats = terminalreporter.stats
    terminalreporter.section("databases")
    for name in SERVERS.values():
        ran = [p for p in map(_properties, _ran(stats)) if p.get("database") == name]
        origin = ran[0]["database_version"] if ran else "did not run"
        terminalreporter.write_line(f"{name}: {len(ran)} tests ran; {origin}")
    for reason, tests in _reasons(stats).most_common():
        terminalreporter.write_line(f"skipped {tests} tests: {reason}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that required Neo4j and never touched it."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not neo4j_is_required() or exitstatus or reporter is None or _is_worker(session.config):
        return
    if session.config.option.collectonly:
        return
    if not any(_properties(r).get("database") == "neo4j" for r in _ran(reporter.stats)):
        reporter.write_line("Neo4j is required here, and no test ran on it.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _ran(stats: dict[str, list[Any]]) -> list[Any]:
    done = [*stats.get("passed", []), *stats.get("failed", []), *stats.get("xfailed", [])]
    return [report for report in done if report.when == "call"]


def _properties(report: Any) -> dict[str, str]:
    return dict(report.user_properties)


def _reasons(stats: dict[str, list[Any]]) -> Counter[str]:
    return Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
