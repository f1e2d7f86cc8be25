"""What was at a place in a window of days, held against a count day by day."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import FlowFact, LinkFact, NodeId
from genealogy.model.names import MOVED_AT, Flow, Label, Link
from genealogy.trace.present import Present
from genealogy.trace.spans import Records, Span
from tests.fakes import MemoryFlows
from tests.genealogies import SOURCE, Genealogy, day, flow, genealogy, kind_of
from tests.oracle.expanded import number

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "150")), deadline=None)
HERE, AWAY = "place:here", "place:away"
THINGS = ("lot:0", "lot:1", "item:0", "item:1", "item:2", "unit:0", "unit:1")
SHIPMENTS = ("shipment:0", "shipment:1")
LASTS = 99

days = st.integers(0, 9)
places = st.sampled_from([None, HERE, AWAY])


def at(told: FlowFact, place: str | None, base: int | None = None) -> FlowFact:
    amount = None if base is None else Decimal(base)
    return replace(told, place_id=place and NodeId(place), base_quantity=amount)


@st.composite
def movements(draw: st.DrawFn) -> FlowFact:
    """A thing stored, shipped, used, packed or built in."""
    kind, on, place = draw(st.integers(0, 4)), draw(days), draw(places)
    ends = draw(st.none() | st.integers(on, 9))
    if kind == 0:
        target = draw(st.sampled_from([HERE, AWAY]))
        stay = flow(Flow.STORED_AT, draw(st.sampled_from(THINGS)), target, on, start=on, end=ends)
        return at(stay, place, draw(st.sampled_from([None, 5])))
    if kind == 1:
        goal = draw(st.sampled_from(SHIPMENTS))
        load = flow(Flow.SHIPPED_IN, draw(st.sampled_from(THINGS)), goal, on)
        return at(load, place, draw(st.sampled_from([None, 5])))
    if kind == 2:
        used = flow(Flow.CONSUMED_BY, draw(st.sampled_from(THINGS[:4])), "batch:0", on)
        return at(used, place, draw(st.sampled_from([None, 5, 10])))
    if kind == 3:
        unit = draw(st.sampled_from(("unit:0", "unit:1")))
        thing = draw(st.sampled_from([t for t in THINGS if t != unit]))
        return at(flow(Flow.CONTAINED_IN, thing, unit, on, start=on, end=ends), place)
    host = draw(st.sampled_from(("item:0", "item:1", "item:2")))
    part = draw(st.sampled_from([t for t in THINGS[:5] if t != host]))
    return flow(Flow.PART_OF, part, host, on, start=on, end=ends)


@st.composite
def companies(draw: st.DrawFn) -> Genealogy:
    flows = draw(st.lists(movements(), min_size=1, max_size=9))
    for shipment in SHIPMENTS:
        goal = draw(st.sampled_from([None, HERE, HERE, AWAY]))
        if goal:
            flows.append(flow(Flow.DELIVERED_TO, shipment, goal, draw(days)))
    named = [replace(f, fact_id=str(i)) for i, f in enumerate(flows)]
    sent = {shipment: draw(places) for shipment in SHIPMENTS}
    kept = {unit: draw(st.sampled_from([None, None, HERE])) for unit in ("unit:0", "unit:1")}
    ties = [(s, place, "from") for s, place in sent.items() if place]
    ties += [(unit, place, None) for unit, place in kept.items() if place]
    moved = [f for f in named if f.place_id and f.type != Flow.STORED_AT]
    ties += {(f.target_id, f.place_id, MOVED_AT) for f in moved}
    links = [
        LinkFact(Link.AT, NodeId(one), kind_of(one), NodeId(place), Label.PLACE, SOURCE, part)
        for one, place, part in ties
    ]
    drawn = genealogy(named, more=[*THINGS, *SHIPMENTS, HERE, AWAY, "batch:0"])
    return replace(drawn, links=tuple(links))


def on(told: FlowFact) -> int:
    return number(told.occurred_at) or 0


def until(told: FlowFact) -> int:
    end = number(told.valid_to)
    return LASTS if end is None else end


def tied(drawn: Genealogy, node: str, place: str, part: str | None) -> bool:
    return any((t.source_id, t.target_id, t.part) == (node, place, part) for t in drawn.links)


def happened_here(drawn: Genealogy, told: FlowFact) -> bool:
    sent = told.type == Flow.SHIPPED_IN and told.place_id is None
    return told.place_id == HERE or (sent and tied(drawn, told.target_id, HERE, "from"))


def delivered(drawn: Genealogy, shipment: str) -> int | None:
    """When a shipment came here."""
    return next(
        (
            on(f)
            for f in drawn.flows
            if f.type == Flow.DELIVERED_TO and (f.source_id, f.target_id) == (shipment, HERE)
        ),
        None,
    )


def left_here(drawn: Genealogy, node: str, first: int) -> bool:
    """Whether something was delivered here before a day, and nobody says that it was taken away."""
    own = [f for f in drawn.flows if f.source_id == node]
    came = [
        (delivered(drawn, f.target_id), f)
        for f in own
        if f.type == Flow.SHIPPED_IN and delivered(drawn, f.target_id) is not None
    ]
    came = [(day_, f) for day_, f in came if day_ is not None and day_ < first]
    if not came:
        return False
    stays = [f for f in own if f.type == Flow.STORED_AT]
    here = [f for f in stays if f.target_id == HERE and on(f) < first]
    ours = {f.target_id for _, f in came}
    out = [f for f in own if f.type in (Flow.SHIPPED_IN, Flow.CONSUMED_BY)]
    out = [f for f in out if f.target_id not in ours]
    taken = [f for f in out if on(f) < first and f.place_id in (None, HERE)]
    moved = [f for f in stays if f.target_id != HERE and on(f) < first]
    if not node.startswith("lot"):
        last = max(day_ for day_, _ in came)
        kept = any(until(stay) >= last for stay in here)
        return not kept and not any(on(f) >= last for f in taken + moved)
    if all(any(until(stay) >= day_ for stay in here) for day_, _ in came):
        return False
    begun = min(day_ for day_, _ in came)
    away = [f for f in out if f.type == Flow.SHIPPED_IN and f.place_id != AWAY and on(f) < begun]
    taken = [f for f in taken if on(f) >= begun]
    taken += [f for f in moved if on(f) >= begun and f.place_id == HERE]
    if not taken or away or not all(f.base_quantity for _, f in came):
        return True
    return sum(f.base_quantity or 0 for f in taken) < sum(f.base_quantity or 0 for _, f in came)


def present(drawn: Genealogy, first: int, last: int) -> Iterator[tuple[str, int]]:
    """What was here, and on which days, but for what is inside of it."""
    for today in range(first, last + 1):
        for f in drawn.flows:
            if f.type == Flow.STORED_AT and f.target_id == HERE and on(f) <= today <= until(f):
                yield f.source_id, today
            elif happened_here(drawn, f) and on(f) == today and f.type != Flow.STORED_AT:
                yield f.source_id, today
                if f.type == Flow.CONTAINED_IN:
                    yield f.target_id, today
        for shipment in SHIPMENTS:
            came = delivered(drawn, shipment)
            if came is not None and first <= came <= today:
                yield shipment, today
        for thing in THINGS:
            stays = any(f.type == Flow.STORED_AT and f.source_id == thing for f in drawn.flows)
            if left_here(drawn, thing, first) or (tied(drawn, thing, HERE, None) and not stays):
                yield thing, today


def parts(drawn: Genealogy, there: set[tuple[str, int]]) -> set[str]:
    """The items that were built into what was here on that day, or into what that held."""
    found, new = set[tuple[str, int]](), set(there)
    built = set[str]()
    while new:
        inside = set()
        for holder, today in new:
            for f in drawn.flows:
                if f.target_id != holder or f.source_id.startswith("lot"):
                    continue
                lasts = f.type in (Flow.CONTAINED_IN, Flow.PART_OF)
                ends = until(f) if lasts else LASTS
                if (not lasts and f.type != Flow.SHIPPED_IN) or not on(f) <= today <= ends:
                    continue
                inside.add((f.source_id, today))
                if f.type == Flow.PART_OF:
                    built.add(f.source_id)
        new = inside - found
        found |= new
    return built


@ENOUGH
@given(drawn=companies(), first=days, more=st.integers(0, 3))
def test_what_was_at_a_place_is_found_by_every_kind_of_record(
    drawn: Genealogy, first: int, more: int
) -> None:
    there = set(present(drawn, first, first + more))
    expected = {node for node, _ in there} | parts(drawn, there)
    since, until_ = (int(day(n).timestamp() * 1_000_000) for n in (first, first + more))
    found = Present(Records(MemoryFlows(drawn.facts)), NodeId(HERE), Span(since, until_)).seeds()
    assert {s.node_id for s in found if kind_of(s.node_id) is not Label.BATCH} == expected
