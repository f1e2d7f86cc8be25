"""Claims about a node: folded by record time, whichever came first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from genealogy.model.claims import claim, identifiers, merged, properties
from genealogy.model.facts import NodeFact, NodeId, Source
from genealogy.model.names import Label

T0 = datetime(2026, 1, 1, tzinfo=UTC)
NOW = T0 + timedelta(days=365)


def fact(
    hours: int | None = None, system: str = "erp", record: str = "lots.csv:2", **values: str
) -> NodeFact:
    recorded = None if hours is None else T0 + timedelta(hours=hours)
    source = Source(system, record)
    return NodeFact(Label.LOT, NodeId("lot:S:P:A"), source, properties=values, recorded_at=recorded)


def fold(*facts: NodeFact) -> list[str]:
    kept: list[str] = []
    for one in facts:
        told = claim(one, NOW)
        kept = merged(kept, [told] if told else [])
    return kept


def test_a_fact_without_content_claims_nothing() -> None:
    assert claim(fact(), NOW) is None


def test_the_later_record_holds_and_the_earlier_fills_in() -> None:
    told = fold(fact(5, status="released"), fact(1, status="blocked", grade="A"))
    assert properties(told) == {"status": "released", "grade": "A"}


def test_a_claim_without_record_time_counts_from_when_it_was_loaded() -> None:
    told = fold(fact(status="blocked"), fact(1, status="released"))
    assert properties(told) == {"status": "blocked"}


def test_the_same_claim_from_another_line_of_another_file_adds_nothing() -> None:
    assert fold(fact(status="ok"), fact(record="again.csv:9", status="ok")) == fold(
        fact(status="ok")
    )


def test_times_come_back_as_utc() -> None:
    moment = datetime(2026, 3, 2, 8, tzinfo=UTC)
    told = NodeFact(
        Label.LOT, NodeId("lot:S:P:A"), Source("erp", "1"), properties={"produced_at": moment}
    )
    assert properties(fold(told)) == {"produced_at": moment}


def test_every_spelling_is_kept_once() -> None:
    spelt = [
        NodeFact(Label.LOT, NodeId("lot:S:P:A"), Source(s, "1"), identifiers=("A", "a-1"))
        for s in ("erp", "mes")
    ]
    assert identifiers(fold(*spelt)) == ["A", "a-1"]


facts = st.lists(
    st.builds(
        fact,
        st.integers(0, 5),
        st.sampled_from(["erp", "mes"]),
        status=st.sampled_from("abc"),
        grade=st.sampled_from("xyz"),
    ),
    max_size=6,
)


@given(facts, st.randoms(use_true_random=False))
def test_the_order_of_claims_changes_nothing(told: list[NodeFact], random: object) -> None:
    shuffled = list(told)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert properties(fold(*shuffled)) == properties(fold(*told))


@given(facts)
def test_claiming_twice_changes_nothing(told: list[NodeFact]) -> None:
    assert fold(*told, *told) == fold(*told)


def test_what_was_recorded_later_was_not_known_before() -> None:
    told = fold(fact(1, status="released"), fact(5, status="blocked"))
    assert properties(told, T0 + timedelta(hours=4)) == {"status": "released"}
    assert properties(told, T0 + timedelta(hours=5)) == {"status": "blocked"}
    assert properties(told, T0) == {}


def test_half_a_second_later_is_later() -> None:
    first, half = fact(1, status="a"), fact(1, status="b")
    assert half.recorded_at is not None
    half = replace(half, recorded_at=half.recorded_at + timedelta(milliseconds=500))
    assert properties(fold(half, first)) == {"status": "b"}
