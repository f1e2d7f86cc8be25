"""The fixtures themselves: a test must find an empty graph whatever ran before it."""

from __future__ import annotations

import pytest
from neo4j import Driver, GraphDatabase

from tests import databases
from tests.databases import Endpoint, Misconfigured, Server, image_and_tag


def driver(endpoint: Endpoint) -> Driver:
    return GraphDatabase.driver(endpoint.uri, auth=(endpoint.user or "", endpoint.password or ""))


def nodes(endpoint: Endpoint) -> int:
    with driver(endpoint) as opened, opened.session(database=endpoint.database) as session:
        [row] = session.run("MATCH (n) RETURN count(n) AS nodes")
        return int(row["nodes"])


def fill(endpoint: Endpoint, size: int) -> None:
    with driver(endpoint) as opened, opened.session(database=endpoint.database) as session:
        session.run("UNWIND range(1, $size) AS i CREATE (:Left {i: i})", size=size).consume()


@pytest.mark.parametrize("round_number", [1, 2])
def test_a_test_finds_an_empty_graph_whatever_ran_before(
    database: Endpoint, round_number: int
) -> None:
    assert nodes(database) == 0
    fill(database, 10 * round_number)


def test_more_nodes_than_fit_one_batch_are_gone_too(server: Server) -> None:
    with server.empty_graph() as full:
        fill(full, 12_000)
    with server.empty_graph() as empty:
        assert nodes(empty) == 0


def test_a_bare_graph_has_no_constraint_left(server: Server) -> None:
    statement = "CREATE CONSTRAINT k IF NOT EXISTS FOR (n:Left) REQUIRE n.i IS UNIQUE"
    with server.empty_graph() as lent, driver(lent) as opened:
        opened.execute_query(statement, database_=lent.database)
    with server.empty_graph(bare=True) as lent, driver(lent) as opened:
        left = opened.execute_query("SHOW CONSTRAINTS", database_=lent.database)[0]
        assert left == []


def test_the_one_database_of_neo4j_is_never_lent_twice(neo4j_server: Server) -> None:
    with neo4j_server.empty_graph(), pytest.raises(Misconfigured):
        neo4j_server.empty_graph().__enter__()


def test_processes_take_turns_on_the_one_database_of_neo4j(
    neo4j_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(neo4j_server, databases.Neo4jServer)
    monkeypatch.setattr(databases, "TURN_SECONDS", 0.2)
    # A lock that is taken twice shuts out its own process as it does others.
    with neo4j_server.turn(), pytest.raises(Misconfigured), neo4j_server.turn():
        pytest.fail("had by two at once")
    with neo4j_server.turn():
        pass


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("neo4j:5.26", ("neo4j", "5.26")),
        ("neo4j", ("neo4j", "latest")),
        ("registry.example:5000/team/neo4j", ("registry.example:5000/team/neo4j", "latest")),
        ("registry.example:5000/neo4j:5", ("registry.example:5000/neo4j", "5")),
    ],
)
def test_a_port_in_an_image_name_is_no_tag(name: str, expected: tuple[str, str]) -> None:
    assert image_and_tag(name) == expected
