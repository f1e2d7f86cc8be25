"""Questions and data that are hard: a clear problem or the whole answer over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.clients import asked, assert_problem, client
from tests.bad_input import DRAWS, LEVELS, MANY, deep, drawn_often, lot, many_lots, odd
from tests.small_company import SUPPLIER, engine

EARLIER, LATER = "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"


def test_a_hundred_thousand_seeds_are_one_question() -> None:
    answer = asked(client(engine(many_lots())), *(lot(i) for i in range(MANY)))
    assert answer.status_code == 201, answer.text[:500]
    assert answer.json()["counts"]["nodes"] == MANY + 10


def test_more_seeds_than_that_are_refused_with_the_number_that_is_possible() -> None:
    body = assert_problem(asked(client(), *["x"] * (MANY + 1)), 422, "invalid_body")
    assert [e["pointer"] for e in body["errors"]] == ["/seeds"]
    assert "100000" in str(body["errors"]) or "100,000" in str(body["errors"])


@pytest.mark.parametrize(
    ("window", "code"),
    [
        ({"kind": "place", "id": "nowhere"}, "not_found"),
        ({"kind": "product", "id": SUPPLIER}, "wrong_window"),
        ({"kind": "supplier", "id": SUPPLIER, "revision": "B"}, "revision_of_nothing"),
        ({"kind": "supplier", "id": SUPPLIER, "to": "1999-01-01T00:00:00Z"}, "nothing_in_window"),
        ({"kind": "supplier", "id": SUPPLIER, "from": LATER, "to": EARLIER}, "window_ends_first"),
    ],
)
def test_a_window_that_cannot_be_is_a_problem(window: Any, code: str) -> None:
    answer = client().post("/v1/traces", json={"direction": "forward", "windows": [window]})
    body = assert_problem(answer, 422, "invalid_body")
    assert [flaw["code"] for flaw in body["errors"]] == [code]


def test_contradictory_times_and_a_lot_that_becomes_itself_are_answered() -> None:
    api = client(engine(odd()))
    told = asked(api, lot(1)).json()
    assert told["counts"] == {"nodes": 4, "edges": 4}
    assert told["completeness"]["state"] == "gaps"


def test_a_vessel_with_thousands_of_draws_is_answered_whole() -> None:
    told = asked(client(engine(drawn_often())), lot(8)).json()
    assert told["counts"]["nodes"] == DRAWS + 2


def test_a_chain_of_thousands_of_levels_is_answered_whole() -> None:
    told = asked(client(engine(deep())), "lot:000000").json()
    assert told["counts"] == {"nodes": LEVELS + 1, "edges": LEVELS}


@pytest.mark.parametrize(
    ("kind", "words"),
    [("place", 'No place "NOPE"'), ("supplier", 'No supplier "NOPE"'), ("event", "No quality ev")],
)
def test_an_unknown_window_is_called_what_it_was_asked_for_as(kind: str, words: str) -> None:
    asked = {"direction": "forward", "windows": [{"kind": kind, "id": "NOPE"}]}
    body = assert_problem(client().post("/v1/traces", json=asked), 422, "invalid_body")
    [error] = body["errors"]
    assert error["pointer"] == "/windows/0/id"
    assert error["message"].startswith(words)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_utc_cannot_tell_is_out_of_range(time: str) -> None:
    asked = {"direction": "forward", "seeds": [SUPPLIER], "as_of": time}
    body = assert_problem(client().post("/v1/traces", json=asked), 422, "invalid_body")
    [error] = body["errors"]
    assert error["pointer"] == "/as_of"
    assert "out of range" in error["message"]
