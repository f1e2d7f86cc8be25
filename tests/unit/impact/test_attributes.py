"""Attributes as causes: line, operator, supplier, product, place, and stretches of time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from genealogy.errors import InvalidQuery
from genealogy.impact.causes import Candidate, CommonCauses, common_causes
from genealogy.impact.question import CauseQuery
from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, NodeId, Source
from genealogy.model.names import Flow, Label, Link
from genealogy.model.times import to_micros
from tests.fakes import MemoryFlows
from tests.genealogies import day
from tests.small_company import Company

SOURCE = Source("MES", "moves.csv:1")
#: On which line each of ten runs went; runs 3 to 5 of line A were mis-set.
RUNS = 10
BAD = (3, 4, 5)


def node(label: Label, node_id: str, **properties: object) -> NodeFact:
    return NodeFact(label, NodeId(node_id), SOURCE, properties=properties)  # type: ignore[arg-type]


def move(
    flow: Flow, source: str, target: str, at: int, quantity: str | None, place: str | None = None
) -> FlowFact:
    kinds = {"lot": Label.LOT, "batch": Label.BATCH, "party": Label.PARTY}
    ends = [(NodeId(n), kinds[n.partition(":")[0]]) for n in (source, target)]
    return FlowFact(
        flow,
        *ends[0],
        *ends[1],
        f"{flow}{source}{target}",
        SOURCE,
        quantity=None if quantity is None else Decimal(quantity),
        uom=None if quantity is None else "KGM",
        occurred_at=day(at),
        place_id=None if place is None else NodeId(place),
    )


def company() -> list[Fact]:
    """Ten runs, one a day, each of a lot of its own; every other supplier's lot feeds five."""
    facts: list[Fact] = [node(Label.PLACE, "place:A"), node(Label.PLACE, "place:B")]
    for i in range(2):
        facts += [node(Label.PARTY, f"party:{i}"), node(Label.LOT, f"lot:raw:{i}")]
        facts.append(move(Flow.SUPPLIED, f"party:{i}", f"lot:raw:{i}", 0, "50"))
    for run in range(RUNS):
        batch, lot, raw = f"batch:{run}", f"lot:made:{run}", f"lot:raw:{run % 2}"
        line = "place:A" if run < 8 else "place:B"
        operator = "Li" if run in BAD else "Wang"
        facts += [
            node(Label.BATCH, batch, operator=operator, recipe="mix", recipe_revision="B"),
            node(Label.LOT, lot),
            LinkFact(Link.MADE_ON, NodeId(batch), Label.BATCH, NodeId(line), Label.PLACE, SOURCE,
                     "line"),
            move(Flow.CONSUMED_BY, raw, batch, run + 1, "5", place=f"place:scale-{run % 2}"),
            move(Flow.PRODUCED, batch, lot, run + 1, None if run == 9 else "4"),
        ]  # fmt: skip
    return facts


def asked(cases: tuple[int, ...] = BAD, **more: object) -> CommonCauses:
    made = [NodeId(f"lot:made:{i}") for i in range(RUNS)]
    goods = tuple(lot for i, lot in enumerate(made) if i not in cases)
    bad = tuple(made[i] for i in cases)
    return common_causes(MemoryFlows(company()), CauseQuery(bad, goods, **more))  # type: ignore[arg-type]


def one(found: CommonCauses, kind: str, value: str, *, stretch: bool = False) -> Candidate:
    [candidate] = [
        c
        for c in found.candidates
        if (c.ranked.subject.kind, c.ranked.subject.value) == (kind, value)
        and (c.ranked.subject.since is not None) == stretch
    ]
    return candidate


def counts(candidate: Candidate) -> tuple[int, int]:
    return len(candidate.ranked.cases), len(candidate.ranked.goods)


@pytest.mark.parametrize(
    ("kind", "value", "hits"),
    [
        ("line", "place:A", (3, 5)),
        ("operator", "Li", (3, 0)),
        ("recipe_revision", "mix B", (3, 7)),
        ("supplier", "party:1", (2, 3)),
        ("place", "place:scale-1", (2, 3)),
        ("lot", "lot:raw:0", (1, 4)),
        ("batch", "batch:3", (1, 0)),
    ],
)
def test_every_attribute_is_a_candidate(kind: str, value: str, hits: tuple[int, int]) -> None:
    assert counts(one(asked(), kind, value)) == hits


def test_who_was_at_the_machine_ranks_first() -> None:
    first = asked().candidates[0].ranked
    assert (first.subject.kind, first.subject.value, first.rank) == ("operator", "Li", 1)
    assert first.p_value == pytest.approx(1 / 120)
    assert first.lift == pytest.approx((3.5 / 4) / (0.5 / 8))


