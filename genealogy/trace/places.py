"""Places, what lies in them, and the batches that ran there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from genealogy.model.facts import NodeId
from genealogy.model.names import MOVED_AT, Label, Link
from genealogy.ports import FlowSource
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


def batches_at(
    records: Records, places: Sequence[NodeId], span: Span, links: Sequence[Link]
) -> Iterator[tuple[NodeId, Span]]:
    """The batches that may have run at places in a span, each with when it ran.

    By what is told of the batch, and by its movements: where one of them was at a place,
    the batch may have been there from its first movement until its last.
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
    rest = sorted(moved.intersection(lasted) - ran)
    found = {batch: lasted[batch] for batch in ran}
    for batch, moves in _moves(records, rest, set(places)).items():
        times = _together(moves, lasted[batch])
        if span.meets(*times):
            found[batch] = times
    yield from sorted(found.items())


def _moves(
    records: Records, batches: Sequence[NodeId], places: set[NodeId]
) -> dict[NodeId, list[Span]]:
    """When the movements were of those of these batches that moved anything at places."""
    found, there = defaultdict[NodeId, list[Span]](list), set[NodeId]()
    into, out = records.edges(batches, "backward"), records.edges(batches, "forward")
    for rows, ends in ((into, into.target), (out, out.source)):
        opens, closes = windows(rows, ())
        for i, batch in enumerate(ends):
            found[batch].append(Span(opens[i], closes[i]))
            if rows.place_id[i] in places:
                there.add(batch)
    return {batch: found[batch] for batch in sorted(there)}


def _together(moves: Sequence[Span], told: Span) -> Span:
    """From the first of movements until the last, and as long as a batch is told to have run."""
    first, last = min(one.since for one in moves), max(one.until for one in moves)
    begun = first if told.since == BEGIN else min(first, told.since)
    return Span(begun, last if told.until == END else max(last, told.until))
