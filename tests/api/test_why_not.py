"""Why a window of a store does not reach a node, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.clients import assert_problem, client
from tests.small_company import RAW, RENJI, Company, engine
from tests.unit.trace.test_not_there import COLD, FACTS

TIMES = {"since": "2026-01-05T00:00:00Z", "until": "2026-01-06T00:00:00Z"}


def ask(node: str, **asked: Any) -> Any:
    api = client(engine(Company(FACTS)))
    return api.post("/v1/why-not", json={"node": node, **asked})


@pytest.mark.parametrize("seed", [{"seed": "quality:Q"}, {"seed": COLD, **TIMES}])
def test_what_was_in_a_store_at_another_time_is_told_with_the_stay(seed: dict[str, str]) -> None:
    told = ask("lot:late", **seed).json()
    [obstacle] = told["obstacles"]
    assert (obstacle["kind"], obstacle["place"]) == ("came_after", COLD)
    assert obstacle["at"] == "2026-01-07T00:00:00Z"
    assert obstacle["came"]["type"] == "STORED_AT"
    assert "after the window" in obstacle["message"]
    assert told["reached"] is False
    assert ask("lot:there", **seed).json()["reached"] is True


def test_times_of_a_seed_that_has_none_are_pointed_at() -> None:
    answer = client().post("/v1/why-not", json={"node": RENJI, "seed": RAW, **TIMES})
    body = assert_problem(answer, 422, "invalid_body")
    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [("/seed", "wrong_window")]
