"""Places, what lies in them, and the batches that ran there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence

from genealogy.model.facts import NodeId
from genealogy.model.names import MOVED_AT, Label, Link
from genealogy.ports import FlowRows, FlowSource
from genealogy.trace.spans import Records, Span
from genealogy.trace.stays import Places
from genealogy.trace.windows import BEGIN, END, windows


def places_within(source: FlowSource, place: NodeId) -> list[NodeId]:
    """A place and all places in it."""
    found, new = {place: None}, [place]
    while new:
        ties = source.links_to(new, Link.AT)
        inside = [tie.source for tie in ties if tie.part == "parent"]
        new = [node for node in dict.fromkeys(inside) if node not in found]
        found.update(dict.fromkeys(new))
    return list(found)


def learn_above(source: FlowSource, places: Places, new: Iterable[NodeId]) -> None:
    """Find out in which other places these lie, and those in turn."""
    known, asked = places.parents, set(new).difference(places.parents)
    while asked:
        known.update(dict.fromkeys(asked))
        links = source.links(sorted(asked), Link.AT)
        above = {link.source: link.target for link in links if link.part == "parent"}
        known.update(above)
        asked = set(above.values()) - known.keys()


def may_be_kept_in(records: Records, place: NodeId, span: Span) -> bool:
    """Whether anything was kept then in what this place lies in, and nobody says where there."""
    above = _around(records.source, place)
    nodes = _kept(records.stays_at(above, span), span) if above else {}
    if not nodes:
        return False
    kept = _kept(records.stays_of(sorted(nodes)), span)
    return any(set(above).issuperset(kept[node]) for node in nodes)


def may_have_run_on(records: Records, place: NodeId, span: Span) -> bool:
    """Whether a batch ran then on what this line or machine is part of, and nobody says on what."""
    above = _around(records.source, place)
    ran = sorted({tie.source for tie in records.links_to(above, Link.MADE_ON)})
    ties = records.source.links(ran, Link.MADE_ON) if ran else []
    finer = {tie.source for tie in ties if tie.target not in above}
    rows = records.nodes([batch for batch in ran if batch not in finer])
    return any(span.meets(*records.lasted(row, "started_at", "ended_at")) for row in rows)


def _kept(stays: FlowRows, span: Span) -> dict[NodeId, set[NodeId]]:
    """Where each node was kept within a span."""
    opens, closes = windows(stays, ())
    found = defaultdict[NodeId, set[NodeId]](set)
    for i, node in enumerate(stays.source):
        if span.meets(opens[i], closes[i]):
            found[node].add(stays.target[i])
    return found


def _around(source: FlowSource, place: NodeId) -> list[NodeId]:
    """The places that a place lies in, the nearest first."""
    places = Places()
    learn_above(source, places, [place])
    # A hierarchy that bites its own tail ends where it began.
    return [one for one in places.above(place) if one != place]


def batches_at(
    records: Records, places: Sequence[NodeId], span: Span, links: Sequence[Link]
) -> Iterator[tuple[NodeId, Span]]:
    """The batches that may have run at places in a span, each with when it ran.

    By what is told of the batch, and by its movements: a batch that ran at a place, or moved
    anything there, may have been there from its first movement until its last.
    """
    ties = {link: records.links_to(places, link) for link in {*links, Link.AT}}
    told = {t.source for link in links for t in ties[link] if t.part != MOVED_AT}
    moved = {tie.source for tie in ties[Link.AT]}
    rows = records.nodes(sorted(told | moved))
    lasted = {
        row.node_id: records.lasted(row, "started_at", "ended_at")
        for row in rows
        if row.kind == Label.BATCH
    }
    ran = {batch for batch, times in lasted.items() if batch in told and span.meets(*times)}
    rest = sorted(lasted.keys() - ran)
    found = {batch: lasted[batch] for batch in ran}
    for batch, moves in _moves(records, rest, told, set(places)).items():
        times = _together(moves, lasted[batch])
        if span.meets(*times):
            found[batch] = times
    yield from sorted(found.items())


def _moves(
    records: Records, batches: Sequence[NodeId], told: Container[NodeId], places: set[NodeId]
) -> dict[NodeId, list[Span]]:
    """When the movements were of those of these batches that ran at places, or moved anything."""
    found, there = defaultdict[NodeId, list[Span]](list), set[NodeId]()
    into, out = records.edges(batches, "backward"), records.edges(batches, "forward")
    for rows, ends in ((into, into.target), (out, out.source)):
        opens, closes = windows(rows, ())
        for i, batch in enumerate(ends):
            found[batch].append(Span(opens[i], closes[i]))
            if rows.place_id[i] in places or batch in told:
                there.add(batch)
    return {batch: found[batch] for batch in sorted(there)}


def _together(moves: Sequence[Span], told: Span) -> Span:
    """From the first of movements until the last, and as long as a batch is told to have run.

    Where that is told, a movement at an unknown time was then.
    """
    begun = [one.since for one in moves if told.since == BEGIN or one.since != BEGIN]
    ended = [one.until for one in moves if told.until == END or one.until != END]
    return Span(
        min(begun if told.since == BEGIN else [*begun, told.since]),
        max(ended if told.until == END else [*ended, told.until]),
    )
