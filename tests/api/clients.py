"""A client of the API in memory, and the one way to judge a failure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.app import LOOPBACK, create_app
from genealogy.bootstrap import Lotgraph
from genealogy.model.facts import NodeFact, NodeId, Source
from genealogy.model.names import Label
from tests import small_company

PRODUCT = "product:R-1"
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


class StoppedClock:
    """A clock that always tells the same time."""

    def now(self) -> datetime:
        return NOW


def client(
    engine: Lotgraph | None = None,
    folder: Path | None = None,
    hosts: Collection[str] | None = LOOPBACK,
) -> TestClient:
    """A client that sees failures as a browser would, not as exceptions."""
    app = create_app(
        engine or small_company.engine(), folder=folder, hosts=hosts, clock=StoppedClock()
    )
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


def asked(api: TestClient, *seeds: str, direction: str = "forward", **more: Any) -> Any:
    """The answer to a trace question."""
    return api.post("/v1/traces", json={"direction": direction, "seeds": list(seeds), **more})


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Assert that an answer is a whole RFC 9457 problem, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"urn:lotgraph:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == answer.request.url.path
    assert body["request_id"] == answer.headers["x-request-id"]
    assert {"hint", "errors"} <= body.keys()
    assert "Traceback" not in answer.text
    return body


def nameless(*makers: str, code: str = "N1") -> small_company.Company:
    """Lots with the same code and no name of their own, and their product; two by default."""
    source = Source("ERP", "lots.csv:1")
    lots = [
        NodeFact(Label.LOT, NodeId(f"lot:{of}:R-1:{code}"), source, (), {"product_id": PRODUCT})
        for of in makers or ("LG", "SUP-017")
    ]
    product = NodeFact(Label.PRODUCT, NodeId(PRODUCT), source, (), {"name": "Bare resin"})
    return small_company.Company((*lots, product))
