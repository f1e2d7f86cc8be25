"""What was at a place in a window of days, held against a count day by day."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import FlowFact, LinkFact, NodeId
from genealogy.model.names import MOVED_AT, Flow, Label, Link
from genealogy.trace.present import Present
from genealogy.trace.result import Seed
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


def out(draw: st.DrawFn, packed: FlowFact, first: int) -> FlowFact:
    """The same, with an end that may be known in part."""
    ends = number(packed.valid_to)
    early = None if ends is None else draw(st.none() | st.integers(min(first, ends), ends))
    return replace(packed, ends_from=day(early))


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
        begun, place = draw(st.sampled_from([(on, place), (on, place), (None, None)]))
        packed = flow(Flow.CONTAINED_IN, thing, unit, begun, start=begun, end=ends)
        return out(draw, at(packed, place, draw(st.sampled_from([None, 5]))), begun or 0)
    host = draw(st.sampled_from(("item:0", "item:1", "item:2")))
    part = draw(st.sampled_from([t for t in THINGS[:5] if t != host]))
    return out(draw, at(flow(Flow.PART_OF, part, host, on, start=on, end=ends), None, 5), on)


@st.composite
def unpackings(draw: st.DrawFn) -> list[FlowFact]:
    """A unit shipped early, what was in it and came out some day, and how both went on."""
    unit, other = draw(st.permutations(THINGS[5:]))
    thing = draw(st.sampled_from(THINGS[:5]))
    ends, again = draw(st.integers(0, 5)), draw(st.integers(1, 6))
    packed = out(draw, flow(Flow.CONTAINED_IN, thing, unit, 0, start=0, end=ends), 0)
    packed_again = flow(Flow.CONTAINED_IN, thing, other, again, start=again)
    left = flow(Flow.SHIPPED_IN, other, SHIPMENTS[1], again + draw(st.integers(0, 1)))
    carried = [at(packed_again, draw(places), 5), left]
    more = [
        flow(Flow.SHIPPED_IN, unit, SHIPMENTS[1], draw(st.integers(1, 6))),
        flow(Flow.STORED_AT, unit, HERE, 1, start=1),
        at(flow(Flow.CONSUMED_BY, thing, "batch:0", draw(days)), draw(places), 5),
    ]
    picked = [told for told in more if draw(st.booleans())]
    picked += draw(st.sampled_from([[], carried[:1], carried]))
    came = flow(Flow.SHIPPED_IN, unit, SHIPMENTS[0], draw(st.integers(0, 2)))
    return [at(packed, None, 5), came, *picked]


@st.composite
def companies(draw: st.DrawFn) -> Genealogy:
    flows = draw(st.lists(movements(), min_size=1, max_size=7))
    flows += draw(st.just([]) | unpackings())
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


def outs(told: FlowFact) -> range:
    """The days on which something may have come out of what it was in."""
    early = number(told.ends_from)
    return range(until(told) if early is None else early, until(told) + 1)


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


PACKING = (Flow.CONTAINED_IN, Flow.PART_OF)


class Gone(NamedTuple):
    """A day on which something was taken away, and by which record that is known of it."""

    today: int
    target: str
    told: FlowFact


def is_packed(told: FlowFact) -> bool:
    """Whether something is inside of another, rather than used up for it."""
    lot = told.source_id.startswith("lot")
    return told.type == Flow.CONTAINED_IN or (told.type == Flow.PART_OF and not lot)


def taken_away(drawn: Genealogy, node: str, above: tuple[str, ...] = ()) -> set[Gone]:
    """When something left or was used by itself, or in what it was in on that day for certain."""
    found = set()
    for f in drawn.flows:
        if f.source_id != node:
            continue
        moved = f.type in (Flow.SHIPPED_IN, Flow.CONSUMED_BY) and f.place_id in (None, HERE)
        if moved or (f.type == Flow.STORED_AT and f.target_id != HERE):
            found.add(Gone(on(f), f.target_id, f))
        elif is_packed(f) and f.occurred_at is not None and f.target_id not in above:
            for holder in taken_away(drawn, f.target_id, (*above, node)):
                if on(f) <= holder.today < outs(f)[0]:
                    found.add(Gone(holder.today, holder.target, f))
    return found


def first_leaving(drawn: Genealogy, node: str, since: int, came_in: str | None = None) -> int:
    """The day by which something had left."""
    left = taken_away(drawn, node)
    return min((g.today for g in left if g.today >= since and g.target != came_in), default=LASTS)


class Here(NamedTuple):
    """A day on which something may have been here; by when and in what shipment it had come."""

    node: str
    today: int
    came: int
    came_in: str | None = None

    def over(self, last: int) -> set[Here]:
        """The same on all days until one."""
        return {self._replace(today=today) for today in range(self.today, last + 1)}


def came_by_itself(drawn: Genealogy) -> set[Here]:
    """When things were here by deliveries, stays and master data."""
    found = set[Here]()
    for f in drawn.flows:
        came = delivered(drawn, f.target_id) if f.type == Flow.SHIPPED_IN else None
        if came is not None:
            left = first_leaving(drawn, f.source_id, came, f.target_id)
            found |= Here(f.source_id, came, came, f.target_id).over(left)
        elif f.type == Flow.STORED_AT and f.target_id == HERE:
            # Of one day with its arrival, nobody knows whether something left before that.
            left = first_leaving(drawn, f.source_id, on(f) + 1)
            last = left if f.valid_to is None else until(f)
            found |= Here(f.source_id, on(f), on(f) + 1).over(last)
    for unit in ("unit:0", "unit:1"):
        if by_master_data(drawn, unit):
            found |= Here(unit, 0, LASTS + 1).over(LASTS)
    return found


def was_inside(drawn: Genealogy, holder: Here, here: set[Here]) -> set[Here]:
    """When what was in something was here because of that, on that day or since it came out."""
    found = set[Here]()
    for f in drawn.flows:
        if f.type not in PACKING or f.target_id != holder.node:
            continue
        if not on(f) <= holder.today <= until(f):
            continue
        begun = until(f) if f.occurred_at is None else on(f)
        inside = holder._replace(node=f.source_id, came=max(holder.came, begun))
        left = first_leaving(drawn, f.source_id, inside.came, holder.came_in)
        came_out = f.valid_to is not None and any(
            holder._replace(today=one) in here for one in outs(f)
        )
        if came_out or holder.today <= left:
            found.add(inside)
        if f.valid_to is not None and holder.today in outs(f):
            left = first_leaving(drawn, f.source_id, until(f))
            found |= Here(f.source_id, holder.today, until(f)).over(left)
    return found


def holders_here(drawn: Genealogy) -> set[Here]:
    """When things were here for as long as their records tell, and what they held."""
    found = came_by_itself(drawn)
    while True:
        more = {one for holder in found for one in was_inside(drawn, holder, found)} - found
        if not more:
            return found
        found |= more


def by_master_data(drawn: Genealogy, node: str) -> bool:
    stays = any(f.type == Flow.STORED_AT and f.source_id == node for f in drawn.flows)
    return tied(drawn, node, HERE, None) and not stays


def unpacked(drawn: Genealogy) -> list[tuple[int, FlowFact]]:
    """What was taken out of something that may have been here, and on which days it may have."""
    here = {(h.node, h.today) for h in holders_here(drawn)}
    ended = [f for f in drawn.flows if f.type in PACKING and f.valid_to is not None]
    return [(today, f) for f in ended for today in outs(f) if (f.target_id, today) in here]


def came_here(drawn: Genealogy) -> list[tuple[int, FlowFact]]:
    """What was delivered or unpacked here, when, and in or out of what."""
    loads = [f for f in drawn.flows if f.type == Flow.SHIPPED_IN]
    came = [(delivered(drawn, f.target_id), f) for f in loads]
    latest = {f.fact_id: (today, f) for today, f in unpacked(drawn)}
    return [(today, f) for today, f in came if today is not None] + list(latest.values())


def left_here(drawn: Genealogy, node: str, first: int) -> bool:
    """Whether something came here before a day, and nobody says that it was taken away."""
    own = [f for f in drawn.flows if f.source_id == node]
    came = [(day_, f) for day_, f in came_here(drawn) if f.source_id == node and day_ < first]
    if not came:
        return False
    stays = [f for f in own if f.type == Flow.STORED_AT]
    here = [f for f in stays if f.target_id == HERE and on(f) < first]
    days_ = [delivered(drawn, shipment) for shipment in SHIPMENTS]
    ours = {s for s, d in zip(SHIPMENTS, days_, strict=True) if d is not None and d < first}
    left = {g for g in taken_away(drawn, node) if g.target not in ours}
    if not node.startswith("lot"):
        last = max(day_ for day_, _ in came)
        kept = any(until(stay) >= last for stay in here)
        return not kept and not any(last <= g.today < first for g in left)
    if all(any(until(stay) >= day_ for stay in here) for day_, _ in came):
        return False
    begun = min(day_ for day_, _ in came)
    if any(g.told.type == Flow.SHIPPED_IN and g.today < begun for g in left):
        return True
    ours_ = {f.fact_id for _, f in came}
    packed = [f for f in own if f.type == Flow.CONTAINED_IN and f.fact_id not in ours_]
    # What is said to have been used, nobody knows where, may have been used out of another unit.
    free = not any(f.occurred_at is None or on(f) < first for f in packed)
    loose = (Flow.SHIPPED_IN, Flow.CONSUMED_BY) if free else ()
    gone = [
        g.told
        for g in left
        if begun <= g.today < first and (g.told.place_id == HERE or g.told.type in loose)
    ]
    if not gone or not all(f.base_quantity for _, f in came):
        return True
    return amount(gone) < amount(f for _, f in came)


def amount(told: Iterable[FlowFact]) -> Decimal:
    """What facts moved together, each counted once."""
    each = {f.fact_id: f.base_quantity or Decimal(0) for f in told}
    return sum(each.values(), Decimal(0))


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
        came = [(delivered(drawn, shipment), shipment) for shipment in SHIPMENTS]
        came += [(came_out, f.source_id) for came_out, f in unpacked(drawn)]
        yield from ((n, today) for when, n in came if when is not None and first <= when <= today)
        for thing in THINGS:
            if left_here(drawn, thing, first) or by_master_data(drawn, thing):
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
    # What came out of something there stays, so it counts until the end of the window.
    counted = {
        (s.node_id, n) for s in found for n in range(first, first + more + 1) if on_day(s, n)
    }
    assert there <= counted


@ENOUGH
@given(drawn=companies(), first=days, more=st.integers(0, 3), slack=st.integers(0, 2))
def test_less_known_of_ends_never_takes_anything_from_a_place(
    drawn: Genealogy, first: int, more: int, slack: int
) -> None:
    since, until_ = (int(day(n).timestamp() * 1_000_000) for n in (first, first + more))
    certain = replace(drawn, flows=tuple(replace(f, ends_from=None) for f in drawn.flows))

    def found(known: Genealogy, until: int | None) -> set[str]:
        off = {SOURCE.system: slack * 86_400_000_000}
        records = Records(MemoryFlows(known.facts), until=until, slack=off)
        return {s.node_id for s in Present(records, NodeId(HERE), Span(since, until_)).seeds()}

    for until in (None, until_):
        assert found(certain, until) <= found(drawn, until)


def on_day(seed: Seed, number_: int) -> bool:
    """Whether a seed counts on a day."""
    at_ = int(day(number_).timestamp() * 1_000_000)
    return (seed.since is None or seed.since <= at_) and (seed.until is None or at_ <= seed.until)
