"""Flows that follow from all known events, and what new events change in them.

A flow may depend on several events: a packing and its unpacking, a despatch and
its receipt. So after new events arrive, the flows of every object they touch are
worked out again from all events about it, before and after, and the difference
is written. Loading events in any order, over any files, gives the same graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from genealogy.model.facts import FlowFact, NodeId, Source
from genealogy.model.names import Flow
from genealogy.sinks import EventBook, StoredEvent
from loaders.epcis.body import event_of, unpacked
from loaders.epcis.containment import containment_flows
from loaders.epcis.event import Event, EventType
from loaders.epcis.known import Known
from loaders.epcis.production import production_flows
from loaders.epcis.shipments import is_dispatch, is_receipt, shipment_flows, shipment_id, shipped
from loaders.epcis.vocabulary import VOID_DISPATCH

Flows = dict[tuple[Flow, str], tuple[FlowFact, ...]]

_LINKING = frozenset({EventType.AGGREGATION, EventType.ASSOCIATION})


def flows_of(events: Sequence[Known]) -> Flows:
    """Every flow that the events tell, with all versions of each in order of record time."""
    found: dict[tuple[Flow, str], list[FlowFact]] = {}
    for fact in _all(events):
        found.setdefault((fact.type, fact.fact_id), []).append(fact)
    return {key: tuple(versions) for key, versions in found.items()}


def _all(events: Sequence[Known]) -> Iterator[FlowFact]:
    for known in events:
        yield from production_flows(known)
    yield from containment_flows(events)
    yield from shipment_flows(events)


def settled(before: Sequence[Known], after: Sequence[Known]) -> Iterator[FlowFact]:
    """What has to be written when the known events change from ``before`` to ``after``.

    All versions of each flow that changed; a flow that no longer follows is
    given one version that holds at no time.
    """
    old, new = flows_of(before), flows_of(after)
    for key, versions in new.items():
        if old.get(key) != versions:
            yield from versions
    for key in old.keys() - new.keys():
        first = old[key][0]
        yield replace(first, retracted_at=first.recorded_at)


def touched(events: Iterable[Known]) -> set[NodeId]:
    """The nodes whose other events have a say in the flows of these events."""
    return {node_id for known in events for node_id in _touched(known.event)}


def _touched(event: Event) -> Iterator[NodeId]:
    if event.type in _LINKING and event.parent is not None:
        yield event.parent.node_id
    if is_dispatch(event) or is_receipt(event) or event.step == VOID_DISPATCH:
        if event.despatch_advice is not None:
            yield shipment_id(event)
        yield from (c.node_id for c in shipped(event) if not _is_unlotted(c.node_id))


def _is_unlotted(node_id: NodeId) -> bool:
    return node_id.startswith("unlotted:")


def related(events: Sequence[Known], book: EventBook) -> dict[str, Known]:
    """Every stored event that has a say in the flows of these events, by event id.

    Two steps are enough: an event depends on events about its objects, and those
    on events about theirs.
    """
    found: dict[str, Known] = {}
    asked: set[NodeId] = set()
    wanted = touched(events)
    for _ in range(2):
        page = book.events_about(sorted(wanted - asked))
        asked |= wanted
        known = [recalled(stored) for stored in page if stored.body is not None]
        found |= {k.event.event_id: k for k in known}
        wanted = touched(known)
    return found


def recalled(stored: StoredEvent) -> Known:
    """A stored event as known; one of which only the withdrawal is known never held."""
    if stored.body is None:
        raise ValueError(f"{stored.event_id} was stored without its body")
    recorded_at = stored.recorded_at or stored.voided_at
    if recorded_at is None:
        raise ValueError(f"{stored.event_id} was stored without its record time")
    return Known(
        event_of(unpacked(stored.body), stored.recorded_at),
        recorded_at,
        stored.voided_at,
        Source(stored.source_system, stored.source_record),
    )
