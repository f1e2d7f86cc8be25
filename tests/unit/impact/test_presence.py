"""Places between two times as causes: what lay there meanwhile, and had not left before."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.impact.causes import Candidate, CommonCauses, common_causes
from genealogy.impact.question import CauseQuery
from genealogy.impact.statistics import fisher
from genealogy.impact.stretches import MOST_STEPS, Passage, best_meanwhile
from genealogy.model.facts import FlowFact, LinkFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label, Link
from genealogy.model.times import from_micros, to_micros
from genealogy.trace.result import Mode
from genealogy.trace.windows import BEGIN, END
from tests.fakes import MemoryFlows
from tests.genealogies import DAY_ZERO, SOURCE, Genealogy, cleaned, day, flow, genealogy

ALL, BAD = 6, 0b111


def p_value(cases: int) -> float:
    return fisher((cases & BAD).bit_count(), 3, (cases >> 3).bit_count(), 3)


@st.composite
def stays_of_cases(draw: st.DrawFn) -> list[Passage]:
    """When each case was there, some at no time and some more than once; ends may be open."""
    found = []
    for case in range(ALL):
        ends: list[int] = draw(st.lists(st.integers(0, 12), max_size=4, unique=True))
        begun, lasts = draw(st.tuples(st.booleans(), st.booleans()))
        pairs = zip(*[iter(sorted(ends))] * 2, strict=False)
        told = [[start, end] for start, end in pairs]
        if told and begun:
            told[0][0] = BEGIN
        if told and lasts:
            told[-1][1] = END
        # What ends and begins again at once has not been away.
        apart = all(one[1] + 1 < other[0] for one, other in pairwise(told))
        found += [Passage(start, end, 1 << case) for start, end in told if apart]
    return found


def apart(drawn: list[Passage]) -> tuple[list[Passage], list[Passage]]:
    """Some as stays, of which those of one case do not meet, the rest as moves."""
    return drawn[::2], drawn[1::2]


def there(drawn: Iterable[Passage], since: int, until: int) -> int:
    """The cases that were there at any moment of a time."""
    cases = 0
    for passage in drawn:
        if passage.start <= until and passage.end >= since:
            cases |= passage.cases
    return cases


def limits(drawn: Iterable[Passage]) -> tuple[int, int]:
    """A moment before anything known, and one after."""
    known = [t for p in drawn for t in (p.start, p.end) if BEGIN < t < END]
    return min(known, default=0) - 1, max(known, default=0) + 1


@given(stays_of_cases())
def test_the_best_time_at_a_place_is_the_best_of_all_there_are(drawn: list[Passage]) -> None:
    first, last = limits(drawn)
    moments, whole = range(first, last + 1), there(drawn, BEGIN, END)
    times: dict[int, list[int]] = {}
    for since in moments:
        for until in range(since, last + 1):
            inner = all(there(drawn, t, t) & BAD for t in (since, until))
            if inner and (cases := there(drawn, since, until)) != whole:
                times.setdefault(cases, []).append(until - since)
    found = best_meanwhile(*apart(drawn), BAD, p_value)
    known = any(BEGIN < t < END for p in drawn for t in (p.start, p.end))
    if not times or not known:
        assert found is None
        return
    assert found is not None
    assert found.tried == len(times)
    best = min(map(p_value, times))
    assert found.p_value == min(1.0, best * len(times))
    assert there(drawn, found.start, found.end) == found.cases
    assert p_value(found.cases) == best
    # The ends are those of times in which nobody came or left.
    for moment, beyond in ((found.start, -1), (found.end, 1)):
        outside = moment + beyond
        if first <= outside <= last:
            assert there(drawn, moment, moment) != there(drawn, outside, outside)


@given(stays_of_cases())
def test_no_time_beside_bad_cases_tells_more(drawn: list[Passage]) -> None:
    """Stretches that begin or end without a bad case are left out, and none of them is better."""
    first, last = limits(drawn)
    found = best_meanwhile(*apart(drawn), BAD, p_value)
    whole = there(drawn, BEGIN, END)
    for since in range(first, last + 1):
        for until in range(since, last + 1):
            cases = there(drawn, since, until)
            if found is not None and cases & BAD and cases != whole:
                assert p_value(found.cases) <= p_value(cases)


def test_the_time_told_is_that_in_which_all_bad_cases_were_there_and_no_other() -> None:
    bad = [Passage(1, 10, 1), Passage(3, 8, 2), Passage(5, 20, 4)]
    good = [Passage(0, 4, 8), Passage(9, 12, 16), Passage(30, 40, 32)]
    found = best_meanwhile([*bad, *good], [], BAD, p_value)
    assert found is not None
    assert (found.start, found.end, found.cases) == (5, 8, BAD)


def test_very_many_stays_are_taken_together() -> None:
    def stay(i: int) -> Passage:
        return Passage(10 * i, 10 * i + 5, 1 << i)

    count = 4 * MOST_STEPS
    bad = sum(1 << i for i in range(0, count, 2))

    def share(cases: int) -> float:
        return 1.0 / (1 + (cases & bad).bit_count())

    found = best_meanwhile([stay(i) for i in range(count)], [], bad, share)
    assert found is not None
    assert (found.cases & bad).bit_count() > count // 2 - 20


# --- From records ------------------------------------------------------------------


def kept(lot: str, place: str, first: int, last: int | None) -> FlowFact:
    return flow(Flow.STORED_AT, lot, place, first, end=last, name=f"{lot} {place} {first}")


def asked(
    drawn: Genealogy, bad: Iterable[str], good: Iterable[str], **more: object
) -> CommonCauses:
    cases, goods = (tuple(map(NodeId, ids)) for ids in (bad, good))
    query = CauseQuery(cases, goods, listed=1_000, **more)  # type: ignore[arg-type]
    return common_causes(MemoryFlows(drawn.facts), query)


def stretches(found: CommonCauses, place: str) -> list[Candidate]:
    return [
        c
        for c in found.candidates
        if c.ranked.subject.value == place and c.ranked.subject.since is not None
    ]


def days(candidate: Candidate) -> tuple[float, float]:
    """The times of a candidate, in days, a microsecond more or less left aside."""
    times = (candidate.ranked.subject.since or 0, candidate.ranked.subject.until or 0)
    since, until = ((from_micros(t) - DAY_ZERO).total_seconds() / 86_400 for t in times)
    return round(since, 6), round(until, 6)


def test_a_store_in_which_all_bad_lots_lay_and_no_good_one_ranks_first() -> None:
    lots = [f"lot:G{i}" for i in range(8)]
    drawn = genealogy(
        kept(lot, "place:C1" if i < 4 else "place:C2", 0, None) for i, lot in enumerate(lots)
    )
    found = asked(drawn, lots[:4], lots[4:])
    first = [c.ranked for c in found.candidates if c.ranked.rank == 1]
    assert ("place:C1", 1 / 70, 4, ()) in [
        (one.subject.value, one.p_value, len(one.cases), one.goods) for one in first
    ]


#: A store that failed on days 10 and 11 of forty: the bad lots were there then.
STAYS = {
    "bad:0": (2, 11), "bad:1": (5, 30), "bad:2": (9, 14), "bad:3": (11, 20),
    "good:0": (0, 8), "good:1": (3, 9), "good:2": (13, 35), "good:3": (15, None), "good:4": (1, 6),
}  # fmt: skip


def failed_store() -> Genealogy:
    return genealogy(kept(f"lot:{name}", "place:C1", *times) for name, times in STAYS.items())


def of(prefix: str) -> list[str]:
    return [f"lot:{name}" for name in STAYS if name.startswith(prefix)]


def test_a_store_that_failed_on_two_days_is_told_with_these_days() -> None:
    found = asked(failed_store(), of("bad"), of("good"))
    [cause] = stretches(found, "place:C1")
    assert cause.ranked.rank == 1
    assert (len(cause.ranked.cases), cause.ranked.goods) == (4, ())
    # All bad lots lay there on day 11 alone; before it the one that came last had not come.
    assert days(cause) == (11, 11)
    assert cause.ranked.p_value == pytest.approx(cause.ranked.tried / comb(9, 4))
    assert [e.node_id for e in cause.evidence] == of("bad")
    # The store itself, over all its time, tells nothing: everything lay there.
    [store] = [c for c in found.candidates if c.ranked.subject.value == "place:C1" and c != cause]
    assert store.ranked.p_value == 1.0


def test_what_lies_in_a_place_lies_in_those_around_it() -> None:
    """No single bin of the store explains all; the store does, and its time of failure too."""
    stays = [
        kept(f"lot:{name}", f"place:C1-{i % 3}", *times)
        for i, (name, times) in enumerate(STAYS.items())
    ]
    used = [flow(Flow.CONSUMED_BY, "lot:bad:1", "batch:1", 6)]
    drawn = genealogy([*stays, *used], more=["place:C1", "place:site"])
    inside = [(f"place:C1-{i}", "place:C1") for i in range(3)] + [("place:C1", "place:site")]
    links = tuple(
        LinkFact(Link.AT, NodeId(inner), Label.PLACE, NodeId(outer), Label.PLACE, SOURCE, "parent")
        for inner, outer in inside
    )
    found = asked(Genealogy(drawn.nodes, drawn.flows, links), of("bad"), of("good"))
    for place in ("place:C1", "place:site"):
        [cause] = stretches(found, place)
        assert (cause.ranked.rank, len(cause.ranked.cases), cause.ranked.goods) == (1, 4, ())
        assert days(cause) == (11, 11)
        assert [e.node_id for e in cause.evidence] == of("bad")
    for bin_ in range(3):
        assert all(len(c.ranked.cases) < 4 for c in stretches(found, f"place:C1-{bin_}"))


def test_what_a_case_is_about_was_where_its_units_were_meanwhile() -> None:
    """Lots on pallets in boxes: only the pallets have stays, and lots leave them."""
    flows = [flow(Flow.CONTAINED_IN, "unit:box0", "unit:pallet0", 0, end=40, name="on")]
    for name, (first, last) in STAYS.items():
        number = 0 if name == "bad:0" else name
        pallet = f"unit:pallet{number}"
        inner = "unit:box0" if name == "bad:0" else pallet
        end = None if last is None else last + 0
        flows.append(
            flow(Flow.CONTAINED_IN, f"lot:{name}", inner, first, end=end, name=f"in{name}")
        )
        flows.append(
            FlowFact(
                Flow.STORED_AT, NodeId(pallet), Label.UNIT, NodeId("place:C1"), Label.PLACE,
                f"at{name}", SOURCE, occurred_at=day(0),
            )
        )  # fmt: skip
    found = asked(genealogy(flows), of("bad"), of("good"))
    [cause] = stretches(found, "place:C1")
    assert (len(cause.ranked.cases), cause.ranked.goods) == (4, ())
    assert days(cause) == (11, 11)
    assert [e.node_id for e in cause.evidence] == of("bad")


def test_what_left_for_a_case_before_the_store_failed_is_not_hit() -> None:
    """One lot for a year in one store: its shipments tell when the store failed."""
    sent = {f"batch:{name}": at for name, at in zip("abcdef", (2, 4, 20, 22, 24, 6), strict=True)}
    taken = [flow(Flow.CONSUMED_BY, "lot:year", batch, at) for batch, at in sent.items()]
    bad = [batch for batch, at in sent.items() if at >= 20]
    later = [kept("lot:late", "place:C1", 25, None),
             flow(Flow.CONSUMED_BY, "lot:late", "batch:g", 30)]  # fmt: skip
    drawn = genealogy([kept("lot:year", "place:C1", 0, None), *taken, *later])
    found = asked(drawn, bad, [*(set(sent) - set(bad)), "batch:g"])
    [cause] = stretches(found, "place:C1")
    assert (len(cause.ranked.cases), cause.ranked.goods) == (3, ())
    assert days(cause) == (6, 20)
    assert {e.node_id for e in cause.evidence} == {"lot:year"}
    # Where times are left aside, so is when anything left.
    wide = asked(drawn, bad, [*(set(sent) - set(bad)), "batch:g"], mode=Mode.CONSERVATIVE)
    assert all(c.ranked.goods for c in stretches(wide, "place:C1"))


def test_what_befell_a_store_after_a_complaint_did_not_cause_it() -> None:
    def complaint(lot: str, at: int) -> tuple[NodeFact, LinkFact]:
        event = NodeId(f"quality:{lot}")
        node = NodeFact(Label.QUALITY_EVENT, event, SOURCE, properties={"reported_at": day(at)})  # type: ignore[dict-item]
        return node, LinkFact(Link.ABOUT, event, node.label, NodeId(lot), Label.LOT, SOURCE)

    stays = [kept(f"lot:{i}", "place:C1", i, 30) for i in range(4)]
    told = [complaint(f"lot:{i}", 10) for i in range(3)]
    good = [kept("lot:late", "place:C1", 12, None), kept("lot:soon", "place:C1", 0, 1)]
    drawn = genealogy([*stays, *good])
    nodes, links = zip(*told, strict=True)
    whole = Genealogy((*drawn.nodes, *nodes), drawn.flows, links)
    found = asked(whole, [f"quality:lot:{i}" for i in range(3)], ["lot:late", "lot:soon", "lot:3"])
    [cause] = stretches(found, "place:C1")
    assert cause.ranked.subject.until is not None
    last = day(10)
    assert last is not None
    assert cause.ranked.subject.until <= to_micros(last)


def test_a_vessel_holds_what_was_loaded_until_it_is_drawn() -> None:
    flows = []
    for i, (load, draw) in enumerate([(1, 3), (5, 7), (6, 8), (10, 12)]):
        flows.append(flow(Flow.LOADED_INTO, f"lot:in{i}", "place:tank", load, name=f"in{i}"))
        flows.append(flow(Flow.DRAWN_FROM, "place:tank", f"lot:out{i}", draw, name=f"out{i}"))
    drawn = genealogy(flows)
    for emptied in (4, 9):
        drawn = cleaned(drawn, "place:tank", emptied, kind="emptying")
    found = asked(drawn, ["lot:out1", "lot:out2"], ["lot:out0", "lot:out3"])
    [cause] = stretches(found, "place:tank")
    assert (cause.ranked.cases, cause.ranked.goods) == ((0, 1), ())
    assert days(cause) == (5, 7)
    assert all(proof.node_id == "place:tank" for proof in cause.evidence)


def test_a_time_that_is_not_known_excludes_nothing() -> None:
    """A stay of which only the end is known may have begun at any time."""
    open_ = FlowFact(
        Flow.STORED_AT, NodeId("lot:open"), Label.LOT, NodeId("place:C1"), Label.PLACE, "open",
        SOURCE, valid_to=day(11),
    )  # fmt: skip
    drawn = genealogy([*failed_store().flows, open_])
    found = asked(drawn, [*of("bad"), "lot:open"], of("good"))
    [cause] = stretches(found, "place:C1")
    assert len(cause.ranked.cases) == 5
    assert days(cause) == (11, 11)


def test_only_what_had_happened_by_the_time_asked_for_counts() -> None:
    found = asked(failed_store(), of("bad"), of("good"), as_of=day(10))
    for cause in stretches(found, "place:C1"):
        assert days(cause)[1] <= 10
