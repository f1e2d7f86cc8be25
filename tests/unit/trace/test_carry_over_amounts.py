"""Amounts where runs may have left something for the next, each worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from genealogy.model.facts import FlowFact, LinkFact, NodeFact, NodeId
from genealogy.model.names import Flow, Link
from genealogy.trace.result import TraceQuery
from tests.amounts import Bounds, amounts_of, moved, three
from tests.genealogies import SOURCE, day, genealogy, kind_of

USED, MADE = Flow.CONSUMED_BY, Flow.PRODUCED
LOT, OTHER, LINE = "lot:S:RM:1", "lot:S:RM:2", "place:line"
P1, P2, P3 = "lot:M:FG:1", "lot:M:FG:2", "lot:M:FG:3"


def runs(*flows: FlowFact) -> list[Any]:
    """Runs on one line, each on the day of its number."""
    ids = sorted({i for f in flows for i in (f.source_id, f.target_id) if i.startswith("batch:")})
    days = {i: int(i.split(":")[1]) for i in ids}
    told = {i: {"started_at": day(at), "ended_at": day(at + 1)} for i, at in days.items()}
    drawn = genealogy(flows, more=[LINE], properties=told)
    ends = (NodeId(LINE), kind_of(LINE), SOURCE, "line")
    links = [LinkFact(Link.MADE_ON, NodeId(i), kind_of(i), *ends) for i in ids]
    return [*drawn.facts, *links]


def run(number: int, output: str, *inputs: tuple[str, int], size: int = 30) -> list[FlowFact]:
    batch = f"batch:{number}"
    used = [moved(USED, lot, batch, much, number) for lot, much in inputs]
    return [*used, moved(MADE, batch, output, size, number + 1)]


def asked(facts: list[Any], seed: str, *, carried: bool = True) -> dict[str, Bounds]:
    over = (("*", timedelta(days=2)),) if carried else ()
    query = TraceQuery((NodeId(seed),), "forward", carry_over=over, quantities=True)
    told = amounts_of(facts, query)
    return {node: (a.least, a.share, a.most) for node, (a,) in told.items()}


def test_what_a_run_may_have_left_takes_none_from_what_it_put_out() -> None:
    told = runs(*run(1, P1, (LOT, 30)), *run(3, P2, (OTHER, 30)))
    found = asked(told, LOT)
    assert found["batch:1"] == found[P1] == three(30, 30, 30)
    assert found["batch:3"] == found[P2] == three(0, None, 30)
    assert asked(told, LOT, carried=False)[P1] == three(30, 30, 30)


def test_two_outputs_are_divided_by_recipe_beside_what_was_left_behind() -> None:
    mixed = run(1, P1, (LOT, 90), (OTHER, 10), size=50)
    told = runs(*mixed, moved(MADE, "batch:1", P3, 50, 2), *run(3, P2, (OTHER, 30)))
    found = asked(told, LOT)
    assert found[P1] == found[P3] == three(40, 45, 50)
    assert found[P2] == three(0, None, 90)


def test_a_run_holds_what_is_recorded_and_perhaps_what_the_one_before_took_in() -> None:
    supplied = moved(Flow.SUPPLIED, "party:S", LOT, 100, 0)
    told = runs(supplied, *run(1, P1, (LOT, 10)), *run(3, P2, (LOT, 20), (OTHER, 10)))
    found = asked(told, LOT)
    assert found["batch:3"] == found[P2] == three(20, None, 30)


def test_what_is_left_from_run_to_run_is_no_more_than_there_is() -> None:
    flows = [moved(Flow.SUPPLIED, "party:S", LOT, 40, 0)]
    flows += run(1, P1, (LOT, 30)) + run(3, P2, (LOT, 10)) + run(5, P3, (OTHER, 30))
    found = asked(runs(*flows), LOT)
    assert found[P1] == three(30, 30, 30)
    assert found[P2] == three(10, None, 40)
    assert found[P3] == three(0, None, 40)


def test_a_seed_run_is_what_it_put_out_and_leaves_perhaps_as_much() -> None:
    told = runs(*run(1, P1, (LOT, 30)), *run(3, P2, (OTHER, 30)))
    found = asked(told, "batch:1")
    assert found["batch:1"] == found[P1] == three(30, 30, 30)
    assert found[P2] == three(0, None, 30)


def test_what_is_certain_of_a_later_draw_stays_so_beside_what_was_left_behind() -> None:
    told = runs(
        *run(1, P1, (LOT, 5)),
        *run(3, P2, (LOT, 90), (OTHER, 10), size=100),
        moved(Flow.RELABELLED_AS, P2, P3, 50, 8),
    )
    assert asked(told, LOT, carried=False)[P3] == three(40, 45, 50)
    assert asked(told, LOT)[P3] == three(40, None, 95)


def test_runs_at_one_time_leave_each_other_no_more_than_there_is() -> None:
    supplied = moved(Flow.SUPPLIED, "party:S", LOT, 100, 0)
    flows = [supplied, *run(1, P1, (LOT, 10)), *run(3, P2, (OTHER, 10)), *run(3, P3, (OTHER, 10))]
    told = runs(*flows, *run(4, "lot:M:FG:4", (OTHER, 10)))
    told = [_endless(fact) for fact in told]
    found = asked(told, LOT)
    assert found[P1] == three(10, 10, 10)
    assert all(most is not None and most <= 100 for _, _, most in found.values())


def _endless(fact: Any) -> Any:
    """The run of the third day with no known end: it may still go on when the next begins."""
    if not isinstance(fact, NodeFact) or fact.node_id != "batch:3":
        return fact
    return replace(fact, properties={"started_at": fact.properties["started_at"]})
