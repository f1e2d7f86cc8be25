"""What stands for what: complaints for the things they are about."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from genealogy.errors import InvalidQuery, NotFound
from genealogy.impact.cases import Case, cases_of
from genealogy.model.facts import Fact, LinkFact, NodeFact, NodeId, Source, Value
from genealogy.model.names import Label, Link
from genealogy.model.times import to_micros
from tests.fakes import MemoryFlows

SOURCE = Source("QA", "events.csv:1")
REPORTED = datetime(2026, 3, 9, tzinfo=UTC)


def node(label: Label, node_id: str, **properties: Value) -> NodeFact:
    return NodeFact(label, NodeId(node_id), SOURCE, properties=properties)


def about(event: str, thing: str, label: Label = Label.LOT) -> LinkFact:
    return LinkFact(Link.ABOUT, NodeId(event), Label.QUALITY_EVENT, NodeId(thing), label, SOURCE)


FACTS: list[Fact] = [
    node(Label.LOT, "lot:a"),
    node(Label.LOT, "lot:b"),
    node(Label.PRODUCT, "product:p"),
    node(Label.QUALITY_EVENT, "quality:1", reported_at=REPORTED),
    node(Label.QUALITY_EVENT, "quality:2"),
    node(Label.QUALITY_EVENT, "quality:3"),
    about("quality:1", "lot:b"),
    about("quality:1", "lot:a"),
    about("quality:1", "product:p", Label.PRODUCT),
    about("quality:2", "product:p", Label.PRODUCT),
]


def asked(*names: str) -> tuple[Case, ...]:
    return cases_of(MemoryFlows(FACTS), [NodeId(name) for name in names])


def test_a_lot_stands_for_itself() -> None:
    assert asked("lot:a") == (Case(NodeId("lot:a"), (NodeId("lot:a"),)),)


def test_a_complaint_stands_for_all_it_is_about_that_moves_and_knows_its_time() -> None:
    seeds = (NodeId("lot:a"), NodeId("lot:b"))
    assert asked("quality:1") == (Case(NodeId("quality:1"), seeds, to_micros(REPORTED)),)


@pytest.mark.parametrize("name", ["quality:2", "quality:3"])
def test_a_complaint_about_nothing_that_moves_is_refused(name: str) -> None:
    with pytest.raises(InvalidQuery) as error:
        asked("lot:a", name)
    assert error.value.error_code == "case_about_nothing"
    assert name in str(error.value)


def test_a_complaint_that_was_not_known_yet_is_told() -> None:
    known_by = REPORTED.replace(year=2020)
    with pytest.raises(NotFound) as error:
        cases_of(MemoryFlows(FACTS), [NodeId("quality:1")], known_at=known_by)
    assert error.value.error_code == "not_known_then"


def test_a_case_given_twice_is_one() -> None:
    assert len(asked("lot:a", "lot:b", "lot:a")) == 2


def test_an_unknown_case_is_told() -> None:
    with pytest.raises(NotFound):
        asked("lot:a", "lot:none")
