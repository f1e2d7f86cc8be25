"""The starts of a trace that are found from data: what a window of time is about.

A window stands for the nodes that had to do with its place, line, supplier, product or
event then; unknown times may have been then. Each found node remembers the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from genealogy.errors import InvalidQuery
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label, Link
from genealogy.model.times import iso, to_micros
from genealogy.ports import FlowRows, FlowSource, NodeRow
from genealogy.trace.clocks import slack_of
from genealogy.trace.deliveries import supplied
from genealogy.trace.known import refuse_not_known_then
from genealogy.trace.places import batches_at, may_have_run_on, places_within
from genealogy.trace.present import Present, parts_inside
from genealogy.trace.products import names_of
from genealogy.trace.result import Gap, GapKind, Seed, TraceQuery, Window, WindowKind
from genealogy.trace.revisions import made_otherwise
from genealogy.trace.spans import ALWAYS, Records, Span, lasted, there
from genealogy.trace.windows import BEGIN, END, windows

_KINDS: dict[WindowKind, frozenset[Label]] = {
    WindowKind.PLACE: frozenset({Label.PLACE}),
    WindowKind.EQUIPMENT: frozenset({Label.PLACE}),
    WindowKind.SUPPLIER: frozenset({Label.PARTY}),
    WindowKind.PRODUCT: frozenset({Label.PRODUCT}),
    WindowKind.EVENT: frozenset({Label.QUALITY_EVENT}),
}


#: Flows by which something came to be, or to us.
_MADE = frozenset(
    {Flow.PRODUCED, Flow.SUPPLIED, Flow.SERIALISED_AS, Flow.DRAWN_FROM, Flow.RELABELLED_AS}
)


@dataclass(frozen=True, slots=True)
class Found:
    """The seeds of the windows of a question, and what is not known of them."""

    seeds: tuple[Seed, ...] = ()
    gaps: tuple[Gap, ...] = ()


def find_seeds(source: FlowSource, query: TraceQuery) -> Found:
    """The nodes from which to start because of the windows of a question.

    Raises InvalidQuery for a window that ends before it starts, or of something that is
    not known or of another kind; and where there is nothing to start from at all.
    """
    if not query.windows:
        return Found()
    asked = sorted({window.node_id for window in query.windows})
    rows = {row.node_id: row for row in source.nodes(asked, known_at=query.known_at)}
    for window in query.windows:
        _check(window, rows.get(window.node_id))
    events = [w.node_id for w in query.windows if w.kind is WindowKind.EVENT]
    refuse_not_known_then(source, replace(query, seeds=tuple(events)))
    for event in events:
        _refuse_withdrawn(rows[event], query.known_at)
    until = None if query.as_of is None else to_micros(query.as_of)
    finder = _Finder(source, Records(source, query.known_at, until, slack_of(query)))
    seeds, gaps = list[Seed](), list[Gap]()
    for number, window in enumerate(query.windows):
        found = sorted(set(finder.find(number, window)), key=_in_order)
        seeds += found
        if not found:
            gaps.append(Gap(GapKind.NOTHING_IN_WINDOW, window.node_id))
    if not seeds and not query.seeds:
        names = ", ".join(window.node_id for window in query.windows)
        raise InvalidQuery("nothing_in_window", names=names)
    unknown = [Gap(GapKind.PRESENCE_UNKNOWN, place) for place in sorted(finder.unknown)]
    return Found(tuple(seeds), (*gaps, *unknown))


def _in_order(seed: Seed) -> tuple[str, int, int, str]:
    since = BEGIN if seed.since is None else seed.since
    return seed.node_id, since, END if seed.until is None else seed.until, seed.place or ""


def _check(window: Window, row: NodeRow | None) -> None:
    for name, moment in (("from", window.since), ("to", window.until)):
        if moment is not None and moment.utcoffset() is None:
            raise InvalidQuery("time_without_zone", name=name, time=moment.isoformat())
    if row is None:
        raise InvalidQuery("unknown_window", text=window.node_id)
    if row.kind not in _KINDS[window.kind]:
        params = {"text": window.node_id, "kind": row.kind, "wanted": window.kind.value}
        raise InvalidQuery("wrong_window", **params)
    if window.kind is WindowKind.EVENT and (window.since or window.until):
        raise InvalidQuery("times_of_event", text=window.node_id)
    if window.kind is not WindowKind.PRODUCT and window.revision:
        raise InvalidQuery("revision_of_nothing", text=window.node_id)
    if window.since and window.until and window.until < window.since:
        since, until = iso(window.since), iso(window.until)
        raise InvalidQuery("window_ends_first", since=since, until=until)


def _refuse_withdrawn(event: NodeRow, known_at: datetime | None) -> None:
    """Raise InvalidQuery (``event_withdrawn``) for an event that its source took back by then."""
    told = event.properties.get("retracted_at")
    if told and (known_at is None or datetime.fromisoformat(told) <= known_at):
        raise InvalidQuery("event_withdrawn", text=event.node_id, at=told)


@dataclass(slots=True)
class _Finder:
    source: FlowSource
    records: Records
    unknown: set[NodeId] = field(default_factory=set)

    def find(self, number: int, window: Window) -> Iterator[Seed]:
        """The seeds of one window, in order of how they are found."""
        find: dict[WindowKind, Callable[[Window, Span], Iterable[Seed]]] = {
            WindowKind.PLACE: self._place,
            WindowKind.EQUIPMENT: self._equipment,
            WindowKind.SUPPLIER: self._supplier,
            WindowKind.PRODUCT: self._product,
            WindowKind.EVENT: self._event,
        }
        for seed in find[window.kind](window, _span(window)):
            yield replace(seed, window=number)

    def _place(self, window: Window, span: Span) -> Iterator[Seed]:
        """What was there then, by any record."""
        present = Present(self.records, window.node_id, span)
        yield from present.seeds()
        if present.is_unknown:
            self.unknown.add(window.node_id)

    def _equipment(self, window: Window, span: Span) -> Iterator[Seed]:
        """The batches that may have run on it then."""
        if may_have_run_on(self.records, window.node_id, span):
            self.unknown.add(window.node_id)
        places = places_within(self.source, window.node_id)
        for batch, ran in batches_at(self.records, places, span, (Link.MADE_ON,)):
            yield there(batch, Span(max(span.since, ran.since), span.until))

    def _supplier(self, window: Window, span: Span) -> Iterator[Seed]:
        """What it supplied, if it was sent or received within the window."""
        for node in supplied(self.records, window.node_id, span):
            yield Seed(node, 0)

    def _product(self, window: Window, span: Span) -> Iterator[Seed]:
        """The lots and items of it that may have been made or supplied then."""
        names = names_of(self.source, [window.node_id], self.records.known_at)[window.node_id]
        ties = self.source.links_to(names, Link.OF_PRODUCT)
        made = [
            row
            for row in self.records.nodes(sorted({tie.source for tie in ties}))
            if row.kind in (Label.LOT, Label.ITEM)
        ]
        nodes = [row.node_id for row in made]
        came = _came(self.records.edges(nodes, "backward"))
        revision = window.revision
        others = made_otherwise(self.records, nodes, revision) if revision else ()
        for row in made:
            spans = came.get(row.node_id, [])
            if not spans or row.properties.get("produced_at"):
                spans = [*spans, self.records.lasted(row, "produced_at", "produced_at")]
            if any(span.meets(*one) for one in spans) and row.node_id not in others:
                yield Seed(row.node_id, 0)

    def _event(self, window: Window, _: Span) -> Iterator[Seed]:
        """What an event is about: a place then, else the thing itself, at a place if told."""
        [event] = self.records.nodes([window.node_id])
        span = self.records.lasted(event, "occurred_at", "ended_at")
        place = event.properties.get("place_id")
        stored = event.properties.get("kind") == "storage_excursion"
        about = self.source.links([window.node_id], Link.ABOUT)
        for row in self.records.nodes(sorted({tie.target for tie in about})):
            if row.kind == Label.PLACE:
                yield from self._place(replace(window, node_id=row.node_id), span)
            elif row.kind == Label.PRODUCT:
                yield from self._product(replace(window, node_id=row.node_id), span)
            else:
                seed = there(row.node_id, span if stored else ALWAYS, place if stored else None)
                yield seed
                if stored:
                    yield from parts_inside(self.records, [seed])


def span_of(window: Window, row: NodeRow) -> Span:
    """From when until when a window lasts, or the event that it is; ``row`` is what it is about."""
    if window.kind is WindowKind.EVENT:
        return lasted(row.properties, "occurred_at", "ended_at")
    return _span(window)


def _came(rows: FlowRows) -> dict[NodeId, list[tuple[int, int]]]:
    """When each node came to be."""
    opens, closes = windows(rows, ())
    found: dict[NodeId, list[tuple[int, int]]] = {}
    for i, flow in enumerate(rows.type):
        if flow in _MADE:
            found.setdefault(rows.target[i], []).append((opens[i], closes[i]))
    return found


def _span(window: Window) -> Span:
    since = BEGIN if window.since is None else to_micros(window.since)
    return Span(since, END if window.until is None else to_micros(window.until))
