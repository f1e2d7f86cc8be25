"""A hundred thousand seeds: answered, or refused in a few words; never one query a seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from api.errors import MOST_FLAWS
from api.schemas.traces import MOST_SEEDS
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.ports import Coded, NodeRow
from tests.api.clients import asked, assert_problem, client
from tests.genealogies import flow, genealogy
from tests.small_company import GOODS, Company, engine

MANY = 3_000


class Counted(Company):
    """A company that counts how often a name is looked up."""

    lookups = 0

    def nodes(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> list[NodeRow]:
        self.lookups += 1
        return super().nodes(node_ids, known_at=known_at)

    def by_code(self, code: str, *, limit: int) -> list[NodeRow]:
        self.lookups += 1
        return super().by_code(code, limit=limit)

    def by_codes(self, code_keys: Sequence[str]) -> list[Coded]:
        self.lookups += 1
        return super().by_codes(set(code_keys))  # type: ignore[arg-type]


def many() -> Counted:
    return Counted(
        genealogy(flow(Flow.CONSUMED_BY, f"lot:S:P:R{i:05}", "batch:B") for i in range(MANY)).facts
    )


@pytest.mark.parametrize("spelling", ["lot:S:P:R{:05}", "R{:05}", "r{:05}"])
def test_the_names_of_many_seeds_are_looked_up_at_once(spelling: str) -> None:
    company = many()
    told = asked(client(engine(company)), *map(spelling.format, range(MANY))).json()
    assert told["counts"] == {"nodes": MANY + 1, "edges": MANY}
    assert company.lookups < 20


def test_of_many_names_that_mean_nothing_a_few_are_told_and_how_many_more() -> None:
    company = many()
    unknown = [f"NOPE-{i}" for i in range(MANY)]
    answer = asked(client(engine(company)), *unknown, "R00001")
    body = assert_problem(answer, 422, "invalid_body")
    assert body["detail"] == f"Values that cannot be used: {MANY}."
    errors = body["errors"]
    assert [e["pointer"] for e in errors[:2]] == ["/seeds/0", "/seeds/1"]
    assert len(errors) == MOST_FLAWS + 1
    assert (errors[-1]["pointer"], errors[-1]["code"]) == ("/seeds", "more_names")
    assert errors[-1]["message"].startswith("2,980 more names")
    assert errors[-1]["count"] == 2_980
    assert company.lookups < 10 * MOST_FLAWS


def test_of_many_values_of_a_wrong_type_a_few_are_told_and_how_many_more() -> None:
    body: dict[str, Any] = {"direction": "forward", "seeds": [1] * MANY}
    answer = client().post("/v1/traces", json=body, headers={"Accept-Language": "zh"})
    body = assert_problem(answer, 422, "invalid_body")
    assert str(MANY) in body["detail"]
    errors = body["errors"]
    assert len(errors) == MOST_FLAWS + 1
    assert errors[-1]["code"] == "more_flaws"
    assert "2,980 个值" in errors[-1]["message"]


def test_more_seeds_than_may_be_are_refused_with_the_number() -> None:
    answer = asked(client(), *[GOODS] * (MOST_SEEDS + 1))
    [error] = assert_problem(answer, 422, "invalid_body")["errors"]
    assert (error["pointer"], error["code"]) == ("/seeds", "too_long")
    assert "100000" in error["message"]
    assert asked(client(), *[GOODS] * MOST_SEEDS).status_code == 201
