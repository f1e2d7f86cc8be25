"""What stands for what: complaints for the things they are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from genealogy.errors import InvalidQuery, NotFound
from genealogy.impact.cases import Case, cases_of
from genealogy.impact.causes import common_causes
from genealogy.impact.compare import compare
from genealogy.impact.question import CauseQuery, ComparisonQuery
from genealogy.model.facts import Fact, LinkFact, NodeFact, NodeId, Source, Value
from genealogy.model.names import Flow, Label, Link
from genealogy.model.times import to_micros
from genealogy.trace.result import TraceQuery
from tests.fakes import MemoryFlows
from tests.genealogies import day, flow, genealogy

SOURCE = Source("QA", "events.csv:1")
TERMS = TraceQuery((), "backward")
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
    return cases_of(MemoryFlows(FACTS), [NodeId(name) for name in names], TERMS)


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


def made(lot: str, at: datetime) -> list[Fact]:
    """A lot of the product, and when it was made."""
    of = LinkFact(
        Link.OF_PRODUCT, NodeId(lot), Label.LOT, NodeId("product:p"), Label.PRODUCT, SOURCE
    )
    return [node(Label.LOT, lot, produced_at=at), of]


def test_a_finding_about_a_product_stands_for_its_lots_of_that_time() -> None:
    early, late = REPORTED - timedelta(days=9), REPORTED + timedelta(days=9)
    finding = node(
        Label.QUALITY_EVENT,
        "quality:4",
        occurred_at=REPORTED - timedelta(days=1),
        ended_at=REPORTED + timedelta(days=1),
    )
    facts = [*FACTS, finding, about("quality:4", "product:p", Label.PRODUCT)]
    facts += [*made("lot:x", REPORTED), *made("lot:y", early), *made("lot:z", late)]
    [case] = cases_of(MemoryFlows(facts), [NodeId("quality:4")], TERMS)
    assert case.seeds == ("lot:x",)
    assert case.question(TERMS).seeds == ()
    compared = compare(
        MemoryFlows(facts), ComparisonQuery((NodeId("quality:4"), NodeId("lot:x")), "forward")
    )
    assert [(hit.node_id, hit.distances) for hit in compared.hits] == [("lot:x", (0, 0))]


def test_an_excursion_stands_for_what_was_in_the_store_then() -> None:
    hours = {"occurred_at": day(2), "ended_at": day(3)}
    excursion = NodeFact(
        Label.QUALITY_EVENT,
        NodeId("quality:5"),
        SOURCE,
        properties={"kind": "storage_excursion", **hours},  # type: ignore[dict-item]
    )
    stored = genealogy(
        [
            flow(Flow.STORED_AT, "lot:there", "place:cold", 1, end=4),
            flow(Flow.STORED_AT, "lot:gone", "place:cold", 0, end=1),
            flow(Flow.RELABELLED_AS, "lot:raw", "lot:there", 0),
            flow(Flow.RELABELLED_AS, "lot:raw", "lot:gone", 0),
        ]
    )
    facts = [*stored.facts, excursion, about("quality:5", "place:cold", Label.PLACE)]
    [case] = cases_of(MemoryFlows(facts), [NodeId("quality:5")], TERMS)
    assert case.seeds == ("lot:there",)
    query = CauseQuery((NodeId("quality:5"),), (NodeId("lot:gone"),))
    found = common_causes(MemoryFlows(facts), query)
    hits = {c.ranked.subject.value: c.ranked.goods for c in found.candidates}
    assert hits["lot:there"] == ()
    assert hits["lot:raw"] == (0,)


def test_a_date_known_in_part_may_be_its_last_day() -> None:
    told = node(
        Label.QUALITY_EVENT, "quality:month", reported_at=day(0), reported_at_latest=day(30)
    )
    facts = [*FACTS, told, about("quality:month", "lot:a")]
    [case] = cases_of(MemoryFlows(facts), [NodeId("quality:month")], TERMS)
    assert case.known_by == to_micros(day(30))


def test_a_complaint_that_was_not_known_yet_is_told() -> None:
    known_by = REPORTED.replace(year=2020)
    with pytest.raises(NotFound) as error:
        cases_of(MemoryFlows(FACTS), [NodeId("quality:1")], replace(TERMS, known_at=known_by))
    assert error.value.error_code == "not_known_then"


def test_a_supplier_that_is_a_case_is_no_cause_of_itself() -> None:
    drawn = genealogy([flow(Flow.SUPPLIED, "party:0", "shipment:0")])
    query = CauseQuery((NodeId("party:0"), NodeId("shipment:0")), ())
    found = common_causes(MemoryFlows(drawn.facts), query)
    [supplier] = [c for c in found.candidates if c.ranked.subject.kind == "supplier"]
    assert supplier.ranked.cases == (1,)
    assert [proof.case for proof in supplier.evidence] == [1]


def test_a_case_given_twice_is_one() -> None:
    assert len(asked("lot:a", "lot:b", "lot:a")) == 2


def test_an_unknown_case_is_told() -> None:
    with pytest.raises(NotFound):
        asked("lot:a", "lot:none")
