"""Cases: what is compared or explained. A complaint stands for what it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from genealogy.errors import InvalidQuery, NotFound
from genealogy.model.facts import NodeId
from genealogy.model.names import Label, Link, latest_of
from genealogy.model.times import to_micros
from genealogy.ports import FlowSource, NodeRow
from genealogy.trace.known import MOVING, refuse_not_known_then
from genealogy.trace.result import TraceQuery, Window, WindowKind
from genealogy.trace.seeds import find_seeds

_EVENTS = frozenset({Label.QUALITY_EVENT, Label.EVENT})
#: What an event may be about that stands for other things, at the time of the event.
_STAND_FOR_OTHERS = frozenset({Label.PLACE, Label.PRODUCT})
#: When an event was known at the latest: what came after cannot have caused it.
_TIMES = ("occurred_at", "reported_at")


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its node, the nodes it stands for, and when it was reported.

    With a ``window`` the seeds were found from data: what was at a place then, say; they
    count as far as they do there. ``known_by`` is in microseconds since 1970-01-01 UTC;
    null for what is no event, or an event without a time.
    """

    node_id: NodeId
    seeds: tuple[NodeId, ...]
    known_by: int | None = None
    window: Window | None = None

    def question(self, terms: TraceQuery) -> TraceQuery:
        """The trace of this case."""
        if self.window is not None:
            return replace(terms, seeds=(), windows=(self.window,))
        return replace(terms, seeds=self.seeds)


def cases_of(source: FlowSource, node_ids: Sequence[NodeId], terms: TraceQuery) -> tuple[Case, ...]:
    """The cases that these nodes are, each once and in their order.

    A quality event (or EPCIS event) stands for the lots and other things it is about. One
    that names none of these but a place or product, and a storage excursion, stands for
    what it concerned then. Raises NotFound for a node that is not known, or an event
    that was not known by the record time of the terms, and InvalidQuery for an event that
    is about nothing that can be traced.
    """
    wanted = list(dict.fromkeys(node_ids))
    kinds = source.kinds(wanted)
    for node_id in wanted:
        if node_id not in kinds:
            raise NotFound(kind="node", text=node_id, near="")
    events = [node_id for node_id in wanted if kinds[node_id] in _EVENTS]
    if not events:
        return tuple(Case(node_id, (node_id,)) for node_id in wanted)
    refuse_not_known_then(source, replace(terms, seeds=tuple(events)))
    about = _about(source, events)
    rows = {row.node_id: row for row in source.nodes(events, known_at=terms.known_at)}
    return tuple(
        _event(source, rows[node_id], about.get(node_id, {}), terms)
        if node_id in rows
        else Case(node_id, (node_id,))
        for node_id in wanted
    )


def _about(source: FlowSource, events: Sequence[NodeId]) -> dict[NodeId, dict[NodeId, str]]:
    """What each event is about, with the kinds of it."""
    links = source.links(events, Link.ABOUT)
    kinds = source.kinds(sorted({link.target for link in links}))
    found: dict[NodeId, dict[NodeId, str]] = defaultdict(dict)
    for link in links:
        if link.target in kinds:
            found[link.source][link.target] = kinds[link.target]
    return found


def _event(
    source: FlowSource, row: NodeRow, about: Mapping[NodeId, str], terms: TraceQuery
) -> Case:
    told = row.properties
    # Of a date known in part it may have been the last moment.
    times = (told.get(latest_of(name)) or told.get(name) for name in _TIMES)
    known_by = max((to_micros(at) for at in times if isinstance(at, datetime)), default=None)
    named = {node_id for node_id, kind in about.items() if kind in MOVING - _STAND_FOR_OTHERS}
    if named and told.get("kind") != "storage_excursion":
        return Case(row.node_id, tuple(sorted(named)), known_by)
    if row.kind != Label.QUALITY_EVENT or not about:
        raise InvalidQuery("case_about_nothing", text=row.node_id)
    window = Window(WindowKind.EVENT, row.node_id)
    return Case(row.node_id, _found(source, window, terms), known_by, window)


def _found(source: FlowSource, window: Window, terms: TraceQuery) -> tuple[NodeId, ...]:
    """The nodes that an event stands for through its place, product or time."""
    try:
        seeds = find_seeds(source, replace(terms, seeds=(), windows=(window,))).seeds
    except InvalidQuery as error:
        if error.error_code != "nothing_in_window":
            raise
        raise InvalidQuery("case_about_nothing", text=window.node_id) from error
    return tuple(dict.fromkeys(seed.node_id for seed in seeds))


def all_at_once(cases: Iterable[Case], terms: TraceQuery) -> TraceQuery:
    """The trace of several cases together."""
    known = list(cases)
    plain = (seed for case in known if case.window is None for seed in case.seeds)
    windows = tuple(case.window for case in known if case.window is not None)
    return replace(terms, seeds=tuple(dict.fromkeys(plain)), windows=windows)
