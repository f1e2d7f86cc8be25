"""Talking to the embedded server: over HTTP to administer it, over Bolt to see that it answers."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from neo4j import GraphDatabase
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from genealogy.errors import InvalidInput, StoreRejected, StoreUnavailable
from genealogy.store.server.runtime import LOOPBACK, milliseconds

USER = "root"
REPLY_SECONDS = 10.0
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the database answers, and as whom: all that a driver needs."""

    uri: str
    user: str
    password: str = field(repr=False)
    http_port: int
    database: str


class WrongPassword(StoreUnavailable):
    """The server refuses the password."""


class NoAnswer(StoreUnavailable):
    """The server does not answer, or not in time; says how."""


def answers(endpoint: Endpoint) -> None:
    """Return once the database answers a query.

    Raises WrongPassword or NoAnswer.
    """
    driver = GraphDatabase.driver(
        endpoint.uri,
        auth=(endpoint.user, endpoint.password),
        connection_timeout=REPLY_SECONDS,
        connection_acquisition_timeout=REPLY_SECONDS,
    )
    try:
        with driver, driver.session(database=endpoint.database) as session:
            session.run("RETURN 1 AS one").consume()
    except AuthError as error:
        raise WrongPassword(uri=endpoint.uri, reason="403") from error
    except (Neo4jError, DriverError, OSError) as error:
        raise NoAnswer(uri=endpoint.uri, reason=str(error)) from error


def is_ready(endpoint: Endpoint) -> bool:
    """Whether the server has opened its databases and takes requests."""
    try:
        # Refusing a password is an answer too; who logs in next is told of it.
        return _request(endpoint, "GET", "/api/v1/ready", wait=2)[0] in (204, 401, 403)
    except NoAnswer:
        return False


def databases(endpoint: Endpoint) -> list[str]:
    """The names of the server's databases."""
    status, reply = _request(endpoint, "GET", "/api/v1/databases")
    _check(endpoint, status, reply, "databases")
    return sorted(reply["result"])


def create_database(endpoint: Endpoint, name: str) -> None:
    """Create a database; raises StoreRejected if it exists."""
    _administer(endpoint, f"create database {_checked(name)}")


def drop_database(endpoint: Endpoint, name: str) -> None:
    """Drop a database with all its data; raises StoreRejected if there is none."""
    _administer(endpoint, f"drop database {_checked(name)}")


def ensure_database(endpoint: Endpoint) -> None:
    """Create the endpoint's database unless it exists."""
    if endpoint.database not in databases(endpoint):
        create_database(endpoint, endpoint.database)


def allow_seconds(endpoint: Endpoint, seconds: float) -> None:
    """Let queries on the endpoint's database run this long before the server stops them."""
    setting = f"arcadedb.command.timeout {milliseconds(seconds)}"
    _administer(endpoint, f"set database setting {_checked(endpoint.database)} {setting}")


def _checked(name: str) -> str:
    # The name becomes a word of a command and the name of a folder.
    if NAME.fullmatch(name) is None:
        raise InvalidInput("invalid_identifier", text=name, reason=NAME.pattern)
    return name


def _administer(endpoint: Endpoint, command: str) -> None:
    status, reply = _request(endpoint, "POST", "/api/v1/server", {"command": command})
    _check(endpoint, status, reply, command)


def _check(endpoint: Endpoint, status: int, reply: dict[str, Any], command: str) -> None:
    if status in (401, 403):
        raise WrongPassword(uri=endpoint.uri, reason=status)
    if status != 200:
        reason = reply.get("detail") or reply.get("error") or status
        raise StoreRejected("embedded_request", command=command, reason=reason)


def _request(
    endpoint: Endpoint,
    method: str,
    path: str,
    body: dict[str, str] | None = None,
    *,
    wait: float = REPLY_SECONDS,
) -> tuple[int, dict[str, Any]]:
    # No proxy is ever asked, whatever the environment says: this is loopback.
    connection = HTTPConnection(LOOPBACK, endpoint.http_port, timeout=wait)
    try:
        connection.request(method, path, json.dumps(body) if body else None, _login(endpoint))
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(uri=endpoint.uri, reason=str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _login(endpoint: Endpoint) -> dict[str, str]:
    token = base64.b64encode(f"{endpoint.user}:{endpoint.password}".encode()).decode()
    return {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