def test_the_hours_of_a_wrong_setting_are_found_on_the_line() -> None:
    stretch = one(asked(), "line", "place:A", stretch=True)
    assert counts(stretch) == (3, 0)
    times = [to_micros(moment) for moment in (day(4), day(6)) if moment]
    assert [stretch.ranked.subject.since, stretch.ranked.subject.until] == times
    # Batches 3, 4 and 5: from 3 to 4, 3 to 5, 4 to 5.
    assert stretch.ranked.tried == 3
    assert stretch.ranked.p_value == pytest.approx(3 / 120)
    assert {e.node_id for e in stretch.evidence} == {f"batch:{i}" for i in BAD}


def test_volume_is_what_went_to_bad_and_to_good_cases() -> None:
    volume = one(asked(), "lot", "lot:raw:0").volume
    assert (volume.to_cases, volume.to_goods) == ({"KGM": Decimal(5)}, {"KGM": Decimal(20)})
    assert volume.share == Decimal("0.2")
    supplied = one(asked(), "supplier", "party:1").volume
    assert supplied.to_cases == {"KGM": Decimal(50)}


def test_units_of_one_dimension_are_added_up() -> None:
    grams = [
        replace(f, quantity=Decimal(5_000), uom="GRM")
        if isinstance(f, FlowFact) and f.type is Flow.CONSUMED_BY and f.target_id == "batch:4"
        else f
        for f in company()
    ]
    query = CauseQuery((NodeId("lot:made:4"), NodeId("lot:made:2")), (NodeId("lot:made:0"),))
    volume = one(common_causes(MemoryFlows(grams), query), "lot", "lot:raw:0").volume
    assert volume.to_cases == {"KGM": Decimal(10)}
    assert volume.share == Decimal(10) / 15


def test_the_volume_of_hours_has_what_left_a_run_that_had_begun_before() -> None:
    facts: list[Fact] = []
    for i in range(1, 8):
        batch, lot = f"batch:{i}", f"lot:M:P:{i}"
        times = {"started_at": day(2 * i - 1), "ended_at": day(2 * i)}
        facts += [
            node(Label.BATCH, batch, product_id="product:P", **times),
            node(Label.LOT, lot, product_id="product:P"),
            move(Flow.CONSUMED_BY, "lot:raw:0", batch, 2 * i - 1, "5"),
            move(Flow.PRODUCED, batch, lot, 2 * i, "10"),
        ]
    facts.append(node(Label.LOT, "lot:raw:0"))
    made = [NodeId(f"lot:M:P:{i}") for i in range(1, 8)]
    query = CauseQuery(tuple(made[:3]), tuple(made[4:]))
    found = common_causes(Company(facts), query)
    hours = one(found, "product", "product:P", stretch=True)
    times_of_it = [to_micros(moment) for moment in (day(2), day(6)) if moment]
    assert [hours.ranked.subject.since, hours.ranked.subject.until] == times_of_it
    assert counts(hours) == (3, 0)
    assert (hours.volume.to_cases, hours.volume.to_goods) == ({"KGM": Decimal(30)}, {})


def test_an_unknown_quantity_stays_unknown() -> None:
    volume = one(asked(), "line", "place:A").volume
    assert volume.unknown == 0
    last = one(asked((8, 9)), "line", "place:B").volume
    assert (last.unknown, last.share) == (1, None)


def test_what_came_after_the_report_is_told() -> None:
    about = [LinkFact(Link.ABOUT, NodeId("quality:1"), Label.QUALITY_EVENT,
                      NodeId("lot:made:3"), Label.LOT, SOURCE)]  # fmt: skip
    early = day(4)
    assert early is not None
    event = node(Label.QUALITY_EVENT, "quality:1", occurred_at=early - timedelta(hours=1))
    query = CauseQuery((NodeId("quality:1"),), (NodeId("lot:made:0"),))
    found = common_causes(MemoryFlows([*company(), event, *about]), query)
    assert one(found, "batch", "batch:3").timing.late == 1
    assert one(found, "supplier", "party:1").timing.late == 0
    assert one(found, "batch", "batch:3").timing.first == to_micros(early)


def test_without_goods_there_are_no_stretches_and_no_figures() -> None:
    query = CauseQuery(tuple(NodeId(f"lot:made:{i}") for i in BAD))
    found = common_causes(MemoryFlows(company()), query)
    assert all(c.ranked.subject.since is None for c in found.candidates)
    assert {(c.ranked.lift, c.ranked.p_value) for c in found.candidates} == {(None, None)}
    nearest = [c.ranked.subject.kind for c in found.candidates if c.ranked.rank == 1]
    assert nearest == ["line", "operator", "recipe_revision"]


def test_a_list_that_is_cut_says_how_many_there_are() -> None:
    cut, whole = asked(listed=2), asked()
    assert len(cut.candidates) == 2
    assert (cut.found, cut.tested) == (whole.found, whole.tested)
    assert cut.candidates[0] == whole.candidates[0]
    assert cut.found == len(whole.candidates) < cut.tested


def test_nothing_to_explain_is_refused() -> None:
    with pytest.raises(InvalidQuery) as error:
        common_causes(MemoryFlows(company()), CauseQuery(()))
    assert error.value.error_code == "no_cases"
