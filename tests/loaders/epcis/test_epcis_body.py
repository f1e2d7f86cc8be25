"""The canonical body is one text for one content, and holds the whole event."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from genealogy.model.facts import Source
from loaders.epcis.body import body_of, event_of, plain, same_content
from loaders.epcis.event import Event
from loaders.epcis.known import Known, deciding, history
from loaders.epcis.parse import parse
from loaders.epcis.raw import RawEvent
from tests.loaders.epcis.epcis_events import (
    CLASS,
    HOSPITAL,
    ITEM,
    ITEM_2,
    LOT,
    MAKER,
    SITE,
    amounts,
    event,
    packing,
    recorded,
    shipping,
    voiding,
)

FULL = shipping(
    1,
    [ITEM, ITEM_2],
    eventID="urn:x:1",
    quantityList=[*amounts(LOT, "1.50", "KGM"), *amounts(CLASS)],
    disposition="in_transit",
    persistentDisposition={"set": ["recalled"], "unset": ["active"]},
    readPoint={"id": SITE},
    bizLocation={"id": "https://id.gs1.org/414/1234567089451"},
    bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:po"}, {"bizTransaction": "urn:y"}],
    ilmd={"cbvmda:lotNumber": "批次 ７", "cbvmda:flag": True},
    sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": Decimal("26.0")}]}],
    **{"x:own": [1, None, {"x:inner": "é"}]},
)
SHAPES = [
    FULL,
    packing(1, eventID="urn:x:1", childQuantityList=amounts(LOT, "2")),
    event(
        "Transformation",
        eventID="urn:x:1",
        transformationID="T",
        inputEPCList=["https://id.gs1.org/01/04012345111118/10/B7/21/S1"],
        outputQuantityList=amounts(LOT),
    ),
    event("Association", eventID="urn:x:1", action="ADD", parentID=SITE, childEPCs=[ITEM]),
    event(
        "Transaction",
        eventID="urn:x:1",
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:po"}],
        epcList=["urn:x:odd"],
    ),
]


def parsed(data: dict[str, Any]) -> Event:
    found = parse(RawEvent(data, 1, 1))
    assert found.event is not None, found.faults
    return found.event


@pytest.mark.parametrize("data", SHAPES)
def test_the_body_is_what_rfc_8785_makes_of_it(data: dict[str, Any]) -> None:
    body = body_of(parsed(data))

    assert body.encode() == rfc8785.dumps(json.loads(body))


@pytest.mark.parametrize("data", SHAPES)
def test_an_event_read_back_from_its_body_has_the_same_body(data: dict[str, Any]) -> None:
    body = body_of(parsed(data))

    assert body_of(event_of(body, None)) == body


@pytest.mark.parametrize("data", SHAPES)
def test_record_time_and_declarations_are_no_part_of_the_content(data: dict[str, Any]) -> None:
    told = voiding(recorded(data, 9), 12, reason="did_not_occur")

    assert body_of(parsed(told)) == body_of(parsed(data))


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"epcList": [ITEM_2, ITEM]}, True),
        ({"epcList": ["https://x.org/01/04012345111118/21/S1", ITEM_2]}, True),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:shipping"}, True),
        ({"eventTime": "2026-03-01T00:00:00.000Z"}, True),
        ({"quantityList": [*amounts(CLASS), *amounts(LOT, "1.5", "KGM")]}, True),
        ({"x:own": "other"}, True),
        ({"epcList": [ITEM]}, False),
        ({"bizStep": "receiving"}, False),
        ({"eventTime": "2026-03-01T00:00:01Z"}, False),
        ({"eventTimeZoneOffset": "+09:00"}, False),
        ({"quantityList": amounts(LOT, "1.51", "KGM")}, False),
        ({"destinationList": [{"type": "owning_party", "destination": MAKER}]}, False),
        ({"sourceList": [{"type": "possessing_party", "source": HOSPITAL}]}, False),
    ],
)
def test_content_is_the_same_by_what_when_where_and_why(change: dict[str, Any], same: bool) -> None:
    assert same_content(body_of(parsed(FULL)), body_of(parsed(FULL | change))) is same


def test_events_without_id_are_named_by_their_content() -> None:
    nameless = {k: v for k, v in FULL.items() if k != "eventID"}
    first, again = parsed(nameless), parsed(nameless | {"recordTime": "2026-03-09T00:00:00Z"})

    assert first.event_id == again.event_id
    assert first.event_id.startswith("ni:///sha-256;")
    assert parsed(nameless | {"x:own": "other"}).event_id != first.event_id
    assert parsed(nameless | {"eventID": "_:b1"}).event_id == first.event_id


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_numbers_keep_their_value_in_plain_form(number: Decimal) -> None:
    text = plain(number)

    assert Decimal(text) == number
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))


# --- record time --------------------------------------------------------------------

START = datetime(2026, 3, 1, tzinfo=UTC)
events_at = st.tuples(st.integers(0, 9), st.integers(0, 9), st.none() | st.integers(0, 9))


def known(number: int, at: int, recorded_at: int, voided_at: int | None) -> Known:
    day = timedelta(days=1)
    void = None if voided_at is None else START + (recorded_at + voided_at) * day
    one = parsed(event("Object", epcList=[], eventID=f"urn:x:{number}"))
    object.__setattr__(one, "at", START + at * day)
    return Known(one, START + recorded_at * day, void, Source("s", "r"))


@given(events_at, st.lists(events_at, max_size=6))
def test_deciding_events_give_the_same_earliest_at_every_moment(
    base: tuple[int, int, int | None], others: list[tuple[int, int, int | None]]
) -> None:
    first = known(0, *base)
    rest = [known(i, *other) for i, other in enumerate(others, 1)]
    chosen = deciding(first, rest)

    for day in range(25):
        moment = START + timedelta(days=day)
        if first.held(moment):
            assert earliest(chosen, moment) == earliest(rest, moment)


def earliest(events: list[Known], moment: datetime) -> datetime | None:
    return min((e.event.at for e in events if e.held(moment)), default=None)


@given(events_at, st.lists(events_at, max_size=5))
def test_a_history_holds_at_each_moment_what_was_known_then(
    base: tuple[int, int, int | None], others: list[tuple[int, int, int | None]]
) -> None:
    first = known(0, *base)
    rest = [known(i, *other) for i, other in enumerate(others, 1)]
    told = list(history(first, rest, lambda held: len(held) or None))

    for day in range(25):
        moment = START + timedelta(days=day)
        holding = [
            h.value
            for h in told
            if h.recorded_at <= moment and (h.retracted_at is None or moment < h.retracted_at)
        ]
        count = sum(o.held(moment) for o in rest) if first.held(moment) else 0
        assert holding == ([count] if count else [])
